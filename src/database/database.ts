/**
 * database: the one door to `sqlite_c2e.db`.
 *
 *     no database, and nothing else of a campaign: make one, with its UUID, which `.campaign` gets too
 *     no database, but `.campaign` or lists in DOING: end (exit 4); a fresh one would forget which jobs are running
 *     else open it, read it wholly where that was not done lately, migrate it, compare its UUID with `.campaign`
 *
 * Rows are read and written by table (`listRows`, `jobRows`, …), one statement a function; `commit` is here.
 * `journal_mode=DELETE` because WAL has no shared memory over AFS and NFS; `synchronous=EXTRA` so that a commit
 * survives a power cut, its journal's removal included.
 */
import fs from 'node:fs';
import path from 'node:path';
import { isOriginalName } from '../lists/originalNames.js';
import { plural } from '../text/words.js';
import { SpoolError } from '../errors.js';
import { MIGRATIONS, SCHEMA, SCHEMA_VERSION, type Db } from '../ftsJob.js';
import { campaign, createCampaign, setTakeOverTimes } from './campaignRows.js';
import { DATABASE, openChecked, repair, sizeOf } from './check.js';
import { lastChecked, noteChecked } from './note.js';
import { diskBelow, isSqliteError, openSqlite } from './sqlite.js';
import { diskTrouble, syncDirectory, writeSynced } from '../disk.js';
import { EARLIEST_DATABASE, hasOriginalTable, notTakenOver, takeOverCommand, whyNotOurs } from './originalTable.js';

export { DATABASE };
export const CAMPAIGN = '.campaign';

export interface CampaignDatabase {
  readonly db: Db;
  readonly campaign: string;
  /** When all of it was last read and found sound; only where it is open for writing. */
  readonly checkedAt?: number;
  /** Nothing has touched it since a run that ended well. Of a small one that is not known: it is always checked. */
  readonly untouched: boolean;
  /** Why nothing may be changed: it is the original program's still, or again. Only where it is open for reading. */
  readonly notOurs?: string | null;
}

/** `takeOver`: for the one program that makes the original program's campaign ours. */
interface Opening {
  readonly takeOver?: boolean;
}

/** Is there nothing yet of a campaign, neither its UUID nor its database nor lists that FTS has? */
export function isNewCampaign(base: string, doing: readonly string[]): boolean {
  return hasNothing(base) && sizeOf(path.join(base, EARLIEST_DATABASE)) === 0 && doing.length === 0;
}

const hasNothing = (base: string): boolean => !fs.existsSync(path.join(base, CAMPAIGN)) && hasNoDatabase(base);

/** Then the lists in DOING tell a campaign that has lost its database from a new one. */
export const hasNoDatabase = (base: string): boolean => sizeOf(path.join(base, DATABASE)) === 0;

/**
 * Open for writing, under the lease. `doing`: the lists in DOING, which are only asked for where the database is
 * missing; with any of them, or with `.campaign`, it is a lost one. Errors: `SpoolError`, with the command that repairs
 * it.
 */
