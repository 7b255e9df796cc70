import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseReasons } from '../../dist/rules/reasons.js';
import {
  cureOf,
  faultInWords,
  healthAfter,
  isStoragesFault,
  sharesOf,
  UNKNOWN_HEALTH,
  type EndedTransfer,
  type StorageHealth,
} from '../../dist/rules/storageHealth.js';

const [SOURCE, DESTINATION] = ['srm://castor.example.org', 'gsiftp://echo.example.org'];
const NOW = Date.parse('2026-01-02T03:04:05Z');
const TIME_OUT = 'DESTINATION [110] Connection timed out';

let time = 0;
const ended = (outcome: string, reason = ''): EndedTransfer => ({
  outcome,
  reason,
  at: new Date(NOW - 1e6 + (time += 1000)),
  bytes: 0,
  source: SOURCE,
  destination: DESTINATION,
});
const times = (count: number, outcome: string, reason = ''): EndedTransfer[] =>
  Array.from({ length: count }, () => ended(outcome, reason));

/** The time of the last one that was made. */
const lastAt = (): number => NOW - 1e6 + time;

/** The health of a storage after these batches. */
function after(storage: string, ...batches: readonly EndedTransfer[][]): StorageHealth | null {
  const known = new Map<string, StorageHealth>();
  for (const [index, batch] of batches.entries())
    for (const [name, health] of healthAfter(batch, (each) => known.get(each) ?? null, NOW + index))
      known.set(name, health);
  return known.get(storage) ?? null;
}

test('a storage is broken when more than half of its last transfers fail by auth, config or time-outs', () => {
  for (const [outcome, reason] of [
    ['auth', 'DESTINATION [13] Permission denied'],
    ['config', 'DESTINATION [28] No space left on device'],
    ['transient', TIME_OUT],
  ] as const) {
    assert.equal(after(DESTINATION, times(19, outcome, reason))?.brokenSince, null, 'too few to judge');
    const broken = after(DESTINATION, times(20, outcome, reason));
    assert.equal(broken?.brokenSince, lastAt(), 'when it failed, not when that was seen');
    assert.equal(broken.reason, reason);
    assert.equal(after(DESTINATION, times(25, 'finished'), times(25, outcome, reason))?.brokenSince, null, 'half');
    assert.equal(after(DESTINATION, times(25, 'finished'), times(26, outcome, reason))?.brokenSince, lastAt());
    assert.equal(after(SOURCE, times(30, outcome, reason)), null, 'of the source the reason does not speak');
  }
});

test('a token that its issuer has refused says nothing of the storages', () => {
  const refused = 'Failed to get refresh token for source token: [invalid_grant]: Subject token not allowed';
  assert.equal(after(SOURCE, times(30, 'auth', refused)), null);
});

test('only the last fifty count', () => {
  const health = after(DESTINATION, times(500, 'finished'), times(26, 'transient', TIME_OUT));
  assert.equal(health?.brokenSince, lastAt());
  assert.equal(health.outcomes, `${'.'.repeat(24)}${'t'.repeat(26)}`);
  assert.deepEqual(sharesOf(health), { finished: 24, failed: 26 });
});

test('what a file is to blame for, or FTS, or nobody, breaks no storage', () => {
  assert.equal(after(SOURCE, times(60, 'permanent', 'SOURCE [2] No such file or directory')), null);
  const queue = after(SOURCE, times(60, 'transient', 'stayed in the queue for too long (global timeout)'));
  assert.equal(queue?.outcomes, 'o'.repeat(50));
  assert.equal(queue.brokenSince, null);
  assert.equal(after(SOURCE, times(60, 'transient', 'SOURCE [5] Connection reset'))?.brokenSince, null);
});

test('the side that the reason names is at fault, and both where it names none', () => {
  const broken = (reason: string): string[] =>
    [SOURCE, DESTINATION].filter((each) => (after(each, times(20, 'auth', reason))?.brokenSince ?? null) !== null);
  assert.deepEqual(broken('SOURCE [13] Permission denied'), [SOURCE]);
  assert.deepEqual(broken('STAGING [13] Permission denied'), [SOURCE]);
  assert.deepEqual(broken('TRANSFER [13] DESTINATION MAKE_PARENT Permission denied'), [DESTINATION]);
  assert.deepEqual(broken('ARCHIVING [13] Permission denied'), [DESTINATION]);
  assert.deepEqual(broken('No delegation found for lhcb'), [SOURCE, DESTINATION]);
});

