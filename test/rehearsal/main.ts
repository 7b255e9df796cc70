/**
 * main: rehearsals of programs that do otherwise than they must, for `npm run prove`: each says which part of it fails,
 * and ends with 3. Exit status 1 if one did not.
 */
import { readFileSync, writeFileSync } from 'node:fs';

import { rehearseStorages } from './storagesRun.js';

const { exit, stdout } = await rehearseStorages(4, (settings) =>
  writeFileSync(settings, readFileSync(settings, 'utf8').replace('adopt_existing = true', '')),
);
const isFound =
  exit === 3 &&
  /^ {2}!! {2}0 and not 30: files found there/m.test(stdout) &&
  /^The rehearsal FAILED: \d+ violations/m.test(stdout);
const what = 'of programs that look at no destination';
process.stdout.write(
  isFound ? `1 rehearsal ${what}, found out\n` : `FAILED  a rehearsal ${what} ended with ${exit}:\n${stdout}\n`,
);
process.exitCode = isFound ? 0 : 1;
