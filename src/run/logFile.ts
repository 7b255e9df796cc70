/**
 * logFile: castor2echo.log, appended to synchronously and rotated at 10 MB × 5 when it is opened.
 *
 * Each line is one write(2) with O_APPEND, done before `write` returns: a line that was written outlives `kill -9`. The
 * lines of many lists are one together, done before `atOnce` returns. It rotates under the lease, hence alone. The log
 * is a convenience, the spool is not: whatever is wrong with the file ends in one call of `onFailure` and never in an
 * exception, and what follows is dropped.
 */
import fs from 'node:fs';
import path from 'node:path';

const LOG_FILE = 'castor2echo.log';
const ROTATE_AT_BYTES = 10_000_000;
const KEPT = 5;

export interface LogFile {
  write(line: string): void;
  /** What is written within is held back, and written when it is over. */
  atOnce(act: () => void): void;
  close(): void;
}

/** Opens the log of a campaign; `onFailure` is called at most once, with what happened. */
export function openLogFile(base: string, onFailure: (message: string) => void): LogFile {
  const file = path.join(base, LOG_FILE);
  let fd: number | null = null;
  const orGiveUp = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      close();
      onFailure(`Cannot write the log "${file}": ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const close = (): void => {
    const open = fd;
    fd = null;
    if (open !== null) fs.closeSync(open);
  };
  orGiveUp(() => {
    rotate(file);
    fd = openForAppending(file);
  });
  let held: string[] | null = null;
  const write = (line: string): void => {
    const open = fd;
    if (held !== null) held.push(line);
    else if (open !== null) orGiveUp(() => writeWhole(open, line));
  };
  return {
    write,
    atOnce(act) {
      const lines = (held = []);
      try {
        act();
      } finally {
        held = null;
        write(lines.join(''));
      }
    },
    close() {
      orGiveUp(close);
    },
  };
}

/** castor2echo.log becomes .1, .1 becomes .2, and what was .5 goes. */
function rotate(file: string): void {
  if ((fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) < ROTATE_AT_BYTES) return;
  for (let number = KEPT - 1; number >= 1; number--) {
    if (fs.existsSync(`${file}.${number}`)) fs.renameSync(`${file}.${number}`, `${file}.${number + 1}`);
  }
  fs.renameSync(file, `${file}.1`);
}

function openForAppending(file: string): number {
  const found = fs.statSync(file, { throwIfNoEntry: false });
  // To open a named pipe would wait for a reader, for ever.
  if (found?.isFIFO() === true) throw new Error('it is a named pipe');
  return fs.openSync(file, 'a', 0o640);
}

/** A full disk may take a part of a line and say so only at the next call. */
function writeWhole(fd: number, line: string): void {
  let rest = Buffer.from(line);
  while (rest.length > 0) rest = rest.subarray(fs.writeSync(fd, rest));
}
