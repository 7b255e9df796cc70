/** ranges: which bytes of an LFN list were cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { Ranges, type Range } from '../../dist/audit/ranges.js';

function segmentsOf(given: readonly Range[], end: number): { segments: object[]; overlaps: Range[]; end: number } {
  const ranges = new Ranges();
  for (const range of given) ranges.add(range);
  const overlaps: Range[] = [];
  const found = ranges.segments(end, (again) => overlaps.push(again));
  const segments = Array.from({ length: found.length }, (_, index) => ({ ...found.at(index) }));
  return { segments, overlaps, end: ranges.end() };
}

test('cuts that follow each other, each named by several lists, are the segments', () => {
  const cuts = [
    { first: 0, last: 99 },
    { first: 100, last: 149 },
  ];
  const { segments, overlaps, end } = segmentsOf([...cuts, ...cuts].reverse(), 150);
  assert.deepEqual(segments, [
    { first: 0, last: 99, cut: 0 },
    { first: 100, last: 149, cut: 100 },
  ]);
  assert.deepEqual([overlaps, end], [[], 150]);
});

test('bytes that no list names are segments of no cut', () => {
  const { segments } = segmentsOf([{ first: 10, last: 19 }], 30);
  assert.deepEqual(segments, [
    { first: 0, last: 9, cut: null },
    { first: 10, last: 19, cut: 10 },
    { first: 20, last: 29, cut: null },
  ]);
});

test('of bytes that two cuts name the first has them, and the overlap is told', () => {
  const { segments, overlaps } = segmentsOf(
    [
      { first: 0, last: 99 },
      { first: 50, last: 149 },
      { first: 60, last: 69 },
    ],
    150,
  );
  assert.deepEqual(segments, [
    { first: 0, last: 99, cut: 0 },
    { first: 100, last: 149, cut: 50 },
  ]);
  assert.deepEqual(overlaps, [
    { first: 50, last: 99 },
    { first: 60, last: 69 },
  ]);
});

test('segments tile the bytes up to the end, whatever is named', () => {
  const range = fc.tuple(fc.nat(200), fc.nat(50)).map(([first, length]) => ({ first, last: first + length }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 90 }), fc.nat(300), (given, end) => {
      const all = segmentsOf(given, Math.max(end, ...given.map(({ last }) => last + 1))).segments as Range[];
      let next = 0;
      for (const { first, last } of all) {
        assert.equal(first, next);
        assert.ok(last >= first);
        next = last + 1;
      }
      assert.equal(next, Math.max(end, ...given.map(({ last }) => last + 1), 0));
    }),
  );
});
