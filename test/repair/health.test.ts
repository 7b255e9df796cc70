/**
 * health: a sound database of an earlier version is whole, and one that lacks a table of its version is damaged.
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { MIGRATIONS, SCHEMA_VERSION } from '../../dist/ftsJob.js';
import { healthOf } from '../../dist/repair/health.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const VERSION_1 = readFileSync(new URL('../../test/database/version1.sql', import.meta.url), 'utf8');

/** A campaign whose database is what that version had; and then `after`. */
function campaignOf(version: number, after = ''): string {
  const base = temporaryDirectory();
  const db = new Sqlite(':memory:');
  db.exec(VERSION_1);
  for (const migration of MIGRATIONS.slice(0, version - 1)) db.exec(migration);
  db.pragma(`user_version = ${version}`);
  db.exec(after);
  writeFileSync(`${base}/sqlite_c2e.db`, db.serialize());
  db.close();
  return base;
}

describe('the database of an earlier version', () => {
  const versions = Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1);
  for (const version of versions)
    test(`(${version}) is whole without the tables that came later, and repair has nothing to do`, () => {
      for (const isWritable of [true, false])
        assert.deepEqual(healthOf(campaignOf(version), isWritable), { kind: 'whole' });
    });

  for (const [table, since] of Object.entries({ lfn_list: 1, server: 2, original: 3, refused_token: 4, storage: 4 }))
    test(`without the table ${table}, which version ${since} has, it is damaged`, () => {
      assert.deepEqual(healthOf(campaignOf(since, `DROP TABLE ${table}`), true), {
        kind: 'damaged',
        why: `no table ${table}`,
      });
    });
});
