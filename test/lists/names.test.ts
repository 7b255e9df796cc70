import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { byAge, dirtyName, freeName, isListName, nextName, oldestFirst } from '../../dist/lists/names.js';

const NOW = new Date('2018-04-12T10:11:12.900Z');

const NEXT: readonly [what: string, last: string | null, stamp: string][] = [
  ['the first of a campaign', null, '20180412-101112-0001'],
  ['the first of a second', '20180412-101111-0007', '20180412-101112-0001'],
  ['the next of the same second', '20180412-101112-0007', '20180412-101112-0008'],
  ['after the clock went back', '20190101-000000-0001', '20190101-000000-0002'],
  ['after 9,999 in one second', '20180412-101112-9999', '20180412-101113-0001'],
  ['after 9,999 in the last second of a year', '20181231-235959-9999', '20190101-000000-0001'],
  ['after a stamp that is none', '20181332-000000-0001', '20180412-101112-0001'],
];

for (const [what, last, stamp] of NEXT) {
  test(`nextName gives ${stamp}: ${what}`, () => {
    assert.deepEqual(nextName(NOW, last), { name: `FTSList-${stamp}.txt`, stamp });
  });
}

test('names never go back, whatever the clock does', () => {
  const clock = fc.array(fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }));
  fc.assert(
    fc.property(clock, (times) => {
      let last: string | null = null;
      for (const time of times) {
        const { name, stamp } = nextName(time, last);
        if (last !== null) {
          assert.ok(stamp > last);
          assert.equal(byAge(`FTSList-${last}.txt`, name), -1);
        }
        last = stamp;
      }
    }),
  );
});

const OLDEST_FIRST = [
  'FTSList-31122011-000000.txt',
  'FTSList-20120101-101112.txt',
  'FTSList-31122016-235959.txt',
  'Retry-FTSList-01012017-000000.txt',
  'DDFTSList-20170101-000001-0001.txt',
  'DFTSList-20170101-000001-0002.txt',
  'FTSList-20170101-000001-0002.txt',
  'FTSList-20170101-000001-0002~2.txt',
  'R-FTSList-20170101-000001-0010.txt',
  'u-FTSList-02012017-000000.txt',
  'FTSList-20180412-101112.txt',
  'FTSList-20181399-000000-0001.txt',
  'byhand.txt',
];

test('byAge sorts by the time in the name, in both formats and under any prefix; names without a time come last', () => {
  assert.deepEqual(OLDEST_FIRST.toSorted().toSorted(byAge), OLDEST_FIRST);
  assert.deepEqual(OLDEST_FIRST.toReversed().toSorted(byAge), OLDEST_FIRST);
  assert.deepEqual(oldestFirst(OLDEST_FIRST.toReversed()), OLDEST_FIRST);
});

test('byAge is an order: a name equals only itself, and turning the pair turns the sign', () => {
  const name = fc.oneof(fc.constantFrom(...OLDEST_FIRST), fc.stringMatching(/^D?FTSList-\d{8}-\d{6}(-\d{4})?.?$/));
  fc.assert(
    fc.property(name, name, (a, b) => {
      assert.equal(Math.sign(byAge(a, b)), -Math.sign(byAge(b, a)) + 0);
      assert.equal(byAge(a, b) === 0, a === b);
    }),
  );
});

test('freeName takes the name itself, else ~2, ~3 and so on before the extension', () => {
  const taken = new Set(['a.txt', 'b.txt', 'b~2.txt', 'c~2.txt', 'noextension']);
  const free = (name: string) => freeName(name, (other) => taken.has(other));
  assert.equal(free('x.txt'), 'x.txt');
  assert.equal(free('a.txt'), 'a~2.txt');
  assert.equal(free('b.txt'), 'b~3.txt');
  assert.equal(free('c~2.txt'), 'c~3.txt');
  assert.equal(free('noextension'), 'noextension~2');
});

test('dirtyName puts a D before the name, and stops growing at 200 characters', () => {
  assert.equal(dirtyName('FTSList-a.txt'), 'DFTSList-a.txt');
  let name = 'FTSList-20180412-101112-0001.txt';
  for (let split = 0; split < 1000; split++) {
    name = dirtyName(name);
    assert.ok(name.length <= 200 && isListName(name) && name.endsWith('DFTSList-20180412-101112-0001.txt'));
  }
});

test('a list is a visible .txt file whose name can be shown and opened', () => {
  for (const name of ['FTSList-20180412-101112-0001.txt', 'by hand.txt', 'ü.txt', 'a~2.txt', '-.txt']) {
    assert.equal(isListName(name), true, name);
  }
  for (const name of [
    '.txt',
    '.a.txt',
    'a.text',
    'a.txt~',
    'a.TXT',
    'a/b.txt',
    'a\n.txt',
    'a.txt\n',
    'a\u202e.txt',
    'a\ufffd.txt',
    '',
  ]) {
    assert.equal(isListName(name), false, JSON.stringify(name));
  }
});
