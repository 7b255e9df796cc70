import assert from 'node:assert/strict';
import { test } from 'node:test';

import { byHour, type Ended } from '../../dist/rules/hourly.js';

const SEEN = new Date('2026-05-04T12:34:56Z');
const ended = (at: string | null, outcome = 'finished', bytes = 10): Ended => ({
  outcome,
  at: at === null ? null : new Date(at),
  bytes,
});
const inWords = (rows: ReturnType<typeof byHour>): string[] =>
  rows.map((row) => `${new Date(row.hour).toISOString().slice(0, 16)} ${row.outcome} ${row.transfers} ${row.bytes}`);

test('transfers are summed by the hour in which FTS ended them, and by outcome', () => {
  const rows = byHour(
    [
      ended('2026-05-04T10:00:00Z'),
      ended('2026-05-04T10:59:59Z'),
      ended('2026-05-04T11:00:00Z'),
      ended('2026-05-04T10:30:00Z', 'auth', 0),
    ],
    SEEN,
  );
  assert.deepEqual(inWords(rows), [
    '2026-05-04T10:00 finished 2 20',
    '2026-05-04T11:00 finished 1 10',
    '2026-05-04T10:00 auth 1 0',
  ]);
});

test('what ended at no time, in the future or long ago counts as ended when it was seen', () => {
  const rows = byHour([ended(null), ended('2026-05-04T13:00:00Z'), ended('1970-01-01T00:00:00Z')], SEEN);
  assert.deepEqual(inWords(rows), ['2026-05-04T12:00 finished 3 30']);
});
