/**
 * output: what a command prints on its own stdout and stderr.
 *
 * It is written before the call returns, and no trouble of stdout ends a run half-way: the first one is kept, what
 * follows is dropped, and the command asks at its end what became of it. A reader that has gone (`| head`, EPIPE) is no
 * trouble: it has seen what it wanted. Trouble of stderr is dropped: there is nowhere left to say it.
 */
import fs from 'node:fs';
import { SpoolError } from './errors.js';

const [STDOUT, STDERR] = [1, 2];
/** Until a full pipe is looked at again; it may be one that does not block. */
const PAUSE_MS = 10;

let closed = false;
let lost: SpoolError | null = null;

/** Prints on stdout. */
export function print(text: string): void {
  if (closed) return;
  try {
    writeWhole(STDOUT, text);
  } catch (error) {
    closed = true;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return;
    const cure = 'what was to be said is not complete: free some space there, or send it elsewhere';
    lost = new SpoolError(`Cannot write to stdout: ${message}; ${cure}`, { cause: error });
  }
}

/** Prints on stderr. */
export function printError(text: string): void {
  try {
    writeWhole(STDERR, text);
  } catch {
    // See above.
  }
}

/** Why not all of it has reached stdout; null when it has, or when nobody wanted to read on. */
export const outputLost = (): SpoolError | null => lost;

/** A full disk may take a part of the text and say so only at the next call. */
function writeWhole(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
