/**
 * moveServer: a list goes on at another server, and nothing of it is carried out at both.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { Fault, RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { endJob, loseAnswers, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';
import { run } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';

const [A, B] = [listName(1), listName(2)];
const LFNS = ['/lhcb/a', '/lhcb/b', '/lhcb/c'];
const SOON = { fts: { timeout_seconds: 1 } };

/** A server whose workers stop at once. */
const quick = (name: string): Promise<RehearsalServer> => rehearsalServer(name, { timeScale: 100 });

interface Site {
  readonly ral: RehearsalServer;
  readonly cern: RehearsalServer;
  readonly campaign: Campaign;
}

/** List A in DOING at RAL; new lists would go there. */
async function atRal(lfns: readonly string[] = LFNS): Promise<Site> {
  const site = await waiting(lfns);
  await site.campaign.run('consumer');
  return site;
}

/** List A in TODO. */
async function waiting(lfns: readonly string[] = LFNS): Promise<Site> {
  const [ral, cern] = [await quick('RAL'), await quick('CERN')];
  const campaign = new Campaign([choice(ral), choice(cern, 0)], SOON);
  campaign.put('TODO', A, lfns);
  return { ral, cern, campaign };
}

describe('moveServer', { concurrency: 4 }, () => {
  test('what had finished is kept, and the rest goes on at the other server', async () => {
    const { ral, cern, campaign } = await atRal();
    const { jobId } = campaign.job(ral, A);
    ral.setFile(jobId, 0, 'FINISHED');
    const ran = await campaign.run('misc/moveServer', 0, [A, '--to', 'CERN', '--yes']);
    assert.match(ran.stderr, new RegExp(`${A}: \\w+ at RAL, to be cancelled`));
    assert.deepEqual(ran.of(A).to, [`DONE/Okay/${A}`, `TODO/D${A}`, `DONE/Dirty/${A}`]);
    assert.equal(campaign.job(ral, A).state, 'CANCELED');
    const consumed = await campaign.run('consumer', 0);
    assert.equal(consumed.of(`D${A}`).server, 'CERN');
    assert.equal(campaign.job(cern, `D${A}`).transfers.length, 2);
    assert.deepEqual(campaign.rows('SELECT failures, pinned FROM list WHERE name = ?', `D${A}`), [
      { failures: 0, pinned: null },
    ]);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a list of which nothing had finished keeps its name, and gets its next attempt there', async () => {
    const { ral, cern, campaign } = await atRal();
    await campaign.run('misc/moveServer', 0, [`DOING/${A}`, '--to', cern.url, '--yes']);
    assert.ok(campaign.has(`TODO/${A}`));
    await campaign.run('consumer');
    assert.equal(campaign.job(cern, A).sid, `castor2echo:${campaign.uuid()}:${A}:2`);
    assert.match((await explained(campaign)).join('\n'), /attempt 1 +at RAL[^]*attempt 2 +at CERN/);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('it waits for the end of every transfer, and run again it goes on from there', async () => {
    const { ral, cern, campaign } = await atRal();
    const { jobId } = campaign.job(ral, A);
    ral.setJob(jobId, 'CANCELED');
    ral.setFile(jobId, 1, 'ACTIVE');
    const ran = await campaign.run('misc/moveServer', 3, [A, '--to', 'CERN', '--yes', '--patience', '0']);
    assert.match(ran.said, /not all of its transfers have ended; it stays in DOING: run the same command again/);
    assert.ok(campaign.has(`DOING/${A}`));
    assert.equal((await campaign.run('consumer', 0)).counts['submitted'], 0);
    endJob(ral, jobId, [['CANCELED'], ['FINISHED'], ['CANCELED']]);
    await campaign.run('misc/moveServer', 0, [A, '--to', 'CERN', '--yes']);
    assert.equal((await campaign.run('consumer', 0)).of(`D${A}`).server, 'CERN');
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a cancelled transfer that its worker has not stopped yet is not sent elsewhere', async () => {
    const [ral, cern] = [await rehearsalServer('RAL'), await quick('CERN')];
    const campaign = new Campaign([choice(ral), choice(cern, 0)], SOON);
    campaign.put('TODO', A, LFNS);
    await campaign.run('consumer');
    await campaign.run('misc/moveServer', 3, [A, '--to', 'CERN', '--yes', '--patience', '0']);
    assert.equal(campaign.job(ral, A).state, 'CANCELED');
    assert.ok(campaign.has(`DOING/${A}`));
    await campaign.run('misc/moveServer', 0, [A, '--to', 'CERN', '--yes']);
    await campaign.run('consumer');
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('the end is seen within one run when it comes soon', async () => {
    const { ral, cern, campaign } = await atRal();
    const { jobId } = campaign.job(ral, A);
    ral.setJob(jobId, 'CANCELED');
    ral.setFile(jobId, 1, 'ACTIVE');
    let looks = 0;
    const ends: Fault['when'] = ({ method, path }) => {
      if (method === 'GET' && path.includes('files=')) looks += 1;
      if (looks === 3) endJob(ral, jobId, [['CANCELED'], ['CANCELED'], ['CANCELED']]);
      return false;
    };
    ral.setFaults([{ name: 'ends after a while', does: 'delay', when: ends }]);
    const ran = await campaign.run('misc/moveServer', 0, [A, '--to', 'CERN', '--yes']);
    assert.deepEqual(ran.of(A).to, [`TODO/${A}`]);
    assert.ok(looks >= 3);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a job that had ended by itself is settled by the rules', async () => {
    const { ral, cern, campaign } = await atRal();
    endJob(ral, campaign.job(ral, A).jobId, [
      ['FINISHED'],
      ['FAILED', 'SOURCE [2] 500 No such file or directory'],
      ['FAILED', 'x'],
    ]);
    const ran = await campaign.run('misc/moveServer', 0, [A, '--to', 'CERN', '--yes']);
    assert.equal(ran.of(A).rule, 3);
    assert.deepEqual(
      [campaign.lists('DONE/Okay'), campaign.lists('DONE/Bad'), campaign.lists('TODO')],
      [[A], [A], [`D${A}`]],
    );
    assert.equal((await campaign.run('consumer', 0)).of(`D${A}`).server, 'CERN');
    assert.equal(ral.history.filter(({ method }) => method === 'DELETE').length, 0);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a list that waits in TODO goes there with its first attempt, and waits for it when it is down', async () => {
    const { ral, cern, campaign } = await waiting();
    const ran = await campaign.run('misc/moveServer', 0, [A, '--to', 'CERN', '--yes']);
    assert.match(ran.stderr, /CERN has weight 0/);
    await cern.down();
    const waited = await campaign.run('consumer', 0);
    assert.match(waited.said, new RegExp(`"${A}" waits in TODO for CERN, to which it was moved: .*refused`));
    assert.ok(campaign.has(`TODO/${A}`));
    assert.match((await explained(campaign)).join('\n'), /submits it to CERN, where it was moved to/);
    await cern.up();
    assert.equal((await campaign.run('consumer', 0)).of(A).server, 'CERN');
    // The pin is for one submission: a failed job may be retried anywhere.
    endJob(
      cern,
      campaign.job(cern, A).jobId,
      LFNS.map(() => ['FAILED', 'TRANSFER [110] timeout']),
    );
    await campaign.run('monitor');
    assert.equal((await campaign.run('consumer', 0)).of(A).server, 'RAL');
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('--from moves all that is open at a server', async () => {
    const { ral, cern, campaign } = await atRal();
    campaign.put('TODO', B);
    await campaign.run('consumer');
    const ran = await campaign.run('misc/moveServer', 0, ['--from', 'RAL', '--to', 'CERN', '--yes']);
    assert.equal(ran.counts['moved'], 2);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a table of reasons that is wrong ends it before a job is cancelled', async () => {
    const { ral, campaign } = await atRal();
    campaign.write('reasons.tsv', 'nonsense');
    const ended = await run('misc/moveServer', { base: campaign.base, args: [A, '--to', 'CERN', '--yes'] });
    assert.notEqual(campaign.job(ral, A).state, 'CANCELED');
    assert.equal(ended.exit, 2);
    assert.match(ended.stderr, /reasons\.tsv:1/);
  });

  test('--from a server that nobody knows is a mistake; from one that has nothing left it is not', async () => {
    const { cern, campaign } = await atRal();
    const mistyped = await run('misc/moveServer', { base: campaign.base, args: ['--from', 'Ral', '--to', 'CERN'] });
    assert.deepEqual([mistyped.exit, mistyped.stdout], [2, '']);
    assert.match(
      mistyped.stderr,
      /--from Ral: no job of this campaign was there, and the settings have only RAL, CERN/,
    );
    await campaign.run('misc/moveServer', 0, ['--from', 'RAL', '--to', 'CERN', '--yes']);
    campaign.settings([choice(cern)]);
    const again = await campaign.text('misc/moveServer', 0, ['--from', 'RAL', '--to', 'CERN', '--yes']);
    assert.match(again, /nothing to move/);
  });
});

describe('moveServer --abandon', { concurrency: 4 }, () => {
  test('a silent server keeps its lists, unless a person gives it up', async () => {
    const { ral, cern, campaign } = await atRal();
    await ral.down();
    const refused = await campaign.run('misc/moveServer', 3, [A, '--to', 'CERN', '--yes']);
    assert.match(
      refused.said,
      /RAL cannot be asked .*; try again when that is mended, or if it never will be: --abandon/,
    );
    assert.ok(campaign.has(`DOING/${A}`));

    const ran = await campaign.run('misc/moveServer', 0, [A, '--to', 'CERN', '--abandon', '--yes']);
    assert.match(ran.stderr, /ABANDONED at RAL.*all of its 3 transfers are sent again/);
    assert.match(ran.said, /may carry out the same transfers a second time.*fts-rest-transfer-cancel -s http/);
    assert.deepEqual(ran.of(A).to, [`TODO/${A}`]);
    // What the silent server has begun to copy may still be written: nothing is sent again before that must be over.
    assert.equal((await campaign.run('consumer', 0)).of(A).action, 'waiting');
    assert.equal(campaign.jobs(cern).length, 0);
    anHourGoesBy(campaign);
    await campaign.run('consumer');
    const job = campaign.job(cern, A);
    assert.equal(job.sid, `castor2echo:${campaign.uuid()}:${A}:2`);
    assert.match((await explained(campaign)).join('\n'), /abandoned by a person[^]*attempt 2 +at CERN/);
    await ral.up();
    everyTransferOnce(campaign.base);
  });

  test('a server that answers and has the job is not abandoned', async () => {
    const { ral, campaign } = await atRal();
    const ran = await campaign.run('misc/moveServer', 3, [A, '--to', 'CERN', '--abandon', '--yes']);
    assert.match(ran.said, /RAL has its job, which is (ACTIVE|SUBMITTED); without --abandon it is cancelled first/);
    assert.ok(campaign.has(`DOING/${A}`));
    assert.notEqual(campaign.job(ral, A).state, 'CANCELED');
  });

  test('a list whose answer was lost goes elsewhere only when its server says nothing that helps', async () => {
    const { ral, cern, campaign } = await waiting();
    await loseAnswers(campaign, ral, { [A]: 'cut-after' });
    // As if somebody else's job stood there: another list's metadata.
    campaign.leave('UPDATE job SET job_id = ?', await strangersJob(ral));
    const held = await campaign.run('consumer', 3);
    assert.match(held.said, /is not ours by its metadata.*a person's way out: .*--abandon/);
    const refused = await campaign.run('misc/moveServer', 3, [A, '--to', 'CERN', '--yes']);
    assert.match(refused.said, /or if it never will be: --abandon/);
    await campaign.run('misc/moveServer', 0, [A, '--to', 'CERN', '--abandon', '--yes']);
    anHourGoesBy(campaign);
    assert.equal((await campaign.run('consumer', 0)).of(A).server, 'CERN');
    assert.equal(campaign.job(cern, A).sid, `castor2echo:${campaign.uuid()}:${A}:2`);
    everyTransferOnce(campaign.base);
  });

  test('a job that may have been purged is given up, and without --to any server gets the list', async () => {
    const { ral, campaign } = await waiting();
    await loseAnswers(campaign, ral, { [A]: 'cut-before' });
    const early = await campaign.run('misc/moveServer', 3, [A, '--abandon', '--yes']);
    assert.match(early.said, /RAL has not got it; the next run of the consumer submits it there again/);
    campaign.leave('UPDATE job SET submitting_at = submitting_at - 7 * 86400000');
    assert.match((await campaign.run('consumer', 3)).said, /may have been purged.*--abandon/);
    await campaign.run('misc/moveServer', 0, [A, '--abandon', '--yes']);
    assert.equal((await campaign.run('consumer', 0)).of(A).server, 'RAL');
    assert.equal(campaign.job(ral, A).sid, `castor2echo:${campaign.uuid()}:${A}:2`);
    nothingLostNorTwice(campaign, ral);
  });
});

test('moveServer does nothing without a list, a usable server, a terminal or --yes', async () => {
  const { ral, cern, campaign } = await atRal();
  const exits: [number, string[]][] = [
    [2, ['--to', 'CERN', '--yes']],
    [2, [A, '--yes']],
    [2, [A, '--to', 'FNAL', '--yes']],
    [2, [A, '--to', 'CERN', '--patience', 'much', '--yes']],
    [0, [A, '--to', 'CERN', '--dry-run']],
    [3, [A, '--to', 'RAL', '--yes']],
    [3, ['FTSList-none.txt', '--to', 'CERN', '--yes']],
  ];
  for (const [exit, args] of exits) {
    const ended = await runUnharmed('misc/moveServer', { base: campaign.base, args });
    assert.equal(ended.exit, exit, `${args.join(' ')}: ${ended.stdout}${ended.stderr}`);
  }
  const unasked = await run('misc/moveServer', { base: campaign.base, args: [A, '--to', 'CERN'] });
  assert.equal(unasked.exit, 2, unasked.stdout + unasked.stderr);
  await cern.down();
  const ended = await runUnharmed('misc/moveServer', { base: campaign.base, args: [A, '--to', 'CERN', '--yes'] });
  assert.equal(ended.exit, 5, ended.stdout);
  await cern.up();
  assert.ok(campaign.has(`DOING/${A}`));
  assert.notEqual(campaign.job(ral, A).state, 'CANCELED');
});

function anHourGoesBy(campaign: Campaign): void {
  campaign.leave('UPDATE list SET hold_until = hold_until - 3600000 WHERE hold_until IS NOT NULL');
}

/** A job of another campaign at this server. */
async function strangersJob(server: RehearsalServer): Promise<string> {
  const stranger = new Campaign([choice(server)]);
  stranger.put('TODO', B);
  await stranger.run('consumer');
  return stranger.job(server, B).jobId;
}

/** Its lines, each as long as it would be if a terminal were wide enough. */
async function explained(campaign: Campaign): Promise<string[]> {
  const { stdout } = await runUnharmed('misc/explain', { base: campaign.base, args: [A] });
  return stdout.replaceAll(/\n {15}/g, ' ').split('\n');
}
