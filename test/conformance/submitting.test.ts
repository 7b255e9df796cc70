/**
 * Submission, as the toolkit relies on it: job ids that are known before, and refusals that prove something.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { jobOf } from '../rehearsal/asking.js';
import type { Reply } from '../rehearsal/asking.js';
import { call, callAsNobody, fresh, LONG, withHand, submission, until } from './endpoint.js';

interface Who {
  readonly base_id: string;
  readonly vos: readonly string[];
  readonly vos_id: readonly string[];
}

const deterministic = (sid: string): object => ({ id_generator: 'deterministic', sid });
const post = (body: unknown): Promise<Reply> => call('POST', '/jobs', { body });

/** RFC 9562 version 5, written out here so that nobody's mistake is shared. */
function uuid5(namespace: string, name: string): string {
  const hash = createHash('sha1');
  hash.update(Buffer.from(namespace.replaceAll('-', ''), 'hex')).update(name);
  const hex = hash.digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

test('the job id is uuid5(uuid5(base_id, vo), sid), and base_id and vo stand in /whoami', async () => {
  const { base_id, vos, vos_id } = (await call('GET', '/whoami')).json as Who;
  const sid = fresh('sid');
  const reply = await post(submission({ params: deterministic(sid) }));
  assert.equal(vos_id[0], uuid5(base_id, String(vos[0])));
  assert.equal(jobOf(reply).job_id, uuid5(vos_id[0], sid));
});

test('base_id is the same for all servers', async () => {
  const { base_id } = (await call('GET', '/whoami')).json as Who;
  assert.equal(base_id, '01874efb-4735-4595-bc9c-591aef8240c9');
});

test('the same sid again is 409, and says that the sid is duplicated', async () => {
  const body = submission({ params: deterministic(fresh('sid')) });
  assert.equal((await post(body)).status, 200);
  const again = await post(body);
  assert.equal(again.status, 409);
  assert.deepEqual(again.json, { status: '409 Conflict', message: 'The sid provided by the user is duplicated' });
});

test('the same sid again is 409 with other transfers too', async () => {
  const params = deterministic(fresh('sid'));
  assert.equal((await post(submission({ params }))).status, 200);
  assert.equal((await post(submission({ params }))).status, 409);
});

test('the same sid again is 409 after the job was cancelled', async () => {
  const body = submission({ transfers: [LONG], params: deterministic(fresh('sid')) });
  const { job_id } = jobOf(await post(body));
  await call('DELETE', `/jobs/${job_id}`);
  assert.equal((await post(body)).status, 409);
});

test('of two equal submissions at the same time one is taken', async () => {
  const body = submission({ params: deterministic(fresh('sid')) });
  const statuses = (await Promise.all([post(body), post(body)])).map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set([200, 409]));
});

test('without a sid two equal submissions are two jobs', async () => {
  const body = submission();
  assert.notEqual(jobOf(await post(body)).job_id, jobOf(await post(body)).job_id);
});

test('job metadata come back, with the way of authentication', async () => {
  const { job_id } = jobOf(await post(submission({ params: { job_metadata: { list: 'one', attempt: 2 } } })));
  const { job_metadata } = jobOf(await call('GET', `/jobs/${job_id}`));
  assert.deepEqual(job_metadata, { list: 'one', attempt: 2, auth_method: 'certificate' });
});

test('URLs come back with the scheme in lower case and without an empty query', async () => {
  const name = fresh('file');
  const source = `MOCK://Source.example.org/${name}?`;
  const files = [{ sources: [source], destinations: [`mock://destination.example.org/${name}?size_post=0&time=1#`] }];
  const { job_id } = jobOf(await post({ files }));
  const job = await until(job_id, () => true);
  assert.equal(job.files[0]?.source_surl, `mock://Source.example.org/${name}`);
  assert.equal(job.files[0]?.dest_surl, `mock://destination.example.org/${name}?size_post=0&time=1`);
});

for (const [what, body] of [
  ['an empty body', ''],
  ['half a JSON', '{"files": ['],
  ['an array', []],
  ['no files', { params: {} }],
  ['an empty list of files', { files: [], params: {} }],
  ['a file without destinations', { files: [{ sources: ['mock://a/b'] }] }],
  ['a URL without a path', { files: [{ sources: ['mock://a'], destinations: ['mock://b/c'] }] }],
  ['a URL without a scheme', { files: [{ sources: ['/a'], destinations: ['mock://b/c'] }] }],
  ['a local file', { files: [{ sources: ['file:///a'], destinations: ['mock://b/c'] }] }],
  ['two ways to overwrite', submission({ params: { overwrite: true, overwrite_on_retry: true } })],
  ['a deterministic id without a sid', submission({ params: { id_generator: 'deterministic' } })],
  ['job metadata of over 2,048 bytes', submission({ params: { job_metadata: { note: 'x'.repeat(2048) } } })],
] as const) {
  test(`${what} is 400 with a status and a message`, async () => {
    const reply = await post(body);
    assert.equal(reply.status, 400);
    assert.deepEqual(Object.keys(reply.json as object).sort(), ['message', 'status']);
  });
}

test('a submission without a content type is 400', async () => {
  const body = JSON.stringify(submission());
  assert.equal((await call('POST', '/jobs', { body, headers: { 'content-type': null } })).status, 400);
});

test('a deletion job is 405', async () => {
  assert.equal((await post({ delete: ['mock://a/b'] })).status, 405);
});

test('nobody is "anon" in /whoami, and may not submit', async () => {
  const who = (await callAsNobody('GET', '/whoami')).json as { user_dn: string; delegation_id: string | null };
  assert.deepEqual([who.user_dn, who.delegation_id], ['anon', null]);
  assert.equal((await callAsNobody('POST', '/jobs')).status, 403);
});

test('nobody gets a 500 for a job, which says nothing about it', async () => {
  assert.equal((await callAsNobody('GET', '/jobs/00000000-0000-0000-0000-000000000000')).status, 500);
});

withHand('a banned storage is 403 and named', async (rehearsal, t) => {
  const storage = 'mock://destination.example.org';
  rehearsal.ban(storage);
  t.after(() => rehearsal.unban(storage));
  const reply = await post(submission());
  assert.equal(reply.status, 403);
  assert.deepEqual(reply.json, { status: '403 Forbidden', message: `${storage} is banned` });
});

withHand('an archived job’s sid is free again', async (rehearsal) => {
  const body = submission({ params: deterministic(fresh('sid')) });
  const { job_id } = jobOf(await post(body));
  rehearsal.advance(60);
  rehearsal.archive(job_id);
  assert.equal((await post(body)).status, 200);
});

withHand(
  'tokens of storages, from who has a certificate, are a 409 that is no duplicate: the sid stays free',
  async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + 600;
    const token = `${part({ alg: 'RS256' })}.${part({ iss: 'https://iam.example.org/', nbf: 0, exp })}.c2ln`;
    const body = submission({ params: deterministic(fresh('sid')) }) as { files: object[] };
    const files = body.files.map((file) => ({ ...file, source_tokens: [token], destination_tokens: [token] }));
    const reply = await post({ ...body, files });
    assert.equal(reply.status, 409);
    assert.match(reply.text, /The submission is duplicated .*foreign key constraint fails/);
    assert.equal((await post(body)).status, 200);
  },
);
