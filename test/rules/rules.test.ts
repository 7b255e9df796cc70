import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsAsFailure, decide, RULES, tooManyLost, type RuleSettings } from '../../dist/rules/rules.js';
import { JOB_STATES } from '../../dist/rules/states.js';

const settings: RuleSettings = { max_failures: 3, canceled: 'report', permanent_at_once: false };
const ruleFor = (state: string | null, failures = 0, changed: Partial<RuleSettings> = {}) =>
  decide({ state, failures }, { ...settings, ...changed });

test('each state falls under the rule that names it', () => {
  const table: [string | null, number, string][] = [
    [null, 1, 'resubmit'],
    ['FINISHED', 2, 'settle'],
    ['FINISHEDDIRTY', 3, 'split'],
    ['ACTIVE', 4, 'wait'],
    ['FAILED', 5, 'retry'],
    ['SUBMITTED', 6, 'wait'],
    ['READY', 7, 'say'],
    ['CANCELED', 7, 'say'],
    ['finished', 7, 'say'],
    ['WHATEVER', 7, 'say'],
    ['', 7, 'say'],
  ];
  for (const [state, rule, kind] of table) {
    const decided = ruleFor(state);
    assert.deepEqual([state, decided.rule, decided.verdict.kind], [state, rule, kind]);
  }
});

test('every state of FTS has a rule, and only final ones move a list', () => {
  for (const state of JOB_STATES) {
    const moves = ['settle', 'split', 'retry', 'bad', 'resubmit'].includes(ruleFor(state).verdict.kind);
    assert.equal(moves, ['FINISHED', 'FINISHEDDIRTY', 'FAILED'].includes(state), state);
  }
});

test('the fourth failure is one too many', () => {
  const kinds = [0, 1, 2, 3, 4].map((before) => ruleFor('FAILED', before).verdict.kind);
  assert.deepEqual(kinds, ['retry', 'retry', 'retry', 'bad', 'bad']);
});

test('a FINISHEDDIRTY list is split however often it failed', () => {
  assert.equal(ruleFor('FINISHEDDIRTY', 99).verdict.kind, 'split');
});

test('permanent_at_once splits a FAILED list, but not one failure too many', () => {
  assert.equal(ruleFor('FAILED', 0, { permanent_at_once: true }).verdict.kind, 'split');
  assert.equal(ruleFor('FAILED', 3, { permanent_at_once: true }).verdict.kind, 'bad');
});

test('a job that waits needs nobody; a cancelled one and an unknown state need a person', () => {
  const needsPerson = (state: string) => {
    const { verdict } = ruleFor(state);
    return verdict.kind === 'say' && verdict.person;
  };
  for (const state of ['READY', 'STAGING', 'STARTED', 'ARCHIVING', 'ON_HOLD', 'TOKEN_PREP'])
    assert.equal(needsPerson(state), false, state);
  for (const state of ['CANCELED', 'NEW_STATE', '']) assert.equal(needsPerson(state), true, state);
});

test('canceled = "retry" splits a cancelled list and sends the cancelled transfers again', () => {
  assert.deepEqual(ruleFor('CANCELED', 0, { canceled: 'retry' }).verdict, { kind: 'split', cancelled: 'retry' });
});

test('only FAILED and FINISHEDDIRTY jobs count as failures', () => {
  assert.deepEqual(JOB_STATES.filter(countsAsFailure), ['FINISHEDDIRTY', 'FAILED']);
});

test('rule 1 is braked at more than five lists and more than a fifth', () => {
  const table: [number, number, boolean][] = [
    [5, 5, false],
    [6, 6, true],
    [6, 29, true],
    [6, 30, false],
    [7, 30, true],
    [100, 1000, false],
    [201, 1000, true],
  ];
  for (const [lost, of, braked] of table) assert.equal(tooManyLost(lost, of), braked, `${lost} of ${of}`);
});

test('there are seven rules, the last for all other cases', () => {
  assert.equal(RULES.length, 7);
  assert.equal(RULES[6]?.heading, 'All other cases');
});
