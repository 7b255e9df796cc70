/**
 * originalTable: `FTSJobMap`, the job table of the original Python scripts.
 *
 * Its columns are found by their content, as the scripts changed them over the years: the list ends in `.txt`, the
 * job id is a UUID, the server a URL. Where it stands under its own name, somebody must say that this campaign is ours
 * now: until then the scripts may still run, and both would submit the same lists. What it holds is noted row by row
 * when the take-over begins; a row that is not noted, or a table that is there when all is done, means that they do
 * still run.
 */
import path from 'node:path';
import { isListName } from '../lists/names.js';
import type { Db } from '../ftsJob.js';
import { takeOverTimes } from './campaignRows.js';
import { all, get, run } from './statement.js';
import { hasTable } from './tables.js';

export const ORIGINAL_TABLE = 'FTSJobMap';
/** What the earliest of the scripts called the database. */
export const EARLIEST_DATABASE = 'sqlite_example.db';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** One of its rows, as far as it says something. */
export interface OriginalRow {
  readonly list: string;
  /** Null where none was noted. */
  readonly jobId: string | null;
  /** Null in the versions that had no such column. A list that was sent again kept its first one. */
  readonly endpoint: string | null;
  /** As FTS spells it, or what the scripts put there; it proves nothing. */
  readonly state: string | null;
}

export const hasOriginalTable = (db: Db): boolean => hasTable(db, ORIGINAL_TABLE);

/** The rows that name a list. */
export function originalRows(db: Db): OriginalRow[] {
  if (!hasOriginalTable(db)) return [];
  const rows = all<Readonly<Record<string, unknown>>>(db, `SELECT * FROM ${ORIGINAL_TABLE}`);
  return rows.flatMap((row) => recognise(row) ?? []);
}

function recognise(row: Readonly<Record<string, unknown>>): OriginalRow | null {
  const cells = Object.values(row)
    .filter((cell): cell is string => typeof cell === 'string')
    .map((cell) => cell.trim());
  const list = cells.find((cell) => cell.endsWith('.txt'));
  if (list === undefined || !isListName(path.basename(list))) return null;
  const endpoint = cells.find((cell) => /^https?:\/\/[A-Za-z0-9.:[\]-]+\/?$/.test(cell) && URL.canParse(cell));
  return {
    list: path.basename(list),
    jobId: cells.find((cell) => UUID.test(cell))?.toLowerCase() ?? null,
    endpoint: endpoint?.replace(/\/$/, '') ?? null,
    state: cells.find((cell) => /^[A-Z]+$/i.test(cell)) ?? null,
  };
}

/** The rows that no take-over has noted. */
export function newRows(db: Db): OriginalRow[] {
  const isNoted = (row: OriginalRow): boolean =>
    get(db, 'SELECT 1 FROM original WHERE list = ? AND job_id = ?', row.list, row.jobId ?? '') !== null;
  return originalRows(db).filter((row) => !isNoted(row));
}

export const noteRow = (db: Db, row: OriginalRow): void =>
  run(db, 'INSERT OR IGNORE INTO original (list, job_id) VALUES (?, ?)', row.list, row.jobId ?? '');

/** Put it away under a name that is free: nothing of it is deleted. Returns that name. */
export function renameOriginalTable(db: Db): string {
  let name = `${ORIGINAL_TABLE}_taken_over`;
  for (let number = 2; hasTable(db, name); number++) name = `${ORIGINAL_TABLE}_taken_over_${number}`;
  db.exec(`ALTER TABLE ${ORIGINAL_TABLE} RENAME TO ${name}`);
  return name;
}

/** As it was, after a repair: with the columns that could be read. */
export function restoreOriginalTable(db: Db, rows: readonly Readonly<Record<string, unknown>>[]): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) => column !== 'rowid');
  if (columns.length === 0) return;
  const quoted = columns.map((column) => `"${column.replaceAll('"', '""')}"`);
  db.exec(`CREATE TABLE ${ORIGINAL_TABLE} (${quoted.join(', ')})`);
  const insert = db.prepare(`INSERT INTO ${ORIGINAL_TABLE} VALUES (${columns.map(() => '?').join(', ')})`);
  for (const row of rows) insert.run(...columns.map((column) => row[column] ?? null));
}

/** The command that takes a campaign over. */
export const takeOverCommand = (base: string): string => `node dist/misc/takeOver.js --base '${base}'`;

/** Why nothing of this campaign may be changed yet, as a sentence with its cure; null: it is ours, or is being taken over. */
export function whyNotOurs(base: string, db: Db): string | null {
  if (!hasOriginalTable(db)) return null;
  const { begun, complete } = hasTable(db, 'original') ? takeOverTimes(db) : NEVER;
  if (begun === null) return notTakenOver(base);
  const rows = newRows(db).length;
  if (complete === null && rows === 0) return null;
  const what = rows === 0 ? `has made its table ${ORIGINAL_TABLE} anew` : `has written to its table ${ORIGINAL_TABLE}`;
  return `The original program is still running here: it ${what} since this campaign was taken over; nothing was done, as both would submit the same lists; take it out of every crontab, and then: ${takeOverCommand(base)}`;
}

const NEVER = { begun: null, complete: null } as const;

export const notTakenOver = (base: string): string =>
  `The campaign in ${base} is the original program's, and was not taken over: nothing was done; take it out of every crontab, and then: ${takeOverCommand(base)}`;
