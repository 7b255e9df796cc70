/**
 * commitCalls: makes a point of every commit of better-sqlite3, which writes by itself.
 *
 * A commit is a COMMIT, END or RELEASE, by a statement, by `exec` or by `transaction`; a writing statement outside a
 * transaction; and a pragma that sets something that stands in the file. The end of a transaction that has only read is
 * none. What SQLite does between its own writes is SQLite's to get right.
 */
import Database from 'better-sqlite3';
import { point } from './point.js';

type Anything = (this: unknown, ...args: unknown[]) => unknown;
type Methods = Record<string, Anything>;

const COMMITS = /^\s*(COMMIT|END|RELEASE)\b/i;
const NO_COMMIT = /^\s*(BEGIN|SAVEPOINT|ROLLBACK)\b/i;
const LASTING_PRAGMA = /^\s*(user_version|journal_mode|application_id)\s*=/i;

/** Databases whose transaction has written. */
const wrote = new WeakSet<Database.Database>();

export function countCommits(): void {
  const database = Database.prototype as unknown as Methods;
  // The class of statements is not exported, but all of them share its prototype.
  const statement = Object.getPrototypeOf(new Database(':memory:').prepare('SELECT 1')) as Methods;
  for (const name of ['run', 'get', 'all']) {
    wrap(statement, name, (self) => {
      const { source, readonly, database } = self as Database.Statement;
      if (/^\s*BEGIN\b/i.test(source)) wrote.delete(database);
      if (COMMITS.test(source)) return wrote.has(database) ? source : null;
      if (readonly || NO_COMMIT.test(source)) return null;
      wrote.add(database);
      return database.inTransaction ? null : source;
    });
  }
  wrap(database, 'exec', (self, sql) => {
    const text = String(sql);
    wrote.add(self as Database.Database);
    if (/\b(COMMIT|END|RELEASE)\b/i.test(text)) return text;
    return (self as Database.Database).inTransaction || NO_COMMIT.test(text) ? null : text;
  });
  wrap(database, 'pragma', (_, text) => (LASTING_PRAGMA.test(String(text)) ? `PRAGMA ${String(text)}` : null));
}

/** `commits` gives the SQL of a call that commits, else null. */
function wrap(methods: Methods, name: string, commits: (self: unknown, argument: unknown) => string | null): void {
  const original = methods[name] as Anything;
  methods[name] = function (this: unknown, ...args) {
    const make = () => original.apply(this, args);
    const sql = commits(this, args[0]);
    if (sql === null) return make();
    return point({ operation: 'commit', path: sql.replaceAll(/\s+/g, ' ').trim().slice(0, 100), make, failure });
  };
}

/** As SQLite says it. */
function failure(errno: string): Error {
  switch (errno) {
    case 'ENOSPC':
      return new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
    case 'EACCES':
    case 'EROFS':
      return new Database.SqliteError('attempt to write a readonly database', 'SQLITE_READONLY');
    case 'EMFILE':
      return new Database.SqliteError('unable to open database file', 'SQLITE_CANTOPEN');
    default:
      return new Database.SqliteError('disk I/O error', 'SQLITE_IOERR');
  }
}
