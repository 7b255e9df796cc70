/**
 * audit: a campaign of the real programs accounts for every transfer at each of its stages, and whatever is done to it
 * by hand is found and named.
 */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { rehearsalServer } from '../support/rehearsed.js';
import { Campaign, choice } from '../support/campaign.js';
import { run } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { auditOf, copyOf, leave, wholeCampaign, type Audit } from './auditing.js';

let campaign: Campaign;
const stages = new Map<string, Audit>();

before(async () => {
  campaign = await wholeCampaign(async (stage, { base }) => {
    stages.set(stage, await auditOf(base));
  });
});

/** The oldest list of a place that is not what is left of another. */
function first(base: string, place: string): string {
  const names = readdirSync(join(base, place)).filter((name) => name.endsWith('.txt'));
  return `${place}/${names.sort().find((name) => name.startsWith('FTSList-')) ?? ''}`;
}

/** The lines of a list that are no comments. */
const transfersOf = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const kindsOf = (audit: Audit): string[] => [...new Set(audit.findings.map(({ kind }) => kind))].sort();

describe('a campaign of the real programs', () => {
  test('balances at each of its stages, and nothing is off', () => {
    for (const [stage, audit] of stages) {
      assert.deepEqual(audit.findings, [], stage);
      assert.equal(audit.exit, 0, stage);
      assert.equal(audit.balanced, true, stage);
    }
    const sums = [...stages.values()].map(({ cut, okay, bad, doing, todo, duplicates, badLines }) => [
      cut,
      okay + bad + doing + todo + duplicates + badLines,
    ]);
    assert.deepEqual(sums, [
      [0, 0],
      [38, 38],
      [38, 38],
      [38, 38],
      [38, 38],
    ]);
  });

  test('is counted where it stands', () => {
    const { cut, okay, bad, doing, todo, duplicates, badLines } = stages.get('settled') ?? ({} as Audit);
    // Finished: 5 + 2 + 4; bad: 2 and 5 and 1; the rest of the dirty ones waits in TODO.
    assert.deepEqual({ cut, duplicates, badLines }, { cut: 38, duplicates: 1, badLines: 1 });
    assert.ok(okay > 0 && bad > 0 && doing > 0 && todo > 0);
  });

  test('is said in one line for people', async () => {
    const { cut, okay } = stages.get('submitted again') ?? ({} as Audit);
    const { exit, stdout } = await run('misc/audit', { base: campaign.base });
    assert.equal(exit, 0);
    assert.match(
      stdout,
      new RegExp(`^audit: ${cut} cut = ${okay} okay \\+ \\d+ bad \\+ .* 1 duplicate \\+ 1 bad line\\n$`),
    );
  });

  test('is not changed by an audit', async () => {
    const base = copyOf(campaign);
    const everything = (): string[] =>
      readdirSync(base, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(
          (entry) => `${entry.parentPath}/${entry.name} ${readFileSync(join(entry.parentPath, entry.name), 'latin1')}`,
        );
    const earlier = everything();
    await auditOf(base);
    assert.deepEqual(everything(), earlier);
  });
});

describe('what is done to it by hand is found:', () => {
  test('a list that is removed: each of its transfers is missing, with LFN list and line', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DONE/Okay');
    const lost = transfersOf(readFileSync(join(base, list), 'utf8'));
    rmSync(join(base, list));
    const audit = await auditOf(base);
    assert.equal(audit.exit, 3);
    assert.equal(audit.balanced, false);
    assert.equal(audit.counts['missing'], lost.length);
    for (const { lfn = '', line = 0, lfnList = '' } of audit.findings.filter(({ kind }) => kind === 'missing')) {
      assert.ok(
        lost.some((transfer) => transfer.includes(`${lfn} `)),
        lfn,
      );
      assert.equal(readFileSync(join(base, lfnList), 'utf8').split('\n')[line - 1], lfn);
    }
  });

  test('one transfer taken out of a list is missing, and nothing else is', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DOING');
    const text = readFileSync(join(base, list), 'utf8');
    const [gone = ''] = transfersOf(text);
    writeFileSync(join(base, list), text.replace(`${gone}\n`, ''));
    const audit = await auditOf(base);
    assert.deepEqual(
      audit.findings.map(({ kind, lfn }) => [kind, gone.endsWith(lfn ?? '?')]),
      [['missing', true]],
    );
  });

  test('a transfer that somebody made unreadable is missing, and its list is named', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'TODO');
    const text = readFileSync(join(base, list), 'utf8');
    writeFileSync(join(base, list), text.replace('  gsiftp', ' , gsiftp'));
    const audit = await auditOf(base);
    assert.deepEqual(kindsOf(audit), ['missing', 'unreadable']);
  });

  test('a copy of a list: each of its transfers is doubled, with both lists', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DONE/Okay');
    copyFileSync(join(base, list), join(base, 'TODO/copy.txt'));
    const audit = await auditOf(base);
    assert.deepEqual(kindsOf(audit), ['doubled']);
    for (const { lists, message } of audit.findings) {
      assert.deepEqual([...(lists ?? [])].sort(), [list, 'TODO/copy.txt'].sort());
      assert.match(message, /stands in TODO\/copy\.txt and DONE\/Okay/);
    }
  });

  test('a line twice in one list is doubled', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DOING');
    const text = readFileSync(join(base, list), 'utf8');
    appendFileSync(join(base, list), `${transfersOf(text)[0] ?? ''}\n`);
    const audit = await auditOf(base);
    assert.deepEqual(kindsOf(audit), ['doubled']);
    assert.match(audit.findings[0]?.message ?? '', new RegExp(`stands in ${list}, 2 times`));
  });

  test('one transfer missing and another doubled do not cancel out', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DOING');
    const text = readFileSync(join(base, list), 'utf8');
    const [one = '', two = ''] = transfersOf(text);
    writeFileSync(join(base, list), text.replace(one, two));
    const audit = await auditOf(base);
    assert.equal(audit.balanced, true, 'the numbers alone do not show it');
    assert.equal(audit.exit, 3);
    assert.deepEqual(kindsOf(audit), ['doubled', 'missing']);
  });

  test('an LFN in place of another is named, however alike the two are, and nothing else is', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DONE/Okay');
    const text = readFileSync(join(base, list), 'utf8');
    const [one = ''] = transfersOf(text);
    const lfn = one.slice(one.lastIndexOf('/lhcb'));
    const other = lfn.replace('.dst', '.dsu');
    writeFileSync(join(base, list), text.replaceAll(lfn, other));
    const audit = await auditOf(base);
    assert.equal(audit.balanced, true, 'the numbers alone do not show it');
    assert.deepEqual(
      audit.findings.map(({ kind, lfn: named }) => [kind, named]),
      [
        ['missing', lfn],
        ['unexpected', other],
      ],
    );
  });

  test('a transfer that a person has moved to a list of another cut is where it is, and nothing is off', async () => {
    const base = copyOf(campaign);
    const [from, to] = [first(base, 'DOING'), first(base, 'TODO')];
    const text = readFileSync(join(base, from), 'utf8');
    const [moved = ''] = transfersOf(text);
    writeFileSync(join(base, from), text.replace(`${moved}\n`, ''));
    appendFileSync(join(base, to), `${moved}\n`);
    const audit = await auditOf(base);
    assert.deepEqual([audit.exit, audit.balanced, audit.findings], [0, true, []]);
    writeFileSync(join(base, from), text);
    assert.deepEqual(kindsOf(await auditOf(base)), ['unexpected'], 'copied, not moved');
  });

  test('a transfer added by hand to a list that was cut is unexpected', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'TODO');
    appendFileSync(join(base, list), 'srm://a.example.org/new  gsiftp://b.example.org/new\n');
    const audit = await auditOf(base);
    assert.deepEqual(kindsOf(audit), ['unexpected']);
    assert.match(audit.findings[0]?.message ?? '', /srm:\/\/a\.example\.org\/new stands in TODO/);
  });

  test('a list that lost its comments: its lines are missing and a gap, its transfers counted apart', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DOING');
    const text = readFileSync(join(base, list), 'utf8');
    writeFileSync(join(base, list), text.replace(/^# from .*\n/m, ''));
    const audit = await auditOf(base);
    assert.deepEqual(kindsOf(audit), ['gap', 'missing']);
    assert.equal(audit.byHand['doing'], transfersOf(text).length);
  });

  test('bytes that were cut twice are an overlap, and their transfers doubled', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DONE/Okay');
    copyFileSync(join(base, list), join(base, 'TODO/again.txt'));
    const text = readFileSync(join(base, 'TODO/again.txt'), 'utf8');
    const longer = text.replace(
      /bytes (\d+)-(\d+)/,
      (_, from: string, to: string) => `bytes ${from}-${Number(to) + 40}`,
    );
    writeFileSync(join(base, 'TODO/again.txt'), longer);
    const audit = await auditOf(base);
    assert.ok(kindsOf(audit).includes('overlap'));
    assert.ok(kindsOf(audit).includes('doubled'));
  });

  test('a cursor that is set back, as by an old copy of the database', async () => {
    const base = copyOf(campaign);
    leave(base, "UPDATE lfn_list SET offset = offset - 100, tail_hash = '' WHERE name LIKE '%a.list'");
    const audit = await auditOf(base);
    assert.ok(kindsOf(audit).includes('cursor'), JSON.stringify(audit.findings));
    assert.match(audit.text, /the next producer would cut what is between once more/);
  });

  test('an LFN list that was changed, and one that is gone: counted, not compared', async () => {
    const base = copyOf(campaign);
    const path = join(base, 'TODO/ListOfLFNs/a.list');
    writeFileSync(path, readFileSync(path, 'utf8').replace('/MC/2018/000', '/MC/2019/000'));
    const changed = await auditOf(base);
    assert.deepEqual(kindsOf(changed), ['LFN list']);
    assert.equal(changed.balanced, true);
    rmSync(path);
    const gone = await auditOf(base);
    assert.deepEqual([gone.exit, gone.findings], [0, []], 'it was cut to its end');
    rmSync(join(base, first(base, 'DONE/Okay')));
    const less = await auditOf(base);
    assert.equal(less.exit, 3);
    assert.match(less.text, /transfers fewer stand in lists than were cut/);
  });

  test('a bad line that DONE/Bad names no more', async () => {
    const base = copyOf(campaign);
    for (const name of readdirSync(join(base, 'DONE/Bad'))) {
      if (!name.endsWith('.txt')) continue;
      const text = readFileSync(join(base, 'DONE/Bad', name), 'utf8');
      writeFileSync(join(base, 'DONE/Bad', name), text.replace(/^# bad LFN.*\n/gm, ''));
    }
    const audit = await auditOf(base);
    assert.deepEqual(
      audit.findings.map(({ kind, lfnList, line }) => [kind, lfnList, line]),
      [['missing', 'TODO/ListOfLFNs/a.list', 6]],
    );
  });

  test('the same LFN in two LFN lists is a warning, and nothing is wrong', async () => {
    const base = copyOf(campaign);
    appendFileSync(join(base, 'TODO/ListOfLFNs/c.list'), '/lhcb/MC/2018/007.dst\n');
    const { exit } = await runUnharmed('producer', { base });
    assert.equal(exit, 0);
    const audit = await auditOf(base);
    assert.deepEqual([audit.exit, kindsOf(audit)], [0, ['same LFN']]);
    assert.match(
      audit.text,
      /007\.dst was cut from \\"TODO\/ListOfLFNs\/a\.list\\" and \\"TODO\/ListOfLFNs\/c\.list\\"/,
    );
  });

  test('lists and rows that disagree, with what will become of each', async () => {
    const base = copyOf(campaign);
    const [doing, todo] = [first(base, 'DOING'), first(base, 'TODO')].map((path) => path.split('/').at(-1) ?? '');
    renameSync(join(base, 'DOING', doing ?? ''), join(base, 'TODO', doing ?? ''));
    renameSync(join(base, 'TODO', todo ?? ''), join(base, 'DOING', todo ?? ''));
    leave(
      base,
      "INSERT INTO list (name, state, attempt, failures, transfers, since) VALUES ('gone.txt', 'WAITING', 1, 0, 1, 0)",
    );
    const audit = await auditOf(base);
    assert.deepEqual(kindsOf(audit), ['misplaced']);
    const said = audit.findings.map(({ message }) => message).join('\n');
    assert.match(said, new RegExp(`"${doing}" stands in TODO and its row says SUBMITTED: .*back to DOING`));
    assert.match(said, new RegExp(`"${todo}" stands in DOING and its row says WAITING: .*to TODO`));
    assert.match(said, /"gone\.txt" stands neither in TODO nor in DOING and its row says WAITING/);
  });

  test('drafts, strange names, directories and symbolic links', async () => {
    const base = copyOf(campaign);
    writeFileSync(join(base, 'TODO/.FTSList-1.txt.draft'), '');
    writeFileSync(join(base, 'DOING/notes'), '');
    mkdirSync(join(base, 'DONE/Okay/directory.txt'));
    symlinkSync(join(base, 'castor2echo.toml'), join(base, 'TODO/link.txt'));
    const audit = await auditOf(base);
    const named = audit.findings.map(({ kind, lists }) => `${kind} ${lists?.[0]}`);
    assert.deepEqual(named.sort(), [
      'draft TODO/.FTSList-1.txt.draft',
      'strange DOING/notes',
      'strange DONE/Okay/directory.txt',
      'strange TODO/link.txt',
    ]);
  });

  test('strange files of a campaign that was taken over from the original scripts are a note, exit 0', async () => {
    const base = copyOf(campaign);
    leave(base, 'UPDATE campaign SET take_over_begun = 1, take_over_complete = 2');
    mkdirSync(join(base, 'DOING/RALSpecific'));
    writeFileSync(join(base, 'DOING/monitorFTSStatus.py'), '');
    const audit = await auditOf(base);
    assert.deepEqual([audit.exit, audit.clean], [0, true]);
    const { stdout } = await runUnharmed('misc/audit', { base, args: ['--most', '1'] });
    assert.match(stdout, /left alone, no lists: DOING\/\S+ and 1 more/);
    writeFileSync(join(base, 'TODO/.FTSList-1.txt.draft'), '');
    assert.equal((await auditOf(base)).exit, 3);
  });

  test("another campaign's list is named and counted apart", async () => {
    const base = copyOf(campaign);
    const text = '# castor2echo 1 0d8ed7a1-0000-4000-8000-000000000000\n# from TODO/ListOfLFNs/a.list bytes 0-99\n';
    writeFileSync(join(base, 'TODO/other.txt'), `${text}srm://a.example.org/x  gsiftp://b.example.org/x\n`);
    const audit = await auditOf(base);
    assert.deepEqual(kindsOf(audit), ['other campaign']);
    assert.equal(audit.byHand['todo'], 1);
  });
});

