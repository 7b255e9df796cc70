/** movement: what may be done with a list that is wanted elsewhere, in each of its states. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { movement, type JobSight, type ListToMove } from '../../dist/operator/movement.js';

const ours = (state: string): JobSight => ({ kind: 'ours', state });
const SILENT: JobSight = { kind: 'unknown', why: 'RAL is silent' };
const PURGED: JobSight = { kind: 'missing', repeats: false, why: 'gone' };
const ABSENT: JobSight = { kind: 'missing', repeats: true, why: '' };
const TODO = { where: 'TODO' } as const;
const DOING = { where: 'DOING' } as const;

const CASES: readonly (readonly [string, Partial<ListToMove>, string | RegExp])[] = [
  ['new in TODO', { ...TODO, row: 'none' }, 'pin'],
  ['waiting', { ...TODO, row: 'WAITING' }, 'pin'],
  ['back from DONE', { ...TODO, row: 'SETTLED' }, 'pin'],
  ['running', { ...DOING, sight: ours('ACTIVE') }, 'cancel'],
  ['in a state nobody knows', { ...DOING, sight: ours('BEAMED_UP') }, 'cancel'],
  ['cancelled already', { ...DOING, sight: ours('CANCELED') }, 'settle'],
  ['finished', { ...DOING, sight: ours('FINISHED') }, 'settle'],
  ['there already', { ...DOING, sight: ours('ACTIVE'), isThere: true }, /at RAL already/],
  ['silent', { ...DOING, sight: SILENT }, /RAL is silent; try again.*--abandon/],
  ['silent, abandoned', { ...DOING, sight: SILENT, abandon: true }, 'abandon'],
  ['abandoned to the same server', { ...DOING, sight: SILENT, abandon: true, isThere: true }, 'abandon'],
  ['running, abandoned', { ...DOING, sight: ours('ACTIVE'), abandon: true }, /without --abandon it is cancelled/],
  ['gone from its server', { ...DOING, sight: PURGED }, /leave it to the monitor/],
  ['gone from its server, abandoned', { ...DOING, sight: PURGED, abandon: true }, /leave it to the monitor/],
  ['answer lost, found', { ...TODO, row: 'SUBMITTING', sight: ours('ACTIVE') }, /run the consumer first/],
  ['answer lost, in DOING, found', { ...DOING, row: 'SUBMITTING', sight: ours('ACTIVE') }, /run the monitor first/],
  ['answer lost, absent', { ...TODO, row: 'SUBMITTING', sight: ABSENT }, /submits it there again/],
  ['answer lost, absent, abandoned', { ...TODO, row: 'SUBMITTING', sight: ABSENT, abandon: true }, /submits it there/],
  ['answer lost, purged', { ...TODO, row: 'SUBMITTING', sight: PURGED }, /to give it up: --abandon/],
  ['answer lost, purged, abandoned', { ...TODO, row: 'SUBMITTING', sight: PURGED, abandon: true }, 'abandon'],
  ['answer lost, silent, abandoned', { ...TODO, row: 'SUBMITTING', sight: SILENT, abandon: true }, 'abandon'],
  ['moved to TODO by hand', { ...TODO, sight: ours('ACTIVE') }, /run the consumer first/],
  ['moved to DOING by hand', { ...DOING, row: 'WAITING' }, /run the monitor first/],
  ['without a row in DOING', { ...DOING, row: 'none' }, /run the monitor first/],
  ['in both', { where: 'both', sight: ours('ACTIVE') }, /remove the one too many/],
  ['in neither', { where: 'neither', sight: ours('ACTIVE'), abandon: true }, /neither in TODO nor in DOING/],
];

for (const [name, facts, expected] of CASES)
  test(`a list that is wanted elsewhere: ${name}`, () => {
    const what: ListToMove = {
      list: 'L.txt',
      where: 'DOING',
      row: 'SUBMITTED',
      server: 'RAL',
      sight: null,
      isThere: false,
      abandon: false,
      ...facts,
    };
    const found = movement(what);
    if (typeof expected === 'string') assert.equal(found.kind, expected);
    else assert.match(found.kind === 'refuse' ? found.why : found.kind, expected);
  });
