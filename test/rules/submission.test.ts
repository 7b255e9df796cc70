import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  afterLook,
  isFree,
  isOurs,
  jobRequest,
  sidFor,
  type FoundByLook,
  type PostOutcome,
  type Refusal,
} from '../../dist/rules/submission.js';

const now = new Date('2026-01-10T00:00:00Z');
const daysAgo = (days: number): Date => new Date(now.getTime() - days * 86_400_000);
const metadata = { campaign: 'c', list: 'l.txt', attempt: 2 };
const row = { metadata, jobId: 'j', server: 'RAL', vo: 'lhcb', since: daysAgo(1) };
const job = (told: unknown): FoundByLook => ({ kind: 'job', job: { state: 'ACTIVE', metadata: told } });
const kind = (found: FoundByLook, changed: Partial<typeof row> = {}, vo = 'lhcb') =>
  afterLook(found, { ...row, ...changed }, vo, now).kind;

test('what follows from a look', () => {
  assert.equal(kind(job({ ...metadata, more: 1 })), 'adopt');
  assert.equal(kind(job({ ...metadata, attempt: 1 })), 'hold');
  assert.equal(kind(job({ ...metadata, list: 'other.txt' })), 'hold');
  assert.equal(kind(job(null)), 'hold');
  assert.equal(kind({ kind: 'forbidden', message: 'no' }), 'hold');
  assert.equal(kind({ kind: 'odd', message: 'silent' }), 'unknown');
  assert.equal(kind({ kind: 'missing' }), 'repeat');
});

test('a job that another VO may see is to be looked at as that VO', () => {
  const why = (vo: string): string => {
    const after = afterLook({ kind: 'forbidden', message: 'no' }, row, vo, now);
    return after.kind === 'hold' ? after.why : after.kind;
  };
  assert.match(why('atlas'), /does not let us see job .*\(no\): .*: run with one of "lhcb"$/);
  assert.doesNotMatch(why('lhcb'), /run with/);
});

test('under another VO the id would be another one: nothing is repeated', () => {
  assert.equal(kind({ kind: 'missing' }, {}, 'atlas'), 'hold');
});

test('after six days a missing job may have been purged: nothing is repeated', () => {
  assert.equal(kind({ kind: 'missing' }, { since: daysAgo(5.9) }), 'repeat');
  assert.equal(kind({ kind: 'missing' }, { since: daysAgo(6.1) }), 'hold');
});

test('a list is free only when its only POST was refused, or never left', () => {
  const refused = (why: Refusal): PostOutcome => ({ kind: 'refused', why, message: '' });
  for (const why of ['bad request', 'unauthorised', 'undelegated', 'banned', 'busy', 'other'] as const) {
    assert.equal(isFree(refused(why), 1), true, why);
    assert.equal(isFree(refused(why), 2), false, why);
  }
  assert.equal(isFree(refused('destination in use'), 1), false, 'the transfer there may be our own');
  assert.equal(isFree({ kind: 'not sent', message: '' }, 1), true);
  assert.equal(isFree({ kind: 'not sent', message: '' }, 2), false);
  assert.equal(isFree({ kind: 'lost', message: '' }, 1), false);
  assert.equal(isFree({ kind: 'exists' }, 1), false);
});

test('a job is ours by campaign, list and attempt together', () => {
  assert.equal(isOurs({ ...metadata }, metadata), true);
  assert.equal(isOurs({ ...metadata, campaign: 'other' }, metadata), false);
  assert.equal(isOurs(['c', 'l.txt', 2], metadata), false);
  assert.equal(isOurs('c', metadata), false);
});

test('the request carries the settings, our metadata beside theirs, and the sid', () => {
  const request = jobRequest(
    [{ source: 's://h/a', destination: 'd://h/a', checksum: 'ADLER32:0a1b2c3d', size: 5 }],
    { overwrite: true, job_metadata: { activity: 'x' } },
    metadata,
  );
  assert.deepEqual(request, {
    files: [{ sources: ['s://h/a'], destinations: ['d://h/a'], checksum: 'ADLER32:0a1b2c3d', filesize: 5 }],
    params: {
      overwrite: true,
      job_metadata: { activity: 'x', ...metadata, sent: 1, sent_hash: '8b5d7b5a8eb0bc56' },
      id_generator: 'deterministic',
      sid: 'castor2echo:c:l.txt:2',
    },
  });
  assert.equal(sidFor('c', 'l.txt', 2), 'castor2echo:c:l.txt:2');
});
