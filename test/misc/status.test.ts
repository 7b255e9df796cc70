/**
 * status: it says what is there, and changes nothing.
 */
import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { acquireLease } from '../../dist/lease/lease.js';
import { Campaign, choice } from '../support/campaign.js';
import { runUnharmed } from '../support/runWithin.js';
import { endJob, rehearsalServer } from '../support/rehearsed.js';

const SETTINGS = { producer: { lfns_per_list: 2, lists_per_run: 3 }, consumer: { lists_per_run: 2 } };

interface Report {
  readonly transfers: Record<string, number>;
  readonly lists: Record<string, number>;
  readonly servers: Record<string, unknown>[];
  readonly failures: Record<string, unknown>[];
  readonly rates: Record<string, unknown>[];
  readonly oldest: Record<string, unknown> | null;
  readonly eta: string | null;
}

async function report(campaign: Campaign, exit: number): Promise<Report> {
  const ended = await runUnharmed('status', { base: campaign.base, args: ['--json'] });
  assert.equal(ended.exit, exit, ended.stdout + ended.stderr);
  return JSON.parse(ended.stdout) as Report;
}

/** Names, sizes and times of everything in the campaign. */
function everything(base: string): string[] {
  return readdirSync(base, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => `${name} ${statSync(join(base, name)).size} ${statSync(join(base, name)).mtimeMs}`);
}

