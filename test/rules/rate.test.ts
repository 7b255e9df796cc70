/**
 * rate: what has ended lately, and the pace of the end.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { HOUR_MS } from '../../dist/text/words.js';
import { finishedPerDay, paceOf, rateOf } from '../../dist/rules/rate.js';

const NOW = new Date('2018-04-12T10:30:00Z');
/** Of the hour that began so many hours before ten o'clock. */
const row = (hoursAgo: number, outcome: string, transfers: number, bytes = 0) => ({
  hour: Date.parse('2018-04-12T10:00:00Z') - hoursAgo * HOUR_MS,
  outcome,
  transfers,
  bytes,
});

describe('rateOf', () => {
  test('counts the hours that begin within the span, failures of all classes together', () => {
    const hourly = [
      row(30, 'finished', 1000, 1000),
      row(6, 'finished', 100, 100),
      row(5, 'finished', 10, 10),
      row(5, 'auth', 2),
      row(0, 'transient', 3),
      row(0, 'finished', 1, 1),
    ];
    assert.deepEqual(rateOf(hourly, NOW, 6), { hours: 6, finished: 11, failed: 5, bytes: 11 });
    assert.deepEqual(rateOf(hourly, NOW, 24), { hours: 24, finished: 111, failed: 5, bytes: 111 });
  });

  test('a campaign that is younger than the span is as old as it is; one in which nothing has ended has no rate', () => {
    assert.deepEqual(rateOf([row(1, 'finished', 7)], NOW, 6), { hours: 2, finished: 7, failed: 0, bytes: 0 });
    assert.equal(rateOf([], NOW, 6), null);
  });

  test('a campaign that stands still has a rate of nothing', () => {
    assert.deepEqual(rateOf([row(50, 'finished', 7)], NOW, 6), { hours: 6, finished: 0, failed: 0, bytes: 0 });
  });
});

test('what FTS finishes in a day is known only after some hours', () => {
  assert.equal(finishedPerDay([], NOW), null);
  assert.equal(finishedPerDay([row(5, 'finished', 100)], NOW), null);
  assert.equal(finishedPerDay([row(11, 'finished', 100), row(2, 'auth', 50), row(1, 'finished', 15)], NOW), 240);
});

test('when nothing has finished for two days, nothing tells when something will', () => {
  assert.equal(finishedPerDay([row(160, 'finished', 5000)], NOW), 0);
  assert.equal(finishedPerDay([row(160, 'finished', 5000), row(1, 'auth', 3)], NOW), 0);
  assert.equal(finishedPerDay([row(60, 'auth', 3)], NOW), 0);
  assert.equal(finishedPerDay([], NOW, NOW.getTime() - 49 * HOUR_MS), 0);
  assert.equal(finishedPerDay([], NOW, NOW.getTime() - HOUR_MS), null);
  assert.ok((finishedPerDay([row(160, 'finished', 5000), row(40, 'finished', 1)], NOW) ?? 0) > 0);
});

describe('paceOf', () => {
  const CASES: [string, [number, number, number | null], ReturnType<typeof paceOf>][] = [
    ['cutting is slower', [100, 240, 300], { perDay: 240, basis: 'cut' }],
    ['FTS is slower', [100, 240, 200], { perDay: 200, basis: 'finished' }],
    ['everything is cut', [0, 240, 300], { perDay: 300, basis: 'finished' }],
    ['nothing is known of FTS yet', [100, 240, null], { perDay: 240, basis: 'cut' }],
    ['nothing is cut any more, although there is something', [100, 0, 300], null],
    ['FTS finishes nothing', [0, 0, 0], null],
    ['FTS finishes nothing of what is cut', [100, 240, 0], null],
    ['everything is cut, and nothing is known of FTS yet', [0, 240, null], null],
  ];
  for (const [name, [toCut, cut, finished], expected] of CASES)
    test(name, () => assert.deepEqual(paceOf(toCut, cut, finished), expected));
});