export function openDatabase(base: string, doing: readonly string[], opening: Opening = {}): CampaignDatabase {
  const file = path.join(base, DATABASE);
  if (opening.takeOver === true && hasNothing(base) && doing.every(isOriginalName)) giveItOurName(base);
  else if (sizeOf(file) === 0 && !isNewCampaign(base, doing)) throw lost(base, file, doing);
  // SQLite would make it readable for everybody; its journal gets the same mode. Empty, it still is a new campaign's.
  if (!fs.existsSync(file)) guard(file, () => fs.closeSync(fs.openSync(file, 'a', 0o640)));
  const checked = lastChecked(base, file, Date.now());
  const db = openChecked(base, file, {}, checked === null);
  try {
    return guard(file, () => {
      const notOurs = opening.takeOver === true ? null : whyNotOurs(base, db);
      if (notOurs !== null) throw new SpoolError(notOurs);
      db.pragma('journal_mode = DELETE');
      db.pragma('synchronous = EXTRA');
      if (versionOf(db) === 0) create(base, db, opening);
      migrate(db);
      return { db, campaign: identify(base, db), checkedAt: checked ?? Date.now(), untouched: checked !== null };
    });
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Close it at the end of a run that has ended well: the next opening need not read all of it. */
export function closeSound(base: string, { db, checkedAt }: CampaignDatabase): void {
  db.close();
  if (checkedAt !== undefined) noteChecked(base, path.join(base, DATABASE), checkedAt);
}

/**
 * Open without writing, for `--dry-run` and `status`. A new campaign gets an empty database in memory, and so does one
 * of the original program: with its table for the take-over, without it for the others.
 */
export function openReadOnly(base: string, doing: readonly string[], opening: Opening = {}): CampaignDatabase {
  const takeOver = opening.takeOver === true;
  const file = path.join(base, takeOver && hasNothing(base) ? EARLIEST_DATABASE : DATABASE);
  if (sizeOf(file) > 0) {
    const untouched = lastChecked(base, file, Date.now()) !== null;
    const db = openChecked(base, file, { readonly: true }, !untouched);
    // Who only reads goes through a table once; pages kept for later would be most of what `status` needs.
    db.pragma('cache_size = -2000');
    const notOurs = takeOver ? null : whyNotOurs(base, db);
    if (versionOf(db) !== 0) {
      const { uuid } = agreed(base, db);
      return { db: current(db), campaign: uuid, untouched, notOurs };
    }
    if (takeOver) return { db: withOurTables(inMemory(db)), campaign: 'new', untouched: false };
    db.close();
    return { ...openNothing(), notOurs };
  }
  if (hasNothing(base) && sizeOf(path.join(base, EARLIEST_DATABASE)) > 0)
    return { ...openNothing(), notOurs: notTakenOver(base) };
  if (!(takeOver && doing.every(isOriginalName)) && !isNewCampaign(base, doing)) throw lost(base, file, doing);
  return openNothing();
}

/**
 * Why nothing may be changed beside this database, for those who do not open it: it is the original program's. Null
 * also where it cannot be read. Errors: `BindingError`.
 */
export function whyOriginal(base: string): string | null {
  const file = path.join(base, DATABASE);
  if (sizeOf(file) === 0)
    return hasNothing(base) && sizeOf(path.join(base, EARLIEST_DATABASE)) > 0 ? notTakenOver(base) : null;
  try {
    const db = openSqlite(file, { readonly: true });
    try {
      return whyNotOurs(base, db);
    } finally {
      db.close();
    }
  } catch (error) {
    if (isSqliteError(error)) return null;
    throw error;
  }
}

/** A crash before the rename leaves it under its old name, where the next take-over finds it. */
function giveItOurName(base: string): void {
  const earliest = path.join(base, EARLIEST_DATABASE);
  if (sizeOf(earliest) === 0) return;
  guard(earliest, () => fs.renameSync(earliest, path.join(base, DATABASE)));
  guard(base, () => syncDirectory(base));
}

/** An empty database in memory, where there is none to open. */
export function openNothing(): CampaignDatabase {
  return { db: withOurTables(openSqlite(':memory:')), campaign: 'new', untouched: false };
}

function withOurTables(db: Db): Db {
  db.exec(SCHEMA);
  db.pragma(`user_version = ${SCHEMA_VERSION}`);
  return db;
}

const versionOf = (db: Db): number => db.pragma('user_version', { simple: true }) as number;

/** From the version that made it to this one, in one commit: a crash before it leaves the database as it was. */
function migrate(db: Db): void {
  const version = versionOf(db);
  if (version === SCHEMA_VERSION) return;
  commit(db, () => {
    for (const migration of MIGRATIONS.slice(version - 1)) db.exec(migration);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  });
}

/** Who only reads leaves the file as it is: one of an earlier version is migrated in memory. */
function current(db: Db): Db {
  if (versionOf(db) === SCHEMA_VERSION) return db;
  const copy = inMemory(db);
  migrate(copy);
  return copy;
}

function inMemory(db: Db): Db {
  const copy = openSqlite(db.serialize());
  db.close();
  return copy;
}

/** One transaction: everything in `act`, or nothing of it. A disk that refuses it is a `SpoolError`. */
export function commit<T>(db: Db, act: () => T): T {
  return guard(db.name, () => db.transaction(act).immediate());
}

/** Many statements that only read, with one lock for all of them. What one of them wrote all the same would be undone. */
export function reading<T>(db: Db, act: () => T): T {
  return guard(db.name, () => {
    db.exec('BEGIN');
    try {
      return act();
    } finally {
      if (db.inTransaction) db.exec('ROLLBACK');
    }
  });
}

/** Turn what the disk refuses, below SQLite or beside it, into a message with the path and the cure. */
function guard<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (isSqliteError(error)) throw diskBelow('write', file, error) ?? error;
    if (typeof (error as NodeJS.ErrnoException).syscall === 'string') throw diskTrouble('use', file, error);
    throw error;
  }
}

