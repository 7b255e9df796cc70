/**
 * recorder: a preload that writes down what a program does to the disk below C2E_BASE, in the directory POWER_RECORD.
 *
 * Each call of node:fs is described after it has returned, with the whole content of a file that was written; each
 * commit of SQLite leaves a copy of the database; each submission and cancellation is noted when its bytes have been
 * sent. A call that changes the disk in a way that has no description is noted as unknown, so that none is missed.
 */
import Sqlite from 'better-sqlite3';
import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

import { changesJobs } from '../crash/requests.js';
import { LOG, type Operation } from './operation.js';

type Anything = (this: unknown, ...args: unknown[]) => unknown;

const base = resolve(process.env['C2E_BASE'] ?? '');
const record = process.env['POWER_RECORD'] ?? '';
const originals = { ...fs };
const patched = fs as unknown as Record<string, Anything>;
const pathOf = new Map<unknown, string>();

/** A call within a call (writeFileSync opens and writes) is part of it. */
let within = false;

function note(operation: Operation): void {
  const outer = within;
  within = true;
  originals.appendFileSync(join(record, LOG), `${JSON.stringify(operation)}\n`);
  within = outer;
}

const isBelow = (path: string): boolean => path === base || path.startsWith(`${base}/`);
const short = (path: string): string => relative(base, path);
const exists = (path: string): boolean => originals.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
const sizeOf = (path: string): number => originals.lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
const nameOf = (target: unknown): string =>
  typeof target === 'number' ? (pathOf.get(target) ?? '/') : resolve(String(target));

/** `describe` is called before the call with its arguments, and what it returns after it with the result. */
function wrap(name: string, describe: (path: string, args: unknown[]) => (result: unknown) => void): void {
  const call = patched[name] as Anything;
  patched[name] = function (this: unknown, ...args) {
    const path = nameOf(args[0]);
    if (within || !isBelow(path)) return call.apply(this, args);
    const after = describe(path, args);
    within = true;
    try {
      const result = call.apply(this, args);
      after(result);
      return result;
    } finally {
      within = false;
    }
  };
}

const noteContent = (path: string): void =>
  note({ op: 'content', path: short(path), content: originals.readFileSync(path, 'latin1') });

const written = (path: string) => {
  const wasThere = exists(path);
  return () => {
    if (!wasThere) note({ op: 'create', path: short(path) });
    noteContent(path);
  };
};

function recordFiles(): void {
  const close = fs.closeSync;
  patched['closeSync'] = (fd) => {
    pathOf.delete(fd);
    close(fd as number);
  };
  const open = patched['openSync'] as Anything;
  patched['openSync'] = (...args) => {
    const fd = open.apply(fs, args);
    pathOf.set(fd, nameOf(args[0]));
    return fd;
  };
  wrap('openSync', (path) => {
    const [wasThere, size] = [exists(path), sizeOf(path)];
    return () => {
      if (!wasThere) note({ op: 'create', path: short(path) });
      else if (sizeOf(path) !== size) noteContent(path);
    };
  });
  for (const name of ['writeSync', 'writevSync', 'writeFileSync', 'appendFileSync', 'truncateSync', 'ftruncateSync'])
    wrap(name, written);
  for (const name of ['fsyncSync', 'fdatasyncSync'])
    wrap(name, (path) => () => note({ op: 'fsync', path: short(path) }));
  for (const name of ['unlinkSync', 'rmSync', 'rmdirSync'])
    wrap(name, (path) => {
      const wasThere = exists(path);
      return () => {
        if (wasThere && !exists(path)) note({ op: 'unlink', path: short(path) });
      };
    });
  wrap(
    'renameSync',
    (from, [, to]) =>
      () =>
        note({ op: 'rename', from: short(from), to: short(nameOf(to)) }),
  );
  wrap('mkdirSync', (path) => {
    const missing = above(path).filter((directory) => !exists(directory));
    return () => missing.forEach((directory) => note({ op: 'mkdir', path: short(directory) }));
  });
  for (const name of ['linkSync', 'symlinkSync', 'copyFileSync', 'cpSync'])
    wrap(name, (path) => () => note({ op: 'unknown', call: `${name} ${short(path)}` }));
  syncBuiltinESMExports();
}

/** A directory and those above it within the base directory, the uppermost first. */
function above(path: string): string[] {
  return path === base ? [] : [...above(dirname(path)), path];
}

let last: Buffer | null = null;
let commits = 0;

/** A commit is seen by what it does: outside a transaction the file is another one than before. */
function recordCommits(): void {
  const database = Sqlite.prototype as unknown as Record<string, Anything>;
  const statement = Object.getPrototypeOf(new Sqlite(':memory:').prepare('SELECT 1')) as Record<string, Anything>;
  const after = (methods: Record<string, Anything>, name: string): void => {
    const call = methods[name] as Anything;
    methods[name] = function (this: unknown, ...args) {
      const result = call.apply(this, args);
      if (!within) noteCommit(this as Sqlite.Database | Sqlite.Statement);
      return result;
    };
  };
  for (const name of ['run', 'get', 'all']) after(statement, name);
  for (const name of ['exec', 'pragma']) after(database, name);
}

function noteCommit(self: Sqlite.Database | Sqlite.Statement): void {
  const { name, inTransaction } = 'database' in self ? self.database : self;
  if (inTransaction || !isBelow(resolve(name)) || sizeOf(name) === 0) return;
  const bytes = originals.readFileSync(name);
  if (last?.equals(bytes) === true) return;
  last = bytes;
  const copy = `${process.pid}-${(commits += 1)}.db`;
  within = true;
  originals.writeFileSync(join(record, copy), bytes);
  within = false;
  note({ op: 'commit', copy });
}

function recordRequests(): void {
  subscribe('undici:request:bodySent', (message) => {
    const { method, path, origin } = (message as { request: { method: string; path: string; origin: string } }).request;
    if (changesJobs(method, path)) note({ op: 'request', origin });
  });
}

recordFiles();
recordCommits();
recordRequests();
