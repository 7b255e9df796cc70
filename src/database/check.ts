/**
 * check: opens a database only if it can be relied on.
 *
 * The whole check reads every page and every row: that the pages are those of a database (`quick_check`), that the rows
 * are what the programs could have written (STRICT, CHECK), and that they make sense together. Where a note says that
 * nothing has touched the file since (databaseNote), only its length, its header and the open rows are looked at.
 */
import type Sqlite from 'better-sqlite3';
import fs from 'node:fs';
import path from 'node:path';
import { readSteps } from '../lists/transition.js';
import { SpoolError } from '../errors.js';
import { BindingError, diskBelow, isSqliteError, openSqlite } from './sqlite.js';
import { SCHEMA_VERSION, type Db } from '../ftsJob.js';
import { listWithoutJob } from './listRows.js';
import { brokenCheck } from './tables.js';
import { transitions } from './transitionRows.js';

export const DATABASE = 'sqlite_c2e.db';

/** The command that repairs it. */
export const repair = (base: string): string => `node dist/misc/repair.js --base '${base}'`;

/**
 * Open and check, wholly or only what costs the same however large it is. Errors: `DamagedDatabase`; `SpoolError` where
 * it is only locked, not accessible, or of a newer version, or where SQLite cannot be loaded.
 */
export function openChecked(base: string, file: string, options: Sqlite.Options, wholly = true): Db {
  try {
    const db = openSqlite(file, { timeout: 10_000, ...options });
    const broken = wholly ? whyBroken(db) : whyCutOff(db, file);
    if (broken !== null) throw new Error(broken);
    const version = db.pragma('user_version', { simple: true }) as number;
    if (version > SCHEMA_VERSION)
      throw new SpoolError(
        `Cannot open the database ${file}: a newer castor2echo made it (schema ${version}, this one knows ${SCHEMA_VERSION}); run that version, or update this one`,
      );
    const unsound = version === 0 ? null : whyUnsound(db, wholly);
    if (unsound !== null) throw new Error(unsound);
    return db;
  } catch (error) {
    if (error instanceof SpoolError) throw error;
    throw unusable(base, file, error as Error);
  }
}

/** Each page is read once, so there is no use in keeping them. */
function whyBroken(db: Db): string | null {
  const kept = db.pragma('cache_size', { simple: true }) as number;
  db.pragma('cache_size = -1000');
  const found = db.pragma('quick_check(1)', { simple: true });
  db.pragma(`cache_size = ${kept}`);
  return found === 'ok' ? null : String(found);
}

/** Is the file as long as its header says? */
function whyCutOff(db: Db, file: string): string | null {
  const pages = db.pragma('page_count', { simple: true }) as number;
  const bytes = db.pragma('page_size', { simple: true }) as number;
  return pages * bytes === sizeOf(file) ? null : `it has not the length of ${pages} pages`;
}

/** What `quick_check` cannot know, as of rows that are sound one by one and make no sense together. A phrase, or null. */
function whyUnsound(db: Db, wholly: boolean): string | null {
  // An earlier version had other CHECKs: the migration applies ours.
  const isCurrent = db.pragma('user_version', { simple: true }) === SCHEMA_VERSION;
  const table = db.readonly && wholly && isCurrent ? brokenCheck(db) : null;
  if (table !== null) return `CHECK constraint failed in ${table}`;
  const list = listWithoutJob(db);
  if (list !== null) return `list ${JSON.stringify(list)} is with FTS, and its job is not recorded`;
  const bad = transitions(db).find((row) => readSteps(row.steps) === null);
  return bad === undefined ? null : `the steps of transition ${bad.id} are none`;
}

/** The file is no database, or not one that can be relied on. */
export class DamagedDatabase extends SpoolError {
  override name = 'DamagedDatabase';
}

/** An error of SQLite that means damage, met in the middle of a run, as what it is; any other as it is. */
export function asDamage(base: string, error: unknown): unknown {
  const isDamage = isSqliteError(error) && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
  if (!isDamage) return error;
  const file = path.join(base, DATABASE);
  return new DamagedDatabase(
    `Cannot go on with the database ${file}: it is damaged (${error.message}); what this run had begun is finished after the repair; run ${repair(base)}`,
    { cause: error },
  );
}

function unusable(base: string, file: string, error: Error): SpoolError {
  const code = isSqliteError(error) ? error.code : '';
  if (code === 'SQLITE_READONLY_ROLLBACK' || code === 'SQLITE_READONLY_RECOVERY')
    return new SpoolError(
      `Cannot read the database ${file}: a run was cut off; any normal run mends it, then try again`,
    );
  const below = isSqliteError(error) ? diskBelow('open', file, error) : null;
  if (below !== null) return below;
  return new DamagedDatabase(
    `Cannot use the database ${file}: it is damaged (${error.message}); it was not changed; run ${repair(base)}`,
    {
      cause: error,
    },
  );
}

export function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** A damaged database, to read what can be read; null if it cannot even be opened. `file` is a copy: it may be changed. */
export function openDamaged(file: string): Db | null {
  try {
    const db = openSqlite(file, { fileMustExist: true });
    db.pragma('schema_version');
    return db;
  } catch (error) {
    if (error instanceof BindingError) throw error;
    return null;
  }
}
