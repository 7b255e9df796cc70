/**
 * What jobs come to, as the toolkit relies on it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { jobOf } from '../rehearsal/asking.js';
import type { Job } from '../rehearsal/asking.js';
import { call, GOOD, isFinal, LONG, NO_SOURCE, NO_SPACE, submit, until } from './endpoint.js';
import type { Wish } from './endpoint.js';

const FAILED_REASON = 'One or more files failed. Please have a look at the details for more information';

async function outcome(wish: Wish): Promise<{ job: Job; files: (readonly [string, string | null])[] }> {
  const job = await until(await submit(wish), isFinal);
  const files = [...job.files].sort((one, other) => one.file_index - other.file_index);
  return { job, files: files.map(({ file_state, reason }) => [file_state, reason]) };
}

test('all finished makes FINISHED, with an empty reason', async () => {
  const { job, files } = await outcome({ transfers: [GOOD, GOOD] });
  assert.deepEqual([job.job_state, job.reason], ['FINISHED', '']);
  assert.deepEqual(files, [
    ['FINISHED', ''],
    ['FINISHED', ''],
  ]);
  assert.equal(job.files[0]?.filesize, 7);
  assert.match(String(job.job_finished), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
});

test('finished and failed makes FINISHEDDIRTY, and each failed file has its reason', async () => {
  const { job, files } = await outcome({ transfers: [GOOD, NO_SOURCE, NO_SPACE] });
  assert.deepEqual([job.job_state, job.reason], ['FINISHEDDIRTY', FAILED_REASON]);
  assert.deepEqual(files, [
    ['FINISHED', ''],
    ['FAILED', 'SOURCE [2] No such file or directory'],
    ['FAILED', 'TRANSFER [28] No space left on device'],
  ]);
});

test('failed and none finished makes FAILED', async () => {
  const { job } = await outcome({ transfers: [NO_SOURCE, NO_SPACE] });
  assert.deepEqual([job.job_state, job.reason], ['FAILED', FAILED_REASON]);
});

test('the first file handed to a worker makes the job ACTIVE, with no reason yet', async () => {
  const id = await submit({ transfers: [LONG] });
  const job = await until(id, ({ job_state }) => job_state !== 'SUBMITTED');
  assert.deepEqual([job.job_state, job.reason, job.job_finished], ['ACTIVE', null, null]);
  await call('DELETE', `/jobs/${id}`);
});

test('a job with bring_online begins in STAGING', async () => {
  const id = await submit({ transfers: [['size=7&staging_time=5', GOOD[1]]], params: { bring_online: 3600 } });
  assert.equal(jobOf(await call('GET', `/jobs/${id}`)).job_state, 'STAGING');
  assert.equal((await until(id, isFinal)).job_state, 'FINISHED');
});

test('a job with archive_timeout is ARCHIVING before it is FINISHED', async () => {
  const transfers = [['size=7', 'size_post=7&time=1&archiving_time=10']] as const;
  const id = await submit({ transfers, params: { archive_timeout: 3600 } });
  await until(id, ({ job_state }) => job_state === 'ARCHIVING');
  assert.equal((await until(id, isFinal)).job_state, 'FINISHED');
});

test('a second source is used when the first fails, and the job finishes with a FAILED file', async () => {
  const [first, second] = ['mock://one.example.org/f?errno=2', 'mock://two.example.org/f?size=7'];
  const files = [{ sources: [first, second], destinations: ['mock://destination.example.org/f?size_post=7&time=1'] }];
  const { job_id } = jobOf(await call('POST', '/jobs', { body: { files, params: { overwrite: true, retry: -1 } } }));
  const job = await until(job_id, isFinal);
  assert.equal(job.job_state, 'FINISHED');
  assert.deepEqual(job.files.map(({ file_state, file_index }) => `${file_state} ${file_index}`).sort(), [
    'FAILED 0',
    'FINISHED 0',
  ]);
});