test('what the consumer drops, as its destination is taken in the list, counts as a duplicate', async () => {
  const server = await rehearsalServer('DROPS');
  const own = new Campaign([choice(server)]);
  own.lfns('a.list', ['/lhcb/x', '/lhcb/x?', '/lhcb/y']);
  await own.run('producer', 0);
  const cut = await auditOf(own.base);
  assert.deepEqual([cut.exit, cut.todo, cut.duplicates], [0, 2, 1]);
  // Version 1.0 left it to the consumer.
  const [list = ''] = own.lists('TODO');
  own.write(`TODO/${list}`, `${own.read(`TODO/${list}`)}${own.line('/lhcb/x?')}\n`);
  const before = await auditOf(own.base);
  assert.deepEqual([before.exit, before.todo, before.duplicates], [0, 3, 0]);
  await own.run('consumer', 0);
  const audit = await auditOf(own.base);
  assert.deepEqual([audit.exit, audit.doing, audit.duplicates], [0, 2, 1]);
});

describe('lists made by hand', () => {
  test('are counted apart, and doubled when two of them hold the same transfer', async () => {
    const base = copyOf(campaign);
    const text = 'srm://a.example.org/x  gsiftp://b.example.org/x\nsrm://a.example.org/y  gsiftp://b.example.org/y\n';
    writeFileSync(join(base, 'TODO/mine.txt'), text);
    const one = await auditOf(base);
    assert.deepEqual([one.exit, one.byHand], [0, { okay: 0, bad: 0, doing: 0, todo: 2 }]);
    writeFileSync(join(base, 'DONE/Bad/mine.txt'), text.split('\n')[0] ?? '');
    const two = await auditOf(base);
    assert.deepEqual(
      two.findings.map(({ kind, lfn }) => [kind, lfn]),
      [['doubled', 'srm://a.example.org/x gsiftp://b.example.org/x']],
    );
  });

  test('are missing what they had when they were split', async () => {
    const base = copyOf(campaign);
    const [x, y] = ['x', 'y'].map((name) => `srm://a.example.org/${name}  gsiftp://b.example.org/${name}\n`);
    writeFileSync(join(base, 'DONE/Dirty/mine.txt'), `${x}${y}`);
    writeFileSync(join(base, 'DONE/Okay/mine.txt'), x ?? '');
    const audit = await auditOf(base);
    assert.deepEqual(kindsOf(audit), ['missing']);
    assert.match(audit.findings[0]?.message ?? '', /\/y stands in no list; it stood in DONE\/Dirty\/mine\.txt/);
  });
});

