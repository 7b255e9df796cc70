/**
 * main: plays random campaigns with real processes: 20, with `--nightly` 100, with `--runs N` so many.
 *
 * The seeds go up from one that is printed, by default the time; `--seed S` plays the same ones again, and `--shrink` makes
 * a failing one smaller first, which takes long. Exit status 1 if any failed.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { checkSeed } from './check.js';

const { values } = parseArgs({
  options: {
    nightly: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    runs: { type: 'string' },
    seed: { type: 'string' },
  },
});
const runs = Number(values.runs ?? (values.nightly ? 100 : 20));
const first = Number(values.seed ?? Math.floor(Date.now() / 1000) % 1_000_000_000);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const open = Array.from({ length: runs }, (_, index) => first + index);
let failures = 0;

async function worker(): Promise<void> {
  for (let seed = open.shift(); seed !== undefined; seed = open.shift())
    try {
      await checkSeed(seed, values.shrink);
      say(`1 campaign  seed ${seed}`);
    } catch (error) {
      failures += 1;
      say(`FAILED  campaign of seed ${seed}: ${(error as Error).message}`);
    }
}

await Promise.all(Array.from({ length: availableParallelism() }, worker));
say(`${runs - failures} of ${runs} campaigns hold, seeds from ${first}`);
process.exitCode = failures === 0 ? 0 : 1;
