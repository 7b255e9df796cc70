/**
 * outcomeRows: the statements of the tables `failure`, `hourly` and `okay`: what ended how, when, and what stands in
 * DONE/Okay.
 */
import type { Hourly } from '../rules/hourly.js';
import type { Db, FailureRow } from '../ftsJob.js';
import { all, get, run } from './statement.js';

export const failures = (db: Db): FailureRow[] =>
  all(
    db,
    `SELECT class, meaning, count, first_seen AS firstSeen, last_seen AS lastSeen, list, source, reason, endpoint,
       job_id AS jobId FROM failure ORDER BY count DESC`,
  );
export const addFailure = (db: Db, row: Omit<FailureRow, 'count' | 'firstSeen'>): void =>
  run(
    db,
    `INSERT INTO failure
       (class, meaning, count, first_seen, last_seen, list, source, reason, endpoint, job_id) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (class, meaning) DO UPDATE SET count = count + 1, last_seen = excluded.last_seen, list = excluded.list,
       source = excluded.source, reason = excluded.reason, endpoint = excluded.endpoint, job_id = excluded.job_id`,
    row.class,
    row.meaning,
    row.lastSeen,
    row.lastSeen,
    row.list,
    row.source,
    row.reason,
    row.endpoint,
    row.jobId,
  );
export const addHourly = (db: Db, row: Hourly): void =>
  run(
    db,
    `INSERT INTO hourly (hour, outcome, transfers, bytes) VALUES (?, ?, ?, ?)
     ON CONFLICT (hour, outcome) DO UPDATE SET transfers = transfers + excluded.transfers,
       bytes = min(bytes + excluded.bytes, ${Number.MAX_SAFE_INTEGER})`,
    row.hour,
    row.outcome,
    row.transfers,
    row.bytes,
  );
export const hourlySince = (db: Db, since: number): Hourly[] =>
  all(db, 'SELECT hour, outcome, transfers, bytes FROM hourly WHERE hour >= ? ORDER BY hour, outcome', since);
/** What has arrived, as far as sizes are known. */
export const arrivedBytes = (db: Db): number =>
  get<{ sum: number }>(db, "SELECT total(bytes) AS sum FROM hourly WHERE outcome = 'finished'")?.sum ?? 0;
/** The oldest first. */
export const hourly = (db: Db): Hourly[] =>
  all(db, 'SELECT hour, outcome, transfers, bytes FROM hourly ORDER BY hour, outcome');
/** A file of that name now stands in DONE/Okay. */
export const putOkay = (db: Db, name: string, transfers: number): void =>
  run(
    db,
    'INSERT INTO okay (name, transfers) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET transfers = excluded.transfers',
    name,
    transfers,
  );
/** How many transfers are in those of these files that are known, and how many these are. */
export const okayAmong = (db: Db, names: readonly string[]): { files: number; transfers: number } =>
  get(
    db,
    `SELECT count(*) AS files, ifnull(sum(okay.transfers), 0) AS transfers
     FROM json_each(?) AS file CROSS JOIN okay ON okay.name = file.value`,
    JSON.stringify(names),
  ) ?? { files: 0, transfers: 0 };
/** Is it known how many transfers are in this file? */
export const isInOkay = (db: Db, name: string): boolean => get(db, 'SELECT 1 FROM okay WHERE name = ?', name) !== null;
