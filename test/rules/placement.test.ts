import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextStep, whereIs, type RowState } from '../../dist/rules/placement.js';

test('each cell of the table of row and place', () => {
  const table: Record<RowState | 'none', [string, string, string]> = {
    none: ['submit', 'look for its jobs', 'nothing'],
    WAITING: ['submit', 'to TODO', 'name once'],
    SUBMITTING: ['look, then repeat', 'look, else to TODO', 'look and name'],
    SUBMITTED: ['back to DOING', 'the seven rules', 'name once'],
    SETTLED: ['submit afresh', 'to TODO afresh', 'nothing'],
  };
  for (const [row, deeds] of Object.entries(table) as [RowState | 'none', [string, string, string]][]) {
    assert.deepEqual([nextStep(row, 'TODO'), nextStep(row, 'DOING'), nextStep(row, 'neither')], deeds, row);
    assert.equal(nextStep(row, 'both'), 'leave and name', row);
  }
});

test('a list stands in TODO, in DOING, in neither or in both', () => {
  assert.deepEqual(
    [whereIs(true, false), whereIs(false, true), whereIs(false, false), whereIs(true, true)],
    ['TODO', 'DOING', 'neither', 'both'],
  );
});
