/** cuts: which bytes of an LFN list were cut, and which lists belong to them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { cutsOf, type Range } from '../../dist/audit/cuts.js';

const range = (first: number, last: number): Range => ({ first, last });

test('cuts that follow each other, each named by several lists, are compared one by one', () => {
  const [one, two] = [range(0, 99), range(100, 149)];
  assert.deepEqual(
    [...cutsOf([two, one, two, one], 150)],
    [
      { pieces: [one], lists: [one, one], overlaps: [] },
      { pieces: [two], lists: [two, two], overlaps: [] },
    ],
  );
});

test('bytes that no list names are a gap', () => {
  assert.deepEqual(
    [...cutsOf([range(10, 19)], 30)].map(({ pieces, lists }) => [pieces, lists.length]),
    [
      [[range(0, 9)], 0],
      [[range(10, 19)], 1],
      [[range(20, 29)], 0],
    ],
  );
});

test('cuts that overlap are compared together, of bytes that two name the first has them, and the overlap is told', () => {
  const [cut, ...others] = cutsOf([range(0, 99), range(50, 149), range(60, 69)], 150);
  assert.deepEqual(others, []);
  assert.equal(cut?.lists.length, 3);
  assert.deepEqual(cut?.pieces, [range(0, 99), range(100, 149)]);
  assert.deepEqual(cut?.overlaps, [range(50, 99), range(60, 69)]);
});

test('a list that claims everything does not draw all others into one comparison', () => {
  const many = Array.from({ length: 1000 }, (_, index) => range(index * 10, index * 10 + 9));
  const found = [...cutsOf([range(0, 9999), ...many], 10_000)];
  assert.ok(found.every(({ lists }) => lists.length <= 100));
  assert.deepEqual(
    found.flatMap(({ pieces }) => pieces),
    [range(0, 9999)],
  );
});

test('pieces tile the bytes up to the end, and every list is in one cut, whatever is named', () => {
  const any = fc.tuple(fc.nat(200), fc.nat(50)).map(([first, length]) => range(first, first + length));
  fc.assert(
    fc.property(fc.array(any, { maxLength: 90 }), fc.nat(300), (given, least) => {
      const end = Math.max(least, ...given.map(({ last }) => last + 1));
      const cuts = [...cutsOf([...given], end)];
      let next = 0;
      for (const { first, last } of cuts.flatMap(({ pieces }) => pieces)) {
        assert.equal(first, next);
        assert.ok(last >= first);
        next = last + 1;
      }
      assert.equal(next, end);
      assert.equal(cuts.flatMap(({ lists }) => lists).length, given.length);
    }),
  );
});
