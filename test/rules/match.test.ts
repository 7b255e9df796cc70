import assert from 'node:assert/strict';
import { test } from 'node:test';
import { match } from '../../dist/rules/match.js';

const line = (name: string, number: number) => ({
  source: `srm://a/${name}`,
  destination: `gsiftp://b/${name}`,
  line: number,
});
const file = (name: string, index: number) => ({
  source: `srm://a/${name}`,
  destination: `gsiftp://b/${name}`,
  index,
  state: 'FINISHED',
  reason: '',
});
const pairs = (found: ReturnType<typeof match>) =>
  found.matched.map(({ line: { line }, file: { index } }) => [line, index]);

test('a list that nobody has edited matches its job line by line, in whatever order the files come', () => {
  const found = match([line('x', 3), line('y', 4)], [file('y', 1), file('x', 0)]);
  assert.deepEqual(pairs(found), [
    [3, 0],
    [4, 1],
  ]);
  assert.deepEqual([found.unknown, found.extra], [[], []]);
});

test('lines that changed places, were added or taken out still find their own files', () => {
  const found = match([line('z', 3), line('y', 4), line('new', 5)], [file('x', 0), file('y', 1), file('z', 2)]);
  assert.deepEqual(pairs(found), [
    [3, 2],
    [4, 1],
  ]);
  assert.deepEqual(found.unknown, [line('new', 5)]);
  assert.deepEqual(found.extra, [file('x', 0)]);
});

test('URLs match as FTS stores them, and equal pairs are told apart by the index', () => {
  const shouted = { ...line('x', 3), source: 'SRM://a/x?' };
  assert.deepEqual(pairs(match([shouted, line('x', 4)], [file('x', 7), file('x', 2)])), [
    [3, 2],
    [4, 7],
  ]);
});
