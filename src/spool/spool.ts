/**
 * spool: the one door to the directories TODO, DOING and DONE.
 *
 *     for the steps that create, then for those that destroy, of all transitions of a batch:
 *       do each step that is not found done: place (draft, fsync, rename), move, remove
 *       fsync the directories where lists arrive, then those that they leave
 *
 * It lists and reads lists, too; nothing else writes there. Every call is synchronous, so source order is disk order. A
 * step that meets another spool than it was planned for is a `SpoolConflict`; anything else that the disk refuses
 * (full, read-only, a missing directory) is a `SpoolError`.
 */
import fs from 'node:fs';
import path from 'node:path';
import { isListName } from '../lists/names.js';
import { listPath, parkedIn, parsePath, PLACES, type Place, type Step } from '../lists/transition.js';
import { SpoolError } from '../errors.js';
import { diskTrouble, syncDirectory, writeSynced } from '../disk.js';
import { sha256 } from './digest.js';
import { draftName } from './draftName.js';

/** The spool is not what the step was planned for: both names there, or neither, or another content. */
export class SpoolConflict extends Error {
  override name = 'Conflict';
}

/** What stands in one directory of the spool. */
export interface Listing {
  readonly lists: readonly string[];
  /** Neither lists nor ours: named in the summary and left alone. */
  readonly strange: readonly string[];
}

/** Directories in which names were made, and in which they were taken away. */
interface Touched {
  readonly arrivals: Set<string>;
  readonly departures: Set<string>;
}

/** What the disk refuses a single step for, whatever is tried again: nothing is wrong with the disk. */
const OWN_FAULT: Readonly<Record<string, string>> = {
  ENAMETOOLONG: 'its name is too long for the file system',
  EILSEQ: 'the file system does not take its name',
  EEXIST: 'something else stands there',
  ENOTEMPTY: 'a directory stands there',
  EISDIR: 'a directory stands there',
  ERR_FS_EISDIR: 'a directory stands in the way of its draft',
};

/** So many entries of a directory are read at once. */
const ENTRIES_AT_ONCE = 1024;

export class Spool {
  readonly base: string;
  constructor(base: string) {
    this.base = base;
  }

  /** Make what a new campaign lacks; of an existing one a missing directory is a trouble, never made afresh. */
  prepare(isNew: boolean): void {
    // A rename through a link may lead to another file system, or anywhere: links are for people, not for moves.
    const links = ['TODO', 'DOING', 'DONE', ...PLACES].filter((place) => this.isLink(place));
    if (links[0] !== undefined)
      throw new SpoolError(
        `Cannot use the spool: ${links[0]} in ${this.base} is a symbolic link; put the directory itself there, or name the place it leads to with --base`,
      );
    const missing = ['TODO/ListOfLFNs', ...PLACES].filter((place) => !fs.existsSync(this.absolute(place)));
    if (missing.length === 0) return;
    if (!isNew)
      throw new SpoolError(
        `Cannot use the spool: ${missing.join(', ')} missing in ${this.base}; if nothing was lost with it, make it again: mkdir -p ${missing
          .map((place) => `'${this.absolute(place)}'`)
          .join(' ')}`,
      );
    this.guard('create the spool in', '.', () => {
      for (const place of missing) fs.mkdirSync(this.absolute(place), { recursive: true, mode: 0o750 });
      // A list is only as durable as the directories above it.
      for (const parent of ['.', 'TODO', 'DONE']) syncDirectory(this.absolute(parent));
    });
  }

  /** The lists of one directory, and what else stands there. A missing directory is empty: `prepare` judges that. */
  listing(place: Place): Listing {
    const lists: string[] = [];
    const strange: string[] = [];
    this.eachEntry(place, (name, isList) => {
      if (isList) lists.push(name);
      else strange.push(`${place}/${name}`);
    });
    return { lists: lists.sort(), strange: strange.sort() };
  }

  /** The lists that stand in directories below DOING, by their paths. */
  parked(): string[] {
    const directories: string[] = [];
    this.eachEntry('DOING', (name, isList) => {
      if (!isList && this.isDirectory(`DOING/${name}`)) directories.push(`DOING/${name}`);
    });
    return directories.sort().flatMap((directory) =>
      this.guard('read', directory, () => fs.readdirSync(this.absolute(directory), { withFileTypes: true }))
        .filter((entry) => entry.isFile() && isListName(entry.name))
        .map((entry) => `${directory}/${entry.name}`)
        .filter((each) => parkedIn(each) !== null)
        .sort(),
    );
  }

  /** Calls `meet` for everything in one directory but our own hidden files, in any order: there may be very much. */
  eachEntry(place: Place, meet: (name: string, isList: boolean) => void): void {
    const directory = this.guard('read', place, () => this.open(place));
    if (directory === null) return;
    const next = (): fs.Dirent | null => this.guard('read', place, () => directory.readSync());
    try {
      for (let entry = next(); entry !== null; entry = next()) {
        const { name } = entry;
        if (name.startsWith('.') || (place === 'TODO' && name === 'ListOfLFNs')) continue;
        meet(name, entry.isFile() && isListName(name));
      }
    } finally {
      directory.closeSync();
    }
  }

  /** A list's bytes; null when it is gone, not a regular file, or cannot be read, with the reason. */
  read(place: Place, name: string): { bytes: Buffer } | { why: string } {
    return this.readPath(listPath(place, name));
  }

