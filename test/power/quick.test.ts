/**
 * quick: the power is cut at any moment of the transitions in which most is at stake, and every state is replayed.
 *
 * The same for every kind of transition, and with whole programs, is what `npm run prove` does.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { discard, stopAll } from '../crash/scene.js';
import * as scenarios from '../crash/scenarios.js';
import type { Scenario } from '../crash/trial.js';
import { record } from './outage.js';
import { replay } from './replay.js';

after(stopAll);

/** The states of this run, each replayed. */
async function everyState(scenario: Scenario): Promise<number> {
  const scene = await (await scenario.prepare()).play();
  const outage = await record(scenario, scene);
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
        const states = await everyState(scenario);
        assert.ok(states >= atLeast, `${states} states`);
      });
  },
);
