/**
 * replay: puts a state after a power cut on a real disk, and lets the programs' own code go on from there.
 *
 * At once every transfer must stand in some list, or in one that the journal will write. Then the spool is prepared,
 * the database opened and the journal redone, as every program begins: the lists must stand as they would have without
 * the cut, nothing set aside, no draft left. Of torn renames both names may be there: then the transition is set aside
 * and named, and still nothing is lost.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isNewCampaign, openDatabase } from '../../dist/database/database.js';
import { Journal, type Aside } from '../../dist/spool/journal.js';
import { Spool } from '../../dist/spool/spool.js';
import { DATABASE, pending, readBooks } from '../crash/books.js';
import { filesOf, holdsAfterKill } from '../crash/invariants.js';
import type { Renames, Tree } from './disk.js';
import type { State } from './outage.js';

/** In memory, where there is such a place: thousands of states are written and synced. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Writes a state into a new directory, and removes it after `act`. */
export function onDisk<Result>(state: State, act: (base: string) => Result): Result {
  const base = mkdtempSync(join(SCRATCH, 'castor2echo power-'));
  try {
    writeState(state, base);
    return act(base);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

export function writeState({ tree, database, modes }: State, base: string): void {
  const files = database === null ? tree : new Map([...tree, [DATABASE, database]]);
  for (const [path, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    if (content === null) mkdirSync(join(base, path), { recursive: true });
    else {
      writeFileSync(join(base, path), content, 'latin1');
      chmodSync(join(base, path), modes.get(content) ?? 0o640);
    }
}

/** Throws when something is lost, or the lists end otherwise than without the power cut. */
export function replay(state: State, byHand: readonly string[], renames: Renames): void {
  onDisk(state, (base) => {
    const scene = { base, servers: [], byHand };
    holdsAfterKill(scene);
    const { uuid, aside } = redo(base);
    if (renames === 'torn' && aside.length > 0) {
      for (const { why } of aside) assert.match(why, /^both .* are there$/);
      return holdsAfterKill(scene);
    }
    assert.deepEqual(aside, [], 'set aside');
    assert.deepEqual(pending(readBooks(base)), [], 'left in the journal');
    assert.deepEqual(spoolOnDisk(base, renames), spoolOf(state.expected), 'the lists after the redo');
    assert.equal(readFileSync(join(base, '.campaign'), 'utf8'), `${uuid}\n`);
  });
}

/** As every program begins. */
function redo(base: string): { uuid: string; aside: readonly Aside[] } {
  const spool = new Spool(base);
  const doing = spool.listing('DOING').lists;
  spool.prepare(isNewCampaign(base, doing));
  const { db, campaign } = openDatabase(base, doing);
  try {
    const journal = new Journal(db, spool, () => undefined);
    journal.redo();
    return { uuid: campaign, aside: journal.setAside() };
  } finally {
    db.close();
  }
}

const IN_SPOOL = /^(TODO|DOING|DONE\/\w+)\/[^/]+$/;

/** A draft whose list is there as well, under both names of a torn rename, is nobody's loss. */
function spoolOnDisk(base: string, renames: Renames): Record<string, string> {
  const files = filesOf(base).filter((path) => IN_SPOOL.test(path));
  const kept = renames === 'torn' ? files.filter((path) => !/\/\.[^/]+\.draft$/.test(path)) : files;
  return Object.fromEntries(kept.map((path) => [path, readFileSync(join(base, path), 'latin1')]));
}

function spoolOf(tree: Tree): Record<string, string> {
  const files = [...tree].filter((file): file is [string, string] => file[1] !== null && IN_SPOOL.test(file[0]));
  return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}
