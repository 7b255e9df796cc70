/**
 * databaseNote: a large database is not read from end to end each time, and whatever touches it is found out all the
 * same.
 */
import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, beforeEach, describe, test } from 'node:test';

import { closeSound, commit, DATABASE, openDatabase, openReadOnly } from '../../dist/database/database.js';
import { DamagedDatabase } from '../../dist/database/check.js';
import { lastChecked, NOTE, noteChecked, SMALL_BYTES } from '../../dist/database/note.js';
import { putOkay } from '../../dist/database/outcomeRows.js';
import { copyOf } from '../misc/auditing.js';
import type { Campaign } from '../support/campaign.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const DAY_MS = 86_400_000;
const large = temporaryDirectory();
let base: string;
let file: string;

before(() => {
  const { db } = openDatabase(large, []);
  commit(db, () => {
    for (let list = 0; (db.pragma('page_count', { simple: true }) as number) <= SMALL_BYTES / 4096 + 100; list += 1)
      putOkay(db, `${String(list).padStart(8, '0')}${'x'.repeat(200)}.txt`, 1);
  });
  db.close();
});

beforeEach(() => {
  base = copyOf({ base: large } as Campaign);
  file = join(base, DATABASE);
  // A run that ends well: it has read all of it.
  closeSound(base, openDatabase(base, []));
});

/** One bit of a page in the middle, as somebody would who writes to the file. */
function flip(path: string, at: number): void {
  const handle = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 0x40;
  writeSync(handle, byte, 0, 1, at);
  closeSync(handle);
}

/** The head of a page that holds rows, where a bit counts. */
function pageHead(path: string): number {
  const handle = openSync(path, 'r');
  const page = Math.floor(fstatSync(handle).size / 4096 / 2);
  closeSync(handle);
  return page * 4096;
}

const isTrusted = (now = Date.now()): boolean => lastChecked(base, file, now) !== null;

describe('a database of over 16 MB that a run has closed well', () => {
  test('is not read from end to end again within a day, by readers nor by writers', () => {
    assert.ok(statSync(file).size > SMALL_BYTES);
    assert.equal(isTrusted(), true);
    openReadOnly(base, []).db.close();
    assert.equal(isTrusted(), true, 'who only reads leaves it so');
    assert.equal(isTrusted(Date.now() + DAY_MS), false);
    assert.equal(isTrusted(Date.now() - 60_000), false, 'a check in the future is none');
  });

  test('a run that is content with the note does not prolong it', () => {
    const first = lastChecked(base, file, Date.now());
    const opened = openDatabase(base, []);
    commit(opened.db, () => putOkay(opened.db, 'another.txt', 1));
    closeSound(base, opened);
    assert.equal(lastChecked(base, file, Date.now()), first);
  });

  test('is read again after a run that did not end well', () => {
    const { db } = openDatabase(base, []);
    commit(db, () => putOkay(db, 'another.txt', 1));
    db.close();
    assert.equal(isTrusted(), false);
  });

  test('is refused when a bit of it was flipped, also with its time put back', () => {
    const { atime, mtime } = statSync(file);
    flip(file, pageHead(file));
    utimesSync(file, atime, mtime);
    assert.equal(isTrusted(), false);
    for (const open of [openReadOnly, openDatabase]) assert.throws(() => open(base, []), DamagedDatabase);
  });

  test('is refused when it was cut off, or its middle zeroed', () => {
    const { size } = statSync(file);
    truncateSync(file, size - 4096);
    for (const open of [openReadOnly, openDatabase]) assert.throws(() => open(base, []), DamagedDatabase);
    truncateSync(file, pageHead(file));
    truncateSync(file, size);
    for (const open of [openReadOnly, openDatabase]) assert.throws(() => open(base, []), DamagedDatabase);
  });

  test('is refused when it is shorter than its header says, even if the note knew it so', () => {
    truncateSync(file, statSync(file).size - 4096);
    noteChecked(base, file, Date.now());
    assert.equal(isTrusted(), true);
    for (const open of [openReadOnly, openDatabase]) assert.throws(() => open(base, []), DamagedDatabase);
  });

  test('is read again as a copy, and beside a journal that a killed run has left', () => {
    const copy = copyOf({ base } as Campaign);
    assert.equal(lastChecked(copy, join(copy, DATABASE), Date.now()), null);
    closeSync(openSync(`${file}-journal`, 'w'));
    assert.equal(isTrusted(), false);
  });

  test('is read again when the note is no note', () => {
    for (const rubbish of ['', '{', 'null', '{"checkedAt": 1}', '[]']) {
      const handle = openSync(join(base, NOTE), 'w');
      writeSync(handle, rubbish);
      closeSync(handle);
      assert.equal(isTrusted(), false, rubbish);
    }
  });
});

test('a small database has no note: it is read each time', () => {
  const small = temporaryDirectory();
  closeSound(small, openDatabase(small, []));
  assert.equal(existsSync(join(small, NOTE)), false);
});
