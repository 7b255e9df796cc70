/** movement: what may be done with a list that is wanted elsewhere, in each of its states. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { movement, type ListToMove } from '../../dist/operator/movement.js';
import type { AfterLook } from '../../dist/rules/submission.js';

const ours = (state: string): AfterLook => ({ kind: 'adopt', state });
const SILENT: AfterLook = { kind: 'unknown', why: 'RAL is silent' };
const PURGED: AfterLook = { kind: 'hold', why: 'gone', isGone: true };
const ABSENT: AfterLook = { kind: 'repeat' };
const HIDDEN: AfterLook = { kind: 'hold', why: 'not ours', isGone: false };
const TODO = { where: 'TODO' } as const;
const DOING = { where: 'DOING' } as const;

const CASES: readonly (readonly [string, Partial<ListToMove>, string | RegExp])[] = [
  ['new in TODO', { ...TODO, row: 'none' }, 'pin'],
  ['waiting', { ...TODO, row: 'WAITING' }, 'pin'],
  ['back from DONE', { ...TODO, row: 'SETTLED' }, 'pin'],
  ['running', { ...DOING, after: ours('ACTIVE') }, 'cancel'],
  ['in a state nobody knows', { ...DOING, after: ours('BEAMED_UP') }, 'cancel'],
  ['cancelled already', { ...DOING, after: ours('CANCELED') }, 'settle'],
  ['finished', { ...DOING, after: ours('FINISHED') }, 'settle'],
  ['there already', { ...DOING, after: ours('ACTIVE'), isThere: true }, /at RAL already/],
  ['silent', { ...DOING, after: SILENT }, /RAL is silent; try again.*--abandon/],
  ['hidden', { ...DOING, after: HIDDEN }, /not ours; try again.*--abandon/],
  ['hidden, abandoned', { ...DOING, after: HIDDEN, abandon: true }, 'abandon'],
  ['silent, abandoned', { ...DOING, after: SILENT, abandon: true }, 'abandon'],
  ['abandoned to the same server', { ...DOING, after: SILENT, abandon: true, isThere: true }, 'abandon'],
  ['running, abandoned', { ...DOING, after: ours('ACTIVE'), abandon: true }, /without --abandon it is cancelled/],
  ['gone from its server', { ...DOING, after: PURGED }, /leave it to the monitor/],
  ['gone from its server, abandoned', { ...DOING, after: PURGED, abandon: true }, /leave it to the monitor/],
  ['answer lost, found', { ...TODO, row: 'SUBMITTING', after: ours('ACTIVE') }, /run the consumer first/],
  ['answer lost, in DOING, found', { ...DOING, row: 'SUBMITTING', after: ours('ACTIVE') }, /run the monitor first/],
  ['answer lost, absent', { ...TODO, row: 'SUBMITTING', after: ABSENT }, /submits it there again/],
  ['answer lost, absent, abandoned', { ...TODO, row: 'SUBMITTING', after: ABSENT, abandon: true }, /submits it there/],
  ['answer lost, purged', { ...TODO, row: 'SUBMITTING', after: PURGED }, /to give it up: --abandon/],
  ['answer lost, purged, abandoned', { ...TODO, row: 'SUBMITTING', after: PURGED, abandon: true }, 'abandon'],
  ['answer lost, silent, abandoned', { ...TODO, row: 'SUBMITTING', after: SILENT, abandon: true }, 'abandon'],
  ['moved to TODO by hand', { ...TODO, after: ours('ACTIVE') }, /run the consumer first/],
  ['moved to DOING by hand', { ...DOING, row: 'WAITING' }, /run the monitor first/],
  ['without a row in DOING', { ...DOING, row: 'none' }, /run the monitor first/],
  ['in both', { where: 'both', after: ours('ACTIVE') }, /remove the one too many/],
  ['in neither', { where: 'neither', after: ours('ACTIVE'), abandon: true }, /neither in TODO nor in DOING/],
];

for (const [name, facts, expected] of CASES)
  test(`a list that is wanted elsewhere: ${name}`, () => {
    const what: ListToMove = {
      list: 'L.txt',
      where: 'DOING',
      row: 'SUBMITTED',
      server: 'RAL',
      after: null,
      isThere: false,
      abandon: false,
      ...facts,
    };
    const found = movement(what);
    if (typeof expected === 'string') assert.equal(found.kind, expected);
    else assert.match(found.kind === 'refuse' ? found.why : found.kind, expected);
  });
