import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReasons } from '../../dist/rules/reasons.js';
import { triage } from '../../dist/rules/triage.js';

const TABLE = parseReasons('permanent\tis a directory\tthe LFN is a directory\nauth\t500 No such\tmisled\n', 'table');

const CASES: readonly [state: string, reason: string, expected: object][] = [
  ['FINISHED', '', { to: 'okay' }],
  ['FINISHED', 'is a directory', { to: 'okay' }],
  [
    'FAILED',
    'SOURCE globus: 500 No such file or directory (x)',
    { to: 'bad', class: 'permanent', meaning: 'the source file is missing' },
  ],
  ['FAILED', 'it is a directory', { to: 'bad', class: 'permanent', meaning: 'the LFN is a directory' }],
  ['FAILED', '500 no such luck', { to: 'retry', class: 'auth', meaning: 'misled' }],
  [
    'FAILED',
    'never seen',
    { to: 'retry', class: 'transient', meaning: 'a reason that the table of reasons does not know' },
  ],
  [
    'FAILED',
    'SOURCE [2] 500 No such file or directory',
    { to: 'bad', class: 'permanent', meaning: 'the source file is missing' },
  ],
  ['FAILED', 'DESTINATION [2] 500 No such file or directory', { to: 'retry', class: 'auth', meaning: 'misled' }],
  [
    'FAILED',
    'TRANSFER [2] DESTINATION MAKE_PARENT 500 No such file or directory',
    { to: 'retry', class: 'auth', meaning: 'misled' },
  ],
  [
    'FAILED',
    'ARCHIVING [21] is a directory',
    {
      to: 'never again',
      class: 'permanent',
      meaning: 'arrived, not yet on tape (misc/checkDestinations.js asks): the LFN is a directory',
    },
  ],
  ['CANCELED', 'it is a directory', { to: 'bad', class: 'permanent', meaning: 'the LFN is a directory' }],
  ['CANCELED', 'Job canceled by the user', { to: 'bad', class: 'permanent', meaning: 'somebody cancelled it' }],
];
for (const [state, reason, expected] of CASES) {
  test(`a transfer that is ${state} with "${reason}"`, () => {
    assert.deepEqual(triage({ state, reason }, TABLE), expected);
  });
}

test('a transfer in any other state, known or not, is unfinished', () => {
  for (const state of [
    'SUBMITTED',
    'READY',
    'ACTIVE',
    'STAGING',
    'ARCHIVING',
    'ON_HOLD',
    'NOT_USED',
    'failed',
    '',
    'NEW',
  ]) {
    assert.deepEqual(triage({ state, reason: 'is a directory' }, TABLE), { to: 'unfinished' }, state);
  }
});

test('a cancelled transfer that its worker has not stopped yet is unfinished', () => {
  assert.deepEqual(triage({ state: 'CANCELED', reason: '', stopping: true }, TABLE), { to: 'unfinished' });
  assert.equal(triage({ state: 'CANCELED', reason: '', stopping: false }, TABLE).to, 'bad');
});
