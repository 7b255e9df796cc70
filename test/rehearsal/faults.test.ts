/**
 * Every fault does what its name says, to the requests that it is for and to no others.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Fault, FaultKind } from '../../dist/rehearsal/server/options.js';
import { jobIdFor } from '../../dist/rehearsal/server/protocol/uuid.js';
import { ask, jobOf } from './asking.js';
import { GOOD, serverFor, submission, submit } from './fixture.js';

/** A fault that meets the first POST. */
const onPost = (does: FaultKind, more: Partial<Fault> = {}): Fault => ({
  name: `a POST meets ${does}`,
  when: { method: 'POST', times: 1 },
  does,
  ...more,
});

const BODY = submission([GOOD], { id_generator: 'deterministic', sid: 'one' });
const JOB = jobIdFor('lhcb', 'one');

test('status answers that status in JSON and takes no job', async (t) => {
  const server = await serverFor(t, { faults: [onPost('status', { status: 503 })] });
  const reply = await ask(server.url, 'POST', '/jobs', { body: BODY });
  assert.equal(reply.status, 503);
  assert.deepEqual(reply.json, { status: '503 Service Unavailable', message: 'Service Unavailable' });
  assert.equal(server.submissions.length, 0);
});

test('status can say when to come again', async (t) => {
  const server = await serverFor(t, { faults: [onPost('status', { status: 429, retryAfter: 7 })] });
  const reply = await ask(server.url, 'POST', '/jobs', { body: BODY });
  assert.deepEqual([reply.status, reply.headers['retry-after']], [429, '7']);
});

test('html answers a page of the web server and takes no job', async (t) => {
  const server = await serverFor(t, { faults: [onPost('html')] });
  const reply = await ask(server.url, 'POST', '/jobs', { body: BODY });
  assert.equal(reply.status, 500);
  assert.match(reply.text, /^<!DOCTYPE HTML[\s\S]*<h1>Internal Server Error/);
  assert.equal(server.submissions.length, 0);
});

test('half-json takes the job and answers half of the JSON as if it were all', async (t) => {
  const server = await serverFor(t, { faults: [onPost('half-json')] });
  const reply = await ask(server.url, 'POST', '/jobs', { body: BODY });
  assert.equal(reply.status, 200);
  assert.equal(reply.json, undefined);
  assert.equal(server.submissions.length, 1);
});

test('wrong-job answers with the id of another job', async (t) => {
  const server = await serverFor(t, { faults: [{ name: 'mixed up', when: { path: /^\/jobs\// }, does: 'wrong-job' }] });
  const id = await submit(server, 'one');
  const job = jobOf(await ask(server.url, 'GET', `/jobs/${id}`));
  assert.equal(job.job_state, 'SUBMITTED');
  assert.match(job.job_id, /^[0-9a-f]{8}-/);
  assert.notEqual(job.job_id, id);
});

test('delay takes the job and answers after the given seconds', async (t) => {
  const server = await serverFor(t, { faults: [onPost('delay', { seconds: 0.2 })] });
  const start = performance.now();
  const reply = await ask(server.url, 'POST', '/jobs', { body: BODY });
  assert.equal(reply.status, 200);
  assert.ok(performance.now() - start >= 190);
});

test('hang is silent and takes no job', async (t) => {
  const server = await serverFor(t, { faults: [onPost('hang')] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY, timeout: 200 }), { name: 'AbortError' });
  assert.equal(server.submissions.length, 0);
  assert.equal(server.history[0]?.status, null);
});

test('hang-after is silent and has taken the job', async (t) => {
  const server = await serverFor(t, { faults: [onPost('hang-after')] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY, timeout: 200 }), { name: 'AbortError' });
  assert.equal(server.submissions[0]?.jobId, JOB);
});

test('hang with seconds cuts the connection after them', async (t) => {
  const server = await serverFor(t, { faults: [onPost('hang', { seconds: 0.1 })] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY }), { code: 'ECONNRESET' });
});

test('cut-before cuts the connection and takes no job', async (t) => {
  const server = await serverFor(t, { faults: [onPost('cut-before')] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY }), { code: 'ECONNRESET' });
  assert.equal(server.submissions.length, 0);
});

test('cut-after cuts the connection and has taken the job', async (t) => {
  const server = await serverFor(t, { faults: [onPost('cut-after')] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY }), { code: 'ECONNRESET' });
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 200);
});

