/**
 * cancel: the jobs that a person means are cancelled, and no others; their lists stay where they are.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { endJob, faultOn, loseAnswers, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { run } from '../support/runProgram.js';

const [A, B, C] = [listName(1), listName(2), listName(3)];

/** These lists in DOING, all of them at the first server. */
async function submitted(lists: readonly string[], ...servers: readonly RehearsalServer[]): Promise<Campaign> {
  const campaign = new Campaign(
    servers.map((server, index) => choice(server, index === 0 ? 50 : 0)),
    { fts: { timeout_seconds: 1 } },
  );
  for (const list of lists) campaign.put('TODO', list);
  await campaign.run('consumer');
  return campaign;
}

const stateOf = (campaign: Campaign, server: RehearsalServer, list: string): string => campaign.job(server, list).state;

describe('cancel', { concurrency: 4 }, () => {
  test('--all cancels every job that still goes on, and leaves the lists in DOING', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await submitted([A, B, C], ral);
    endJob(ral, campaign.job(ral, C).jobId);
    const ran = await campaign.run('misc/cancel', 0, ['--all', '--yes']);
    assert.deepEqual(
      [A, B, C].map((list) => stateOf(campaign, ral, list)),
      ['CANCELED', 'CANCELED', 'FINISHED'],
    );
    assert.deepEqual(
      ran.lists.map(({ list, action, state }) => [list, action, state]),
      [A, B].map((list) => [list, 'kept', 'CANCELED']),
    );
    assert.match(ran.stderr, /To be cancelled: 2 jobs \(2 \w+ at RAL\)/);
    assert.deepEqual(campaign.lists('DOING'), [A, B, C]);
    // The files end some seconds after their job.
    ral.advance(5);
    const monitored = await campaign.run('monitor', 3);
    assert.match(monitored.said, new RegExp(`List "${A}" was cancelled at RAL`));
    assert.deepEqual(campaign.lists('DOING'), [A, B]);
    ral.advance(60);
    assert.equal((await campaign.run('misc/requeue', 0, ['--all', '--yes'])).counts['transfers'], 4);
    nothingLostNorTwice(campaign, ral);
  });

  test('--server that nobody knows is a mistake, and does not look like nothing to cancel', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await submitted([A], ral);
    const mistyped = await run('misc/cancel', { base: campaign.base, args: ['--server', 'Ral', '--yes'] });
    assert.deepEqual([mistyped.exit, mistyped.stdout], [2, '']);
    assert.match(mistyped.stderr, /--server Ral: no job of this campaign was there, and the settings have only RAL/);
    assert.notEqual(stateOf(campaign, ral, A), 'CANCELED');
  });

  test('--server, --list and --older-than choose, and all that is given must fit', async () => {
    const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
    const campaign = await submitted([A, B], ral, cern);
    campaign.settings([choice(ral, 0), choice(cern)]);
    campaign.put('TODO', C);
    await campaign.run('consumer');
    campaign.leave('UPDATE job SET submitted_at = submitted_at - 7200000 WHERE list = ?', A);

    assert.match(
      (await campaign.run('misc/cancel', 0, ['--server', 'CERN', '--older-than', '1h', '--yes'])).stderr,
      /^$/,
    );
    await campaign.run('misc/cancel', 0, ['--server', ral.url, '--older-than', '60m', '--yes']);
    assert.deepEqual([stateOf(campaign, ral, A), stateOf(campaign, ral, B)].map(isCanceled), [true, false]);
    await campaign.run('misc/cancel', 0, ['--server', 'CERN', '--yes']);
    assert.deepEqual([stateOf(campaign, cern, C), stateOf(campaign, ral, B)].map(isCanceled), [true, false]);
    await campaign.run('misc/cancel', 0, [`DOING/${B}`, '--list', A, '--yes']);
    assert.ok(isCanceled(stateOf(campaign, ral, B)));
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('--state chooses by what FTS says now, not by what was last seen', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await submitted([A, B], ral);
    ral.setJob(campaign.job(ral, A).jobId, 'STAGING');
    ral.setJob(campaign.job(ral, B).jobId, 'ACTIVE');
    const ran = await campaign.run('misc/cancel', 0, ['--state', 'staging', '--yes', '--dry-run']);
    assert.match(ran.stderr, new RegExp(`1 STAGING at RAL.*\n  ${A}`));
    assert.equal(ral.history.filter(({ method }) => method === 'DELETE').length, 0);
    await campaign.run('misc/cancel', 0, ['--state', 'staging', '--yes']);
    const cancelled = ral.history.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
    assert.deepEqual(cancelled, [`/jobs/${campaign.job(ral, A).jobId}`]);
  });

  test('two hundred and fifty jobs are cancelled in three requests', async () => {
    const ral = await rehearsalServer('RAL');
    const lists = Array.from({ length: 250 }, (_, index) => listName(index));
    const campaign = new Campaign([choice(ral)], { consumer: { lists_per_run: 250, concurrency: 32 } });
    for (const list of lists) campaign.put('TODO', list, [`/lhcb/${list}`]);
    await campaign.run('consumer');
    const ran = await campaign.run('misc/cancel', 0, ['--all', '--yes']);
    assert.equal(ran.counts['kept'], 250);
    assert.equal(ral.history.filter(({ method }) => method === 'DELETE').length, 3);
    assert.equal(campaign.rows("SELECT 1 FROM job WHERE state = 'CANCELED'").length, 250);
  });

  test('a job that ended between the look and the DELETE is told as what it is', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await submitted([A], ral);
    const { jobId } = campaign.job(ral, A);
    ral.setFaults([
      {
        name: 'ends meanwhile',
        does: 'delay',
        seconds: 0,
        when: ({ method }) => {
          if (method === 'DELETE') endJob(ral, jobId);
          return false;
        },
      },
    ]);
    const ran = await campaign.run('misc/cancel', 0, ['--all', '--yes']);
    assert.match(ran.said, /had ended before: it is FINISHED \(304 Not Modified\)/);
    await campaign.run('monitor');
    assert.deepEqual(campaign.lists('DONE/Okay'), [A]);
    nothingLostNorTwice(campaign, ral);
  });

  test('a silent server is said, and the jobs of the others are cancelled', async () => {
    const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
    const campaign = await submitted([A], ral, cern);
    campaign.settings([choice(ral, 0), choice(cern)], { fts: { timeout_seconds: 1 } });
    campaign.put('TODO', B);
    await campaign.run('consumer');
    await ral.down();
    const ran = await campaign.run('misc/cancel', 3, ['--all', '--yes']);
    assert.match(ran.said, new RegExp(`Cannot cancel the job of list "${A}": RAL cannot be asked`));
    assert.equal(stateOf(campaign, cern, B), 'CANCELED');
    await cern.down();
    assert.equal((await campaign.run('misc/cancel', 5, ['--all', '--yes'])).counts['skipped'], 2);
    await Promise.all([ral.up(), cern.up()]);
  });

  test('a DELETE without an answer is said, and run again does it', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await submitted([A], ral);
    ral.setFaults([{ name: 'cut', does: 'cut-before', when: { method: 'DELETE' } }]);
    const ran = await campaign.run('misc/cancel', 3, [A, '--yes']);
    assert.match(ran.said, /RAL did not answer .*; run it again/);
    ral.setFaults([]);
    await campaign.run('misc/cancel', 0, [A, '--yes']);
    assert.equal(stateOf(campaign, ral, A), 'CANCELED');
  });

  test('what is not in DOING, or not for sure with FTS, is named and left alone', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { fts: { timeout_seconds: 1 } });
    for (const list of [A, B]) campaign.put('TODO', list);
    await loseAnswers(campaign, ral, { [A]: 'cut-after', [B]: 'cut-after' });
    campaign.move(`TODO/${A}`, `DOING/${A}`);
    const ran = await campaign.run('misc/cancel', 3, [A, B, '--yes']);
    assert.match(ran.said, new RegExp(`"${A}": it has no job that is known for sure; run the monitor`));
    assert.match(ran.said, new RegExp(`"${B}": it does not stand in DOING`));
    assert.equal(ral.history.filter(({ method }) => method === 'DELETE').length, 0);
  });

  test('without a choice, a terminal or --yes nothing is cancelled: exit 2', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await submitted([A], ral);
    for (const args of [['--yes'], ['--all'], ['--older-than', 'yesterday'], ['--everything']]) {
      const { exit, stderr } = await run('misc/cancel', { base: campaign.base, args });
      assert.equal(exit, 2, args.join(' '));
      assert.notEqual(stderr, '');
    }
    assert.equal(ral.history.filter(({ method }) => method === 'DELETE').length, 0);
    assert.ok(!isCanceled(stateOf(campaign, ral, A)));
  });

  test('an answer that was lost although the job was taken does not hide it from --list', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.put('TODO', A);
    ral.setFaults([faultOn(A, 'cut-after')]);
    await campaign.run('consumer');
    await campaign.run('misc/cancel', 0, [A, '--yes']);
    assert.equal(stateOf(campaign, ral, A), 'CANCELED');
  });
});

const isCanceled = (state: string): boolean => state === 'CANCELED';
