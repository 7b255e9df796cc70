/**
 * main: plays random campaigns in this process: 300, with `--nightly` 2,000, with `--runs N` so many.
 *
 * The seeds go up from one that is printed, by default the time; `--seed S` plays the same ones again, and `--shrink` looks for
 * the smallest campaign that fails as well, and `--bail` begins no other after a failure. Exit status 1 if any failed.
 */
import { parseArgs } from 'node:util';

import { checkSeed, useMemory } from './check.js';

/** The campaigns spend much of their time waiting for answers that do not come. */
const AT_ONCE = 16;

const { values } = parseArgs({
  options: {
    nightly: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    bail: { type: 'boolean', default: false },
    runs: { type: 'string' },
    seed: { type: 'string' },
  },
});
const runs = Number(values.runs ?? (values.nightly ? 2000 : 300));
const first = Number(values.seed ?? Math.floor(Date.now() / 1000) % 1_000_000_000);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const open = Array.from({ length: runs }, (_, index) => first + index);
let failures = 0;

async function worker(): Promise<void> {
  for (let seed = open.shift(); seed !== undefined; seed = open.shift())
    try {
      await checkSeed(seed, values.shrink);
      say(`1 campaign  seed ${seed}, in this process`);
    } catch (error) {
      failures += 1;
      if (values.bail) open.length = 0;
      say(`FAILED  campaign of seed ${seed}: ${(error as Error).message}`);
    }
}

useMemory();
await Promise.all(Array.from({ length: AT_ONCE }, worker));
say(`${runs - failures} of ${runs} campaigns hold, seeds from ${first}`);
process.exitCode = failures === 0 ? 0 : 1;
