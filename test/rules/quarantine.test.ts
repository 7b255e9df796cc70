import assert from 'node:assert/strict';
import { test } from 'node:test';

import { heldNow, mayStillRun } from '../../dist/rules/quarantine.js';

const RUNNING: readonly (readonly [state: string, reason: string, started: boolean])[] = [
  ['FAILED', 'TRANSFER [110] TRANSFER Operation timed out', true],
  ['FAILED', 'TRANSFER [5] Error on XrdCl::CopyProcess::Run(): [ERROR] Operation expired', true],
  ['FAILED', 'TRANSFER [70] TRANSFER globus_ftp_client: performance marker timeout of 360 seconds exceeded', true],
  ['FAILED', 'TRANSFER [110] globus_gass_copy_register_url_to_url transfer timed out', true],
  [
    'FAILED',
    'TRANSFER [5] TRANSFER ERROR: Copy failed (3rd pull). Last attempt: curl error (28): Timeout was reached',
    true,
  ],
  ['FAILED', 'No FTS server has updated the transfer status the last 900 seconds. Probably stalled', true],
  ['CANCELED', 'Transfer has been forced-canceled because it was stalled', true],
  ['CANCELED', 'Transfer has been forced-canceled because host n1.cern.ch is offline and it is not responding', false],
  ['FAILED', 'Transfer process died with: Caught signal 11', true],
  ['CANCELED', '', true],
  ['CANCELED', 'Storage banned', true],
];
const OVER: readonly (readonly [state: string, reason: string, started: boolean])[] = [
  ['FINISHED', '', true],
  ['ACTIVE', 'Operation timed out', true],
  ['CANCELED', '', false],
  ['CANCELED', 'Storage banned', false],
  ['CANCELED', 'Job canceled by the user', true],
  ['CANCELED', 'Job has been canceled because it stayed in the queue for too long (max-time-in-queue timeout)', false],
  ['CANCELED', 'Job has been canceled because it stayed in the queue for too long (global timeout)', false],
  ['FAILED', 'TRANSFER [110] Input/output error', true],
  ['FAILED', 'TRANSFER [110] Connection timed out', true],
  ['FAILED', 'STAGING [110] bring-online timeout has been exceeded', true],
  ['FAILED', 'STAGING [110] Operation timed out', true],
  ['FAILED', 'ARCHIVING [110] archive timeout has been exceeded', true],
  ['FAILED', 'SOURCE [110] Operation timed out', false],
  ['FAILED', 'DESTINATION [110] DESTINATION MAKE_PARENT Operation timed out', true],
  ['FAILED', 'Timed out', true],
  ['FAILED', 'TRANSFER [110] timeout', true],
  ['FAILED', 'TRANSFER [13] proxy has expired', true],
  ['FAILED', 'SOURCE [2] No such file or directory', true],
];
for (const [state, reason, started] of RUNNING)
  test(`${state} "${reason}": its copy may still be going on`, () =>
    assert.ok(mayStillRun({ state, reason, started })));
for (const [state, reason, started] of OVER)
  test(`${state} "${reason}"${started ? '' : ', never started'}: nothing goes on`, () =>
    assert.ok(!mayStillRun({ state, reason, started })));

test('a list is held until the time that was written down, and never longer than the quarantine from now on', () => {
  const [now, minute] = [1_000_000_000, 60_000];
  assert.equal(heldNow(null, now, 60), null);
  assert.equal(heldNow(now, now, 60), null);
  assert.equal(heldNow(now + minute, now, 60), now + minute);
  assert.equal(heldNow(now + 900 * minute, now, 60), now + 60 * minute);
  assert.equal(heldNow(now + minute, now, 0), null);
});
