/**
 * salvage: what can still be read of a damaged database.
 *
 * It works on a copy outside the campaign, with what a killed run has left of its transaction rolled back, and reads
 * each table by ranges of its key, so that a bad page costs only its own rows. Rows that the programs could not have
 * written are left out: what they would say is found again in the lists and at the servers.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isListName } from '../lists/names.js';
import { readSteps } from '../lists/transition.js';
import type { Db } from '../ftsJob.js';
import { campaign, takeOverTimes, type TakeOverTimes } from '../database/campaignRows.js';
import { ORIGINAL_TABLE } from '../database/originalTable.js';
import { columns, hasTable, TABLES, type Table } from '../database/tables.js';
import { openNothing } from '../database/database.js';
import { openDamaged } from '../database/check.js';
import { isSqliteError } from '../database/sqlite.js';
import { readByRanges, type Row, type TableKey } from './ranges.js';

export interface Salvaged {
  readonly campaign: string | null;
  readonly lastStamp: string | null;
  readonly tables: Readonly<Record<Table, readonly Row[]>>;
  /** The rows of `FTSJobMap`, as long as it stands there. */
  readonly original: readonly Row[];
  readonly takeOver: TakeOverTimes;
  /** Tables that could not be read to their end. */
  readonly broken: readonly string[];
  /** Until when lists may not be sent, whatever else is believed of their rows. */
  readonly held: ReadonlyMap<string, number>;
}

/** What stands beside a database while it is written, or was. */
export const SIDE_FILES = ['-journal', '-wal', '-shm'] as const;

/** Older versions had none of these. */
const LATER: readonly string[] = ['server', 'original', 'refused_token', 'storage'];

export const NOTHING: Salvaged = {
  campaign: null,
  lastStamp: null,
  tables: {
    server: [],
    list: [],
    job: [],
    lfn_list: [],
    cut: [],
    failure: [],
    hourly: [],
    okay: [],
    original: [],
    refused_token: [],
    storage: [],
    transition: [],
  },
  original: [],
  takeOver: { begun: null, complete: null },
  broken: [],
  held: new Map(),
};

/** Reads the damaged database. `names`: lists and LFN lists that it may know. Never throws for what is wrong with it. */
export function salvage(file: string, names: readonly string[]): Salvaged {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'castor2echo-'));
  try {
    const copy = path.join(directory, 'copy.db');
    for (const suffix of ['', ...SIDE_FILES])
      if (fs.existsSync(file + suffix)) fs.copyFileSync(file + suffix, copy + suffix);
    return readAll(copy, [...new Set(names)].sort());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return { ...NOTHING, broken: ['all'] };
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * What of an old copy still holds. Where lists stand now it cannot know, nor which jobs they have had since: an attempt
 * that it takes for the next one may be running. Those are looked for at the servers, like after a loss.
 */
export function ofOldCopy(salvaged: Salvaged, listsUnderWay: ReadonlySet<string>): Salvaged {
  const { list, job } = salvaged.tables;
  const settled = list.filter((row) => row['state'] === 'SETTLED' && !listsUnderWay.has(String(row['name'])));
  const names = new Set(settled.map((row) => row['name']));
  const jobs = job.filter((row) => names.has(row['list']));
  return { ...salvaged, tables: { ...salvaged.tables, list: settled, job: jobs, transition: [] } };
}

function readAll(copy: string, names: readonly string[]): Salvaged {
  const db = openDamaged(copy);
  if (db === null) return { ...NOTHING, broken: ['all'] };
  const broken: string[] = [];
  const { db: shape } = openNothing();
  try {
    const read = (table: Table | 'FTSJobMap', key: TableKey): Row[] => {
      const isThere = hasTable(db, table);
      const { rows, isWhole } = isThere ? readByRanges(db, table, key, names) : { rows: [], isWhole: false };
      // Earlier versions had no such tables.
      if (!isWhole && (isThere || !LATER.includes(table))) broken.push(table);
      return rows;
    };
    const sound = (table: Table): Row[] => {
      const expected = columns(shape, table);
      const [first, ...others] = expected.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
      const key = {
        first: first?.name ?? 'rowid',
        others: others.map(({ name }) => name),
        isNumber: first?.type !== 'TEXT',
      };
      return read(table, key).filter((row) => isWellFormed(expected, row) && makesSense(table, row));
    };
    const tables = Object.fromEntries(TABLES.map((table) => [table, sound(table)])) as Record<Table, Row[]>;
    const held = tables.list
      .filter((row) => typeof row['hold_until'] === 'number')
      .map((row): [string, number] => [String(row['name']), Number(row['hold_until'])]);
    const original = hasTable(db, ORIGINAL_TABLE)
      ? read(ORIGINAL_TABLE, { first: 'rowid', others: [], isNumber: true })
      : [];
    return {
      ...readCampaign(db),
      tables,
      original,
      broken: broken.filter((table) => table !== ORIGINAL_TABLE),
      held: new Map(held),
    };
  } catch (error) {
    // What the database says of its own tables lies on a bad page.
    if (!isSqliteError(error)) throw error;
    return { ...NOTHING, broken: ['all'] };
  } finally {
    db.close();
  }
}

function readCampaign(db: Db): Pick<Salvaged, 'campaign' | 'lastStamp' | 'takeOver'> {
  try {
    const found = campaign(db);
    const takeOver = hasTable(db, 'original') ? takeOverTimes(db) : NOTHING.takeOver;
    return { campaign: asText(found?.uuid), lastStamp: asText(found?.lastStamp), takeOver };
  } catch {
    return { campaign: null, lastStamp: null, takeOver: NOTHING.takeOver };
  }
}

const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Has the row the columns that it should have, each with a value of its type? One of an earlier version lacks some. */
function isWellFormed(expected: ReturnType<typeof columns>, row: Row): boolean {
  const known = new Set(expected.map(({ name }) => name));
  if (!Object.keys(row).every((name) => known.has(name))) return false;
  return expected.every(({ name, type, notnull, dflt_value: byDefault }) => {
    const value = row[name];
    if (value === undefined) return notnull === 0 || byDefault !== null;
    if (value === null) return notnull === 0;
    if (type === 'BLOB') return value instanceof Uint8Array;
    return type === 'INTEGER' ? Number.isSafeInteger(value) : typeof value === 'string';
  });
}

/** Could the programs have written this row? */
function makesSense(table: Table, row: Row): boolean {
  switch (table) {
    case 'list':
    case 'okay':
      return isListName(String(row['name']));
    case 'job':
      return (
        isListName(String(row['list'])) &&
        URL.canParse(String(row['endpoint'])) &&
        /^[\w-]+$/.test(String(row['job_id']))
      );
    case 'transition':
      return readSteps(String(row['steps'])) !== null;
    case 'server':
      return URL.canParse(String(row['endpoint']));
    case 'lfn_list':
    case 'cut':
    case 'failure':
    case 'hourly':
    case 'original':
    case 'refused_token':
    case 'storage':
      return true;
  }
}
