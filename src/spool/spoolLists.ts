/**
 * spoolLists: the lists of the spool as they will stand when the journal is carried out, and what else stands there.
 *
 * A run that was killed leaves transitions open; the rows are those of afterwards, and `redo` will make the spool so:
 * what a crash has left half done is not damage. Transitions that were set aside do not count, as nobody knows how they
 * will end. Of half a million lists only the names are kept; each is read into the same buffer. Nothing is written.
 */
import fs from 'node:fs';
import path from 'node:path';
import { diskTrouble } from '../disk.js';
import { isListName } from '../lists/names.js';
import { parsePath, PLACES, type Place, type Step } from '../lists/transition.js';
import { sha256 } from './digest.js';
import { draftName } from './draftName.js';
import type { Spool } from './spool.js';

export interface ListFile {
  /** Where it will stand. */
  readonly place: Place;
  readonly name: string;
  /** Where it stands now, if that is elsewhere; or its content, if it is still to be placed. */
  readonly now?: string | { readonly content: string } | undefined;
}

/** What stands in the spool and is no list, or none that can be read. `why` follows the path. */
export interface Unexpected {
  readonly kind: 'draft' | 'strange' | 'unreadable';
  readonly path: string;
  readonly why: string;
}

/** The longest list that we write has some 50 MB; what is longer is none of ours. */
const LONGEST_LIST = 256 * 1024 * 1024;

export class SpoolLists {
  private readonly spool: Spool;
  private readonly moves = new Map<string, string>();
  private readonly removals = new Map<string, string>();
  private readonly places = new Map<string, string>();
  private readonly drafts = new Set<string>();
  private buffer = Buffer.allocUnsafe(64 * 1024);

  /** `open`: the steps that the next run will finish. */
  constructor(spool: Spool, open: readonly Step[]) {
    this.spool = spool;
    for (const step of open) {
      if (step.op === 'move') this.moves.set(step.from, step.to);
      else if (step.op === 'remove') this.removals.set(step.path, step.sha256);
      else this.places.set(step.path, step.content);
    }
    for (const target of this.places.keys())
      this.drafts.add(path.posix.join(path.posix.dirname(target), draftName(path.posix.basename(target))));
  }

  /**
   * Reads every list once, in any order; its bytes are good until the next one. Errors: SpoolError when a directory
   * cannot be read.
   */
  each(list: (list: ListFile, bytes: Buffer) => void, unexpected: (unexpected: Unexpected) => void): void {
    for (const place of PLACES)
      for (const entry of entriesOf(this.spool.base, place)) {
        const relative = `${place}/${entry.name}`;
        const why = this.whyUnexpected(relative, entry);
        if (why !== null) unexpected(why);
        if (why !== null || isOurs(relative, entry)) continue;
        const bytes = this.readFile(relative);
        if (bytes === null) continue;
        if ('why' in bytes) {
          unexpected({ kind: 'unreadable', path: relative, why: bytes.why });
          continue;
        }
        const target = this.targetOf(relative, bytes);
        if (target === relative) list({ place, name: entry.name }, bytes);
        else if (target !== null) this.tell(target, relative, bytes, list);
      }
    for (const [target, content] of this.places)
      if (!this.exists(target)) this.tell(target, { content }, Buffer.from(content), list);
  }

  /** What will stand in a place, in any order. Only what the journal moves or removes is looked at. Errors: as `each`. */
  *standing(place: Place, unexpected: (unexpected: Unexpected) => void): Generator<ListFile> {
    for (const entry of entriesOf(this.spool.base, place)) {
      const relative = `${place}/${entry.name}`;
      const why = this.whyUnexpected(relative, entry);
      if (why !== null) unexpected(why);
      if (why === null && !isOurs(relative, entry) && this.stays(relative)) yield { place, name: entry.name };
    }
    const arriving: readonly (readonly [string, ListFile['now']])[] = [
      ...[...this.moves].flatMap(([from, to]) => (this.exists(from) ? [[to, from] as const] : [])),
      ...[...this.places].map(([target, content]) => [target, { content }] as const),
    ];
    for (const [target, now] of arriving) {
      const parsed = parsePath(target);
      if (parsed?.place === place && !this.exists(target)) yield { ...parsed, now };
    }
  }

  /** The bytes of a list, until the next call, where it stands or will; null: it has gone from there. */
  readHere({ place, name, now }: ListFile): Buffer | { readonly why: string } | null {
    if (typeof now === 'object') return Buffer.from(now.content);
    const there = `${place}/${name}`;
    return (now === undefined ? null : this.readFile(now)) ?? this.readFile(there);
  }

  /** The bytes of a list, until the next call; null: it is gone, or cannot be read any more. */
  read({ place, name, now }: ListFile): Buffer | null {
    if (typeof now === 'object') return Buffer.from(now.content);
    // Another run may have moved it meanwhile.
    for (const where of [now ?? `${place}/${name}`, ...PLACES.map((other) => `${other}/${name}`)]) {
      const bytes = this.readFile(where);
      if (bytes !== null) return 'why' in bytes ? null : bytes;
    }
    return null;
  }

  private tell(
    target: string,
    now: ListFile['now'],
    bytes: Buffer,
    list: (list: ListFile, bytes: Buffer) => void,
  ): void {
    const parsed = parsePath(target);
    if (parsed !== null) list({ ...parsed, now }, bytes);
  }

  /** Where the file at this path will stand; null when it will be gone. */
  private targetOf(relative: string, bytes: Buffer): string | null {
    const to = this.moves.get(relative);
    if (to !== undefined) return this.exists(to) ? relative : to;
    const removal = this.removals.get(relative);
    return removal !== undefined && removal === sha256(bytes) ? null : relative;
  }

  private stays(relative: string): boolean {
    if (!this.moves.has(relative) && !this.removals.has(relative)) return true;
    const bytes = this.readFile(relative);
    return bytes !== null && !('why' in bytes) && this.targetOf(relative, bytes) === relative;
  }

  private exists(relative: string): boolean {
    const parsed = parsePath(relative);
    return parsed !== null && this.spool.exists(parsed.place, parsed.name);
  }

  private whyUnexpected(relative: string, entry: fs.Dirent): Unexpected | null {
    if (/^\..+\.draft$/.test(entry.name))
      return this.drafts.has(relative)
        ? null
        : { kind: 'draft', path: relative, why: 'is a draft that nothing will finish: it can be removed' };
    if (isOurs(relative, entry) || (entry.isFile() && isListName(entry.name))) return null;
    const what = entry.isSymbolicLink() ? 'a symbolic link' : entry.isFile() ? null : 'no regular file';
    const why = what === null ? 'has a name that no list has' : `is ${what}`;
    return { kind: 'strange', path: relative, why: `${why}: the programs leave it alone` };
  }

  /** Null: another run has moved it. */
  private readFile(relative: string): Buffer | { why: string } | null {
    try {
      const file = fs.openSync(`${this.spool.base}/${relative}`, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
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

/** What belongs there and is no list: hidden files, and the directory of the LFN lists. */
const isOurs = (relative: string, entry: fs.Dirent): boolean =>
  entry.name.startsWith('.') || relative === 'TODO/ListOfLFNs';

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
