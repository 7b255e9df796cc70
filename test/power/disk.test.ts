/** disk: what the model of a disk keeps when the power is cut, and what it may drop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Disk, type Renames, type Tree } from './disk.js';
import type { Operation } from './operation.js';

const TREE: Tree = new Map<string, string | null>([
  ['A', null],
  ['B', null],
  ['A/old', 'old'],
]);

/** The files in each state after these operations, as "A/old=old", sorted. */
function states(operations: readonly Operation[], renames: Renames = 'whole'): string[] {
  const disk = new Disk(TREE, renames);
  for (const operation of operations) disk.apply(operation);
  const texts = [...disk.afterPowerCut()].map((tree) => inWords(tree));
  return [...new Set(texts)].sort();
}

function inWords(tree: Tree): string {
  const files = [...tree].flatMap(([path, content]) => (content === null ? [] : [`${path}=${content}`]));
  return files.sort().join(' ');
}

const create: Operation = { op: 'create', path: 'A/new' };
const write: Operation = { op: 'content', path: 'A/new', content: 'wxyz' };
const sync = (path: string): Operation => ({ op: 'fsync', path });
const move: Operation = { op: 'rename', from: 'A/old', to: 'B/old' };

test('a file that was written and not synced may be gone, empty, half or whole', () => {
  assert.deepEqual(states([create, write]), [
    'A/new= A/old=old',
    'A/new=wx A/old=old',
    'A/new=wxyz A/old=old',
    'A/old=old',
  ]);
});

test('the sync of a file keeps its content and not its name, that of its directory its name and not its content', () => {
  assert.deepEqual(states([create, write, sync('A/new')]), ['A/new=wxyz A/old=old', 'A/old=old']);
  assert.deepEqual(states([create, write, sync('A')]), [
    'A/new= A/old=old',
    'A/new=wx A/old=old',
    'A/new=wxyz A/old=old',
  ]);
  assert.deepEqual(states([create, write, sync('A/new'), sync('A')]), ['A/new=wxyz A/old=old']);
});

test('a file that was renamed before it was synced may be empty under its name', () => {
  assert.ok(states([create, write, { op: 'rename', from: 'A/new', to: 'B/new' }]).includes('A/old=old B/new='));
});

test('a rename that was not synced is there or not; torn, both names may be there, and never none', () => {
  assert.deepEqual(states([move]), ['A/old=old', 'B/old=old']);
  assert.deepEqual(states([move], 'torn'), ['A/old=old', 'A/old=old B/old=old', 'B/old=old']);
});

test('a torn rename of which only the old name is synced loses the file', () => {
  assert.ok(states([move, sync('A')], 'torn').includes(''));
  assert.deepEqual(states([move, sync('B')], 'torn'), ['A/old=old B/old=old', 'B/old=old']);
  assert.deepEqual(states([move, sync('B'), sync('A')], 'torn'), ['B/old=old']);
});

test('changes are dropped in any combination, whatever was made first', () => {
  const other: Operation = { op: 'mkdir', path: 'C' };
  const kept = states([{ op: 'unlink', path: 'A/old' }, other, { op: 'create', path: 'C/x' }]);
  assert.deepEqual(kept, ['', 'A/old=old', 'A/old=old C/x=', 'C/x=']);
});

test('what was synced later is not undone by an older change that was not', () => {
  const back: Operation = { op: 'rename', from: 'B/old', to: 'A/old' };
  assert.deepEqual(states([move, back, sync('A')]), ['A/old=old']);
  assert.deepEqual(states([create, { op: 'unlink', path: 'A/new' }, sync('A')]), ['A/old=old']);
});

test('it says what would not outlive a power cut', () => {
  const disk = new Disk(TREE, 'whole');
  for (const operation of [create, write]) disk.apply(operation);
  assert.deepEqual(disk.unsynced(), ['new', 'the content of a file']);
  for (const operation of [sync('A/new'), sync('A')]) disk.apply(operation);
  assert.deepEqual(disk.unsynced(), []);
});

test('more unsynced changes than can be tried in all combinations are an error, not a sample', () => {
  const many = Array.from({ length: 13 }, (_, n): Operation => ({ op: 'create', path: `A/${n}` }));
  assert.throws(() => states(many), /13 changes are not synced: too many to try/);
});
