/**
 * check: plays random campaigns, each from its own seed, so that a failure can be played again by itself.
 *
 * A failure is not shrunk unless that is asked for: each step of it plays a campaign with real processes.
 */
import fc from 'fast-check';

import { plans } from './plan.js';
import { playPlan } from './play.js';

/** Throws with the seed and the plan when the campaign of this seed goes wrong. */
export async function checkSeed(seed: number, shrink = false): Promise<void> {
  await fc.assert(fc.asyncProperty(plans, playPlan), {
    seed,
    numRuns: 1,
    endOnFailure: !shrink,
    includeErrorInReport: true,
  });
}
