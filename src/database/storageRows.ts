/**
 * storageRows: the statements of the table `storage`: what the last transfers say of each storage.
 */
import type { Db, StorageRow } from '../ftsJob.js';
import { all, get, run } from './statement.js';

const STORAGE = 'name, outcomes, broken_since AS brokenSince, reason, opened_at AS openedAt';
export const storage = (db: Db, name: string): StorageRow | null =>
  get(db, `SELECT ${STORAGE} FROM storage WHERE name = ?`, name);
export const storages = (db: Db): StorageRow[] => all(db, `SELECT ${STORAGE} FROM storage ORDER BY name`);
export const putStorage = (db: Db, row: StorageRow): void =>
  run(
    db,
    `INSERT INTO storage (name, outcomes, broken_since, reason, opened_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET outcomes = excluded.outcomes, broken_since = excluded.broken_since, reason = excluded.reason,
       opened_at = excluded.opened_at`,
    row.name,
    row.outcomes,
    row.brokenSince,
    row.reason,
    row.openedAt,
  );
