/** tape: what a job waits for, by its files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { tapeWait, type JobOnTape } from '../../dist/rules/tape.js';

const at = (seconds: number): Date => new Date(seconds * 1000);

const job = (
  files: readonly (readonly [state: string, start?: number])[],
  more: Partial<JobOnTape> = {},
): JobOnTape => ({
  bringOnline: 100,
  archiveTimeout: 50,
  files: files.map(([state, start]) => {
    const time = start === undefined ? null : at(start);
    return { state, stagingStart: time, archiveStart: time };
  }),
  ...more,
});

test('since when the first was asked for, and until when the last may take, once all have begun', () => {
  assert.deepEqual(
    tapeWait(
      job([
        ['STARTED', 30],
        ['STARTED', 20],
        ['ACTIVE', 1],
      ]),
      'STAGING',
    ),
    {
      notBegun: 0,
      begun: 2,
      since: 20_000,
      until: 130_000,
    },
  );
  assert.deepEqual(tapeWait(job([['STARTED', 30], ['STAGING']]), 'STAGING'), {
    notBegun: 1,
    begun: 1,
    since: 30_000,
    until: null,
  });
  assert.deepEqual(
    tapeWait(
      job([
        ['ARCHIVING', 30],
        ['FINISHED', 20],
      ]),
      'ARCHIVING',
    ),
    {
      notBegun: 0,
      begun: 1,
      since: 30_000,
      until: 80_000,
    },
  );
});

test('nothing is said of a job without such files, nor until when where FTS does not say how long it waits', () => {
  assert.equal(tapeWait(job([['ACTIVE', 1]]), 'STAGING'), null);
  assert.equal(tapeWait(job([], { files: null }), 'ARCHIVING'), null);
  assert.equal(tapeWait(job([['STARTED', 30]], { bringOnline: -1 }), 'STAGING')?.until, null);
  assert.equal(tapeWait(job([['STARTED', 30]], { bringOnline: null }), 'STAGING')?.until, null);
});

test('odd times and time-outs are no times', () => {
  const odd = job(
    [
      ['ARCHIVING', -10],
      ['ARCHIVING', 30],
    ],
    { archiveTimeout: 1e300 },
  );
  assert.deepEqual(tapeWait(odd, 'ARCHIVING'), { notBegun: 1, begun: 1, since: 30_000, until: null });
  assert.equal(tapeWait(job([['ARCHIVING', 30]], { archiveTimeout: 1e300 }), 'ARCHIVING')?.until, null);
});