  /** As `read`, of a list that stands below a place. */
  readPath(relative: string): { bytes: Buffer } | { why: string } {
    try {
      const file = fs.openSync(this.absolute(relative), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
      try {
        return { bytes: fs.readFileSync(file) };
      } finally {
        fs.closeSync(file);
      }
    } catch (error) {
      return { why: (error as Error).message };
    }
  }

  exists(place: Place, name: string): boolean {
    return this.stands(`${place}/${name}`);
  }

  /**
   * Carry out the steps of several transitions: first all that create, then all that destroy, each phase followed by
   * the fsync of its directories. A crash anywhere leaves every transfer in at least one list, and doing it again
   * ends the same. Returns, for each transition, null or why it could not be carried out.
   */
  carryOut(batch: readonly (readonly Step[])[]): (string | null)[] {
    const conflicts: (string | null)[] = batch.map(() => null);
    for (const phase of ['create', 'destroy'] as const) {
      const touched = { arrivals: new Set<string>(), departures: new Set<string>() };
      batch.forEach((steps, index) => {
        for (const step of steps) {
          if ((step.op === 'place') !== (phase === 'create') || conflicts[index] !== null) continue;
          conflicts[index] = this.attempt(step, touched);
        }
      });
      // What a phase did is on disk before the next one begins: lists exist under their new names before the old go. Within
      // a phase, too, every directory where a list of the batch arrives is synced before any that one leaves.
      for (const directory of new Set([...touched.arrivals, ...touched.departures]))
        this.guard('sync', directory, () => syncDirectory(this.absolute(directory)));
    }
    return conflicts;
  }

  private attempt(step: Step, touched: Touched): string | null {
    try {
      this.carryOutStep(step, touched);
      return null;
    } catch (error) {
      if (error instanceof SpoolConflict) return error.message;
      throw error;
    }
  }

  private carryOutStep(step: Step, touched: Touched): void {
    // Noted also for what is done already: a run that was killed may have done it and not synced it.
    switch (step.op) {
      case 'place':
        touched.arrivals.add(this.directoryOf(step.path));
        return this.guard('write', step.path, () => this.place(step.path, step.content));
      case 'move':
        touched.arrivals.add(this.directoryOf(step.to));
        touched.departures.add(parkedIn(step.from) ?? this.directoryOf(step.from));
        return this.guard('move', step.from, () => this.move(step.from, step.to));
      case 'remove':
        touched.departures.add(this.directoryOf(step.path));
        return this.guard('remove', step.path, () => this.remove(step.path, step.sha256));
    }
  }

  /** Draft, fsync, rename: under its name a list is either wholly there or not at all. */
  private place(target: string, content: string): void {
    if (this.stands(target)) {
      if (this.contentHash(target) === sha256(content)) return;
      throw new SpoolConflict(`${target} is there with another content`);
    }
    const { place, name } = this.parse(target);
    // The same draft name each time: what a crash left of it is written over by the redo.
    const draft = this.absolute(`${place}/${draftName(name)}`);
    fs.rmSync(draft, { force: true });
    writeSynced(draft, content, { mode: 0o640, flags: 'wx' });
    fs.renameSync(draft, this.absolute(target));
  }

  private move(from: string, to: string): void {
    if (this.stands(to)) {
      if (this.stands(from)) throw new SpoolConflict(`both ${from} and ${to} are there`);
      return;
    }
    try {
      fs.renameSync(this.absolute(from), this.absolute(to));
    } catch (error) {
      // ENOENT may also speak of the directory where it is to go.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || this.stands(from)) throw error;
      throw new SpoolConflict(`neither ${from} nor ${to} is there`);
    }
  }

  private remove(target: string, expected: string): void {
    if (!this.stands(target)) return;
    if (this.contentHash(target) !== expected) throw new SpoolConflict(`${target} was changed since it was read`);
    fs.unlinkSync(this.absolute(target));
  }

  private open(place: string): fs.Dir | null {
    try {
      return fs.opendirSync(this.absolute(place), { bufferSize: ENTRIES_AT_ONCE });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  private contentHash(target: string): string {
    const { place, name } = this.parse(target);
    const read = this.read(place, name);
    return 'bytes' in read ? sha256(read.bytes) : '';
  }

  private isDirectory(relative: string): boolean {
    return fs.lstatSync(this.absolute(relative), { throwIfNoEntry: false })?.isDirectory() === true;
  }

  private isLink(relative: string): boolean {
    return fs.lstatSync(this.absolute(relative), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  }

  private stands(target: string): boolean {
    try {
      return fs.lstatSync(this.absolute(target), { throwIfNoEntry: false }) !== undefined;
    } catch (error) {
      // No file can have that name.
      if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return false;
      throw error;
    }
  }

  private directoryOf(target: string): Place {
    return this.parse(target).place;
  }

  /** The journal is data that could be damaged: no step leads out of the spool. */
  private parse(target: string): { place: Place; name: string } {
    const parsed = parsePath(target);
    if (parsed === null) throw new SpoolConflict(`${JSON.stringify(target)} is no path of a list`);
    return parsed;
  }

  private absolute(relative: string): string {
    return `${this.base}/${relative}`;
  }

  /** Turn what the disk refuses into a message with the path and the cure. */
  private guard<T>(verb: string, target: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof SpoolConflict || error instanceof SpoolError) throw error;
      const own = OWN_FAULT[(error as NodeJS.ErrnoException).code ?? ''];
      if (own !== undefined) throw new SpoolConflict(`cannot ${verb} ${target}: ${own}`, { cause: error });
      throw diskTrouble(verb, path.join(this.base, target), error);
    }
  }
}
