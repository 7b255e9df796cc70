/**
 * Looking at jobs, as the toolkit relies on it: what a 404 says, and what it does not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { jobOf } from '../rehearsal/asking.js';
import type { File, Job } from '../rehearsal/asking.js';
import { call, callAsNobody, fresh, isFinal, LONG, NO_SOURCE, withHand, submit, until } from './endpoint.js';

const UNKNOWN = '00000000-0000-0000-0000-000000000000';

test('one id gives an object with its own http_status', async () => {
  const id = await submit();
  const job = jobOf(await call('GET', `/jobs/${id}`));
  assert.deepEqual([job.job_id, job.http_status], [id, '200 Ok']);
});

test('several ids give an array in the order asked', async () => {
  const ids = [await submit(), await submit(), await submit()].reverse();
  const reply = await call('GET', `/jobs/${ids.join(',')}`);
  assert.equal(reply.status, 200);
  assert.deepEqual(
    (reply.json as Job[]).map(({ job_id }) => job_id),
    ids,
  );
});

test('an unknown job is 404 in JSON, with its id and http_status', async () => {
  const reply = await call('GET', `/jobs/${UNKNOWN}`);
  assert.equal(reply.status, 404);
  assert.match(String(reply.type), /^application\/json/);
  assert.deepEqual(reply.json, {
    job_id: UNKNOWN,
    http_status: '404 Not Found',
    http_message: `No job with the id "${UNKNOWN}" has been found`,
  });
});

test('an unknown job among others makes a 207 with a status in each entry', async () => {
  const id = await submit();
  const reply = await call('GET', `/jobs/${id},${UNKNOWN}`);
  assert.equal(reply.status, 207);
  assert.deepEqual(
    (reply.json as Job[]).map(({ job_id, http_status }) => [job_id, http_status]),
    [
      [id, '200 Ok'],
      [UNKNOWN, '404 Not Found'],
    ],
  );
});

test('109 ids are answered by FTS', async () => {
  const reply = await call('GET', `/jobs/${Array<string>(109).fill(UNKNOWN).join(',')}`);
  assert.equal(reply.status, 207);
});

test('110 ids are a 404 in HTML by the web server, which says nothing about the jobs', async () => {
  const id = await submit();
  const reply = await call('GET', `/jobs/${Array<string>(110).fill(id).join(',')}`);
  assert.equal(reply.status, 404);
  assert.match(String(reply.type), /^text\/html/);
});

test('without `files` a job comes without its files', async () => {
  const id = await submit();
  assert.ok(!('files' in jobOf(await call('GET', `/jobs/${id}`))));
});

test('`files` adds the fields asked for, and only those, to one job and to many', async () => {
  const ids = [await submit(), await submit()];
  const one = jobOf(await call('GET', `/jobs/${ids[0]}?files=file_state,file_index`));
  const many = (await call('GET', `/jobs/${ids.join(',')}?files=file_state,file_index,nosuchfield`)).json as Job[];
  for (const job of [one, ...many]) {
    assert.deepEqual(
      job.files.map((file) => Object.keys(file).sort()),
      [['file_index', 'file_state']],
    );
  }
});

test('file_index tells which line of the submission a file was', async () => {
  const id = await submit({ transfers: [LONG, NO_SOURCE, LONG] });
  const { files } = await until(id, () => true);
  assert.equal(files.length, 3);
  assert.deepEqual(new Set(files.map(({ file_index }) => file_index)), new Set([0, 1, 2]));
  const second = files.find(({ file_index }) => file_index === 1);
  assert.match(second?.source_surl ?? '', /\?errno=2$/);
  await call('DELETE', `/jobs/${id}`);
});

test('the files of an unknown job are 404 in the other form', async () => {
  const reply = await call('GET', `/jobs/${UNKNOWN}/files`);
  assert.equal(reply.status, 404);
  assert.deepEqual(Object.keys(reply.json as object).sort(), ['message', 'status']);
});

test('unfinished jobs are listed by state', async () => {
  const id = await submit({ transfers: [LONG] });
  await until(id, ({ job_state }) => job_state === 'ACTIVE');
  const jobs = (await call('GET', '/jobs?state_in=ACTIVE&fields=job_id,job_state')).json as Job[];
  assert.ok(jobs.some(({ job_id, job_state }) => job_id === id && job_state === 'ACTIVE'));
  await call('DELETE', `/jobs/${id}`);
});

test('without state_in no job that has ended is listed, whatever the limit', async () => {
  const id = await submit({ transfers: [NO_SOURCE] });
  await until(id, isFinal);
  for (const query of ['', '?limit=500']) {
    const jobs = (await call('GET', `/jobs${query}`)).json as Job[];
    assert.ok(!jobs.some(({ job_id }) => job_id === id), query);
  }
});

test('with state_in and a limit the newest jobs are listed, also those that have ended', async () => {
  const older = await submit({ transfers: [NO_SOURCE] });
  await until(older, isFinal);
  const newer = await submit({ transfers: [NO_SOURCE] });
  await until(newer, isFinal);
  const listed = async (limit: number): Promise<string[]> =>
    ((await call('GET', `/jobs?state_in=FAILED,FINISHED&limit=${limit}`)).json as Job[]).map(({ job_id }) => job_id);
  assert.deepEqual(await listed(2), [newer, older]);
  assert.deepEqual(await listed(1), [newer]);
});

/** The jobs that GET /files names for a destination. */
async function jobsGoingTo(destination: string): Promise<unknown[]> {
  const reply = await call('GET', `/files?dest_surl=${encodeURIComponent(destination)}`);
  assert.equal(reply.status, 200, reply.text);
  return (reply.json as { job_id: string; dest_surl: string }[]).map(({ job_id, dest_surl }) => [job_id, dest_surl]);
}

