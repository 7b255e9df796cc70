/**
 * survey: what is known of a campaign from its lists alone.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { campaignOf, cutsSoFar, kin, type SurveyedList } from '../../dist/repair/lists.js';
import { lastStampOf } from '../../dist/lists/names.js';
import type { Place } from '../../dist/lists/transition.js';

const list = (place: Place, name: string, more: Partial<SurveyedList> = {}): SurveyedList => ({
  place,
  name,
  campaign: null,
  from: null,
  splitFrom: null,
  failures: 0,
  transfers: 1,
  ...more,
});

test('the campaign is that of most lists', () => {
  const of = (...campaigns: (string | null)[]) =>
    campaignOf(campaigns.map((campaign) => list('TODO', 'a', { campaign })));
  assert.equal(of(), null);
  assert.equal(of(null, null), null);
  assert.equal(of('b', 'a', null, 'a', null, null), 'a');
});

describe('lastStampOf', () => {
  const CASES: [string, string[], string | null][] = [
    ['no list', [], null],
    ['names of the original count not', ['FTSList-12042018-101112.txt'], null],
    [
      'prefixes and suffixes',
      ['DR-FTSList-20180412-101112-0002.txt', 'FTSList-20180412-101112-0001~2.txt'],
      '20180412-101112-0002',
    ],
    [
      'the newest, whatever the order',
      ['FTSList-20190101-000000-0001.txt', 'FTSList-20180412-235959-9999.txt'],
      '20190101-000000-0001',
    ],
  ];
  for (const [name, names, expected] of CASES) test(name, () => assert.equal(lastStampOf(names), expected));
});

test('an LFN list is cut behind the last byte of any of its lists, DONE/Dirty included', () => {
  const from = (firstByte: number, lastByte: number, lfnList = 'a') => ({ from: { lfnList, firstByte, lastByte } });
  const cuts = cutsSoFar([
    list('DONE/Okay', '1', from(100, 199)),
    list('DONE/Bad', '1', from(100, 199)),
    list('DONE/Dirty', '3', from(200, 299)),
    list('TODO', '0', from(0, 99)),
    list('TODO', 'x', from(5, 9, 'b')),
    list('DOING', 'original'),
  ]);
  assert.deepEqual(cuts, [
    { lfnList: 'a', offset: 300, starts: [0, 100, 200] },
    { lfnList: 'b', offset: 10, starts: [5] },
  ]);
});

describe('kin', () => {
  const pairs = (...lists: SurveyedList[]) =>
    kin(lists).map((pair) => pair.map(({ place, name }) => `${place}/${name}`).join(' + '));
  const CASES: [string, SurveyedList[], string[]][] = [
    ['lists of different names', [list('TODO', 'a'), list('DOING', 'b')], []],
    ['one name in two places', [list('TODO', 'a'), list('DOING', 'a')], ['TODO/a + DOING/a']],
    ['DONE/Dirty holds copies', [list('DOING', 'a'), list('DONE/Dirty', 'a')], []],
    ['comments alone are no transfers', [list('DOING', 'a'), list('DONE/Bad', 'a', { transfers: 0 })], []],
    ['a list and its rest', [list('DOING', 'a'), list('TODO', 'Da', { splitFrom: 'a' })], ['DOING/a + TODO/Da']],
    ['the rest of a list that has gone', [list('TODO', 'Da', { splitFrom: 'a' })], []],
    ['a list that names itself', [list('TODO', 'a', { splitFrom: 'a' })], []],
  ];
  for (const [name, lists, expected] of CASES) test(name, () => assert.deepEqual(pairs(...lists), expected));
});
