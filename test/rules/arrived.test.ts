/** arrived: what FTS reported of the files of a job, packed and unpacked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { arrivalAt, countPacked, packArrived } from '../../dist/rules/arrived.js';
import type { FileOutcome } from '../../dist/rules/match.js';

const AT = new Date('2018-04-12T10:11:12.345Z');
const file = (index: number, more: Partial<FileOutcome> = {}): FileOutcome => ({
  index,
  state: 'FINISHED',
  source: `srm://castor.example.org/${index}`,
  destination: `gsiftp://echo.example.org/${index}`,
  reason: '',
  size: 17,
  finishedAt: AT,
  ...more,
});

test('each file that finished has a record of ten bytes at its place, whatever order FTS gives them in', () => {
  const packed = packArrived([file(2, { size: 2 ** 48 - 1 }), file(0), file(1, { state: 'FAILED' })], 3);
  assert.ok(packed);
  assert.equal(packed.length, 30);
  assert.equal(countPacked(packed), 3);
  const at = Date.parse('2018-04-12T10:11:12Z') / 1000;
  assert.deepEqual(
    [0, 1, 2, 3].map((place) => arrivalAt(packed, place)),
    [{ size: 17, at }, null, { size: 2 ** 48 - 1, at }, null],
  );
});

test('what FTS does not say, or cannot mean, is not known; that the file has finished is', () => {
  for (const [size, finishedAt] of [
    [null, null],
    [0, new Date(0)],
    [2 ** 48, new Date('2200-01-01')],
  ] as const) {
    const packed = packArrived([file(0, { size, finishedAt })], 1);
    assert.deepEqual(packed === null ? null : arrivalAt(packed, 0), { size: null, at: null });
  }
});

test('nothing is kept of a job of which nothing finished, nor of files beyond what was sent', () => {
  assert.equal(packArrived([file(0, { state: 'FAILED' }), file(1, { state: 'CANCELED' })], 2), null);
  assert.equal(packArrived([file(5)], 2), null);
});
