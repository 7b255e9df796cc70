/**
 * migration: a campaign of version 1.0 goes on with this version; `version1.sql` is what that version left in a
 * rehearsal.
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { SCHEMA, SCHEMA_VERSION } from '../../dist/ftsJob.js';
import { TABLES } from '../../dist/database/tables.js';
import { openDatabase, openReadOnly } from '../../dist/database/database.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

type Row = Record<string, unknown>;

test('a database of version 1 is migrated when it is opened for writing, and nothing in it changes', () => {
  const { base, file } = campaignOfVersion1();
  const before = rowsOf(file);
  const { db } = openDatabase(base, []);
  db.close();
  assert.equal(versionOf(file), SCHEMA_VERSION);
  for (const [table, rows] of Object.entries(before)) {
    const after = rowsOf(file)[table] ?? [];
    assert.equal(after.length, rows.length, table);
    for (const [index, row] of rows.entries())
      for (const [column, value] of Object.entries(row))
        assert.equal(after[index]?.[column], value, `${table}.${column}`);
  }
  const jobs = before['job'] ?? [];
  assert.ok(jobs.length > 0);
  assert.deepEqual(
    rowsOf(file)['server'],
    [...new Map(jobs.map(({ endpoint, vo }) => [endpoint, { endpoint, vo }])).values()].sort((a, b) =>
      String(a.endpoint) < String(b.endpoint) ? -1 : 1,
    ),
  );
});

test('whoever only reads sees it migrated, and leaves the file as it is', () => {
  const { base, file } = campaignOfVersion1();
  const bytes = readFileSync(file);
  const { db } = openReadOnly(base, []);
  assert.equal((db.prepare('SELECT hold_until FROM list').all() as Row[]).length, rowsOf(file)['list']?.length);
  assert.equal((db.prepare('SELECT arrived FROM job').all() as Row[]).length, rowsOf(file)['job']?.length);
  db.close();
  assert.deepEqual(readFileSync(file), bytes);
});

test('what the migrations make is what a new campaign gets', () => {
  const { base, file } = campaignOfVersion1();
  openDatabase(base, []).db.close();
  const migrated = new Sqlite(file, { readonly: true });
  const fresh = new Sqlite(':memory:');
  fresh.exec(SCHEMA);
  for (const table of TABLES)
    assert.deepEqual(migrated.pragma(`table_info(${table})`), fresh.pragma(`table_info(${table})`), table);
  // A CHECK that came with its column holds as one that came with its table.
  migrated.close();
  const db = new Sqlite(file);
  assert.throws(() => db.exec('UPDATE list SET hold_until = -1'), /CHECK constraint failed/);
  assert.throws(() => db.exec('UPDATE job SET sent = -1'), /CHECK constraint failed/);
  assert.throws(() => db.exec('UPDATE job SET probe = 0'), /CHECK constraint failed/);
  db.close();
});

function campaignOfVersion1(): { base: string; file: string } {
  const base = temporaryDirectory();
  const file = `${base}/sqlite_c2e.db`;
  const db = new Sqlite(file);
  db.exec(readFileSync(new URL('../../test/database/version1.sql', import.meta.url), 'utf8'));
  db.close();
  return { base, file };
}

function rowsOf(file: string): Record<string, Row[]> {
  const db = new Sqlite(file, { readonly: true });
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all() as Row[];
  const rows = tables.map(({ name }) => [name, db.prepare(`SELECT * FROM ${String(name)}`).all()] as [string, Row[]]);
  db.close();
  return Object.fromEntries(rows);
}

function versionOf(file: string): unknown {
  const db = new Sqlite(file, { readonly: true });
  const version = db.pragma('user_version', { simple: true });
  db.close();
  return version;
}
