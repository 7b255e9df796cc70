/**
 * The record proves that nothing was carried twice, and says so where it was.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { carriedTwice } from '../../dist/rehearsal/server/state/record.js';
import { ask } from './asking.js';
import { GOOD, serverFor, submission, submit } from './fixture.js';

test('a transfer that failed and was accepted again is no complaint', async (t) => {
  let attempts = 0;
  const server = await serverFor(t, { script: () => ((attempts += 1) === 1 ? { state: 'FAILED' } : undefined) });
  for (const sid of ['one', 'two']) {
    const body = submission([['srm://a/f', 'srm://b/f']], { id_generator: 'deterministic', sid });
    await ask(server.url, 'POST', '/jobs', { body });
    server.advance(10);
  }
  assert.deepEqual(
    server.submissions.map(({ state }) => state),
    ['FAILED', 'FINISHED'],
  );
  assert.deepEqual(carriedTwice(server.submissions), []);
});

test('a transfer that another server can still carry out is a complaint', async (t) => {
  let now = 0;
  const [ral, cern] = [await serverFor(t, { now: () => now }), await serverFor(t, { name: 'CERN', now: () => now })];
  await submit(ral, 'one');
  now = 2000;
  await submit(cern, 'two');
  now = 60_000;
  const complaints = carriedTwice([...ral.submissions, ...cern.submissions]);
  assert.equal(complaints.length, 1);
  assert.match(complaints[0] ?? '', /job .* of CERN was accepted while job .* of RAL could still carry it out$/);
});

test('a transfer that finished and was accepted again is a complaint', async (t) => {
  const server = await serverFor(t);
  await submit(server, 'one');
  server.advance(10);
  await submit(server, 'two');
  assert.match(carriedTwice(server.submissions)[0] ?? '', /had finished it$/);
});

test('a transfer that stands twice in one job is a complaint', async (t) => {
  const server = await serverFor(t);
  await ask(server.url, 'POST', '/jobs', { body: submission([GOOD, GOOD]) });
  assert.equal(carriedTwice(server.submissions).length, 1);
});

test('a cancelled transfer can be carried until its worker has noticed', async (t) => {
  let now = 0;
  const server = await serverFor(t, { now: () => now });
  const id = await submit(server, 'one');
  now = 1500;
  await ask(server.url, 'DELETE', `/jobs/${id}`);
  const settled = (): number | null | undefined => server.submissions[0]?.transfers[0]?.settledAt;
  assert.equal(settled(), null);
  now = 3500;
  assert.equal(settled(), 3500);
  assert.deepEqual(server.submissions[0]?.transfers[0]?.carriedOut, [{ from: 1000, to: 1500 }]);
});
