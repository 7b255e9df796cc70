/**
 * forecast: what ends before the queue or the next run, and what is no trouble.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { betweenRuns, foretell, needsPerson, whyTooShort, type Expiry, type Queue } from '../../dist/rules/forecast.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../dist/text/words.js';

const NOW = new Date('2026-11-29T12:00:00Z');
const inHours = (hours: number): Date => new Date(NOW.getTime() + hours * HOUR_MS);

const QUEUE: Queue = {
  transfers: 960,
  lists: 48,
  oldest: null,
  perDay: 240,
  ends: inHours(96),
  nextRun: inHours(2),
};
const PROXY: Expiry = {
  kind: 'proxy',
  title: 'The proxy',
  file: '/tmp/x509up_u1',
  ends: inHours(24),
  isUsable: true,
  since: inHours(-72),
  isRenewed: false,
  isInUse: true,
  labels: {},
};
const DELEGATION: Expiry = { ...PROXY, kind: 'delegation', title: 'What is delegated to RAL', file: null, since: null };

const said = (expiries: readonly Expiry[], queue = QUEUE): (string | null)[] =>
  foretell(expiries, queue, NOW).map((each) => whyTooShort(each, queue));
const endsBefore = (expiry: Partial<Expiry>, queue: Partial<Queue> = {}): unknown =>
  foretell([{ ...PROXY, ...expiry }], { ...QUEUE, ...queue }, NOW)[0]?.endsBefore;

test('says both dates, and what is left then at this pace', () => {
  assert.deepEqual(said([PROXY]), [
    'The proxy "/tmp/x509up_u1" ends at 2026-11-30 12:00 UTC, before the queue, which at this pace ends at 2026-12-03 12:00 UTC: about 36 lists (720 transfers) left',
  ]);
  assert.deepEqual(said([{ ...PROXY, ends: inHours(1) }]), [
    'The proxy "/tmp/x509up_u1" ends at 2026-11-29 13:00 UTC, before the next run (about 2026-11-29 14:00 UTC): then nothing moves',
  ]);
});

describe('a credential', () => {
  const unknown = { perDay: null, ends: null };
  const CASES: [string, Partial<Expiry>, Partial<Queue>, unknown][] = [
    ['that outlives the queue', { ends: inHours(97) }, {}, null],
    ['that does not', {}, {}, 'queue'],
    ['of which the pace is not known, is held against the next run alone', {}, unknown, null],
    ['that ends before the next run, whatever the pace', { ends: inHours(1) }, unknown, 'next run'],
    ['of an empty queue', { ends: inHours(1) }, { transfers: 0 }, null],
    ['that something renews', { ends: inHours(1), isRenewed: true }, {}, null],
    ['that is over is told where it is used', { ends: inHours(-1) }, {}, null],
    ['that nothing is sent with', { kind: 'storage token', isInUse: false }, {}, null],
    ['that says no end', { ends: null }, {}, null],
    ['that lives shorter than from run to run is renewed by others', { ends: inHours(1), since: NOW }, {}, null],
    ['of three hours that was renewed an hour ago', { ends: inHours(1.9), since: inHours(-1.1) }, {}, null],
    [
      'of two days, where runs are a day apart',
      { ends: inHours(20), since: inHours(-28) },
      { nextRun: inHours(24) },
      'next run',
    ],
    ['of a day that ends before the next run', { ends: inHours(1.5), since: inHours(-22.5) }, {}, 'next run'],
  ];
  for (const [name, expiry, queue, expected] of CASES)
    test(name, () => assert.equal(endsBefore(expiry, queue), expected));
});

test('a person is needed before the next run, but not for what is made for a day: that is made each day', () => {
  const isCalled = (expiry: Partial<Expiry>): unknown[] =>
    foretell([{ ...PROXY, ...expiry }], QUEUE, NOW).map(needsPerson);
  assert.deepEqual(isCalled({ ends: inHours(1.5) }), [true]);
  assert.deepEqual(isCalled({ ends: inHours(24) }), [false], 'before the queue nothing is urgent');
  assert.deepEqual(isCalled({ ends: inHours(1.5), since: inHours(-22.5) }), [false]);
  assert.deepEqual(isCalled({ ends: inHours(1.5), since: inHours(-23.6) }), [true]);
  assert.deepEqual(isCalled({ ends: inHours(1.5), since: null }), [true], 'its whole life is not known');
});

test('what is delegated must last until the next run, and is one trouble with the proxy that it was made of', () => {
  const late = { ...PROXY, ends: inHours(100) };
  const soon = { ...DELEGATION, ends: inHours(1) };
  const ends = (...expiries: Expiry[]): unknown[] => foretell(expiries, QUEUE, NOW).map((each) => each.endsBefore);
  assert.deepEqual(ends(late, DELEGATION), [null, null], 'runs renew it');
  assert.deepEqual(ends(late, soon), [null, 'next run']);
  assert.deepEqual(ends(late, { ...soon, isInUse: false }), [null, null], 'FTS copies nothing with it');
  assert.deepEqual(ends({ ...PROXY, ends: inHours(1) }, soon), ['next run', null]);
  assert.deepEqual(
    ends({ ...PROXY, ends: inHours(1), isRenewed: true }, soon),
    [null, 'next run'],
    'a command renews the proxy at the next run, too late for what FTS copies until then',
  );
});

test('runs are as far apart as those of the producer, or two hours; what was started by hand does not count', () => {
  assert.equal(betweenRuns([]), 2 * HOUR_MS);
  const everyHour = Array.from({ length: 9 }, (_, index) => index * HOUR_MS);
  assert.equal(betweenRuns(everyHour), HOUR_MS);
  assert.equal(betweenRuns([0, HOUR_MS, 2 * HOUR_MS]), 2 * HOUR_MS, 'two are not enough');
  const byHand = everyHour.flatMap((time) => [time, time + MINUTE_MS, time + 2 * MINUTE_MS]);
  assert.ok(Math.abs(betweenRuns(byHand) - HOUR_MS) <= 2 * MINUTE_MS);
  const often = Array.from({ length: 9 }, (_, index) => index * 5 * MINUTE_MS);
  assert.equal(betweenRuns(often), 5 * MINUTE_MS, 'most are so near to each other');
  assert.equal(betweenRuns([...often, HOUR_MS, 2 * HOUR_MS]), 5 * MINUTE_MS);
  assert.equal(betweenRuns([...everyHour, 5 * DAY_MS]), HOUR_MS, 'a stop is no interval');
});
