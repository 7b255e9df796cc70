/**
 * sqlite: opens SQLite files, and says why one cannot be opened, read or written.
 *
 * The binding is native code for one major version of Node. It is loaded when the first file is opened, so that a
 * program whose Node cannot load it can still say so.
 */
import Sqlite from 'better-sqlite3';
import fs from 'node:fs';
import path from 'node:path';
import { SpoolError } from '../errors.js';
import type { Db } from '../ftsJob.js';

/** SQLite itself cannot be loaded: nothing is said of any database. */
export class BindingError extends SpoolError {
  override name = 'BindingError';
}

/** Where npm puts it, also when it is built on the spot. To search all other places for it takes a fiftieth of a short run. */
const BINDING = 'better-sqlite3/build/Release/better_sqlite3.node';

/** An SQLite database: a file, ":memory:", or the bytes of one. Errors: `BindingError`; SQLite's own. */
export function openSqlite(file: string | Buffer, options: Sqlite.Options = {}): Db {
  try {
    return new Sqlite(file, { ...options, nativeBinding: require.resolve(BINDING) });
  } catch (error) {
    throw bindingTrouble(error) ?? error;
  }
}

type SqliteError = InstanceType<typeof Sqlite.SqliteError>;

export const isSqliteError = (error: unknown): error is SqliteError => error instanceof Sqlite.SqliteError;

/** Which Node has which NODE_MODULE_VERSION (nodejs.org/en/download/releases). */
const MAJORS: Readonly<Record<string, number>> = { 93: 16, 108: 18, 115: 20, 127: 22, 131: 23, 137: 24, 141: 25 };

/** Null for an error that is not about the binding. */
function bindingTrouble(error: unknown): BindingError | null {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing = code === 'MODULE_NOT_FOUND';
  if (code !== 'ERR_DLOPEN_FAILED' && !isMissing) return null;
  const [why, cure] = isMissing ? ['it was not found', REINSTALL] : whyNotLoaded(message);
  return new BindingError(
    `Cannot load SQLite's binding (better-sqlite3) into Node ${process.version}, ${process.execPath}: ${why}; ${cure}`,
    { cause: error },
  );
}

const REINSTALL = 'run `npm ci` in the checkout with this Node';

/** In the words of Node's and the linker's own errors. */
function whyNotLoaded(message: string): [why: string, cure: string] {
  const [, built = ''] = /NODE_MODULE_VERSION (\d+)/.exec(message) ?? [];
  if (built !== '' || message.includes('did not self-register')) {
    const major = MAJORS[built];
    const whose = built === '' ? 'another version of Node' : `Node ${major ?? `of NODE_MODULE_VERSION ${built}`}`;
    const right = major === undefined ? 'the right Node' : `Node ${major}`;
    return [
      `it was built for ${whose}`,
      `put the directory of ${right} first in PATH (for cron: in cronjobs/environment or the crontab), or ${REINSTALL}`,
    ];
  }
  const [library] = /(GLIBC|GLIBCXX|CXXABI)_[\d.]+/.exec(message) ?? [];
  if (library !== undefined)
    return [
      `it needs ${library}, and this machine's libraries are older`,
      'run it on a machine like the one where it was installed, or build it here: `npm rebuild better-sqlite3 --build-from-source`',
    ];
  return [`it is damaged, or of another kind of machine (${message.split('\n')[0]})`, REINSTALL];
}

/** What is to be done with a database, as messages begin. */
export type DiskVerb = 'open' | 'write';

/**
 * What SQLite met below it, as a message with its own cause and cure. Null for an error that is not the disk's or
 * another program's: damage, and what is ours, such as a wrong statement.
 */
export function diskBelow(verb: DiskVerb, file: string, error: { code: string; message: string }): SpoolError | null {
  const found = causeOf(file, error);
  if (found === null) return null;
  const [why, cure] = found;
  return new SpoolError(`Cannot ${verb} the database ${file}: ${why} (${error.message}); ${cure}`, { cause: error });
}

function causeOf(file: string, { code }: { code: string }): [why: string, cure: string] | null {
  const [, kind = ''] = /^SQLITE_([A-Z]+)/.exec(code) ?? [];
  switch (kind) {
    case 'BUSY':
    case 'LOCKED':
      return [
        'another program keeps it locked, such as a sqlite3 shell, a backup or an editor',
        `\`fuser -v '${file}'\` names it on its host; close it and run again`,
      ];
    case 'FULL':
      return ['the disk is full, or a quota is used up', 'free some space there and run again'];
    case 'READONLY':
    case 'CANTOPEN':
    case 'PERM':
    case 'AUTH':
      return whyNoAccess(file);
    case 'IOERR':
    case 'PROTOCOL':
      return [
        'the disk or file server reports errors',
        'see that it answers and your quota is not used up (`df`, `quota`, `dmesg`), and run again',
      ];
    default:
      return null;
  }
}

/** SQLite says only that it may not: the disk says why. Its journal stands beside it, so the directory counts too. */
function whyNoAccess(file: string): [why: string, cure: string] {
  const { R_OK, W_OK, X_OK } = fs.constants;
  const directory = path.dirname(file);
  if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    return ['it is a directory', 'move it away and bring the database back'];
  for (const [target, mode] of [
    [file, R_OK | W_OK],
    [directory, R_OK | W_OK | X_OK],
  ] as const) {
    const refusal = accessRefused(target, mode);
    if (refusal === 'EROFS')
      return [
        'its disk is mounted read-only',
        'have it mounted read-write (`dmesg` may say why it is not) and run again',
      ];
    if (refusal === 'EACCES' || refusal === 'EPERM')
      return [`this user may not read and write ${target}`, `chmod u+rwX '${target}', or run as its owner`];
  }
  return ['it cannot be read and written', 'see who may use it (`ls -ld`, `lsattr`) and run again'];
}

function accessRefused(target: string, mode: number): string | null {
  try {
    fs.accessSync(target, mode);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? null;
  }
}
