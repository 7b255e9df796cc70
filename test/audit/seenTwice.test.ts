/** seenTwice: the sieve holds back no text that was put into it twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { SeenTwice } from '../../dist/audit/seenTwice.js';

test('every text that was put in twice is let through', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 })), (texts) => {
      const sieve = new SeenTwice();
      for (const text of texts) sieve.add(text);
      for (const text of texts)
        if (texts.indexOf(text) !== texts.lastIndexOf(text)) assert.ok(sieve.lets(text), JSON.stringify(text));
    }),
    { numRuns: 20 },
  );
});

test('of half a million like LFNs, each once, hardly one is let through', () => {
  const lfn = (index: number): string =>
    `/lhcb/LHCb/Collision18/CHARM.MDST/00077052/0000/00077052_${String(index).padStart(8, '0')}_1.mdst`;
  const sieve = new SeenTwice();
  for (let index = 0; index < 500_000; index += 1) sieve.add(lfn(index));
  let through = 0;
  for (let index = 0; index < 500_000; index += 1) if (sieve.lets(lfn(index))) through += 1;
  assert.ok(through < 500, `${through} were let through`);
});
