/** quick: the lost answers that differ in kind. `npm run prove` plays all of the matrix. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { describeCase, QUICK } from './cases.js';
import { playCase } from './play.js';

describe('no answer that is lost costs a transfer or a second job', { concurrency: 2 }, () => {
  for (const each of QUICK)
    test(describeCase(each), async () => {
      assert.ok((await playCase(each)) > 0);
    });
});