describe('status', { concurrency: 4 }, () => {
  test('tells no end when nothing has finished for days, whatever was cut or finished before', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], SETTINGS);
    campaign.lfns('a.list', ['/lhcb/1', '/lhcb/2', '/lhcb/3', '/lhcb/4']);
    await campaign.run('producer');
    campaign.leave('UPDATE cut SET at = at - ?', 3 * 86_400_000);
    assert.equal((await report(campaign, 0)).eta, null);
    assert.doesNotMatch(await campaign.text('status', 0), /all is done/);
    const hour = Math.floor(Date.now() / 3_600_000 - 100) * 3_600_000;
    campaign.leave("INSERT INTO hourly (hour, outcome, transfers, bytes) VALUES (?, 'finished', 5000, 1)", hour);
    assert.equal((await report(campaign, 0)).eta, null);
    campaign.leave(
      "INSERT INTO hourly (hour, outcome, transfers, bytes) VALUES (?, 'finished', 5, 1)",
      hour + 90 * 3_600_000,
    );
    assert.notEqual((await report(campaign, 0)).eta, null);
  });

  test('knows what the monitor put into DONE/Okay without opening it, and opens what it does not know', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], SETTINGS);
    campaign.lfns('a.list', ['/lhcb/1', '/lhcb/2', '/lhcb/3', '/lhcb/4']);
    await campaign.run('producer');
    await campaign.run('consumer');
    const [first = '', second = ''] = campaign.lists('DOING');
    // The name is taken: what has finished stands beside it under another.
    campaign.write(`DONE/Okay/${second}`, 'srm://a.b/c  srm://d.e/f\n');
    for (const list of [first, second]) endJob(ral, campaign.job(ral, list).jobId, [['FINISHED']]);
    await campaign.run('monitor');
    assert.equal(campaign.lists('DONE/Okay').length, 3);
    assert.deepEqual((await report(campaign, 0)).lists['okay'], 3);
    assert.equal((await report(campaign, 0)).transfers['okay'], 5);

    campaign.write(`DONE/Okay/${first}`, '');
    assert.equal((await report(campaign, 0)).transfers['okay'], 5, 'what is known is not opened');
    campaign.move(`DONE/Okay/${first}`, `TODO/${first}`);
    assert.equal((await report(campaign, 0)).transfers['okay'], 3, 'what is gone is not counted');
    campaign.write('DONE/Okay/by-hand.txt', '# no transfer\nsrm://a.b/c  srm://d.e/f\n');
    assert.equal((await report(campaign, 0)).transfers['okay'], 4, 'what a person has put there is opened');
    campaign.leave('DELETE FROM okay');
    assert.equal(
      (await report(campaign, 0)).transfers['okay'],
      4,
      'and all of it after a repair that has lost the rows',
    );
  });

  test('counts transfers and lists by where they stand, and says what failed', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], SETTINGS);
    const lfns = Array.from({ length: 10 }, (_, index) => `/lhcb/${'x'.repeat(index)}`);
    campaign.lfns('a.list', [...lfns, '', '# no LFN']);
    await campaign.run('producer');
    await campaign.run('consumer');
    const [first = '', second = ''] = campaign.lists('DOING');
    endJob(ral, campaign.job(ral, first).jobId, [['FINISHED'], ['FAILED', 'SOURCE [2] No such file or directory']]);
    endJob(ral, campaign.job(ral, second).jobId);
    await campaign.run('monitor');

    const { eta, ...seen } = await report(campaign, 0);
    const [failure] = seen.failures;
    assert.deepEqual(seen, {
      transfers: { toCut: 4, todo: 2, doing: 0, okay: 3, bad: 1 },
      lists: { todo: 1, doing: 0, okay: 2, bad: 1 },
      servers: [{ name: 'RAL', endpoint: ral.url, reachable: true, openJobs: 0, delegationSecondsLeft: null }],
      // A missing file says nothing of its storage.
      storages: [campaign.destination, campaign.source].map((url) => ({
        storage: /^\w+:\/\/[^/:]+/.exec(url)?.[0],
        finished: 3,
        failed: 0,
        state: 'open',
        since: null,
        until: null,
        why: null,
        isIdle: false,
      })),
      failures: [
        {
          class: 'permanent',
          meaning: 'the source file is missing',
          count: 1,
          firstSeen: failure?.['firstSeen'],
          lastSeen: failure?.['firstSeen'],
          lfn: '/lhcb/x',
          reason: 'SOURCE [2] No such file or directory',
          list: first,
          server: 'RAL',
          jobId: campaign.job(ral, first).jobId,
          link: null,
          cure: "tell the data's owner: sending it again will not help",
        },
      ],
      bytes: 0,
      rates: [{ hours: 1, finished: 3, failed: 1, bytes: 0 }],
      pace: { perDay: 72, basis: 'cut' },
      jobStates: [],
      tape: [],
      answersMissing: 0,
      held: { lists: 0, until: null },
      forecast: null,
      tokensWanted: [],
      newerServersWanted: [],
      oldest: null,
    });
    assert.match(String(failure?.['firstSeen']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.match(eta ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

    const { stdout } = await runUnharmed('status', { base: campaign.base });
    assert.match(stdout, /DONE\/Okay +3 +2\n/);
    assert.match(stdout, /\[#{15}\.{35}\] 30 % of 10/);
    assert.match(stdout, /^ {2}last hour: 3 finished.*; 1 failed$/m);
    assert.match(stdout, /\npermanent: tell .*\n {5}1 × the source file is missing\n.* at RAL:\n {2}\/lhcb\/x\n/);
    // A pipe gets no colours.
    assert.doesNotMatch(stdout, /\x1b/);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
  });

  test('a server that is down is not reachable, its open jobs are counted; exit 5 only when all are', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = new Campaign([choice(ral, 0), choice(cern)], SETTINGS);
    campaign.lfns('a.list', ['/lhcb/a']);
    await campaign.run('producer');
    await campaign.run('consumer');
    await cern.down();
    const of = ({ servers }: Report) => servers.map(({ name, reachable, openJobs }) => [name, reachable, openJobs]);
    assert.deepEqual(of(await report(campaign, 0)), [
      ['RAL', true, 0],
      ['CERN', false, 1],
    ]);
    // A server with jobs of ours is shown although it has left the settings.
    campaign.settings([choice(ral)], SETTINGS);
    assert.deepEqual(of(await report(campaign, 0)), [
      ['RAL', true, 0],
      ['CERN', false, 1],
    ]);
    await ral.down();
    await report(campaign, 5);
    assert.match((await runUnharmed('status', { base: campaign.base })).stdout, /DOING +1 +1/);
  });

  test('the oldest list in DOING is named with what it waits for; a link leads to the job of the last failure', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], SETTINGS);
    campaign.lfns('a.list', ['/lhcb/a', '/lhcb/b', '/lhcb/c']);
    await campaign.run('producer');
    await campaign.run('consumer');
    const [first = '', second = ''] = campaign.lists('DOING');
    campaign.leave('UPDATE list SET since = since - 7200000 WHERE name = ?', second);
    campaign.leave(
      "INSERT INTO list (name, state, attempt, failures, transfers, since) VALUES ('X.txt', 'SUBMITTING', 1, 0, 1, 0)",
    );
    campaign.leave(
      `INSERT INTO job (list, attempt, job_id, server, endpoint, vo, sid, posts, submitting_at) VALUES ('X.txt', 1, 'a', 'RAL', ?, '', '', 1, 0)`,
      ral.url,
    );
    campaign.leave(
      "INSERT INTO failure VALUES ('auth', 'm', 1500, 0, 0, ?, ?, 'x of 17 bytes', 'https://fts.example.org:8446', 'job-1')",
      first,
      `${campaign.source}/lhcb/a`,
    );
    // The monitor says what is wrong with that; here no reason is judged.
    campaign.write('reasons.tsv', 'nonsense');
    const { oldest, failures } = await report(campaign, 0);
    assert.deepEqual([oldest?.['list'], oldest?.['server'], oldest?.['state']], [second, 'RAL', null]);
    assert.deepEqual(
      failures.map(({ lfn, reason, link, server }) => [lfn, reason, link, server]),
      [['/lhcb/a', 'x of 17 bytes', 'https://fts.example.org:8449/fts3/ftsmon/#/job/job-1', 'fts.example.org']],
    );
    const { stdout } = await runUnharmed('status', { base: campaign.base });
    assert.match(stdout, / TODO +0 +0 {3}1 with a lost answer\n {2}DOING +3 +2 {3}2 not looked at\n/);
    assert.match(
      stdout,
      new RegExp(`\nthe oldest list in DOING\n {2}${second}\n {2}There for 2 hours \\(since .* UTC\\). At RAL, not`),
    );
    assert.match(
      stdout.replaceAll('\n  ', ' '),
      /At RAL, not looked at yet\. FTS goes on with it \(rule 6, SUBMITTED\)/,
    );
    assert.match(
      stdout,
      / 1,500 × m\n[^]*\/lhcb\/a\n {2}x of 17 bytes\n {2}https:\/\/fts\.example\.org:8449\/fts3\/ftsmon\/#\/job\/job-1\n/,
    );
  });

  test('writes nothing, sends GETs only, and needs no lease', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], SETTINGS);
    campaign.lfns('a.list', ['/lhcb/a']);
    await campaign.run('producer');
    // What a killed run has left is finished by the next run, not by a look.
    const steps = JSON.stringify([{ op: 'place', path: 'DONE/Okay/x.txt', content: '' }]);
    campaign.leave('INSERT INTO transition (list, steps) VALUES (?, ?)', 'x.txt', steps);
    const lease = await acquireLease(campaign.base, {
      program: 'test',
      waitSeconds: 0,
      takeoverMinutes: 60,
      env: process.env,
    });
    const before = everything(campaign.base);
    await report(campaign, 0);
    assert.deepEqual(everything(campaign.base), before);
    assert.ok(ral.history.every(({ method }) => method === 'GET'));
    lease.release();
  });

  test('a new campaign, before any program has run', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], SETTINGS);
    const before = everything(campaign.base);
    const { transfers, eta } = await report(campaign, 0);
    assert.deepEqual([transfers['toCut'], eta], [0, null]);
    assert.deepEqual(everything(campaign.base), before);
  });

  test('a lost database is said with the command that repairs it', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], SETTINGS);
    await campaign.run('producer');
    rmSync(campaign.path('sqlite_c2e.db'));
    const { exit, stdout } = await runUnharmed('status', { base: campaign.base });
    assert.equal(exit, 4);
    assert.match(stdout, /misc\/repair.js --base/);
  });

  test('--watch without a terminal looks once; an LFN list without a route is named', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], SETTINGS);
    campaign.write('castor2echo.toml', campaign.read('castor2echo.toml').replace('match = "*"', 'match = "none"'));
    campaign.lfns('a.list', ['/lhcb/a']);
    const { exit, stdout } = await runUnharmed('status', { base: campaign.base, args: ['--watch'] });
    assert.equal(exit, 3);
    assert.equal(stdout.match(/to cut/g)?.length, 1);
    assert.match(stdout, /no \[\[route\]\] matches its name/);
  });
});
