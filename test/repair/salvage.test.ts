/** salvage: of a database with bad pages everything comes back but what stood on them. */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { commit, openDatabase } from '../../dist/database/database.js';
import * as jobRows from '../../dist/database/jobRows.js';
import * as lfnListRows from '../../dist/database/lfnListRows.js';
import * as listRows from '../../dist/database/listRows.js';
import * as outcomeRows from '../../dist/database/outcomeRows.js';
import type { Table } from '../../dist/database/tables.js';
import { salvage, type Salvaged } from '../../dist/repair/salvage.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const LISTS = 3030;
const HASHES = 16_000;
const NAMES = Array.from({ length: LISTS }, (_, number) => {
  const clock = `1011${String(number % 60).padStart(2, '0')}`;
  return `FTSList-20180412-${clock}-${String(Math.floor(number / 60) + 1).padStart(4, '0')}.txt`;
});
const LFN_LISTS = NAMES.map((_, number) => `TODO/ListOfLFNs/${number}.list`);

/** The database of a campaign that has settled so many lists. Job 7 has so many transfers that their hashes fill pages of their own. */
function database(): Buffer {
  const base = temporaryDirectory();
  const { db } = openDatabase(base, []);
  commit(db, () => {
    for (const [number, name] of NAMES.entries()) {
      const now = 1_523_527_872_000 + number * 7_200_000;
      listRows.submitting(db, { name, attempt: 1, failures: 0, transfers: 20, now });
      jobRows.putJob(db, {
        list: name,
        attempt: 1,
        jobId: `0d8ed7a1-0000-4000-8000-${String(number).padStart(12, '0')}`,
        server: 'RAL',
        endpoint: 'https://fts.example.org:8446',
        vo: 'lhcb',
        sid: `castor2echo:x:${name}:1`,
        posts: 1,
        submittingAt: now,
        submittedAt: now,
      });
      listRows.setState(db, name, 'SETTLED', now);
      outcomeRows.putOkay(db, name, 20);
      const cursor = { offset: 100, line: 1, size: 100, headLength: 100, headHash: 'x', tailHash: 'y' };
      lfnListRows.putLfnList(db, {
        name: LFN_LISTS[number] ?? '',
        ...cursor,
        transfers: 20,
        duplicates: 0,
        badLines: 0,
      });
      db.prepare('INSERT INTO cut (at, transfers) VALUES (?, 20)').run(now);
    }
    db.prepare("UPDATE job SET pair_hashes = zeroblob(?) WHERE job_id LIKE '%0007'").run(HASHES);
  });
  db.close();
  return readFileSync(join(base, 'sqlite_c2e.db'));
}

const whole = database();
function copy(): string {
  const file = join(temporaryDirectory(), 'sqlite_c2e.db');
  writeFileSync(file, whole);
  return file;
}

interface Page {
  readonly pageno: number;
  readonly pagetype: string;
  readonly ncell: number;
}

function pagesOf(file: string, table: string): Page[] {
  const db = new Sqlite(file, { readonly: true });
  const pages = db
    .prepare('SELECT pageno, pagetype, ncell FROM dbstat WHERE name = ? ORDER BY path')
    .all(table) as Page[];
  db.close();
  return pages;
}

function destroy(file: string, pages: readonly Page[]): void {
  const bytes = readFileSync(file);
  for (const { pageno } of pages) bytes.fill(0x5a, (pageno - 1) * 4096, pageno * 4096);
  writeFileSync(file, bytes);
}

/** The tables with a row for each list. */
const LONG = ['list', 'job', 'okay', 'lfn_list', 'cut'] as const;

/** Each bad page is met thousands of times, and nobody reads where: without the stacks it takes half the time. */
function salvaged(file: string): Salvaged {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return salvage(file, [...NAMES, ...LFN_LISTS]);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

describe('rows on good pages come back,', () => {
  const back = (damaged: readonly Table[], which: (leaf: number, leaves: number) => boolean): void => {
    const file = copy();
    const bad = damaged.map((table) => {
      const leaves = pagesOf(file, table).filter(({ pagetype }) => pagetype === 'leaf');
      return leaves.filter((_, index) => which(index, leaves.length));
    });
    assert.ok(bad.every(({ length }) => length > 0));
    destroy(file, bad.flat());
    const { tables, broken } = salvaged(file);
    assert.deepEqual(broken, damaged);
    for (const table of LONG) {
      const lost = (bad[damaged.indexOf(table)] ?? []).reduce((sum, { ncell }) => sum + ncell, 0);
      assert.equal(new Set(tables[table].map((row) => JSON.stringify(row))).size, LISTS - lost, table);
      assert.equal(tables[table].length, LISTS - lost, table);
    }
  };
  // Each with a key that is a text, one of a text and a number, and a number.
  test('one page of the middle is bad', () =>
    back(['list', 'job', 'cut'], (leaf, leaves) => leaf === Math.floor(leaves / 2)));
  test('the first page and the last are bad', () =>
    back(['job', 'lfn_list', 'cut'], (leaf, leaves) => leaf === 0 || leaf === leaves - 1));
  test('every fifth page is bad', () => back(['job', 'cut', 'okay'], (leaf) => leaf % 5 === 2));
});

test('a bad page that holds nothing but the hashes of one job costs that job alone', () => {
  const file = copy();
  destroy(
    file,
    pagesOf(file, 'job').filter(({ pagetype }) => pagetype === 'overflow'),
  );
  const { tables, broken } = salvaged(file);
  assert.deepEqual([tables.job.length, broken], [LISTS - 1, ['job']]);
});

test('where the first page is bad, nothing comes back, and nothing is thrown', () => {
  const file = copy();
  const bytes = readFileSync(file);
  bytes.fill(0x5a, 100, 4096);
  writeFileSync(file, bytes);
  assert.deepEqual(salvaged(file).broken, ['all']);
});
