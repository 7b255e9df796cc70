/** few: a few dozen random campaigns in this process. `npm run prove` plays more, and others each time. */
import { describe, test } from 'node:test';

import { checkSeed } from './check.js';
import { useMemory } from './memory.js';
import { inThisProcess } from './run.js';

/** By these seeds the campaigns find the mutations that they are said to find. */
const [FIRST, LAST] = [21, 48];

describe('whatever happens to a campaign, every transfer ends where the model says', { concurrency: 16 }, () => {
  useMemory();
  for (let seed = FIRST; seed <= LAST; seed += 1)
    test(`the campaign of seed ${seed}`, () => checkSeed(inThisProcess, seed));
});
