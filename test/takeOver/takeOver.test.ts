/**
 * takeOver: campaigns as the original scripts have left them go on under ours, and by the servers' own record nothing
 * is accepted while an earlier job could still carry it out. Each way in which a transfer was once sent twice is a
 * campaign of its own.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { listen, sendJson } from '../fts3/loopback.js';
import { Campaign, choice, lfnsOf, listName, type Ran } from '../support/campaign.js';
import * as original from '../support/originalCampaign.js';
import { run } from '../support/runProgram.js';
import { endJob, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

const [one, two, three] = [original.originalName(1), original.originalName(2), original.originalName(3)];

interface World {
  readonly campaign: Campaign;
  readonly ral: RehearsalServer;
  readonly cern: RehearsalServer;
}

async function world(): Promise<World> {
  const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
  return { campaign: new Campaign([choice(ral), choice(cern)]), ral, cern };
}

const takeOver = ({ campaign }: World, exit = 0, args: readonly string[] = ['--yes']): Promise<Ran> =>
  campaign.run('misc/takeOver', exit, args);

/** The programs as cron starts them, until nothing is under way: every job comes to its end, each time. */
async function toTheEnd(here: World): Promise<void> {
  const { campaign, ral, cern } = here;
  for (let round = 0; round < 8 && campaign.lists('TODO').length + campaign.lists('DOING').length > 0; round++) {
    await campaign.run('consumer', 0);
    endAll(here);
    await campaign.run('monitor', 0);
  }
  assert.deepEqual([campaign.lists('TODO'), campaign.lists('DOING')], [[], []]);
  await campaign.run('misc/audit', 0);
  nothingLostNorTwice(campaign, ral, cern);
}

/** What goes on at the servers finishes. */
function endAll({ campaign, ral, cern }: World): void {
  for (const server of [ral, cern])
    for (const { jobId, transfers } of campaign.jobs(server))
      if (transfers.some(({ state }) => !['FINISHED', 'FAILED', 'CANCELED'].includes(state))) endJob(server, jobId);
}

/** How many jobs the servers have of this campaign. */
const jobs = ({ campaign, ral, cern }: World): number => campaign.jobs(ral).length + campaign.jobs(cern).length;

