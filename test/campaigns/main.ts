/**
 * main: plays random campaigns in this process: 300, with `--nightly` 2,000, with `--runs N` so many.
 *
 * `--seed S` plays the same ones again, `--shrink` looks for the smallest campaign that fails as well, `--bail` begins
 * no other after a failure.
 */
import { checkSeeds } from './check.js';
import { useMemory } from './memory.js';
import { inThisProcess } from './run.js';

/** The campaigns spend much of their time waiting for answers that do not come. */
const AT_ONCE = 16;

useMemory();
await checkSeeds(inThisProcess, { runs: 300, nightly: 2000, atOnce: AT_ONCE, where: ', in this process' });
