/**
 * kill: kill -9 before each write or rename of a list, each commit and each request, in the runs in which most is at
 * stake.
 *
 * The same for every kind of run, and more, is what `npm run prove` does.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { stopAll } from './scene.js';
import { answerLost, answerLostForAWeek, dirty, moreThanOnTheWire, movedWithItsJob, submitted } from './scenarios.js';
import { Trial, type Scenario } from './trial.js';

after(stopAll);

/** Kills before each write and rename of a list, each commit and each request and its answer. */
async function killAtEachChange(scenario: Scenario): Promise<Trial> {
  const trial = await Trial.prepare(scenario, { remember: true });
  const changes = trial.calls.flatMap((call, index) =>
    /^((renameSync|writeFileSync) BASE\/(TODO|DOING|DONE)|commit|request|answer)/.test(call) ? [index + 1] : [],
  );
  for (const change of changes) assert.equal(await trial.kill(change), true);
  return trial;
}

describe('a program killed before a write, a rename, a commit, a request or its answer', { concurrency: 2 }, () => {
  test('the monitor splitting a FINISHEDDIRTY list: the next run ends with the same lists', async () => {
    const { calls } = await killAtEachChange(dirty);
    assert.equal(calls.filter((call) => call.startsWith('renameSync') && !call.includes('.lease')).length, 4);
    assert.equal(calls.filter((call) => call.startsWith('commit COMMIT')).length, 2);
  });

  test('the consumer around a submission, also between the POST and its record: one job, and the same lists', async () => {
    const { calls } = await killAtEachChange(submitted);
    const around = calls
      .filter((call) => /^(commit COMMIT|request|answer)/.test(call))
      .map((call) => call.split(' ')[0]);
    assert.deepEqual(around, ['commit', 'request', 'request', 'answer', 'commit', 'commit']);
  });

  test('the consumer when FTS has the job and nobody has seen the answer: the next run adopts it, from the archive too', async () => {
    for (const scenario of [answerLostForAWeek, answerLost]) {
      const { calls } = await Trial.prepare(scenario, { remember: true });
      assert.deepEqual(
        calls.filter((call) => call.startsWith('request')),
        [],
        'no second POST',
      );
    }
  });

  test('the consumer with more lists written down than are on the wire: each list has one job in the end', async () => {
    const trial = await Trial.prepare(moreThanOnTheWire, { remember: true });
    const commits = trial.calls.flatMap((call, index) => (call.startsWith('commit COMMIT') ? [index + 1] : []));
    assert.equal(commits.length, 3);
    for (const commit of commits) assert.equal(await trial.kill(commit), true);
    const posts = trial.calls.flatMap((call, index) => (/^(request|answer) POST/.test(call) ? [index + 1] : []));
    assert.equal(posts.length, 10);
    for (const post of [posts[3], posts[9]]) assert.equal(await trial.kill(post ?? NaN), true);
    const moves = trial.calls.flatMap((call, index) => (call.startsWith('renameSync BASE/TODO') ? [index + 1] : []));
    assert.equal(moves.length, 5);
    assert.equal(await trial.kill(moves[1] ?? NaN), true);
  });

  test('moveServer around its DELETE: the same command again ends with the same lists, and nothing is sent early', async () => {
    const trial = await Trial.prepare(movedWithItsJob, { remember: true });
    const first = trial.callLike(/^request DELETE/);
    const commit = trial.calls.findIndex((call, index) => index >= first && call === 'commit COMMIT') + 1;
    assert.equal(commit, first + 3, 'request, request sent, answer, and its record');
    for (let call = first; call <= commit; call += 1) assert.equal(await trial.kill(call), true);
  });

  test('the monitor splitting, and then the monitor that finishes the split: the third run ends with the same lists', async () => {
    const trial = await Trial.prepare(dirty, { remember: true });
    const { trial: again } = await trial.after(trial.callLike(/^renameSync BASE\/DONE\/Bad/));
    assert.ok(again !== null);
    const redo = again.callLike(/^commit COMMIT/);
    for (const later of [0, 4, 8]) assert.equal(await again.kill(redo + later), true);
  });
});
