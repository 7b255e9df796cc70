/**
 * quick: the power is cut at any moment of the transitions in which most is at stake, and every state is replayed.
 *
 * The same for every kind of transition, and with whole programs, is what `npm run prove` does.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { discard, stopAll, type Scene } from '../crash/scene.js';
import * as scenarios from '../crash/scenarios.js';
import { Trial, type Scenario } from '../crash/trial.js';
import { record } from './outage.js';
import { replay } from './replay.js';

after(stopAll);

/** The states of this run, each replayed. */
async function everyState(scenario: Scenario, scene: Scene, kill?: number): Promise<number> {
  const outage = await record(scenario, scene, kill);
  await discard(scene);
  let states = 0;
  for (const renames of ['whole', 'torn'] as const)
    for (const state of outage.states(renames)) {
      replay(state, scene.byHand, renames);
      states += 1;
    }
  assert.deepEqual(outage.unsyncedAtTheEnd(), [], 'all that a run has done outlives a power cut once it has ended');
  return states;
}

describe(
  'whatever a power cut drops of what was not synced, the redo ends with the same lists',
  { concurrency: 2 },
  () => {
    for (const [scenario, atLeast] of [
      [scenarios.fresh, 60],
      [scenarios.cut, 40],
      [scenarios.batchSettled, 60],
    ] as const)
      test(`${scenario.program}: ${scenario.name}`, async () => {
        const states = await everyState(scenario, await (await scenario.prepare()).play());
        assert.ok(states >= atLeast, `${states} states`);
      });

    test('a split that was killed before its first sync, finished by a run in which the power is cut', async () => {
      const trial = await Trial.prepare(scenarios.dirty, { remember: true });
      const kill = trial.callLike(/^fsyncSync BASE\/DONE\/Okay$/);
      const states = await everyState(scenarios.dirty, await trial.play(), kill);
      assert.ok(states >= 150, `${states} states`);
    });
  },
);
