/**
 * check: plays random campaigns, each from its own seed, so that a failure can be played again by itself.
 *
 * A failure is not shrunk unless that is asked for: each step of it plays another campaign.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';

import { playCampaign } from './play.js';
import type { Stage } from './stage.js';

/** Throws with the seed and the plan when the campaign of this seed goes wrong. */
export async function checkSeed(stage: Stage, seed: number, shrink = false): Promise<void> {
  await fc.assert(
    fc.asyncProperty(stage.plans, (plan) => playCampaign(stage, plan)),
    { seed, numRuns: 1, endOnFailure: !shrink, includeErrorInReport: true },
  );
}

export interface Extent {
  readonly runs: number;
  readonly nightly: number;
  readonly atOnce: number;
  /** Stands behind each seed in the lines. */
  readonly where: string;
}

/**
 * Plays so many campaigns, or as the command line says (see main). The seeds go up from one that is printed, by default
 * the time. Sets exit status 1 if any failed.
 */
export async function checkSeeds(stage: Stage, extent: Extent): Promise<void> {
  const { values } = parseArgs({
    options: {
      nightly: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      bail: { type: 'boolean', default: false },
      runs: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  const runs = Number(values.runs ?? (values.nightly ? extent.nightly : extent.runs));
  const first = Number(values.seed ?? Math.floor(Date.now() / 1000) % 1_000_000_000);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const open = Array.from({ length: runs }, (_, index) => first + index);
  let failures = 0;
  const worker = async (): Promise<void> => {
    for (let seed = open.shift(); seed !== undefined; seed = open.shift())
      try {
        await checkSeed(stage, seed, values.shrink);
        say(`1 campaign  seed ${seed}${extent.where}`);
      } catch (error) {
        failures += 1;
        if (values.bail) open.length = 0;
        say(`FAILED  campaign of seed ${seed}: ${(error as Error).message}`);
      }
  };
  await Promise.all(Array.from({ length: extent.atOnce }, worker));
  say(`${runs - failures} of ${runs} campaigns hold, seeds from ${first}`);
  process.exitCode = failures === 0 ? 0 : 1;
}