describe('taking over what was sent twice', { concurrency: 4 }, () => {
  test('(a) a list that was sent again has the server of the first time in its row', async () => {
    const here = await world();
    const { campaign, ral, cern } = here;
    original.makeTable(campaign);
    campaign.put('TODO', one);
    const first = await original.submit(campaign, ral, one);
    endJob(ral, first, [
      ['FAILED', 'Timed out'],
      ['FAILED', 'Timed out'],
    ]);
    campaign.move(`DOING/${one}`, `TODO/${one}`);
    const second = await original.submit(campaign, cern, one);
    await takeOver(here);
    const [row] = campaign.rows('SELECT job_id, server FROM job');
    assert.deepEqual(row, { job_id: second, server: 'CERN' });
    await toTheEnd(here);
    assert.equal(jobs(here), 2);
  });

  test('(b) killed between submission and note: the job that runs is found by its destinations, one that has ended among the newest', async () => {
    const here = await world();
    const { campaign, ral, cern } = here;
    original.makeTable(campaign);
    for (const list of [one, two, three]) campaign.put('TODO', list);
    await original.submit(campaign, ral, one, { killed: 'before the row' });
    const ended = await original.submit(campaign, cern, two, { killed: 'before the row' });
    endJob(cern, ended);
    await original.submit(campaign, cern, three, { killed: 'before the submission' });
    const ran = await takeOver(here);
    assert.equal(ran.warnings.length, 0);
    const known = campaign.rows<{ list: string; server: string }>('SELECT list, server FROM job ORDER BY list');
    assert.deepEqual(known, [
      { list: one, server: 'RAL' },
      { list: two, server: 'CERN' },
    ]);
    await toTheEnd(here);
    assert.equal(jobs(here), 3);
  });

  for (const [version, file] of [
    ['no server', 'sqlite_c2e.db'],
    ['two columns', 'sqlite_example.db'],
  ] as const)
    test(`(c) the table in its version "${version}"`, async () => {
      const here = await world();
      const { campaign, ral, cern } = here;
      original.makeTable(campaign, version, file);
      for (const [list, server] of [
        [one, ral],
        [two, cern],
      ] as const) {
        campaign.put('TODO', list);
        const jobId = await original.submit(campaign, server, list, { killed: 'before the row' });
        original.putRow(campaign, { list, jobId }, file);
      }
      const refused = await campaign.run('consumer', 4);
      assert.match(refused.said, /takeOver/);
      await takeOver(here);
      await toTheEnd(here);
      assert.equal(jobs(here), 2);
    });

  test('(d) after one 500 the list stands in TODO as u…, and its job runs on', async () => {
    const here = await world();
    const { campaign, ral } = here;
    original.makeTable(campaign);
    campaign.put('TODO', one);
    const jobId = await original.submit(campaign, ral, one);
    const renamed = original.retry(campaign, one);
    await takeOver(here);
    assert.deepEqual(campaign.lists('DOING'), [renamed]);
    assert.deepEqual(campaign.rows('SELECT list, job_id FROM job'), [{ list: renamed, job_id: jobId }]);
    assert.equal(campaign.rows<{ failures: number }>('SELECT failures FROM list')[0]?.failures, 1);
    await toTheEnd(here);
    assert.equal(jobs(here), 1);
  });

  test('(e) parked lists, and those that wait to be split, go back to DOING with their jobs', async () => {
    const here = await world();
    const { campaign, ral, cern } = here;
    original.makeTable(campaign);
    for (const list of [one, two, three]) campaign.put('TODO', list);
    await original.submit(campaign, ral, one);
    original.moveAway(campaign, one, 'DOING/RALSpecific');
    const dirty = await original.submit(campaign, cern, two);
    endJob(cern, dirty, [['FINISHED'], ['FAILED', 'SOURCE [2] No such file or directory']]);
    original.moveAway(campaign, two, 'DONE/Dirty');
    // This one was split before: it stays.
    const split = await original.submit(campaign, ral, three);
    const [okay = '', failed = ''] = lfnsOf(three);
    endJob(ral, split, [['FINISHED'], ['FAILED', 'Timed out']]);
    original.split(campaign, three, { failed: [failed] });
    campaign.write(`DONE/Dirty/${three}`, [okay, failed].map((lfn) => `${campaign.line(lfn)}\n`).join(''));
    await takeOver(here);
    assert.deepEqual(campaign.lists('DOING'), [one, two, 'RALSpecific'].sort());
    assert.deepEqual(campaign.lists('DONE/Dirty'), [three]);
    await campaign.run('monitor', 0);
    assert.deepEqual(campaign.lists('DONE/Bad'), [two]);
    assert.deepEqual(campaign.lists('DOING'), [one, 'RALSpecific']);
    endAll(here);
    await campaign.run('consumer', 0);
    endAll(here);
    await campaign.run('monitor', 0);
    await campaign.run('misc/audit', 0);
    nothingLostNorTwice(campaign, ral, cern);
    assert.equal(jobs(here), 4);
  });

  test('(f) the original still runs: every program that writes stops, and its later rows are taken over too', async () => {
    const here = await world();
    const { campaign, ral, cern } = here;
    original.makeTable(campaign);
    campaign.put('TODO', one);
    await original.submit(campaign, ral, one);
    await takeOver(here);
    assert.match((await takeOver(here)).stderr + (await campaign.text('misc/takeOver', 0)), /was taken over on/);
    // Its cron starts it once more, and it makes its table anew.
    original.makeTable(campaign);
    for (const program of ['producer', 'consumer', 'monitor', 'misc/requeue', 'misc/cancel', 'misc/repair'])
      for (const extra of [[], ['--dry-run']])
        assert.match((await campaign.run(program, 4, extra)).said, /original program is still running here.*takeOver/);
    for (const program of ['misc/audit', 'status'])
      assert.match(await campaign.text(program, 0), /original program is still running here/);
    await takeOver(here);
    assert.equal((await campaign.run('monitor', 0)).of(one).action, 'kept');

    original.makeTable(campaign);
    campaign.put('TODO', two);
    await original.submit(campaign, cern, two);
    await campaign.run('monitor', 4);
    await takeOver(here);
    assert.deepEqual(campaign.rows('SELECT list, server FROM job ORDER BY list'), [
      { list: one, server: 'RAL' },
      { list: two, server: 'CERN' },
    ]);
    const tables = campaign.rows<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE name LIKE 'FTSJobMap%' AND type = 'table'",
    );
    assert.deepEqual(
      tables.map(({ name }) => name),
      ['FTSJobMap_taken_over', 'FTSJobMap_taken_over_2', 'FTSJobMap_taken_over_3'],
    );
    await toTheEnd(here);
    assert.equal(jobs(here), 2);
  });

  test('(g) what a killed sed -i has left is not cut', async () => {
    const here = await world();
    const { campaign } = here;
    original.makeTable(campaign);
    campaign.lfns('input.list', ['/lhcb/a.dst', '/lhcb/b.dst', '/lhcb/c.dst']);
    original.cut(campaign, 'input.list', one, 1);
    original.cutAndDie(campaign, 'input.list', two, 1);
    // The lines of the list that it was cutting stand in the LFN list as well.
    const shown = await takeOver(here, 3, ['--dry-run']);
    assert.match(shown.said, /LFN list "TODO\/ListOfLFNs\/input.list" begins with 1 line that stands in lists already/);
    const { foreign } = (shown as unknown as { takeOver: { foreign: string[] } }).takeOver;
    assert.deepEqual(foreign, ['TODO/ListOfLFNs/sedAbC123']);
    campaign.write('TODO/ListOfLFNs/input.list', '/lhcb/c.dst\n');
    await takeOver(here);
    await campaign.run('producer', 0);
    await toTheEnd(here);
    assert.equal(jobs(here), 3);
  });
});

