/** few: a few random campaigns in this process. `npm run prove` plays more, and others each time. */
import { describe, test } from 'node:test';

import { checkSeed } from './check.js';
import { useMemory } from './memory.js';
import { inThisProcess } from './run.js';

/** By the first six the campaigns find the mutations that they are said to find; in all of them each kind of event happens. */
const SEEDS = [22, 24, 28, 33, 41, 47, 21, 25, 27, 29, 30, 31, 32, 34, 36, 37, 46];

describe('whatever happens to a campaign, every transfer ends where the model says', { concurrency: 16 }, () => {
  useMemory();
  for (const seed of SEEDS) test(`the campaign of seed ${seed}`, () => checkSeed(inThisProcess, seed));
});
