/**
 * books: the database of a campaign as a killed program has left it, read without changing anything there.
 *
 * A database that was cut off has a hot journal, which whoever opens it rolls back; so a copy is opened. Throws when
 * the copy does not pass SQLite's own integrity check.
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Step } from '../../dist/lists/transition.js';

export const DATABASE = 'sqlite_c2e.db';

export type Row = Readonly<Record<string, unknown>>;

/** Every table with all its rows; empty where there is no database, or one without a schema. */
export type Books = Readonly<Record<string, readonly Row[]>>;

export function readBooks(base: string): Books {
  const directory = mkdtempSync(join(tmpdir(), 'castor2echo books-'));
  try {
    for (const name of [DATABASE, `${DATABASE}-journal`])
      if (existsSync(join(base, name))) copyFileSync(join(base, name), join(directory, name));
    return existsSync(join(directory, DATABASE)) ? tables(join(directory, DATABASE)) : {};
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function tables(file: string): Books {
  const db = new Sqlite(file);
  try {
    assert.deepEqual(db.pragma('integrity_check'), [{ integrity_check: 'ok' }], 'the database is damaged');
    const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    const read = (name: string) => db.prepare(`SELECT * FROM "${name}"`).all() as Row[];
    return Object.fromEntries((names.pluck().all() as string[]).sort().map((name) => [name, read(name)]));
  } finally {
    db.close();
  }
}

/** How many bytes of an LFN list are cut. */
export function cursor(books: Books, lfnList: string): number {
  return Number((books['lfn_list'] ?? []).find(({ name }) => name === lfnList)?.['offset'] ?? 0);
}

/** The steps of each transition that is committed and not struck off. */
export function pending(books: Books): Step[][] {
  return (books['transition'] ?? []).map(({ steps }) => JSON.parse(String(steps)) as Step[]);
}
