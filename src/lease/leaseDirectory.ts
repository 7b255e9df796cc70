/**
 * leaseDirectory: the files of the lease, `<base>/.lease/000001/` and so on.
 *
 * `mkdir` of a numbered directory is the one step that only one of several processes can win, on a local disk as on
 * AFS and NFS. Inside stands `holder` (see leaseHolder), which becomes `released` when the lease is given back: a
 * rename, as that works on a full disk too. `.probe` is written only to read the file server's clock off it.
 *
 * Nothing here decides anything. What cannot be read or written for another reason than a competitor's step ends in
 * a SpoolError that names the path and the cure.
 */
import fs from 'node:fs';
import path from 'node:path';
import { writeSynced } from '../disk.js';
import { SpoolError } from '../errors.js';
import { parseHolder, type Holder } from './leaseHolder.js';

const LEASE_DIRECTORY = '.lease';

/** The group may look, nobody else, whatever the umask. */
const DIRECTORY_MODE = 0o750;
const FILE_MODE = 0o640;

/** What stands in a numbered directory; `holder` is null while it has none that can be read. */
export type LeaseEntry =
  | { readonly kind: 'gone' }
  | { readonly kind: 'released'; readonly holder: Holder | null }
  | { readonly kind: 'taken'; readonly holder: Holder | null; readonly text: string };

/** Makes `.lease` where there is none. The base directory itself must be there: a mistyped one is not created. */
export function makeLeaseDirectory(base: string): void {
  const where = path.join(base, LEASE_DIRECTORY);
  attempt('make', where, ['EEXIST'], () => fs.mkdirSync(where, { mode: DIRECTORY_MODE }));
  // EEXIST says only that something has that name.
  attempt('read', where, [], () => fs.readdirSync(where));
}

/** The numbers of all leases, unordered; empty where there is no lease directory. */
export function leaseNumbers(base: string): number[] {
  const where = path.join(base, LEASE_DIRECTORY);
  const names = attempt('read', where, ['ENOENT'], () => fs.readdirSync(where)) ?? [];
  return names.filter((name) => /^\d{6,15}$/.test(name)).map(Number);
}

/** The number that holds; 0 when no lease was ever made. */
export function highestLease(base: string): number {
  return leaseNumbers(base).reduce((highest, number) => Math.max(highest, number), 0);
}

/** True when this call made the directory of that number, false when somebody else had. */
export function makeLease(base: string, number: number): boolean {
  const where = leasePath(base, number);
  return attempt('make', where, ['EEXIST'], () => (fs.mkdirSync(where, { mode: DIRECTORY_MODE }), true)) ?? false;
}

/** Writes who holds the lease; false when its directory has gone meanwhile, which means that it is lost. */
export function writeHolder(base: string, number: number, text: string): boolean {
  const where = leasePath(base, number);
  const draft = path.join(where, '.holder');
  const written = attempt('write', draft, ['ENOENT'], () => {
    writeSynced(draft, text, { mode: FILE_MODE });
    fs.renameSync(draft, path.join(where, 'holder'));
    return true;
  });
  return written ?? false;
}

export function readLease(base: string, number: number): LeaseEntry {
  const where = leasePath(base, number);
  if (attempt('read', where, ['ENOENT'], () => fs.statSync(where)) === undefined) return { kind: 'gone' };
  const released = readText(path.join(where, 'released'));
  if (released !== undefined) return { kind: 'released', holder: parseHolder(released) ?? holderIn(where) };
  const text = readText(path.join(where, 'holder')) ?? '';
  return { kind: 'taken', holder: parseHolder(text), text };
}

/** Gives the lease back: from here on anybody may take the next number. */
export function releaseLease(base: string, number: number): void {
  const where = leasePath(base, number);
  attempt('release', where, ['ENOENT'], () => fs.renameSync(path.join(where, 'holder'), path.join(where, 'released')));
}

/** Marks a lease that has no holder as released. */
export function writeReleased(base: string, number: number): void {
  const where = path.join(leasePath(base, number), 'released');
  attempt('write', where, ['ENOENT'], () => fs.writeFileSync(where, '', { mode: FILE_MODE }));
}

/** Removes a lease. What cannot be removed does no harm below a higher number, and the next holder tries again. */
export function removeLease(base: string, number: number): void {
  try {
    fs.rmSync(leasePath(base, number), { recursive: true, force: true });
  } catch {
    // left to the next holder
  }
}

/**
 * Seconds since the lease was written, by the file server's clock alone: the mtime that it gives to a file written
 * just now, minus the mtime that it gave to the lease. This machine's clock may say what it likes. Infinity for a
 * lease that is gone, as nobody can be working under it.
 */
export function leaseAge(base: string, number: number): number {
  const probe = path.join(base, LEASE_DIRECTORY, '.probe');
  const now = attempt('write', probe, ['ENOENT'], () => {
    // A byte is written, not only the file made: NFS may let the client choose the times of a file that is made.
    writeSynced(probe, '.', { mode: FILE_MODE });
    return fs.statSync(probe).mtimeMs;
  });
  const written = leaseTime(base, number);
  return now === undefined || written === null ? Infinity : (now - written) / 1000;
}

/** When the lease was written, in ms since 1970 by the file server's clock; null when it is gone. */
export function leaseTime(base: string, number: number): number | null {
  const where = leasePath(base, number);
  return attempt('read', where, ['ENOENT'], () => fs.statSync(where).mtimeMs) ?? null;
}

function leasePath(base: string, number: number): string {
  return path.join(base, LEASE_DIRECTORY, String(number).padStart(6, '0'));
}

function holderIn(where: string): Holder | null {
  return parseHolder(readText(path.join(where, 'holder')) ?? '');
}

/** The text of a file; undefined where there is none (ENOTDIR: a person put a file where a lease should be). */
function readText(where: string): string | undefined {
  return attempt('read', where, ['ENOENT', 'ENOTDIR'], () => fs.readFileSync(where, 'utf8'));
}

/** Does one step; undefined when it failed with one of the `expected` codes, which a competitor may cause. */
function attempt<T>(verb: string, where: string, expected: readonly string[], step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (expected.includes(code)) return undefined;
    throw new SpoolError(`Cannot ${verb} the lease "${where}": ${message}; ${cure(code)}`, { cause: error });
  }
}

function cure(code: string): string {
  switch (code) {
    case 'ENOENT':
      return 'make the base directory, or name another with --base';
    case 'ENOTDIR':
      return 'a file stands where a directory should be: move it away, or name another base directory with --base';
    case 'EACCES':
    case 'EPERM':
      return 'give this user the right to write there (on AFS also a token: aklog)';
    case 'EROFS':
      return 'it is mounted read-only: have it mounted read-write';
    case 'EIO':
      return 'the disk or file server reports errors: see what it is (dmesg) before you run again';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'make room on that disk';
    default:
      return 'look at the file system of that path';
  }
}
