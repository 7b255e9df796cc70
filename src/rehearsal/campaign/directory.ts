/**
 * directory: where a rehearsal takes place: a directory of its own, kept until a later rehearsal goes well.
 *
 * Errors: UsageError if the directory holds anything, SpoolError if it cannot be made.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SpoolError, UsageError } from '../../errors.js';

/** In this file stands what a rehearsal's directory is, and that the rehearsal went well. */
const PASSED = '.rehearsal-passed';

/** Makes the directory `base`, or a new one in `parent`. Returns its absolute path. */
export function makeDirectory(base: string | undefined, parent: string, now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const made = path.resolve(base ?? freeOf(path.join(parent, `rehearsal-${stamp}`)));
  try {
    mkdirSync(made, { recursive: true });
    if (readdirSync(made).length === 0) return made;
  } catch (error) {
    throw new SpoolError(`Cannot make the directory ${made}: ${(error as Error).message}; name another with --base`);
  }
  throw new UsageError(`Cannot rehearse in ${made}: it is not empty; name a new directory with --base`);
}

function freeOf(wanted: string): string {
  let free = wanted;
  for (let next = 2; existsSync(free); next++) free = `${wanted}-${next}`;
  return free;
}

/** Says in the directory that its rehearsal went well. */
export function markPassed(base: string, said: string): void {
  writeFileSync(path.join(base, PASSED), said);
}

/**
 * Removes the directories of earlier rehearsals that went well; one that failed is kept until somebody has looked at
 * it. Returns their names.
 */
export function removePassed(parent: string): string[] {
  const passed = readdirSync(parent).filter(
    (name) =>
      /^rehearsal-\d{8}-\d{6}(-\d+)?$/.test(name) &&
      statSync(path.join(parent, name, PASSED), { throwIfNoEntry: false })?.isFile() === true,
  );
  for (const name of passed) rmSync(path.join(parent, name), { recursive: true });
  return passed;
}
