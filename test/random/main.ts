/**
 * main: plays random campaigns with real processes: 20, with `--nightly` 100, with `--runs N` so many.
 *
 * `--seed S` plays the same ones again, `--shrink` makes a failing one smaller first, which takes long, `--bail` begins
 * no other after a failure.
 */
import { availableParallelism } from 'node:os';

import { checkSeeds } from '../campaigns/check.js';
import { asProcesses } from './run.js';

await checkSeeds(asProcesses, { runs: 20, nightly: 100, atOnce: availableParallelism(), where: '' });
