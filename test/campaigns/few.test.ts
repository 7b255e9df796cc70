/** few: a few dozen random campaigns in this process. `npm run prove` plays more, and others each time. */
import { describe, test } from 'node:test';

import { checkSeed, useMemory } from './check.js';

const CAMPAIGNS = 36;

describe('whatever happens to a campaign, every transfer ends where the model says', { concurrency: 16 }, () => {
  useMemory();
  for (let seed = 1; seed <= CAMPAIGNS; seed += 1) test(`the campaign of seed ${seed}`, () => checkSeed(seed));
});