function lost(base: string, file: string, doing: readonly string[]): SpoolError {
  const trace = doing.length > 0 ? `DOING holds ${plural(doing.length, 'list')}` : `${CAMPAIGN} is there`;
  const cure = hasNothing(base)
    ? `run ${repair(base)}, or, if these lists are the original program's: ${takeOverCommand(base)}`
    : `run ${repair(base)}`;
  return new SpoolError(
    `Cannot open the database ${file}: it is missing although ${trace}, and a fresh one would forget which jobs are running; ${cure}`,
  );
}

/** The schema and the campaign in one commit: a crash before it leaves an empty file, which is a new campaign, or the original's. */
function create(base: string, db: Db, { takeOver }: Opening): void {
  // Before the commit: after it nobody comes back here to do what a crash has left undone.
  fs.chmodSync(path.join(base, DATABASE), 0o640);
  commit(db, () => {
    db.exec(SCHEMA);
    createCampaign(db, readCampaign(base) ?? crypto.randomUUID());
    // Without a table of theirs nothing else would tell that what stands there may have been sent by them.
    if (takeOver === true && !hasOriginalTable(db) && hasOriginalLists(base))
      setTakeOverTimes(db, { begun: Date.now(), complete: null });
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  });
}

function hasOriginalLists(base: string): boolean {
  const places = ['TODO', 'DOING'].map((place) => path.join(base, place)).filter((place) => fs.existsSync(place));
  return places.some((place) => fs.readdirSync(place).some(isOriginalName));
}

/** The campaign's UUID, which `.campaign` and the database must agree on. The file outlives a lost database. */
function identify(base: string, db: Db): string {
  const { uuid, written } = agreed(base, db);
  if (written === null) guard(path.join(base, CAMPAIGN), () => writeCampaign(base, uuid));
  return uuid;
}

function agreed(base: string, db: Db): { uuid: string; written: string | null } {
  const uuid = campaign(db)?.uuid;
  const written = guard(path.join(base, CAMPAIGN), () => readCampaign(base));
  if (uuid === undefined || (written !== null && written !== uuid))
    throw new SpoolError(
      `Cannot use ${path.join(base, DATABASE)}: it belongs to campaign ${uuid ?? 'none'}, ${CAMPAIGN} says ${written ?? 'none'}; bring back the database of this campaign, or run ${repair(base)}`,
    );
  return { uuid, written };
}

export function readCampaign(base: string): string | null {
  try {
    return fs.readFileSync(path.join(base, CAMPAIGN), 'utf8').trim() || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Written after the database: a crash in between leaves a database without `.campaign`, and the next run writes it. */
function writeCampaign(base: string, uuid: string): void {
  const draft = path.join(base, `${CAMPAIGN}.draft`);
  writeSynced(draft, `${uuid}\n`, { mode: 0o640 });
  fs.renameSync(draft, path.join(base, CAMPAIGN));
  syncDirectory(base);
}
