/** check: plays random campaigns, each from its own seed, so that a failure can be played again by itself. */
import { existsSync } from 'node:fs';
import fc from 'fast-check';

import { plans } from './plan.js';
import { playCampaign } from './play.js';

/** Throws with the seed and the plan when the campaign of this seed goes wrong. */
export async function checkSeed(seed: number, shrink = false): Promise<void> {
  await fc.assert(fc.asyncProperty(plans, playCampaign), {
    seed,
    numRuns: 1,
    endOnFailure: !shrink,
    includeErrorInReport: true,
  });
}

/** Campaigns are played in memory where there is such a place: each of thousands asks the disk a thousand times to sync. */
export function useMemory(): void {
  if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';
}
