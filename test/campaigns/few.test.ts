/** few: a few dozen random campaigns in this process. `npm run prove` plays more, and others each time. */
import { describe, test } from 'node:test';

import { checkSeed } from './check.js';
import { useMemory } from './memory.js';
import { inThisProcess } from './run.js';

const CAMPAIGNS = 32;

describe('whatever happens to a campaign, every transfer ends where the model says', { concurrency: 16 }, () => {
  useMemory();
  for (let seed = 1; seed <= CAMPAIGNS; seed += 1)
    test(`the campaign of seed ${seed}`, () => checkSeed(inThisProcess, seed));
});
