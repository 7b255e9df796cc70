/**
 * jobKeys: every key of [job], as it is sent and as FTS stores it.
 *
 * What is stored was recorded on FTS3 3.13.4, whose REST server was sent 15 values for each parameter; the rehearsal
 * server must store the same.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { jobRequest } from '../../dist/rules/submission.js';
import { SETTINGS_FILE, settingsIn } from '../../dist/settings/schema.js';
import { rehearsalServer } from '../support/rehearsed.js';

const SUM = { checksum: 'ADLER32:0a1b2c3d', size: 1 };

/** Key, value, of transfers with a checksum or without; then the field of the job (or of its file), and what FTS stored. */
const KEYS: readonly (readonly [key: string, value: unknown, transfer: object, field: string, stored: unknown])[] = [
  ['overwrite', true, {}, 'overwrite_flag', 'Y'],
  ['overwrite', false, {}, 'overwrite_flag', null],
  ['verify_checksum', true, SUM, 'verify_checksum', 'b'],
  ['verify_checksum', true, {}, 'verify_checksum', 'b'],
  // FTS itself would take false for "target" here: so "none" is sent.
  ['verify_checksum', false, SUM, 'verify_checksum', 'n'],
  ['verify_checksum', false, {}, 'verify_checksum', 'n'],
  ['verify_checksum', 'both', SUM, 'verify_checksum', 'b'],
  ['verify_checksum', 'source', SUM, 'verify_checksum', 's'],
  ['verify_checksum', 'target', SUM, 'verify_checksum', 't'],
  ['verify_checksum', 'none', SUM, 'verify_checksum', 'n'],
  ['retry', 0, {}, 'retry', 0],
  ['retry', 5, {}, 'retry', 5],
  ['retry', -1, {}, 'retry', -1],
  ['priority', 1, {}, 'priority', 1],
  ['priority', 5, {}, 'priority', 5],
  ['retry_delay', 0, {}, 'retry_delay', 0],
  ['retry_delay', 5, {}, 'retry_delay', 5],
  ['bring_online', 5, {}, 'bring_online', 5],
  ['bring_online', -1, {}, 'bring_online', -1],
  ['copy_pin_lifetime', 5, {}, 'copy_pin_lifetime', 5],
  ['archive_timeout', 5, {}, 'archive_timeout', 5],
  ['activity', 'abc', {}, 'files.activity', 'abc'],
  ['nostreams', 5, {}, 'internal_job_params', 'nostreams:5'],
  ['nostreams', 0, {}, 'internal_job_params', null],
  ['timeout', 5, {}, 'internal_job_params', 'timeout:5'],
  ['buffer_size', 5, {}, 'internal_job_params', 'buffersize:5'],
  ['strict_copy', true, {}, 'internal_job_params', 'strict'],
  ['disable_cleanup', true, {}, 'internal_job_params', 'disable-cleanup'],
  ['ipv4', true, {}, 'internal_job_params', 'ipv4'],
  ['ipv6', true, {}, 'internal_job_params', 'ipv6'],
  ['s3alternate', true, {}, 'internal_job_params', 's3alternate'],
  // The REST server of 3.13.4 loses both, as its example settings say.
  ['source_spacetoken', 'abc', {}, 'source_spacetoken', null],
  ['destination_spacetoken', 'abc', {}, 'destination_spacetoken', null],
  ['job_metadata', { a: 1 }, {}, 'job_metadata.a', 1],
  ['staging_metadata', { a: 1 }, {}, 'files.staging_metadata', { a: 1 }],
  ['archive_metadata', { a: 1 }, {}, 'files.archive_metadata', { a: 1 }],
];

/** Seconds from now, as FTS stores a time in the queue: to a minute, as its check runs late. */
const QUEUE: readonly (readonly [value: unknown, seconds: number])[] = [
  [1, 3600],
  [5, 5 * 3600],
  ['30m', 1800],
  ['2d', 2 * 86_400],
  ['90s', 90],
  ['1h', 3600],
];

type Answer = Record<string, unknown> & { files: Record<string, unknown>[] };

async function stored(job: Record<string, unknown>, transfer: object = {}): Promise<Answer> {
  const server = await rehearsalServer('RAL');
  const line = { source: 'gsiftp://a.example.org/s', destination: 'gsiftp://b.example.org/d', ...transfer };
  const request = jobRequest([line], job, { campaign: 'c', list: 'l', attempt: 1 });
  const headers = { 'content-type': 'application/json' };
  const posted = await fetch(`${server.url}/jobs`, { method: 'POST', headers, body: JSON.stringify(request) });
  const { job_id: id } = (await posted.json()) as { job_id: string };
  assert.equal(posted.status, 200, JSON.stringify(job));
  return (await (
    await fetch(`${server.url}/jobs/${id}?files=activity,staging_metadata,archive_metadata`)
  ).json()) as Answer;
}

function fieldOf(answer: Answer, field: string): unknown {
  const [first = '', second] = field.split('.');
  if (first === 'files') return answer.files[0]?.[second ?? ''];
  const value = answer[first];
  return second === undefined ? value : (value as Record<string, unknown>)[second];
}

describe('[job] at FTS', { concurrency: 4 }, () => {
  for (const [key, value, transfer, field, expected] of KEYS)
    test(`${key} = ${JSON.stringify(value)} is stored as ${field} ${JSON.stringify(expected)}`, async () => {
      assert.deepEqual(fieldOf(await stored({ [key]: value }, transfer), field), expected);
    });

  for (const [value, seconds] of QUEUE)
    test(`max_time_in_queue = ${JSON.stringify(value)} ends after ${seconds} s`, async () => {
      const until = Number((await stored({ max_time_in_queue: value }))['max_time_in_queue']);
      assert(Math.abs(until - Date.now() / 1000 - seconds) < 60, `${until}`);
    });

  test('no key is left out of these tables', () => {
    const keys = Object.keys(settingsIn((settingsIn(SETTINGS_FILE) ?? {})['job']) ?? {});
    const tried = new Set([...KEYS.map(([key]) => key), 'max_time_in_queue']);
    assert.deepEqual(
      keys.filter((key) => !tried.has(key)),
      [],
    );
  });
});