describe('what a killed run leaves', () => {
  test('is named as open, and is no damage: the next run finishes it', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DOING').split('/')[1] ?? '';
    const steps = [{ op: 'move', from: `DOING/${list}`, to: `DONE/Okay/${list}` }];
    leave(base, 'INSERT INTO transition (list, steps) VALUES (?, ?)', list, JSON.stringify(steps));
    leave(base, "UPDATE list SET state = 'SETTLED' WHERE name = ?", list);
    const audit = await auditOf(base);
    assert.deepEqual([audit.exit, audit.balanced, kindsOf(audit)], [3, true, ['open transition']]);
  });

  test('a split cut off between its steps: the lists that are not there yet are read from the journal', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DOING').split('/')[1] ?? '';
    const text = readFileSync(join(base, 'DOING', list), 'utf8');
    const head = text.split('\n').filter((line) => line.startsWith('#'));
    const [one = '', ...others] = transfersOf(text);
    writeFileSync(join(base, 'DONE/Okay', list), [...head, one, ''].join('\n'));
    writeFileSync(join(base, `TODO/.D${list}.draft`), 'half');
    const steps = [
      { op: 'place', path: `DONE/Okay/${list}`, content: [...head, one, ''].join('\n') },
      { op: 'place', path: `TODO/D${list}`, content: [...head, ...others, ''].join('\n') },
      { op: 'move', from: `DOING/${list}`, to: `DONE/Dirty/${list}` },
    ];
    leave(base, 'INSERT INTO transition (list, steps) VALUES (?, ?)', list, JSON.stringify(steps));
    leave(base, "UPDATE list SET state = 'SETTLED' WHERE name = ?", list);
    leave(
      base,
      'INSERT INTO list (name, state, attempt, failures, transfers, split_from, since) VALUES (?, ?, 0, 1, 4, ?, 0)',
      `D${list}`,
      'WAITING',
      list,
    );
    const audit = await auditOf(base);
    assert.deepEqual([audit.exit, audit.balanced, kindsOf(audit)], [3, true, ['open transition']]);
  });

  test('a transition that was set aside is named, and the spool is judged as it stands', async () => {
    const base = copyOf(campaign);
    const list = first(base, 'DOING').split('/')[1] ?? '';
    copyFileSync(join(base, 'DOING', list), join(base, 'DONE/Okay', list));
    const steps = [{ op: 'move', from: `DOING/${list}`, to: `DONE/Okay/${list}` }];
    const insert = 'INSERT INTO transition (list, steps, aside) VALUES (?, ?, ?)';
    leave(base, insert, list, JSON.stringify(steps), `both DOING/${list} and DONE/Okay/${list} are there`);
    const audit = await auditOf(base);
    assert.deepEqual(kindsOf(audit), ['doubled', 'set aside']);
  });
});

test('of many findings the first are named, and all are counted', async () => {
  const base = copyOf(campaign);
  for (const name of readdirSync(join(base, 'DONE/Okay')))
    if (name.endsWith('.txt')) rmSync(join(base, 'DONE/Okay', name));
  const all = await auditOf(base);
  const few = await auditOf(base, '--most', '3');
  assert.equal(few.findings.filter(({ kind }) => kind === 'missing').length, 3);
  assert.equal(few.counts['missing'], all.counts['missing']);
  assert.ok((all.counts['missing'] ?? 0) > 3);
});
