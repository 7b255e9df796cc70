import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isExchangeRefused, wantedMs } from '../../dist/rules/tokens.js';

const HOUR_MS = 3_600_000;

test('an issuer that refuses a token has refused it, one that fails has not', () => {
  const refused = 'Failed to get refresh token for source token: ';
  for (const why of [
    '[invalid_grant]: Subject token not allowed: eyJhb...1aCfA',
    'Response JSON did not contain refresh_token key',
  ])
    assert.ok(isExchangeRefused(refused + why), why);
  for (const reason of [`${refused}HTTP 503 : Unexpected server error: 503 `, 'SOURCE [13] token expired', ''])
    assert.ok(!isExchangeRefused(reason), reason);
});

test('a token is wanted for as long as its job may take; one that FTS renews, until it is exchanged', () => {
  const scopes = ['storage.read:/'];
  assert.equal(wantedMs(scopes, {}), HOUR_MS);
  assert.equal(wantedMs(scopes, { timeout: 1800 }), 1.5 * HOUR_MS);
  assert.equal(wantedMs(scopes, { max_time_in_queue: 72 }), 72 * HOUR_MS);
  assert.equal(wantedMs(scopes, { max_time_in_queue: '30m', timeout: 1800 }), HOUR_MS);
  assert.equal(wantedMs(scopes, { max_time_in_queue: '2d' }), 48 * HOUR_MS);
  assert.ok(wantedMs([...scopes, 'offline_access'], { max_time_in_queue: 72 }) < HOUR_MS);
});
