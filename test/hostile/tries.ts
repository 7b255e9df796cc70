/**
 * tries: how many inputs a property tries, and the count of them.
 *
 * So many in a test; with TRIES=n in the environment n times as many. With TRIED=FILE each count is appended to FILE.
 */
import { appendFileSync } from 'node:fs';

const { TRIES = '1', TRIED } = process.env;

/** For fast-check, and counted. */
export function tries(few: number): { readonly numRuns: number } {
  const numRuns = few * Number(TRIES);
  tried(numRuns);
  return { numRuns };
}

/** Inputs that a test has made up otherwise. */
export function tried(count: number): void {
  if (TRIED !== undefined) appendFileSync(TRIED, `${count}\n`);
}
