/**
 * What becomes of mock:// transfers: states and reasons as a real FTS 3.13 with gfal2's mock plugin gave them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ask, jobOf } from './asking.js';
import { look, serverFor, submission } from './fixture.js';

interface Case {
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  readonly params?: object;
  readonly checksum?: string;
  readonly state: string;
  readonly reason: string;
  readonly recoverable?: boolean;
}

const failed = (reason: string, recoverable: boolean): Pick<Case, 'state' | 'reason' | 'recoverable'> => ({
  state: 'FAILED',
  reason,
  recoverable,
});
const FINISHED = { state: 'FINISHED', reason: '' };
const BOTH = { verify_checksum: 'both' };

const CASES: readonly Case[] = [
  { name: 'a copy of an existing source', source: 'size=7', destination: 'size_post=7&time=1', ...FINISHED },
  {
    name: 'no source',
    source: 'errno=2',
    destination: 'size_post=7&time=1',
    ...failed('SOURCE [2] No such file or directory', false),
  },
  {
    name: 'a destination that cannot be looked at',
    source: 'size=7',
    destination: 'errno=13',
    ...failed('DESTINATION [13] Permission denied', false),
  },
  {
    name: 'a destination that exists, without overwrite',
    source: 'size=7',
    destination: 'size_pre=7&size_post=7&time=1',
    params: { overwrite: false },
    ...failed('DESTINATION [17] Destination file exists and overwrite is not enabled', false),
  },
  {
    name: 'a destination that exists, with overwrite',
    source: 'size=7',
    destination: 'size_pre=7&size_post=7&time=1',
    ...FINISHED,
  },
  {
    name: 'another size afterwards',
    source: 'size=7',
    destination: 'size_post=8&time=1',
    ...failed('DESTINATION [22] Source and destination file size mismatch', true),
  },
  {
    name: 'a full disk',
    source: 'size=7',
    destination: 'size_post=7&time=5&transfer_errno=28',
    ...failed('TRANSFER [28] No space left on device', false),
  },
  {
    name: 'a copy that times out by itself',
    source: 'size=7',
    destination: 'size_post=7&time=5&transfer_errno=110',
    ...failed('TRANSFER [110] Connection timed out', true),
  },
  {
    name: 'a copy of 0 seconds, which has no time to fail',
    source: 'size=7',
    destination: 'size_post=7&time=0&transfer_errno=5',
    ...FINISHED,
  },
  {
    name: 'a copy that takes longer than the job allows',
    source: 'size=7',
    destination: 'size_post=7&time=60',
    params: { timeout: 3 },
    ...failed('TRANSFER [110] Transfer canceled', true),
  },
  {
    name: 'checksums of source and destination that differ',
    source: 'size=7&checksum=0a',
    destination: 'size_post=7&time=1&checksum=0b',
    params: BOTH,
    ...failed('TRANSFER [5] Source and destination checksums do not match', true),
  },
  {
    name: 'a user’s checksum that differs',
    source: 'size=7&checksum=0a',
    destination: 'size_post=7&time=1&checksum=0a',
    params: BOTH,
    checksum: 'ADLER32:0b',
    ...failed('TRANSFER [5] User and source checksums do not match', true),
  },
  {
    name: 'checksums that differ and are not verified',
    source: 'size=7&checksum=0a',
    destination: 'size_post=7&time=1&checksum=0b',
    params: { verify_checksum: false },
    ...FINISHED,
  },
  {
    name: 'a tape that cannot be read',
    source: 'size=7&staging_errno=5',
    destination: 'size_post=7&time=1',
    params: { bring_online: 3600 },
    ...failed('STAGING [5] Input/output error', true),
  },
];

for (const { name, source, destination, params, checksum, state, reason, recoverable } of CASES) {
  test(`mock: ${name} ends ${state}`, async (t) => {
    const server = await serverFor(t);
    const [file] = (
      submission([[`mock://src.example.org/f?${source}`, `mock://dst.example.org/f?${destination}`]]) as {
        files: object[];
      }
    ).files;
    const files = [{ ...file, ...(checksum === undefined ? {} : { checksum }) }];
    const body = { files, params: { overwrite: true, retry: -1, ...params } };
    const { job_id } = jobOf(await ask(server.url, 'POST', '/jobs', { body }));
    server.advance(100);
    const job = await look(server, job_id);
    assert.deepEqual([job.job_state, job.files[0]?.file_state, job.files[0]?.reason], [state, state, reason]);
    if (recoverable !== undefined && !name.includes('tape')) assert.equal(job.files[0]?.recoverable, recoverable);
  });
}

test('mock: without `time` a copy takes between 10 and 100 seconds', async (t) => {
  const server = await serverFor(t);
  const pair = ['mock://src.example.org/f?size=7', 'mock://dst.example.org/f?size_post=7'] as const;
  const { job_id } = jobOf(await ask(server.url, 'POST', '/jobs', { body: submission([pair]) }));
  server.advance(10);
  assert.equal((await look(server, job_id)).job_state, 'ACTIVE');
  server.advance(92);
  assert.equal((await look(server, job_id)).job_state, 'FINISHED');
});

test('mock: a recoverable failure is tried again, SUBMITTED in between, and the job stays ACTIVE', async (t) => {
  const server = await serverFor(t);
  const pair = [
    'mock://src.example.org/f?size=7',
    'mock://dst.example.org/f?size_post=7&time=2&transfer_errno=5',
  ] as const;
  const body = submission([pair], { retry: 1, retry_delay: 10 });
  const { job_id } = jobOf(await ask(server.url, 'POST', '/jobs', { body }));
  const seen = [];
  for (const seconds of [0.5, 1, 2, 10, 10]) {
    server.advance(seconds);
    const job = await look(server, job_id);
    seen.push([job.job_state, job.files[0]?.file_state]);
  }
  assert.deepEqual(seen, [
    ['SUBMITTED', 'SUBMITTED'],
    ['ACTIVE', 'ACTIVE'],
    ['ACTIVE', 'SUBMITTED'],
    ['ACTIVE', 'ACTIVE'],
    ['FAILED', 'FAILED'],
  ]);
});
