/** few: random campaigns of a few seeds, with real processes. `npm run prove` plays more, and others each time. */
import { describe, test } from 'node:test';

import { checkSeed } from '../campaigns/check.js';
import { asProcesses } from './run.js';

const SEEDS = [1, 10];

describe('whatever happens to a campaign, every transfer ends where it should', { concurrency: 2 }, () => {
  for (const seed of SEEDS) test(`the campaign of seed ${seed}`, () => checkSeed(asProcesses, seed));
});
