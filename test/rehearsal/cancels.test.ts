/** Cancels that do not cancel, as one FTS3 3.13 was seen to have them. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import { ask, jobOf } from './asking.js';

const ADMIN = { 'x-rehearsal-role': 'production' };
const STORAGE = 'srm://a.example.org';

/** One job of these many transfers, each a copy of 100 s; begun after a second. */
async function begun(t: TestContext, files = 1): Promise<{ server: RehearsalServer; id: string }> {
  const script = () => ({ state: 'FINISHED', seconds: 100 }) as const;
  const server = await startRehearsalServer({ name: 'RAL', script, needDelegation: false });
  t.after(() => server.stop());
  return { server, id: await post(server, files) };
}

async function post(server: RehearsalServer, files = 1): Promise<string> {
  const body = {
    files: Array.from({ length: files }, (_, index) => ({
      sources: [`${STORAGE}/f${index}`],
      destinations: [`gsiftp://b.example.org/f${index}`],
    })),
    params: {},
  };
  return jobOf(await ask(server.url, 'POST', '/jobs', { body })).job_id;
}

async function looked(server: RehearsalServer, id: string) {
  const reply = await ask(server.url, 'GET', `/jobs/${id}?files=file_id,file_state,finish_time,start_time,reason`);
  return reply.json as {
    job_state: string;
    reason: string | null;
    cancel_job: boolean;
    files: { file_id: number; file_state: string; finish_time: string | null; reason: string | null }[];
  };
}

const carried = (server: RehearsalServer, id: string) =>
  server.submissions.find(({ jobId }) => jobId === id)?.transfers[0] ?? assert.fail();

test('a single ACTIVE file is CANCELED with its finish_time at once, and copied to its end', async (t) => {
  const { server, id } = await begun(t, 2);
  server.advance(5);
  const { files } = await looked(server, id);
  const answer = await ask(server.url, 'DELETE', `/jobs/${id}/files/${files[0]?.file_id}`);
  assert.equal(answer.json, 'CANCELED');
  const [file] = (await looked(server, id)).files;
  assert.deepEqual([file?.file_state, file?.reason], ['CANCELED', '']);
  assert.notEqual(file?.finish_time, null);
  assert.equal(carried(server, id).settledAt, null);
  server.advance(100);
  const { carriedOut, settledAt } = carried(server, id);
  assert.equal(settledAt, carriedOut[0]?.to);
  assert.ok((carriedOut[0]?.to ?? 0) - (carriedOut[0]?.from ?? 0) >= 100_000);
});

test('a ban with cancel answers the jobs that it met; their copies go on', async (t) => {
  const { server, id } = await begun(t);
  server.advance(5);
  const ban = await ask(server.url, 'POST', '/ban/se', {
    body: { storage: STORAGE, status: 'cancel' },
    headers: ADMIN,
  });
  assert.deepEqual(ban.json, [id]);
  const job = await looked(server, id);
  assert.deepEqual([job.job_state, job.reason, job.cancel_job], ['CANCELED', null, false]);
  assert.equal(job.files[0]?.reason, 'Storage banned');
  assert.equal(carried(server, id).settledAt, null);
});

test('what is on hold stays so in a cancelled job, and is copied when the storage is free', async (t) => {
  const { server } = await begun(t);
  await ask(server.url, 'POST', '/ban/se', { body: { storage: STORAGE, status: 'wait' }, headers: ADMIN });
  const id = await post(server);
  await ask(server.url, 'DELETE', `/jobs/${id}`);
  const held = await looked(server, id);
  assert.deepEqual(
    [held.job_state, held.cancel_job, held.files[0]?.file_state, held.files[0]?.finish_time],
    ['CANCELED', true, 'ON_HOLD', null],
  );
  await ask(server.url, 'DELETE', `/ban/se?storage=${encodeURIComponent(STORAGE)}`, { headers: ADMIN });
  server.advance(200);
  const after = await looked(server, id);
  assert.deepEqual([after.job_state, after.files[0]?.file_state], ['CANCELED', 'FINISHED']);
});

test('a file that waits for its token is not touched by the cancel of it, but its job is CANCELED', async (t) => {
  const { server } = await begun(t);
  assert.equal((await ask(server.url, 'POST', '/rehearsal/tokens', { body: { seconds: 50 } })).status, 200);
  const id = await post(server);
  const { files } = await looked(server, id);
  assert.equal(files[0]?.file_state, 'TOKEN_PREP');
  assert.equal((await ask(server.url, 'DELETE', `/jobs/${id}/files/${files[0].file_id}`)).json, 'TOKEN_PREP');
  const job = await looked(server, id);
  assert.deepEqual([job.job_state, job.reason, job.cancel_job], ['CANCELED', null, true]);
  server.advance(200);
  assert.equal((await looked(server, id)).files[0]?.file_state, 'FINISHED');
});

test('a ban with wait holds what is in the queue, and a freed file can be cancelled in its cancelled job', async (t) => {
  const start = Date.now();
  let now = start;
  const server = await startRehearsalServer({ name: 'RAL', now: () => now, needDelegation: false });
  t.after(() => server.stop());
  const id = await post(server);
  await ask(server.url, 'POST', '/rehearsal/ban', { body: { storage: STORAGE, status: 'WAIT' } });
  await ask(server.url, 'DELETE', `/jobs/${id}`);
  await ask(server.url, 'POST', '/rehearsal/unban', { body: { storage: STORAGE } });
  const { files } = await looked(server, id);
  assert.equal(files[0]?.file_state, 'SUBMITTED');
  await ask(server.url, 'POST', '/rehearsal/cancel_file', { body: { job_id: id, index: 0 } });
  now = start + 60_000;
  assert.equal((await looked(server, id)).files[0]?.file_state, 'CANCELED');
  assert.deepEqual(carried(server, id).carriedOut, []);
});
