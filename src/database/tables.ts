/**
 * tables: the tables as wholes, for those who check a database or rebuild a damaged one.
 */
import { CHECKS, type Db } from '../ftsJob.js';
import { all, get, statement } from './statement.js';

/** The tables beside the campaign's. */
export const TABLES = [
  'server',
  'list',
  'job',
  'lfn_list',
  'cut',
  'failure',
  'hourly',
  'okay',
  'original',
  'refused_token',
  'storage',
  'transition',
] as const;
export type Table = (typeof TABLES)[number];
export const hasTable = (db: Db, table: string): boolean =>
  get(db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table) !== null;
export const columns = (
  db: Db,
  table: Table,
): { name: string; type: string; notnull: number; dflt_value: string | null; pk: number }[] =>
  all(db, 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', table);
/** The rows of a table of a damaged database, the first key column of which lies in a range, as long as they come. */
export const rowsBetween = (
  db: Db,
  table: Table | 'FTSJobMap',
  key: readonly string[],
  order: 'ASC' | 'DESC',
  [from, to]: readonly [unknown, unknown],
): Iterable<Record<string, unknown>> =>
  statement(
    db,
    `SELECT ${key[0]}, * FROM ${table} NOT INDEXED WHERE ${key[0]} BETWEEN ? AND ?
     ORDER BY ${key.map((column) => `${column} ${order}`).join(', ')}`,
  ).iterate(from, to) as Iterable<Record<string, unknown>>;
/** A row as it was read; false if the table refuses it. */
export const restore = (db: Db, table: Table, row: Readonly<Record<string, unknown>>): boolean => {
  const names = Object.keys(row);
  const sql = `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  return statement(db, sql).run(...Object.values(row)).changes > 0;
};
/** The table with a row that breaks its CHECK, or null. SQLite reads no CHECK from a database that is opened read-only. */
export const brokenCheck = (db: Db): string | null =>
  Object.entries(CHECKS).find(
    ([table, check]) => get(db, `SELECT 1 FROM ${table} WHERE NOT (${check}) LIMIT 1`) !== null,
  )?.[0] ?? null;
