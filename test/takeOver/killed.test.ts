/** killed: a take-over that is killed is finished by the same command. `npm run prove` kills it before each of its calls. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { killTakeOver } from '../crash/killedTakeOver.js';
import { rehearsalServer } from '../support/rehearsed.js';

test('killed at any commit, the same command goes on', async () => {
  const { kills } = await killTakeOver(await rehearsalServer('RAL'), (call) => call.startsWith('commit'));
  assert.ok(kills > 4, `${kills} kills`);
});