test('the first transfer that finishes ends it, and the window begins anew', () => {
  const broken = times(20, 'transient', TIME_OUT);
  const brokenAt = lastAt();
  const one = times(1, 'finished');
  const open = { outcomes: '.', brokenSince: null, reason: null, openedAt: lastAt() };
  assert.deepEqual(after(DESTINATION, broken, one), open);
  const since = after(DESTINATION, broken, times(3, 'transient', TIME_OUT))?.brokenSince;
  assert.equal(since, brokenAt, 'what fails later does not change since when');
  const again = after(DESTINATION, broken, one, times(18, 'transient', TIME_OUT));
  assert.equal(again?.brokenSince, null);
  assert.equal(after(DESTINATION, broken, one, times(19, 'transient', TIME_OUT))?.brokenSince, lastAt());
});

test('what finished before the storage broke does not open it, whenever its list is looked at', () => {
  const earlier = times(1, 'finished');
  const broken = times(20, 'transient', TIME_OUT);
  const same = { ...ended('finished'), at: new Date(lastAt() - 1000) };
  const health = after(DESTINATION, broken, earlier, [same]);
  assert.equal(health?.brokenSince, lastAt() - 1000);
  assert.equal(health.outcomes, 't'.repeat(20), 'nor is it counted');
  assert.equal(after(DESTINATION, broken, earlier, [same], times(1, 'finished'))?.brokenSince, null);
});

test('what failed before the storage was opened again does not break it anew', () => {
  const broken = times(20, 'transient', TIME_OUT);
  const earlier = times(40, 'transient', TIME_OUT);
  const health = after(DESTINATION, broken, times(1, 'finished'), earlier);
  assert.equal(health?.brokenSince, null);
  assert.equal(health.outcomes, '.');
});

test('a time far ahead is not believed: the storage is opened by what finishes now', () => {
  const ahead = (each: EndedTransfer): EndedTransfer => ({ ...each, at: new Date(NOW + 9e9) });
  const broken = times(20, 'transient', TIME_OUT).map(ahead);
  assert.equal(after(DESTINATION, broken)?.brokenSince, NOW);
  assert.equal(after(DESTINATION, broken, times(1, 'finished').map(ahead))?.brokenSince, null);
  const unknown = healthAfter(times(1, 'finished'), () => ({ ...UNKNOWN_HEALTH, brokenSince: NOW + 9e9 }), NOW);
  assert.equal(unknown.get(DESTINATION)?.brokenSince, null, 'nor one that was written down by such a clock');
});

test('the transfers count in the order in which they ended, whatever the lists', () => {
  const [failed, finished] = [times(40, 'transient', TIME_OUT), times(1, 'finished')];
  assert.equal(after(DESTINATION, [...finished, ...failed])?.brokenSince, null);
});

test('a probe is spared only when every file of it finished or failed by the fault of a storage', () => {
  const table = parseReasons(readFileSync(new URL('../../data/reasons.tsv', import.meta.url), 'utf8'), 'reasons.tsv');
  const spared = (...reasons: readonly string[]): boolean =>
    isStoragesFault(
      reasons.map((reason) => ({ state: reason === '' ? 'FINISHED' : 'FAILED', reason })),
      table,
      null,
    );
  assert.ok(spared(TIME_OUT, '', 'SOURCE [13] Permission denied'));
  assert.ok(!spared(TIME_OUT, 'SOURCE [2] No such file or directory'));
  assert.ok(!spared(TIME_OUT, 'SOURCE [5] Connection reset by peer'));
});

test('it says how many, an example, and the cure for what is most frequent', () => {
  const health = { outcomes: '....aacttttto', brokenSince: 1, reason: 'DESTINATION [110] timed out', openedAt: null };
  assert.equal(
    faultInWords(health),
    'most of its transfers fail (8 of the last 13 by auth, config or time-outs), such as "DESTINATION [110] timed out"',
  );
  assert.match(cureOf(health), /whether it is down or overloaded/);
  assert.match(cureOf({ ...health, outcomes: 'aac' }), /renew the credential/);
});