test('cut-within cuts after half of the answer', async (t) => {
  const server = await serverFor(t, { faults: [onPost('cut-within')] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY }), { code: 'ECONNRESET', message: 'aborted' });
  assert.equal(server.history[0]?.status, 200);
  assert.equal(server.submissions.length, 1);
});

test('commit-late shows the job only after the next look', async (t) => {
  const server = await serverFor(t, { faults: [onPost('commit-late')] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY }), { code: 'ECONNRESET' });
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 404);
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 200);
});

test('commit-late with seconds shows the job when they have passed by the server’s clock', async (t) => {
  const server = await serverFor(t, { faults: [onPost('commit-late', { seconds: 60 })] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY }), { code: 'ECONNRESET' });
  server.advance(58);
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 404);
  assert.deepEqual((await ask(server.url, 'GET', '/jobs?limit=10')).json, []);
  server.advance(3);
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 200);
});

test('commit-late has taken the sid before the job can be seen', async (t) => {
  const server = await serverFor(t, { faults: [onPost('commit-late', { seconds: 60 })] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY }), { code: 'ECONNRESET' });
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 404);
  assert.equal((await ask(server.url, 'POST', '/jobs', { body: BODY })).status, 409);
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 200);
  assert.equal(server.submissions.length, 1);
});

test('arrive-late lets the next POST overtake the one that was stuck', async (t) => {
  const server = await serverFor(t, { faults: [onPost('arrive-late')] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY }), { code: 'ECONNRESET' });
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 404);
  assert.equal((await ask(server.url, 'POST', '/jobs', { body: BODY })).status, 200);
  assert.equal(server.submissions.length, 1);
});

test('arrive-late with seconds takes the job when they have passed by the server’s clock', async (t) => {
  const server = await serverFor(t, { faults: [onPost('arrive-late', { seconds: 60 })] });
  await assert.rejects(ask(server.url, 'POST', '/jobs', { body: BODY }), { code: 'ECONNRESET' });
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 404);
  server.advance(61);
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 200);
});

test('refuse resets the connection before a byte is read', async (t) => {
  const server = await serverFor(t, { faults: [{ name: 'full', when: { times: 1 }, does: 'refuse' }] });
  await assert.rejects(ask(server.url, 'GET', '/'), { code: 'ECONNRESET' });
  assert.equal(server.history.length, 0);
  assert.equal((await ask(server.url, 'GET', '/')).status, 200);
});

test('a fault that is off meets nothing', async (t) => {
  const server = await serverFor(t, { faults: [onPost('status', { off: true })] });
  assert.equal((await ask(server.url, 'POST', '/jobs', { body: BODY })).status, 200);
});

test('a fault meets only requests that fit its method and path', async (t) => {
  const when = { method: 'GET', path: /^\/jobs/ };
  const server = await serverFor(t, { faults: [{ name: 'trouble', when, does: 'status' }] });
  assert.equal((await ask(server.url, 'POST', '/jobs', { body: BODY })).status, 200);
  assert.equal((await ask(server.url, 'GET', '/whoami')).status, 200);
  assert.equal((await ask(server.url, 'GET', `/jobs/${JOB}`)).status, 503);
});

test('a fault lets the first so many pass and then meets so many', async (t) => {
  const server = await serverFor(t, { faults: [{ name: 'twice', when: { after: 1, times: 2 }, does: 'status' }] });
  const seen = [];
  for (let count = 0; count < 5; count += 1) seen.push((await ask(server.url, 'GET', '/')).status);
  assert.deepEqual(seen, [200, 503, 503, 200, 200]);
});

test('a fault can decide by the request, and stands in the history under its name', async (t) => {
  const fault: Fault = {
    name: 'no second list',
    when: ({ body }) => body.includes('"two"'),
    does: 'status',
    status: 500,
  };
  const server = await serverFor(t, { faults: [fault] });
  await submit(server, 'one');
  await submit(server, 'two');
  assert.deepEqual(
    server.history.map(({ status, fault: name }) => [status, name]),
    [
      [200, null],
      [500, 'no second list'],
    ],
  );
});

test('setFaults puts other faults in the place of the old ones', async (t) => {
  const server = await serverFor(t, { faults: [onPost('status')] });
  server.setFaults([]);
  assert.equal((await ask(server.url, 'POST', '/jobs', { body: BODY })).status, 200);
});
