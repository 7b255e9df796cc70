/**
 * lfnListRows: the statements of the tables `lfn_list` and `cut`: how far each LFN list is cut, and how fast.
 */
import type { Db, LfnListRow } from '../ftsJob.js';
import { all, run } from './statement.js';

const LFN_LIST = `name, offset, line, size, head_length AS headLength, head_hash AS headHash, tail_hash AS tailHash,
  transfers, duplicates, bad_lines AS badLines`;
export const lfnLists = (db: Db): LfnListRow[] => all(db, `SELECT ${LFN_LIST} FROM lfn_list ORDER BY name`);
export const putLfnList = (db: Db, row: LfnListRow): void =>
  run(
    db,
    `INSERT INTO lfn_list
       (name, offset, line, size, head_length, head_hash, tail_hash, transfers, duplicates, bad_lines) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET offset = excluded.offset, line = excluded.line, size = excluded.size,
       head_length = excluded.head_length, head_hash = excluded.head_hash, tail_hash = excluded.tail_hash,
       transfers = excluded.transfers, duplicates = excluded.duplicates, bad_lines = excluded.bad_lines`,
    row.name,
    row.offset,
    row.line,
    row.size,
    row.headLength,
    row.headHash,
    row.tailHash,
    row.transfers,
    row.duplicates,
    row.badLines,
  );
export const addCut = (db: Db, now: number, transfers: number): void =>
  run(
    db,
    'INSERT INTO cut (at, transfers) VALUES (?, ?) ON CONFLICT (at) DO UPDATE SET transfers = transfers + excluded.transfers',
    now,
    transfers,
  );
/** What each run of the producer since then has cut, the oldest first. */
export const cutsSince = (db: Db, since: number): { at: number; transfers: number }[] =>
  all(db, 'SELECT at, transfers FROM cut WHERE at >= ? ORDER BY at', since);
