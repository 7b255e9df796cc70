/**
 * Cancelling and changing jobs, as the toolkit relies on it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { jobOf } from '../rehearsal/asking.js';
import type { Job } from '../rehearsal/asking.js';
import { call, GOOD, isFinal, LONG, submit, until, withHand } from './endpoint.js';

const UNKNOWN = '00000000-0000-0000-0000-000000000000';

test('a cancelled job is CANCELED at once, and its files have a finish_time some seconds later', async () => {
  const id = await submit({ transfers: [LONG] });
  await until(id, ({ job_state }) => job_state === 'ACTIVE');
  const reply = await call('DELETE', `/jobs/${id}`);
  const { job_state, reason, http_status } = jobOf(reply);
  assert.deepEqual([job_state, reason, http_status], ['CANCELED', 'Job canceled by the user', '200 Ok']);
  const later = await until(id, ({ files }) => files.every(({ finish_time }) => finish_time !== null));
  assert.deepEqual([later.files[0]?.file_state, later.files[0]?.reason], ['CANCELED', 'Job canceled by the user']);
});

test('cancelling a final job answers 200 with "304 Not Modified"', async () => {
  const id = await submit();
  await until(id, isFinal);
  const reply = await call('DELETE', `/jobs/${id}`);
  assert.equal(reply.status, 200);
  assert.deepEqual([jobOf(reply).http_status, jobOf(reply).job_state], ['304 Not Modified', 'FINISHED']);
});

test('cancelling several jobs, one of them unknown, is 207 with an entry for each', async () => {
  const [open, final] = [await submit({ transfers: [LONG] }), await submit()];
  await until(final, isFinal);
  const reply = await call('DELETE', `/jobs/${open},${final},${UNKNOWN}`);
  assert.equal(reply.status, 207);
  const statuses = new Map((reply.json as Job[]).map(({ job_id, http_status }) => [job_id, http_status]));
  assert.deepEqual(
    [open, final, UNKNOWN].map((id) => statuses.get(id)),
    ['200 Ok', '304 Not Modified', '404 Not Found'],
  );
});

test('cancelling an unknown job is 404 in JSON', async () => {
  const reply = await call('DELETE', `/jobs/${UNKNOWN}`);
  assert.deepEqual([reply.status, jobOf(reply).http_status], [404, '404 Not Found']);
});

test('cancelling one file leaves the others, and finished with cancelled makes CANCELED', async () => {
  const id = await submit({ transfers: [GOOD, LONG] });
  const job = await until(id, ({ files }) => files.some(({ file_state }) => file_state === 'FINISHED'));
  const open = job.files.find(({ file_state }) => file_state !== 'FINISHED');
  const reply = await call('DELETE', `/jobs/${id}/files/${open?.file_id}`);
  assert.deepEqual([reply.status, reply.json], [200, 'CANCELED']);
  const { job_state, files } = await until(id, isFinal);
  assert.equal(job_state, 'CANCELED');
  assert.deepEqual(files.map(({ file_state }) => file_state).sort(), ['CANCELED', 'FINISHED']);
});

test('the priority of an unfinished job can be changed, and comes into 1–5', async () => {
  const id = await submit({ transfers: [LONG] });
  await call('POST', `/jobs/${id}`, { body: { params: { priority: 5 } } });
  assert.equal(jobOf(await call('GET', `/jobs/${id}`)).priority, 5);
  assert.equal((await call('POST', `/jobs/${id}`, { body: { params: { priority: 'x' } } })).status, 400);
  await call('DELETE', `/jobs/${id}`);
});

withHand('another user of the VO may cancel, somebody of another VO may not', async () => {
  const id = await submit({ transfers: [LONG] });
  const stranger = { 'x-rehearsal-dn': '/CN=Somebody', 'x-rehearsal-vo': 'other' };
  assert.equal((await call('DELETE', `/jobs/${id}`, { headers: stranger })).status, 403);
  const colleague = { 'x-rehearsal-dn': '/CN=Colleague' };
  assert.equal(jobOf(await call('DELETE', `/jobs/${id}`, { headers: colleague })).job_state, 'CANCELED');
});
