/** longNames: a name that is too long is its list's trouble alone, wherever the list stands and whoever has left it there. */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { mkdirSync } from 'node:fs';
import { describe, test } from 'node:test';

import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { run } from '../support/runProgram.js';
import { endJob, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';

const [one, two] = [listName(1), listName(2)];
const late = ['FAILED', 'TRANSFER [110] Connection timed out'] as const;

/** A name of so many bytes; `filler` may have several. */
function named(bytes: number, filler = 'n', start = 'FTSList-20180412-100009-0009-'): string {
  const room = bytes - start.length - 4;
  const width = Buffer.byteLength(filler);
  return `${start}${filler.repeat(Math.floor(room / width))}${'x'.repeat(room % width)}.txt`;
}

/** As version 1.0 would have submitted a list of that name. */
function rename(campaign: Campaign, from: string, to: string): void {
  campaign.move(`DOING/${from}`, `DOING/${to}`);
  const db = new Sqlite(campaign.path('sqlite_c2e.db'));
  db.pragma('foreign_keys = OFF');
  db.prepare('UPDATE list SET name = ? WHERE name = ?').run(to, from);
  db.prepare('UPDATE job SET list = ? WHERE list = ?').run(to, from);
  db.close();
}

describe('long names', { concurrency: 3 }, () => {
  test('are refused in TODO and in DOING, the lists stay, and the others go on', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { lists_per_run: 100 } });
    const long = [201, 230, 248, 255].map((bytes) => named(bytes));
    const multi = [named(203, '日'), named(255, 'é')];
    const good = [
      named(190),
      named(200),
      named(200, '日'),
      named(200, 'é'),
      `D${named(200)}`,
      named(200).replace('.txt', '~2.txt'),
    ];
    for (const [index, name] of [...long, ...multi, ...good].entries()) campaign.put('TODO', name, [`/lhcb/${index}`]);
    const ran = await campaign.run('consumer', 3);
    for (const name of [...long, ...multi]) {
      assert.equal(ran.of(name).action, 'skipped');
      assert.ok(
        ran.warnings.includes(
          `List "${name}" in TODO is not submitted: its name has ${Buffer.byteLength(name)} bytes, 200 are allowed; it stays: give it a shorter name`,
        ),
        name,
      );
    }
    assert.deepEqual(campaign.lists('TODO'), [...long, ...multi].sort());
    assert.deepEqual(campaign.lists('DOING'), [...good].sort());
    // Renamed, it goes.
    campaign.move(`TODO/${long[3]}`, `TODO/${named(199)}`);
    assert.equal((await campaign.run('consumer', 3)).of(named(199)).action, 'submitted');

    campaign.move(`TODO/${long[1]}`, `DOING/${long[1]}`);
    const looked = await campaign.run('monitor', 3);
    assert.match(looked.said, /in DOING is not moved to TODO: FTS has no job of it, and its name has 230 bytes/);
    assert.ok(campaign.has(`DOING/${long[1]}`));
    assert.equal(looked.lists.filter(({ action }) => action === 'kept').length, good.length + 1);
    for (const program of ['status', 'misc/doctor', 'misc/audit', 'misc/checkSources', 'misc/report', 'misc/cancel']) {
      const args =
        program === 'misc/report' ? [campaign.path('page.html')] : program === 'misc/cancel' ? ['--all'] : [];
      const { exit, stderr } = await run(program, { base: campaign.base, args: ['--wait', '0', ...args] });
      assert.ok([0, 2, 3, 5].includes(exit ?? 1), `${program} ended with ${exit}: ${stderr}`);
    }
    assert.match(
      (await run('misc/doctor', { base: campaign.base })).stdout.replace(/\s+/g, ''),
      /warningspoolthenameofDOING\/FTSList-[-\dnx]*\.txthas230bytes,200areallowed/,
    );
    await campaign.text('misc/explain', 0, [long[1] ?? '', '--offline']);
    nothingLostNorTwice(campaign, ral);
  });

  test('of lists that FTS has: what needs no longer name is settled, what does waits, and the others go on', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const names = [240, 248, 254, 255].map((bytes) => named(bytes));
    const lists = [...names, ...names.map((name) => `whole-${name.slice(6)}`), one];
    for (const [index, name] of lists.entries()) {
      const short = listName(20 + index);
      const jobs = await submitted(campaign, ral, { [short]: lfnsOf(short) });
      rename(campaign, short, name);
      endJob(ral, jobs[short] ?? '', index < names.length || name === one ? [['FINISHED'], late] : []);
    }
    const ran = await campaign.run('monitor', 3);
    assert.deepEqual(ran.of(one).to, [`DONE/Okay/${one}`, `TODO/D${one}`, `DONE/Dirty/${one}`]);
    for (const name of lists.slice(names.length, -1)) assert.deepEqual(ran.of(name).to, [`DONE/Okay/${name}`]);
    for (const name of names) {
      // From 200 bytes on the leading D's become one.
      assert.match(ran.said, new RegExp(`Cannot settle list "${name}".* bytes, and list names may have 240; it stays`));
      assert.ok(campaign.has(`DOING/${name}`));
    }
    nothingLostNorTwice(campaign, ral);
    assert.equal((await campaign.run('monitor', 3)).warnings.length, names.length);
    assert.match(await campaign.text('monitor', 3, ['--quiet']), /Cannot settle list/);
  });

  test('that are allowed are split, retried and sent back, and drafts have room', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { monitor: { max_failures: 0 } });
    for (const name of [named(200), named(200, '日')]) {
      const jobs = await submitted(campaign, ral, { [name]: [`/lhcb/a${name.length}`, `/lhcb/b${name.length}`] });
      endJob(ral, jobs[name] ?? '', [['FINISHED'], late]);
      assert.ok((await campaign.run('monitor', 0)).of(name).to.includes(`TODO/D${name}`));
      await campaign.run('consumer');
      endJob(ral, campaign.job(ral, `D${name}`).jobId, [late]);
      assert.deepEqual((await campaign.run('monitor', 0)).of(`D${name}`).to, [`DONE/Bad/D${name}`]);
      assert.deepEqual((await campaign.run('misc/requeue', 0, [`D${name}`, '--yes'])).of(`D${name}`).to, [
        `TODO/R-D${name}`,
      ]);
      assert.equal((await campaign.run('consumer', 0)).of(`R-D${name}`).action, 'submitted');
    }
    nothingLostNorTwice(campaign, ral);
  });

  test('in the journal, as version 1.0 has left them, are set aside, and every program goes on', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two) });
    const long = named(255);
    rename(campaign, one, long);
    const steps = [
      { op: 'place', path: `TODO/D${long}`, content: 'x' },
      { op: 'move', from: `DOING/${long}`, to: `DONE/Dirty/${long}` },
    ];
    campaign.leave('INSERT INTO transition (list, steps) VALUES (?, ?)', long, JSON.stringify(steps));
    mkdirSync(campaign.path(`TODO/.${listName(3)}.draft/x`), { recursive: true });
    const inTheWay = [{ op: 'place', path: `TODO/${listName(3)}`, content: 'x' }];
    campaign.leave('INSERT INTO transition (list, steps) VALUES (?, ?)', listName(3), JSON.stringify(inTheWay));
    endJob(ral, jobs[two] ?? '');
    const ran = await campaign.run('monitor', 3);
    assert.deepEqual(ran.of(two).to, [`DONE/Okay/${two}`]);
    assert.match(ran.said, /Cannot move list ".*": cannot write TODO\/D.*: its name is too long.*; this was set aside/);
    assert.match(ran.said, /a directory stands in the way of its draft; this was set aside/);
    assert.ok(campaign.has(`DOING/${long}`));
    for (const program of ['producer', 'consumer', 'monitor']) await campaign.run(program, 3);
  });

  test('what one list of a batch meets is its own', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two) });
    // A row that the database refuses, whatever is written into it.
    campaign.leave(
      `CREATE TRIGGER refuse BEFORE UPDATE ON list WHEN new.name = '${one}' BEGIN SELECT RAISE(ABORT, 'no'); END`,
    );
    for (const id of Object.values(jobs)) endJob(ral, id);
    const ran = await campaign.run('monitor', 3);
    assert.deepEqual(ran.of(two).to, [`DONE/Okay/${two}`]);
    assert.equal(ran.of(one).action, 'skipped');
    assert.match(ran.said, /Cannot settle list ".*0001.txt" in DOING .*: no; it stays/);
    campaign.leave('DROP TRIGGER refuse');
    assert.deepEqual((await campaign.run('monitor', 0)).of(one).to, [`DONE/Okay/${one}`]);
    nothingLostNorTwice(campaign, ral);
  });
});
