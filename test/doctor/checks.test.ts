/** checks: what numbers the doctor calls well, and which not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { duration, readDuration } from '../../dist/text/words.js';
import { failedBy, judgeClock, judgeCrontab, judgeLife, judgeNode, judgeSpace } from '../../dist/doctor/checks.js';

const HOUR = 3_600_000;

test('Node is judged by major and minor version', () => {
  const states = ['v20.19.0', 'v20.18.9', 'v22.1.0', 'v9.99.0'].map((version) => judgeNode(version, '>=20.19').state);
  assert.deepEqual(states, ['ok', 'failed', 'ok', 'failed']);
});

test('space is judged by bytes and by files, where files are counted', () => {
  assert.equal(judgeSpace(2e9, 1e6).state, 'ok');
  assert.equal(judgeSpace(2e9, null).state, 'ok');
  assert.equal(judgeSpace(5e8, 1e6).state, 'warning');
  assert.equal(judgeSpace(2e9, 1e4).state, 'warning');
  assert.equal(judgeSpace(5e6, 1e6).state, 'failed');
  assert.equal(judgeSpace(2e9, 10).state, 'failed');
});

test('a clock may be a minute off, and is wrong from five on, in either direction', () => {
  const states = [0, 59_000, -61_000, 299_000, -300_000].map((ms) => judgeClock('RAL', ms).state);
  assert.deepEqual(states, ['ok', 'ok', 'warning', 'warning', 'failed']);
  assert.match(judgeClock('RAL', 400_000).text, /^400 s behind RAL/);
});

test('a credential is judged by the hour that FTS wants and by what the programs want', () => {
  const states = [HOUR - 1, HOUR, 24 * HOUR - 1, 24 * HOUR].map((ms) => judgeLife('proxy', 'x', ms, 24, 'renew').state);
  assert.deepEqual(states, ['failed', 'warning', 'warning', 'ok']);
});

test('a crontab may start the programs by their scripts or by node, and comments do not count', () => {
  assert.equal(judgeCrontab('1 * * * * consumer.sh\n2 * * * * node dist/monitor.js').state, 'ok');
  assert.match(judgeCrontab('1 * * * * consumer.sh\n#monitor.sh').text, /not start the monitor$/);
  assert.match(judgeCrontab('').text, /not start the consumer and the monitor$/);
});

test('durations are said in the unit that fits', () => {
  assert.deepEqual([-1, 59_999, 61_000, HOUR, 71 * HOUR, 72 * HOUR].map(duration), [
    'none',
    '0 minutes',
    '1 minute',
    '1 hour',
    '71 hours',
    '3 days',
  ]);
});

test('durations are read with one unit, and nothing else is one', () => {
  const read = ['90m', '36h', '2d', '1w', '5', '2 d', '-1h', '1.5h', 'h', '1y'].map(readDuration);
  assert.deepEqual(read, [1.5 * HOUR, 36 * HOUR, 48 * HOUR, 168 * HOUR, null, null, null, null, null, null]);
});

test('the cure in a message stands on a line of its own', () => {
  const found = failedBy('database', 'spool', 'it is lost; run this; or that');
  assert.deepEqual([found.text, found.state === 'failed' && found.cure], ['it is lost', 'run this; or that']);
});
