/**
 * diskTrouble: what the disk refuses, as a message with the path and the cure.
 */
import { SpoolError } from './errors.js';

const CURES: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space there and run again',
  EDQUOT: 'the quota is used up: free some space there and run again',
  EROFS: 'it is mounted read-only: have it mounted read-write and run again',
  EACCES: 'give this user the right to write there and run again',
  EPERM: 'give this user the right to write there and run again',
  EIO: 'the disk reports errors: check it before you run again',
  EMFILE: 'too many open files: raise `ulimit -n` and run again',
  ENFILE: 'the machine has too many open files: run again later',
  EXDEV: 'the spool is spread over several file systems: TODO, DOING and DONE must be on one',
};

/** A disk error as a message: what could not be done, to which path, why, and the cure. Nothing is lost: the journal redoes it. */
export function diskTrouble(verb: string, target: string, error: unknown): SpoolError {
  const { code, message } = error as NodeJS.ErrnoException;
  const cure = CURES[code ?? ''] ?? 'mend that and run again';
  return new SpoolError(`Cannot ${verb} ${target}: ${code ?? message}; ${cure}`, { cause: error });
}
