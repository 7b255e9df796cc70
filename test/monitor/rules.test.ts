/**
 * rules: what becomes of a list in DOING by what FTS says of its job, end to end.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { Fault } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { runUnharmed } from '../support/runWithin.js';
import { noteTransfers } from '../support/everyTransferOnce.js';
import { endJob, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';

const DAY_MS = 86_400_000;
const [one, two] = [listName(1), listName(2)];

describe('the seven rules', { concurrency: 4 }, () => {
  test('more lists than fit into one question: each is asked for once, with files when it is final, and all move', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { concurrency: 16 } });
    const halves = [0, 100].map((first) => Array.from({ length: 60 }, (_, index) => listName(first + index)));
    const names = halves.flat();
    const jobs: Record<string, string> = {};
    for (const half of halves)
      Object.assign(jobs, await submitted(campaign, ral, Object.fromEntries(half.map((name) => [name, [`/${name}`]]))));
    for (const name of names.slice(0, 115)) endJob(ral, jobs[name] ?? '');
    const asked = ral.history.length;
    const ran = await campaign.run('monitor', 0);
    const looks = ral.history.slice(asked).filter(({ path }) => path.startsWith('/jobs/'));
    assert.deepEqual([looks.length, looks.filter(({ path }) => path.includes('files=')).length], [4, 2]);
    assert.deepEqual([ran.counts['moved'], ran.counts['kept'], ran.counts['transfers']], [115, 5, 115]);
    assert.deepEqual([campaign.lists('DONE/Okay'), campaign.lists('DOING')], [names.slice(0, 115), names.slice(115)]);
    nothingLostNorTwice(campaign, ral);
  });

  test('what was judged is settled while a slow answer about others is waited for', async () => {
    const names = Array.from({ length: 101 }, (_, index) => listName(index));
    const jobs: Record<string, string> = {};
    const isAboutLast = (path: string): boolean => path.startsWith(`/jobs/${jobs[names[100] ?? '']}`);
    let settled: string[] = [];
    const late: Fault = {
      name: 'late',
      does: 'delay',
      seconds: 3,
      when: ({ path }) => isAboutLast(path) && !path.includes('files='),
    };
    // Their files are asked for when the late answer is there.
    const look: Fault = {
      name: 'look',
      does: 'delay',
      seconds: 0,
      when: ({ path }) => {
        if (isAboutLast(path) && path.includes('files=')) settled = campaign.lists('DONE/Okay');
        return false;
      },
    };
    const ral = await rehearsalServer('RAL', { faults: [late, look] });
    const campaign = new Campaign([choice(ral)]);
    Object.assign(jobs, await submitted(campaign, ral, Object.fromEntries(names.map((name) => [name, [`/${name}`]]))));
    for (const job of Object.values(jobs)) endJob(ral, job);
    await campaign.run('monitor', 0);
    assert.deepEqual([settled, campaign.lists('DONE/Okay')], [names.slice(0, 100), names]);
  });

  test('lists that are named go through the rules alone; a name that is not in DOING moves nothing', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: ['/one'], [two]: ['/two'] });
    for (const name of [one, two]) endJob(ral, jobs[name] ?? '');
    const refused = await campaign.run('monitor', 2, [one, listName(3)]);
    assert.match(refused.stderr, new RegExp(`Nothing was looked at: not in DOING: ${listName(3)}`));
    assert.deepEqual(campaign.lists('DOING'), [one, two]);
    const ran = await campaign.run('monitor', 0, [`DOING/${two}`]);
    assert.deepEqual([ran.of(two).to, ran.lists.length], [[`DONE/Okay/${two}`], 1]);
    assert.deepEqual(campaign.lists('DOING'), [one]);
    // Whoever names lists does not ask after the others, such as one that somebody took away.
    campaign.move(`DOING/${one}`, one);
    campaign.put('DOING', listName(4), ['/four']);
    await campaign.run('monitor', 0, [listName(4), '--dry-run']);
    campaign.move(one, `DOING/${one}`);
    await campaign.run('monitor', 0);
    nothingLostNorTwice(campaign, ral);
  });

  test('a job that goes on keeps its list; what it waits for is said, to cron once a day, and is no trouble', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const silent = { SUBMITTED: 6, ACTIVE: 4 };
    const said = ['READY', 'STAGING', 'STARTED', 'ARCHIVING', 'ON_HOLD', 'ON_HOLD_STAGING', 'TOKEN_PREP', 'DELETE'];
    const states = [...Object.keys(silent), ...said];
    const names = Object.fromEntries(states.map((state, age) => [state, listName(age)]));
    const nameOf = (state: string): string => names[state] ?? '';
    const lists = Object.fromEntries(Object.values(names).map((name) => [name, [`/${name}`]]));
    const jobs = await submitted(campaign, ral, lists);
    for (const [state, name] of Object.entries(names)) ral.setJob(jobs[name] ?? '', state);
    const quiet = async (): Promise<string> =>
      (await runUnharmed('monitor', { base: campaign.base, args: ['--quiet'] })).stdout;
    const has = (text: string, state: string): boolean =>
      text.includes(`${state}: 1 list goes on by itself: ${nameOf(state)}`);

    // Looks by hand say it each time, and take nothing out of the mail.
    const texts = [await campaign.text('monitor', 0), await campaign.text('monitor', 0), await quiet()];
    const ran = await campaign.run('monitor', 0);
    for (const state of said) {
      for (const text of texts) assert.ok(has(text, state), text);
      const { rule, action, state: seen } = ran.of(nameOf(state));
      assert.deepEqual({ rule, action, seen }, { rule: 7, action: 'kept', seen: state });
    }
    assert.equal(await quiet(), '');
    for (const [state, rule] of Object.entries(silent)) {
      assert.ok(!texts.join('').includes(nameOf(state)), texts[0]);
      assert.equal(ran.of(nameOf(state)).rule, rule);
    }
    const log = campaign.read('castor2echo.log');
    for (const state of said)
      assert.equal(log.split(`"lists":["${nameOf(state)}"]`).length - 1, 5, 'in the log of each run');

    // Another state on the same day is no news; on the next day all is said again.
    ral.setJob(jobs[nameOf('STAGING')] ?? '', 'ARCHIVING');
    assert.equal(await quiet(), '');
    campaign.leave('UPDATE list SET said_at = said_at - ?', DAY_MS);
    const nextDay = await quiet();
    assert.ok(has(nextDay, 'READY'), nextDay);
    const both = [nameOf('STAGING'), nameOf('ARCHIVING')].sort().join(', ');
    assert.ok(nextDay.includes(`ARCHIVING: 2 lists go on by themselves: ${both}`), nextDay);
    assert.equal(await quiet(), '');
    assert.deepEqual(campaign.lists('DOING'), Object.values(names).sort());
    nothingLostNorTwice(campaign, ral);
  });

  test('many lists in one state are one line, which names a few of them', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const names = [1, 2, 3, 4, 5, 6, 7].map(listName);
    const jobs = await submitted(campaign, ral, Object.fromEntries(names.map((name) => [name, [`/${name}`]])));
    for (const job of Object.values(jobs)) ral.setJob(job, 'STAGING');
    const text = await campaign.text('monitor', 0);
    assert.ok(text.includes(`STAGING: 7 lists go on by themselves: ${names.slice(0, 5).join(', ')} and 2 more`), text);
  });

  test('lists that are in one state for over monitor.stuck_days need a person, in the mail once a day', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { monitor: { stuck_days: 3 } });
    const names = [1, 2, 3, 4].map(listName);
    const [active = '', queued = '', ready = '', young = ''] = names;
    const jobs = await submitted(campaign, ral, Object.fromEntries(names.map((name) => [name, [`/${name}`]])));
    for (const [name, state] of [
      [active, 'ACTIVE'],
      [queued, 'SUBMITTED'],
      [ready, 'READY'],
      [young, 'ACTIVE'],
    ] as const)
      ral.setJob(jobs[name] ?? '', state);
    // Rows of version 1.0 do not say since when: they count from the first look.
    await campaign.run('monitor', 0);
    campaign.leave('UPDATE job SET state_since = NULL, submitted_at = submitted_at - ?', 30 * DAY_MS);
    await campaign.run('monitor', 0);
    campaign.leave('UPDATE job SET state_since = state_since - ? WHERE list <> ?', 70 * 3_600_000, young);
    await campaign.run('monitor', 0);
    campaign.leave('UPDATE job SET state_since = state_since - ? WHERE list <> ?', 3 * 3_600_000, young);

    const line = (state: string, name: string): string =>
      `${state} for over 3 days (monitor.stuck_days): 1 list: ${name} (3 days);`;
    const quiet = () => runUnharmed('monitor', { base: campaign.base, args: ['--quiet'] });
    for (const { said } of [await campaign.run('monitor', 3), await campaign.run('monitor', 3)])
      for (const [state, name] of [
        ['ACTIVE', active],
        ['SUBMITTED', queued],
        ['READY', ready],
      ] as const)
        assert.ok(said.includes(line(state, name)), said);
    const mail = await quiet();
    assert.equal(mail.exit, 3);
    assert.ok(mail.stdout.includes(line('SUBMITTED', queued)), mail.stdout);
    assert.ok(!mail.stdout.includes(young), mail.stdout);
    assert.deepEqual(await quiet(), { exit: 0, signal: null, stdout: '', stderr: '' });
    await campaign.run('monitor', 3);
    campaign.leave('UPDATE list SET stuck_said_at = stuck_said_at - ?', DAY_MS);
    assert.equal((await quiet()).exit, 3);

    // What changes its state begins anew.
    ral.setJob(jobs[active] ?? '', 'SUBMITTED');
    const { said } = await campaign.run('monitor', 3);
    assert.ok(!said.includes(active), said);
    nothingLostNorTwice(campaign, ral);
  });

  test('a state that nobody knows needs a person and moves nothing; the other lists go on', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two) });
    ral.setJob(jobs[one] ?? '', 'PONDERING');
    endJob(ral, jobs[two] ?? '');
    const ran = await campaign.run('monitor', 3);
    const { rule, action, state } = ran.of(one);
    assert.deepEqual({ rule, action, state }, { rule: 7, action: 'kept', state: 'PONDERING' });
    assert.match(ran.said, new RegExp(`Unknown state: list "${one}" is PONDERING at RAL \\(job ${jobs[one]}\\)`));
    assert.deepEqual(campaign.lists('DOING'), [one]);
    assert.deepEqual(campaign.lists('DONE/Okay'), [two]);
    nothingLostNorTwice(campaign, ral);
  });

  test('a FINISHED list goes to DONE/Okay as it is, also when its job was archived', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two) });
    const before = campaign.read(`DOING/${one}`);
    for (const name of [one, two]) endJob(ral, jobs[name] ?? '');
    ral.archive(jobs[two]);
    const ran = await campaign.run('monitor', 0);
    for (const name of [one, two]) {
      const { rule, action, state, to } = ran.of(name);
      assert.deepEqual({ rule, action, state }, { rule: 2, action: 'moved', state: 'FINISHED' });
      assert.deepEqual(to, [`DONE/Okay/${name}`]);
      assert.equal(campaign.state(name), 'SETTLED');
    }
    assert.equal(campaign.read(`DONE/Okay/${one}`), before);
    assert.equal(ran.counts['transfers'], 4);
    nothingLostNorTwice(campaign, ral);
  });

  test('a FINISHEDDIRTY list is split by the reason of each transfer', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const lfn = (name: string): string => `/lhcb/dirty/${name}.dst`;
    const kinds: Record<string, readonly [state: string, reason?: string]> = {
      okay: ['FINISHED'],
      literal: ['FAILED', 'TRANSFER [5] globus: 500 No such file or directory'],
      permanent: ['FAILED', 'SOURCE [2] Failed to stat file (No such file or directory)'],
      transient: ['FAILED', 'TRANSFER [110] Connection timed out'],
      auth: ['FAILED', 'TRANSFER [13] Permission denied'],
      config: ['FAILED', 'DESTINATION [28] No space left on device'],
      unknown: ['FAILED', 'TRANSFER [99] Nobody has seen this before'],
      cancelled: ['CANCELED', 'Job canceled by the user'],
      forged: ['FAILED', 'SOURCE [2] No such file or directory\r\n\u001b[2J\u202egsiftp://evil/x  gsiftp://evil/y'],
      stored: ['FINISHED'],
    };
    campaign.put('TODO', one, Object.keys(kinds).slice(0, -1).map(lfn));
    // FTS stores this URL with its scheme in lower case and without the empty query.
    const stored = `${campaign.source.replace('srm', 'SRM')}${lfn('stored')}  ${campaign.destination}${lfn('stored')}?#`;
    campaign.write(`TODO/${one}`, `# a person's note\n\n${campaign.read(`TODO/${one}`)}${stored}\n`);
    noteTransfers(campaign.base, [stored]);
    await submitted(campaign, ral, {});
    const { jobId } = campaign.job(ral, one);
    const before = campaign.read(`DOING/${one}`);
    endJob(ral, jobId, Object.values(kinds));
    const ran = await campaign.run('monitor', 0);

    const dirty = `D${one}`;
    const { rule, action, state, to } = ran.of(one);
    assert.deepEqual({ rule, action, state }, { rule: 3, action: 'split', state: 'FINISHEDDIRTY' });
    assert.deepEqual(
      [...to].sort(),
      [`DONE/Bad/${one}`, `DONE/Dirty/${one}`, `DONE/Okay/${one}`, `TODO/${dirty}`].sort(),
    );
    const header = `# castor2echo 1 ${campaign.uuid()}`;
    const lines = (path: string): string[] => campaign.read(path).trimEnd().split('\n');
    assert.deepEqual(lines(`DONE/Okay/${one}`), [header, campaign.line(lfn('okay')), stored]);
    assert.deepEqual(lines(`TODO/${dirty}`), [
      header,
      `# split from ${one}, failures 1`,
      ...['transient', 'auth', 'config', 'unknown'].map((name) => campaign.line(lfn(name))),
    ]);
    assert.equal(campaign.read(`DONE/Dirty/${one}`), before);

    const bad = lines(`DONE/Bad/${one}`);
    assert.equal(bad.shift(), header);
    const at = `RAL ${jobId} | \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$`;
    const expected: [string, RegExp][] = [
      [
        'literal',
        new RegExp(
          `^# permanent: the source file is missing \\| TRANSFER \\[5\\] globus: 500 No such file or directory \\| ${at}`,
        ),
      ],
      [
        'permanent',
        new RegExp(
          `^# permanent: [^|]+ \\| SOURCE \\[2\\] Failed to stat file \\(No such file or directory\\) \\| ${at}`,
        ),
      ],
      ['cancelled', new RegExp(`^# permanent: somebody cancelled it \\| Job canceled by the user \\| ${at}`)],
      [
        'forged',
        new RegExp(
          `^# permanent: [^|]+ \\| SOURCE \\[2\\] No such file or directory\\\\x0d\\\\x0a\\\\x1b\\[2J\\\\u\\{202e\\}gsiftp://evil/x  gsiftp://evil/y \\| ${at}`,
        ),
      ],
    ];
    assert.equal(bad.length, 2 * expected.length);
    expected.forEach(([name, comment], index) => {
      assert.match(bad[2 * index] ?? '', comment);
      assert.equal(bad[2 * index + 1], campaign.line(lfn(name)));
    });
    assert.deepEqual(campaign.rows('SELECT name, state, failures, transfers, split_from FROM list ORDER BY name'), [
      { name: dirty, state: 'WAITING', failures: 1, transfers: 4, split_from: one },
      { name: one, state: 'SETTLED', failures: 1, transfers: 10, split_from: null },
    ]);
    nothingLostNorTwice(campaign, ral);
  });

  test('a list is retried until its lineage has failed more than three times, however often it is looked at', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const failed: readonly [string, string] = ['FAILED', 'TRANSFER [110] Connection timed out'];
    campaign.put('TODO', one);
    campaign.put('TODO', two, ['/lhcb/two/okay.dst', '/lhcb/two/rest.dst']);
    const dirty = `D${two}`;
    const fate: string[][] = [];
    for (let round = 1; round <= 4; round += 1) {
      await campaign.run('consumer');
      // The second look finds nothing new.
      if (round === 2) for (const _ of [1, 2]) await campaign.run('monitor', 0);
      for (const { jobId, metadata, transfers } of campaign.jobs(ral))
        if (transfers.some((transfer) => transfer.settledAt === null)) {
          const split = (metadata as { list: string }).list === two;
          endJob(ral, jobId, split ? [['FINISHED'], failed] : [failed, failed]);
        }
      const ran = await campaign.run('monitor', 0);
      fate.push(ran.lists.map(({ list, rule, action, to }) => [list, rule, action, ...to].join(' ')));
      nothingLostNorTwice(campaign, ral);
    }
    assert.deepEqual(fate, [
      [`${one} 5 moved TODO/${one}`, `${two} 3 split DONE/Okay/${two} TODO/${dirty} DONE/Dirty/${two}`],
      [`${dirty} 5 moved TODO/${dirty}`, `${one} 5 moved TODO/${one}`],
      [`${dirty} 5 moved TODO/${dirty}`, `${one} 5 moved TODO/${one}`],
      [`${dirty} 5 bad DONE/Bad/${dirty}`, `${one} 5 bad DONE/Bad/${one}`],
    ]);
    assert.equal(campaign.jobs(ral).filter(({ metadata }) => (metadata as { list: string }).list === one).length, 4);
    assert.deepEqual(
      campaign.rows('SELECT attempt FROM job WHERE list = ?', one),
      [1, 2, 3, 4].map((attempt) => ({ attempt })),
    );
    assert.deepEqual(campaign.rows('SELECT name, failures FROM list WHERE name <> ? ORDER BY name', two), [
      { name: dirty, failures: 4 },
      { name: one, failures: 4 },
    ]);
    assert.deepEqual([...campaign.lists('TODO'), ...campaign.lists('DOING')], []);
  });
});
