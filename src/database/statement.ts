/**
 * statement: how a statement is run. Each is prepared once for each connection.
 *
 * What the tables' modules say in SQL is their own; the columns come out under the names of the row types of ftsJob.ts.
 */
import type Database from 'better-sqlite3';
import type { Db } from '../ftsJob.js';

interface Prepared {
  readonly statement: Database.Statement;
  /** The names of its columns, when they have been asked for. */
  columns?: readonly string[];
}

const prepared = new WeakMap<Db, Map<string, Prepared>>();
function prepare(db: Db, sql: string): Prepared {
  let known = prepared.get(db);
  if (known === undefined) prepared.set(db, (known = new Map()));
  let found = known.get(sql);
  if (found === undefined) known.set(sql, (found = { statement: db.prepare(sql) }));
  return found;
}
export const statement = (db: Db, sql: string): Database.Statement => prepare(db, sql).statement;
export const run = (db: Db, sql: string, ...values: unknown[]): void => void statement(db, sql).run(...values);
/** Rows by the names of their columns: put together here, which takes two thirds of the time that the binding needs for it. */
export function all<Row>(db: Db, sql: string, ...values: unknown[]): Row[] {
  const own = prepare(db, sql);
  const names = (own.columns ??= own.statement.columns().map(({ name }) => name));
  return allArrays(db, sql, ...values).map((columns) => {
    const row: Record<string, unknown> = {};
    for (let at = 0; at < names.length; at++) row[names[at] as string] = columns[at];
    return row as Row;
  });
}
/** Rows as arrays of their columns. */
export const allArrays = <Row extends readonly unknown[]>(db: Db, sql: string, ...values: unknown[]): Row[] =>
  statement(db, sql)
    .raw()
    .all(...values) as Row[];
export const get = <Row>(db: Db, sql: string, ...values: unknown[]): Row | null =>
  (statement(db, sql)
    .raw(false)
    .get(...values) as Row | undefined) ?? null;
