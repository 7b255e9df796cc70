/** few: a random campaign with real processes. `npm run prove` plays more, and others each time. */
import { test } from 'node:test';

import { checkSeed } from '../campaigns/check.js';
import { asProcesses } from './run.js';

const SEED = 10;

test('whatever happens to a campaign, every transfer ends where it should', () => checkSeed(asProcesses, SEED));
