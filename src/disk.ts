/**
 * disk: what everything that writes shares: the atomic save of a file, the making of a new file or directory, the fsync
 * of a directory, the disk's errors in words.
 */
import fs from 'node:fs';
import path from 'node:path';
import { SpoolError, UsageError } from './errors.js';

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

/** Is this a path that only a shell would expand? */
export const hasTilde = (file: string): boolean => /^~[^/]*(\/|$)/.test(file);
export const NO_TILDE = '"~" is not expanded here: write the whole path';

/** A disk error as a message: what could not be done, to which path, why, and the cure. Nothing is lost: the journal redoes it. */
export function diskTrouble(verb: string, target: string, error: unknown): SpoolError {
  const { code, message } = error as NodeJS.ErrnoException;
  const cure = CURES[code ?? ''] ?? 'mend that and run again';
  return new SpoolError(`Cannot ${verb} ${target}: ${code ?? message}; ${cure}`, { cause: error });
}

/**
 * fsync of a directory, which makes the names in it durable: a file may be on the disk, and its name not yet.
 * Errors: what the disk says, as it says it.
 */
export function syncDirectory(directory: string): void {
  const handle = fs.openSync(directory, fs.constants.O_RDONLY);
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/**
 * Writes a file whose content is on the disk when this returns, with these rights whatever the umask. Its name is not
 * durable yet: that takes a rename where a whole file is to appear, and `syncDirectory`. Errors: what the disk says.
 */
export function writeSynced(
  file: string,
  content: string | Uint8Array,
  { mode, flags = 'w' }: { readonly mode: number; readonly flags?: string | number },
): void {
  const handle = fs.openSync(file, flags, mode);
  try {
    fs.fchmodSync(handle, mode);
    fs.writeFileSync(handle, content);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/** Somebody may have put a link under the draft's name, where others may write too. */
export const DRAFT = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC | fs.constants.O_NOFOLLOW;

/**
 * Writes a file that others read while it is replaced: a metrics collector, a web server. They see the old content or
 * the new one, never a part: a draft in the same directory is written, synced and renamed. The draft's name is fixed,
 * so that a run that was killed leaves at most one, which the next writes over. Everybody may read the file, whatever
 * cron's umask. Errors: `SpoolError` with the path, why, and the cure.
 */
export function publish(file: string, content: string): void {
  const target = path.resolve(file);
  const directory = path.dirname(target);
  // Collectors read `*.prom` and people open `*.html`: a draft has neither name.
  const draft = draftOf(target);
  try {
    refuse(file, target, directory);
    writeSynced(draft, content, { mode: 0o644, flags: DRAFT });
    fs.renameSync(draft, target);
    syncDirectory(directory);
  } catch (error) {
    throw troubleWith('write', target, error);
  }
}

/** The mistakes of whoever names a file. */
function refuse(file: string, target: string, directory: string): void {
  if (hasTilde(file)) throw new SpoolError(`Cannot write ${file}: ${NO_TILDE}`);
  if (fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new SpoolError(`Cannot write ${target}: its directory is not there; make it, or name another file`);
  const found = fs.statSync(target, { throwIfNoEntry: false });
  if (found?.isDirectory() === true)
    throw new SpoolError(`Cannot write ${target}: it is a directory; name a file in it`);
  // The draft would get the name of a device or a pipe, and that of the machine be gone: /dev/null, /dev/stdout.
  if (found?.isFile() === false)
    throw new SpoolError(`Cannot write ${target}: it is there and no regular file; name another file`);
}

const draftOf = (target: string): string => path.join(path.dirname(target), `.${path.basename(target)}.draft`);

/** What the disk says, as a SpoolError; anything else as it is. */
export const troubleWith = (verb: string, target: string, error: unknown): unknown =>
  typeof (error as NodeJS.ErrnoException).syscall === 'string' ? diskTrouble(verb, target, error) : error;

/**
 * The name of a file or directory that is there wholly or not at all, and never put over another: it is made as a draft
 * beside it, synced, and gets its name at the end. A run that is killed leaves the draft at most.
 */
export class NewName {
  readonly target: string;
  readonly directory: string;
  readonly draft: string;
  private readonly instead: string;

  /** `instead`: what to do when it is there already. Errors: UsageError when it is, or nothing can be made there. */
  constructor(name: string, instead: string) {
    if (hasTilde(name)) throw new UsageError(`Cannot write to ${name}: ${NO_TILDE}`);
    this.target = path.resolve(name);
    this.directory = path.dirname(this.target);
    this.draft = draftOf(this.target);
    this.instead = instead;
    if (fs.statSync(this.directory, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new UsageError(
        `Cannot make ${this.target}: ${this.directory} is not there; make it, or name another with --out`,
      );
    this.refuseOther();
  }

  /** Errors: UsageError when it is there. */
  refuseOther(): void {
    if (fs.lstatSync(this.target, { throwIfNoEntry: false }) !== undefined)
      throw new UsageError(`Cannot make ${this.target}: it is there already; ${this.instead}`);
  }

  /** The draft, which was synced, gets the name: it is on the disk when this returns. Errors: what the disk says, as it says it. */
  give(): void {
    fs.renameSync(this.draft, this.target);
    syncDirectory(this.directory);
  }
}
