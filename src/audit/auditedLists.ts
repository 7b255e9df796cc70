/**
 * auditedLists: every list of the spool, read one after the other, and what else stands there.
 *
 * Directories are read entry by entry and each list is given up after it was seen, so that half a million lists cost no
 * more memory than one. Nothing is written.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isListName } from '../lists/names.js';
import type { Origin } from '../lists/origin.js';
import { scanList, type Pair, type ScannedList } from './scanList.js';
import type { Standing } from './afterRedo.js';
import { parsePath, PLACES, type Place } from '../lists/transition.js';
import { diskTrouble } from '../disk.js';
import { sha256, type Spool } from '../spool/spool.js';

export interface AuditedList {
  readonly place: Place;
  readonly name: string;
  /** Relative to the base directory. */
  readonly path: string;
  readonly scanned: ScannedList;
}

/** What stands in the spool and is no list, or none that can be read. `why` follows the path. */
export interface Oddity {
  readonly kind: 'draft' | 'no list' | 'unreadable';
  readonly path: string;
  readonly why: string;
}

/** The longest list that we write has some 50 MB; what is longer is none of ours. */
const LONGEST_LIST = 256 * 1024 * 1024;

interface Callbacks {
  /** The prefixes that a list of this origin is likely to have. */
  readonly routeOf: (origin: Origin) => Pair | null;
  readonly list: (list: AuditedList) => void;
  readonly oddity: (oddity: Oddity) => void;
}

/** Errors: SpoolError when a directory cannot be read. */
export function eachList(spool: Spool, standing: Standing, callbacks: Callbacks): void {
  const exists = (relative: string): boolean => {
    const parsed = parsePath(relative);
    return parsed !== null && spool.exists(parsed.place, parsed.name);
  };
  const tell = (relative: string, bytes: Buffer): void => {
    const parsed = parsePath(relative);
    if (parsed === null) return;
    callbacks.list({
      ...parsed,
      path: relative,
      scanned: scanList(bytes.toString('latin1'), bytes, callbacks.routeOf),
    });
  };
  const reader = new Reader();
  for (const place of PLACES)
    for (const entry of entriesOf(spool.base, place)) {
      const relative = `${place}/${entry.name}`;
      const odd = oddityOf(relative, entry, standing);
      if (odd !== null) callbacks.oddity(odd);
      if (odd !== null || isOurs(relative, entry)) continue;
      const read = reader.read(path.join(spool.base, relative));
      if (read === null) continue;
      if ('why' in read) {
        callbacks.oddity({ kind: 'unreadable', path: relative, why: read.why });
        continue;
      }
      const target = standing.pathOf(relative, exists, () => sha256(read));
      if (target !== null) tell(target, read);
    }
  for (const { path: relative, content } of standing.missing(exists)) tell(relative, Buffer.from(content));
}

/** What belongs there and is no list: hidden files, and the directory of the LFN lists. */
const isOurs = (relative: string, entry: fs.Dirent): boolean =>
  entry.name.startsWith('.') || relative === 'TODO/ListOfLFNs';

function oddityOf(relative: string, entry: fs.Dirent, standing: Standing): Oddity | null {
  if (/^\..+\.draft$/.test(entry.name))
    return standing.explainsDraft(relative)
      ? null
      : { kind: 'draft', path: relative, why: 'is a draft that nothing will finish: it can be removed' };
  if (isOurs(relative, entry) || (entry.isFile() && isListName(entry.name))) return null;
  const what = entry.isSymbolicLink() ? 'a symbolic link' : entry.isFile() ? null : 'no regular file';
  const why = what === null ? 'has a name that no list has' : `is ${what}`;
  return { kind: 'no list', path: relative, why: `${why}: the programs leave it alone` };
}

function* entriesOf(base: string, place: Place): Generator<fs.Dirent> {
  const absolute = path.join(base, place);
  try {
    // 1,024 names at a time: with the default of 32 a large directory takes four times as long.
    const directory = fs.opendirSync(absolute, { bufferSize: 1024 });
    try {
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) yield entry;
    } finally {
      directory.closeSync();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw diskTrouble('read', absolute, error);
  }
}

/** Reads one list after the other into the same buffer: half a million of their own would have to be collected. */
class Reader {
  private buffer = Buffer.allocUnsafe(64 * 1024);

  /** The bytes, until the next call. Null: another run has moved the list meanwhile. */
  read(absolute: string): Buffer | { why: string } | null {
    try {
      const file = fs.openSync(absolute, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
      try {
        return this.readOpen(file);
      } finally {
        fs.closeSync(file);
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' ? null : { why: `cannot be read: ${code ?? message}` };
    }
  }

  private readOpen(file: number): Buffer {
    for (let length = 0; ;) {
      if (length === this.buffer.length) {
        if (length >= LONGEST_LIST) throw new Error(`it is longer than ${LONGEST_LIST} bytes`);
        this.buffer = Buffer.concat([this.buffer], length * 4);
      }
      const count = fs.readSync(file, this.buffer, length, this.buffer.length - length, null);
      if (count === 0) return this.buffer.subarray(0, length);
      length += count;
    }
  }
}
