/**
 * health: can the database of a campaign be relied on, and is one that was written whole?
 *
 * What `repair` decides by. It changes no database; with `writable` SQLite rolls back what a killed run has left.
 */
import path from 'node:path';
import { SCHEMA_VERSION, type Db } from '../ftsJob.js';
import { campaign } from '../database/campaignRows.js';
import { hasTable, TABLES } from '../database/tables.js';
import { readCampaign } from '../database/database.js';
import { youngerList } from '../spool/oldCopy.js';
import { DamagedDatabase, DATABASE, openChecked, openDamaged, sizeOf } from '../database/check.js';
import { writeSynced } from '../disk.js';

/** What `repair` finds in place of a database. `why` is a phrase. */
export type Health =
  | { readonly kind: 'whole' | 'lost' }
  | { readonly kind: 'damaged'; readonly why: string }
  /** It is whole, and an old copy: it does not know of this list. */
  | { readonly kind: 'old'; readonly list: string }
  /** It is whole, but of another campaign than `.campaign` says. */
  | { readonly kind: 'foreign'; readonly uuid: string };

/**
 * Look whether the database can be relied on. `writable`: under the lease; what a killed run has left is rolled back.
 * Errors: `SpoolError` where it is only locked, not readable for this user, or of a newer version.
 */
export function healthOf(base: string, writable: boolean): Health {
  const file = path.join(base, DATABASE);
  if (sizeOf(file) === 0) return { kind: 'lost' };
  try {
    const db = openChecked(base, file, writable ? {} : { readonly: true });
    try {
      return db.pragma('user_version', { simple: true }) === 0 ? { kind: 'whole' } : examineTables(base, db);
    } finally {
      db.close();
    }
  } catch (error) {
    if (!(error instanceof DamagedDatabase)) throw error;
    const why = (error.cause as Error).message.replace(/^\*\*\* in database main \*\*\*\s*/, '');
    return { kind: 'damaged', why };
  }
}

function examineTables(base: string, db: Db): Health {
  // An index that does not fit its table: no opening looks for that, and a run that meets it sends its person here.
  const broken = db.pragma('integrity_check(1)', { simple: true });
  if (broken !== 'ok') return { kind: 'damaged', why: String(broken) };
  const version = db.pragma('user_version', { simple: true }) as number;
  const since: Readonly<Record<string, number>> = { server: 2, original: 3, refused_token: 4, storage: 4 };
  const missing = ['campaign', ...TABLES].filter((table) => !hasTable(db, table) && version >= (since[table] ?? 1));
  if (missing.length > 0) return { kind: 'damaged', why: `no table ${missing.join(', ')}` };
  const uuid = campaign(db)?.uuid;
  if (uuid === undefined) return { kind: 'damaged', why: 'it names no campaign' };
  const written = readCampaign(base);
  if (written !== null && written !== uuid) return { kind: 'foreign', uuid };
  const list = youngerList(base, db, true);
  return list === null ? { kind: 'whole' } : { kind: 'old', list };
}

/** Write a database that was made in memory to `file`, so that it is whole and on disk when this returns. */
export function save(db: Db, file: string): void {
  writeSynced(file, db.serialize(), { mode: 0o640 });
}

/** Is what `save` has written there whole? */
export function isSaved(file: string): boolean {
  const db = openDamaged(file);
  try {
    return (
      db?.pragma('user_version', { simple: true }) === SCHEMA_VERSION &&
      db.pragma('quick_check(1)', { simple: true }) === 'ok'
    );
  } finally {
    db?.close();
  }
}
