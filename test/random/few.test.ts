/** few: random campaigns of a few seeds. `npm run prove` plays more, and others each time. */
import { describe, test } from 'node:test';

import { checkSeed } from './check.js';

/** In the tenth an answer is lost, and the list is tried again where nobody can look. */
const SEEDS = [1, 2, 3, 4, 5, 10];

describe('whatever happens to a campaign, every transfer ends where it should', { concurrency: 2 }, () => {
  for (const seed of SEEDS) test(`the campaign of seed ${seed}`, () => checkSeed(seed));
});
