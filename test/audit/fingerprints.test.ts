/** tally and fingerprint: what an audit counts with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { fingerprint, FINGERPRINTS, seedOf } from '../../dist/audit/fingerprint.js';
import { compare, Tally, type Tallied } from '../../dist/audit/fingerprints.js';

const tallyOf = (numbers: readonly number[]): Tally => {
  const tally = new Tally();
  for (const number of numbers) tally.add(number);
  return tally;
};

const anyPrint = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.maxSafeInteger().map(Math.abs));

test('half a million like LFNs have fingerprints of their own, below 2^53', () => {
  const seed = seedOf(3, 2 ** 40);
  const prints = new Float64Array(500_000).map((_, index) =>
    fingerprint(
      `/lhcb/LHCb/Collision18/CHARM.MDST/00077052/0000/00077052_${String(index).padStart(8, '0')}_1.mdst`,
      seed,
    ),
  );
  assert.equal(new Set(prints).size, prints.length);
  assert.ok(prints.every((print) => Number.isSafeInteger(print) && print >= 0 && print < FINGERPRINTS));
});

test('the same text under another seed has another fingerprint', () => {
  const seeds = [seedOf(0, 0), seedOf(1, 0), seedOf(0, 1), seedOf(0, 2 ** 32), seedOf(1, 2 ** 32), seedOf(-1, 0)];
  assert.equal(new Set(seeds.map((seed) => fingerprint('/lhcb/a', seed))).size, seeds.length);
});

test('compare() tells of each fingerprint how often it is in each bag', () => {
  fc.assert(
    fc.property(fc.array(anyPrint), fc.array(anyPrint), fc.array(anyPrint), (expected, found, excused) => {
      const seen: Tallied[] = [];
      compare(tallyOf(expected), tallyOf(found), tallyOf(excused), (tallied) => seen.push(tallied));
      const count = (numbers: readonly number[], number: number): number => numbers.filter((n) => n === number).length;
      const wanted = [...new Set([...expected, ...found])]
        .sort((a, b) => a - b)
        .map((print) => ({
          fingerprint: print,
          expected: count(expected, print),
          found: count(found, print),
          excused: count(excused, print),
        }));
      assert.deepEqual(seen, wanted);
    }),
  );
});

test('a bag of more than one chunk loses nothing', () => {
  const tally = tallyOf(Array.from({ length: 20_000 }, (_, index) => index % 7));
  const counts: number[] = [];
  compare(tally, new Tally(), new Tally(), ({ expected }) => counts.push(expected));
  assert.deepEqual(counts, [2858, 2857, 2857, 2857, 2857, 2857, 2857]);
});

test('eachGroup() names quotients with two different remainders, once each', () => {
  const groups: number[] = [];
  tallyOf([10, 10, 21, 22, 23, 35, 41, 41, 49]).eachGroup(10, (quotient) => groups.push(quotient));
  assert.deepEqual(groups, [2, 4]);
});
