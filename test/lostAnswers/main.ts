/**
 * main: plays the matrix of lost answers; with `--nightly` the larger one. Words on the command line choose the cases
 * whose descriptions hold one of them.
 *
 * Prints how many answers each case has cut; a failure is printed and the rest goes on. Exit status 1 if anything
 * failed.
 */
import { availableParallelism } from 'node:os';

import { describeCase, MATRIX, NIGHTLY } from './cases.js';
import { playCase } from './play.js';

/** The programs spend most of a case waiting for an answer that does not come. */
const CASES_PER_CORE = 2;

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const all = process.argv.includes('--nightly') ? NIGHTLY : MATRIX;
const cases = all.filter((each) => words.length === 0 || words.some((word) => describeCase(each).includes(word)));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const open = [...cases];
let failures = 0;
let answers = 0;
const began = performance.now();

async function worker(): Promise<void> {
  for (let each = open.shift(); each !== undefined; each = open.shift())
    try {
      const cut = await playCase(each);
      answers += cut;
      say(`${cut} cut answers  ${describeCase(each)}`);
    } catch (error) {
      failures += 1;
      say(`FAILED  ${(error as Error).message}`);
    }
}

await Promise.all(Array.from({ length: CASES_PER_CORE * availableParallelism() }, worker));
const minutes = Math.round((performance.now() - began) / 60_000);
say(`${cases.length - failures} of ${cases.length} cases hold, with ${answers} answers cut, in ${minutes} min`);
process.exitCode = failures === 0 ? 0 : 1;