describe('what else it left', { concurrency: 4 }, () => {
  test('lines of DONE/Okay that are false go to DONE/Bad, judged by their own job, else by what was written down', async () => {
    const here = await world();
    const { campaign, ral } = here;
    original.makeTable(campaign);
    for (const list of [one, two, three]) campaign.put('TODO', list);
    const [there = '', missing = ''] = lfnsOf(one);
    // gfal-stat had not found it: not submitted, and yet in DONE/Okay.
    const first = await original.submit(campaign, ral, one, { missing: [missing] });
    endJob(ral, first);
    original.split(campaign, one, { missing: [missing] });
    // Written down as missing, and copied all the same.
    const [copied = ''] = lfnsOf(two);
    const second = await original.submit(campaign, ral, two);
    original.appendToBadFileList(campaign, [copied]);
    endJob(ral, second);
    original.split(campaign, two, {});
    // FTS has its job no more.
    const [, lost = ''] = lfnsOf(three);
    const third = await original.submit(campaign, ral, three);
    original.appendToBadFileList(campaign, [lost]);
    endJob(ral, third);
    original.split(campaign, three, {});
    ral.archive(third);
    ral.forget(third);
    original.leaveFiles(campaign);
    const ran = await takeOver(here);
    assert.deepEqual(ran.warnings, []);
    const linesIn = (place: string): string[] =>
      campaign.lists(place).flatMap((list) =>
        campaign
          .read(`${place}/${list}`)
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#')),
      );
    assert.deepEqual(linesIn('DONE/Bad').sort(), [campaign.line(missing), campaign.line(lost)].sort());
    assert.deepEqual(
      linesIn('DONE/Okay').sort(),
      [there, copied, ...lfnsOf(two).slice(1), lfnsOf(three)[0] ?? ''].map((lfn) => campaign.line(lfn)).sort(),
    );
    for (const list of campaign.lists('DONE/Bad'))
      assert.match(campaign.read(`DONE/Bad/${list}`), /# permanent: the source file is missing \|/);
    await campaign.run('misc/audit', 0);
  });

  test('lists of DONE/Bad get the reasons that FTS still has; the others are of class unknown', async () => {
    const here = await world();
    const { campaign, cern } = here;
    original.makeTable(campaign);
    for (const list of [one, two]) campaign.put('TODO', list);
    const failed = await original.submit(campaign, cern, one);
    endJob(cern, failed, [
      ['FAILED', 'DESTINATION [28] No space left on device'],
      ['FAILED', 'SOURCE [2] No such file or directory'],
    ]);
    campaign.move(`DOING/${one}`, `DONE/Bad/${one}`);
    campaign.move(`TODO/${two}`, `DONE/Bad/${two}`);
    await takeOver(here);
    const text = await campaign.text('misc/requeue', 0);
    for (const group of [
      'config: ',
      'permanent: the source file is missing: 1 transfer',
      'unknown: no reason is noted: 2',
    ])
      assert.ok(text.includes(group), text);
    assert.equal((await campaign.run('misc/requeue', 0, ['--class', 'unknown', '--yes'])).counts['transfers'], 2);
    assert.equal(campaign.lists('DONE/Bad').length, 1);
  });

  test('names tell the failures: what the next FAILED would have sent to DONE/Bad goes there, u and uu leave two and one tries', async () => {
    const here = await world();
    const { campaign } = here;
    original.makeTable(campaign);
    const names = ['', 'u', 'uu', 'uuu', 'uuDu', 'R-', 'DD', 'D', 'Retry-', 'M'];
    for (const [age, prefixes] of names.entries()) campaign.put('TODO', original.originalName(age, prefixes));
    await takeOver(here);
    const rows = campaign.rows<{ name: string; failures: number }>('SELECT name, failures FROM list');
    const failures = names.map((prefixes, age) =>
      rows.find(({ name }) => name === original.originalName(age, prefixes)),
    );
    assert.deepEqual(
      failures.map((row) => row?.failures),
      [0, 1, 2, 3, 3, 3, 3, 0, 0, 0],
    );
  });

  test('those that only read say whose campaign it is, and go on; nothing is written', async () => {
    const { campaign } = await world();
    original.makeTable(campaign);
    campaign.put('TODO', one);
    const before = campaign.read('sqlite_c2e.db');
    const whose = /is the original program's, and was not taken over/;
    for (const [program, exit, args] of [
      ['status', 0, []],
      ['misc/audit', 0, []],
      ['misc/explain', 0, [one]],
      ['misc/report', 0, [campaign.path('page.html')]],
      ['misc/doctor', 4, []],
    ] as const)
      assert.match((await campaign.text(program, exit, args)).replaceAll(/\s+/g, ' '), whose, program);
    const unlock = await run('misc/unlock', { base: campaign.base });
    assert.match(unlock.stderr, whose);
    for (const program of ['producer', 'consumer', 'monitor', 'misc/repair', 'misc/requeue'])
      for (const extra of [[], ['--dry-run']]) assert.match((await campaign.run(program, 4, extra)).said, whose);
    assert.equal(campaign.read('sqlite_c2e.db'), before);
    assert.ok(!campaign.has('.campaign'));
  });

  test('lists without any database: theirs are taken over, ours are not made anew; where nobody has agreed nothing is sent', async () => {
    const here = await world();
    const { campaign, ral } = here;
    campaign.put('TODO', one);
    await original.submit(campaign, ral, one, { killed: 'before the row' });
    assert.match(
      (await campaign.run('monitor', 4)).said,
      /repair\.js.* or, if these lists are the original program's: .*takeOver/,
    );
    await campaign.run('misc/takeOver', 2);
    assert.match((await campaign.run('monitor', 3)).said, /begun and not complete/);
    assert.deepEqual(campaign.lists('DOING'), [one]);
    await takeOver(here);
    await toTheEnd(here);
    assert.equal(jobs(here), 1);

    const ours = (await world()).campaign;
    ours.put('DOING', listName(1));
    for (const extra of [['--yes'], ['--dry-run']])
      assert.match((await ours.run('misc/takeOver', 4, extra)).said, /a fresh one would forget which jobs are running/);
  });

  test('a server that takes us for nobody stops it, whatever the others say', async (t) => {
    const { campaign, ral } = await world();
    const anon = { user_dn: 'anon', delegation_id: null, base_id: '', vos: [], level: {} };
    const { endpoint } = await listen(t, ({ path }, response) => sendJson(response, path === '/whoami' ? anon : {}));
    campaign.settings([choice(ral), { name: 'CERN', endpoint }], { fts: { vo: 'lhcb' } });
    original.makeTable(campaign);
    campaign.put('TODO', one);
    await original.submit(campaign, ral, one);
    const ended = await campaign.run('misc/takeOver', 2, ['--yes']);
    assert.match(ended.stderr, /Nothing was taken over: .*the server saw no certificate.*of the VO.*fts.vo is "lhcb"/);
    assert.deepEqual(campaign.rows('SELECT take_over_begun AS begun FROM campaign'), [{ begun: null }]);
  });

  test('another VO, and a user who is not the one that submitted: nothing is taken, and both are named', async () => {
    const here = await world();
    const { campaign, ral } = here;
    original.makeTable(campaign);
    for (const list of [one, two]) campaign.put('TODO', list);
    await original.submit(campaign, ral, one, { vo: 'atlas', dn: '/DC=ch/CN=atlas' });
    assert.match((await campaign.run('misc/takeOver', 2, ['--yes'])).stderr, /takes us for VO "lhcb".*another VO's/);
    campaign.leave('DELETE FROM FTSJobMap');
    campaign.move(`DOING/${one}`, `TODO/${one}`);
    await original.submit(campaign, ral, two, { dn: '/DC=ch/CN=other', killed: 'before the row' });
    assert.match((await takeOver(here, 3)).said, /another user's \(\/DC=ch\/CN=other\)/);
    assert.equal((await campaign.run('consumer', 0)).of(one).action, 'submitted');
    assert.match((await campaign.run('monitor', 3)).said, /another user's/);
    assert.deepEqual(campaign.lists('TODO'), []);
  });

  test('a server that is silent: what it may have waits, and the next call completes it', async () => {
    const here = await world();
    const { campaign, ral, cern } = here;
    original.makeTable(campaign);
    for (const list of [one, two, three]) campaign.put('TODO', list);
    await original.submit(campaign, ral, one);
    await original.submit(campaign, cern, two);
    await cern.down();
    const waits = await takeOver(here, 3);
    assert.match(waits.said, /begun and not complete/);
    assert.equal(campaign.rows('SELECT * FROM FTSJobMap').length, 2);
    assert.deepEqual(campaign.rows('SELECT list FROM job'), [{ list: one }]);
    await takeOver(here, 2, ['--yes', '--without', 'MUNICH']);
    await cern.up();
    await takeOver(here);
    assert.deepEqual(campaign.rows('SELECT list FROM job ORDER BY list'), [{ list: one }, { list: two }]);
    await toTheEnd(here);
    assert.equal(jobs(here), 3);
  });
});