/** The only file, or the first of several. */
const firstOf = ({ files: [file] }: Job): File => file as File;

test('a file that has not finished is found by the URL of its destination, as FTS stores it', async () => {
  const id = await submit({ transfers: [LONG] });
  const { dest_surl } = firstOf(await until(id, (job) => firstOf(job).file_state === 'ACTIVE'));
  assert.deepEqual(await jobsGoingTo(dest_surl), [[id, dest_surl]]);
  assert.deepEqual(await jobsGoingTo(dest_surl.replace('mock:', 'MOCK:')), [[id, dest_surl]]);
  for (const other of [`${dest_surl}?`, `${dest_surl}&x=1`, dest_surl.slice(0, -1)])
    assert.deepEqual(await jobsGoingTo(other), [], other);
  await call('DELETE', `/jobs/${id}`);
});

test('a file that is cancelled is found by its destination until its copy has been stopped', async () => {
  const id = await submit({ transfers: [LONG] });
  const { dest_surl } = firstOf(await until(id, (job) => firstOf(job).file_state === 'ACTIVE'));
  await call('DELETE', `/jobs/${id}`);
  assert.deepEqual(await jobsGoingTo(dest_surl), [[id, dest_surl]]);
  await until(id, (job) => firstOf(job).finish_time !== null);
  assert.deepEqual(await jobsGoingTo(dest_surl), []);
});

test('a file that has failed is not found by its destination', async () => {
  const id = await submit({ transfers: [NO_SOURCE] });
  const { dest_surl } = firstOf(await until(id, isFinal));
  assert.deepEqual(await jobsGoingTo(dest_surl), []);
});

test('a source that was not needed is found by its destination for ever', async () => {
  const name = fresh('sources');
  const destinations = [`mock://destination.example.org/${name}?size_post=7&time=1`];
  const sources = ['one', 'other'].map((host) => `mock://${host}.example.org/${name}?size=7`);
  const body = { files: [{ sources, destinations }], params: { overwrite: true, retry: -1 } };
  const id = jobOf(await call('POST', '/jobs', { body })).job_id;
  const { files } = await until(id, isFinal);
  assert.deepEqual(files.map(({ file_state }) => file_state).sort(), ['FINISHED', 'NOT_USED']);
  assert.deepEqual(await jobsGoingTo(destinations[0] ?? ''), [[id, destinations[0]]]);
});

test('a file that waits to be archived is not found by its destination', async () => {
  const id = await submit({
    transfers: [['size=7', 'size_post=7&time=1&archiving_time=20']],
    params: { archive_timeout: 3600 },
  });
  const { dest_surl } = firstOf(await until(id, (job) => firstOf(job).file_state === 'ARCHIVING'));
  assert.deepEqual(await jobsGoingTo(dest_surl), []);
  await until(id, isFinal);
});

test('files are listed for nobody without a credential', async () => {
  assert.equal((await callAsNobody('GET', '/files?dest_surl=mock%3A%2F%2Fa%2Fb')).status, 403);
});

test('more than 500 listed jobs may not be asked for', async () => {
  assert.equal((await call('GET', '/jobs?limit=501')).status, 400);
});

test('a job that is not archived is 404 in the archive, in JSON', async () => {
  const id = await submit();
  const reply = await call('GET', `/archive/${id}`);
  assert.equal(reply.status, 404);
  assert.deepEqual(reply.json, {
    status: '404 Not Found',
    message: `No job with the id "${id}" has been found in the archive`,
  });
});

withHand('an archived job is 404 among the jobs and stands in the archive with its files', async (rehearsal) => {
  const id = await submit({ transfers: [NO_SOURCE], params: { job_metadata: { list: 'one' } } });
  rehearsal.advance(60);
  rehearsal.archive(id);
  assert.equal((await call('GET', `/jobs/${id}`)).status, 404);
  const job = jobOf(await call('GET', `/archive/${id}`));
  assert.deepEqual([job.job_state, job.job_metadata['list']], ['FAILED', 'one']);
  assert.deepEqual(
    [job.files[0]?.file_state, job.files[0]?.reason],
    ['FAILED', 'SOURCE [2] No such file or directory'],
  );
});

withHand('the archive takes one id at a time', async (rehearsal) => {
  const id = await submit();
  rehearsal.advance(60);
  rehearsal.archive(id);
  assert.equal((await call('GET', `/archive/${id},${id}`)).status, 404);
});

withHand('a job of another VO is 403, alone and among others', async () => {
  const id = await submit();
  const headers = { 'x-rehearsal-dn': '/CN=Somebody', 'x-rehearsal-vo': 'other' };
  assert.equal((await call('GET', `/jobs/${id}`, { headers })).status, 403);
  const reply = await call('GET', `/jobs/${id},${UNKNOWN}`, { headers });
  assert.equal(reply.status, 207);
  assert.deepEqual(
    (reply.json as Job[]).map(({ http_status }) => http_status),
    ['403 Forbidden', '404 Not Found'],
  );
});
