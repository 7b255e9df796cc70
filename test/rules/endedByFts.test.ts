/** Which cancelled jobs FTS has ended itself: as one FTS3 3.13 was seen to show them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isEndedByFts, judgedState } from '../../dist/rules/endedByFts.js';

const QUEUE = 'Job has been canceled because it stayed in the queue for too long (max-time-in-queue timeout)';
const USER = 'Job canceled by the user';

type File = readonly [state: string, reason?: string];
const CASES: readonly [name: string, cancelJob: boolean | null, files: readonly File[], judged: string][] = [
  ['the time in the queue', false, [['CANCELED', QUEUE]], 'FAILED'],
  ['the time in the queue, one finished', false, [['FINISHED'], ['CANCELED', QUEUE]], 'FINISHEDDIRTY'],
  [
    'the time in the queue, one failed',
    false,
    [
      ['FAILED', 'x'],
      ['CANCELED', QUEUE],
    ],
    'FAILED',
  ],
  ['the time in the queue, in the archive', null, [['CANCELED', QUEUE]], 'FAILED'],
  ['a banned storage', false, [['CANCELED', 'Storage banned']], 'FAILED'],
  ['a banned storage, one finished', false, [['CANCELED', 'Storage banned'], ['FINISHED']], 'FINISHEDDIRTY'],
  ['a dead node', false, [['CANCELED', 'Transfer has been forced-canceled because host n1 is offline']], 'FAILED'],
  [
    'a job cancelled by a user',
    true,
    [
      ['CANCELED', USER],
      ['CANCELED', USER],
    ],
    'CANCELED',
  ],
  ['a job cancelled by a user, who is named by its text alone', false, [['CANCELED', USER]], 'CANCELED'],
  ['a job told to be cancelled, whatever its files say', true, [['CANCELED', QUEUE]], 'CANCELED'],
  ['a single file, the rest finished', false, [['CANCELED', ''], ['FINISHED']], 'CANCELED'],
  ['the last file, the rest finished', true, [['FINISHED'], ['CANCELED', '']], 'CANCELED'],
  ['one by FTS, one by a user', false, [['CANCELED', QUEUE], ['CANCELED', ''], ['FINISHED']], 'CANCELED'],
  ['no file cancelled yet', false, [['ON_HOLD'], ['FINISHED']], 'CANCELED'],
  ['no files shown', false, [], 'CANCELED'],
];
for (const [name, cancelJob, files, judged] of CASES) {
  test(`a CANCELED job, ${name}: ${judged}`, () => {
    const shown = files.map(([state, reason = '']) => ({ state, reason }));
    assert.equal(judgedState({ state: 'CANCELED', cancelJob, files: shown }), judged);
  });
}

test('a job in another state is judged by that state', () => {
  for (const state of ['FINISHED', 'FAILED', 'ACTIVE', 'FINISHEDDIRTY', 'NEW'])
    assert.equal(judgedState({ state, cancelJob: false, files: [{ state: 'CANCELED', reason: QUEUE }] }), state);
});

test('a reason that is empty or names a user is no reason of FTS', () => {
  for (const reason of ['', ' \n', USER, 'Job cancelled by the user', 'Transfer canceled by an administrator'])
    assert.equal(isEndedByFts(reason, false), false, reason);
});
