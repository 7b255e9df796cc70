/**
 * trouble: how a program must speak of a disk that refuses a call, and of which calls it may go on without.
 */
import assert from 'node:assert/strict';

import type { Outcome } from '../support/runProgram.js';

/** What a disk may answer: full, broken, not ours, read-only, too many open files. */
export type Errno = 'ENOSPC' | 'EIO' | 'EACCES' | 'EROFS' | 'EMFILE';

/** The log promises nothing, and an old lease that is not cleared away is free all the same. */
export const isHarmless = (call: string): boolean => /castor2echo\.log|rmSync BASE\/\.lease/.test(call);

/** The action, the error in the words of the system or of SQLite, and the cure. */
const SAID =
  /Cannot \w+ .+: .*(ENOSPC|EIO|EACCES|EROFS|EMFILE|full|I\/O error|readonly|unable to open database).*; \w+/;

/** A disk that refuses a call is said with its cure, and nobody is asked to report a bug; a log does no harm. */
export function saysSo({ exit, stderr }: Outcome, harmless: boolean, call: string): void {
  assert.equal(exit, harmless ? 0 : 4, stderr);
  assert.doesNotMatch(stderr, /\n {4}at |a bug/);
  if (call.startsWith('rmSync BASE/.lease')) return;
  assert.match(stderr, harmless ? /Cannot write the log "/ : SAID);
}
