/**
 * main: plays the matrix of lost answers; with `--nightly` the larger one.
 *
 * Prints how many answers each case has lost; a failure is printed and the rest goes on. Exit status 1 if anything failed.
 */
import { availableParallelism } from 'node:os';

import { describeCase, MATRIX, NIGHTLY } from './cases.js';
import { playCase } from './play.js';

/** The programs spend most of a case waiting for an answer that does not come. */
const CASES_PER_CORE = 2;

const cases = process.argv.includes('--nightly') ? NIGHTLY : MATRIX;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const open = [...cases];
let failures = 0;

async function worker(): Promise<void> {
  for (let each = open.shift(); each !== undefined; each = open.shift())
    try {
      await playCase(each);
      say(`${each.disturbances.length} cut answers  ${describeCase(each)}`);
    } catch (error) {
      failures += 1;
      say(`FAILED  ${(error as Error).message}`);
    }
}

await Promise.all(Array.from({ length: CASES_PER_CORE * availableParallelism() }, worker));
say(`${cases.length - failures} of ${cases.length} cases hold`);
process.exitCode = failures === 0 ? 0 : 1;
