/**
 * How jobs are asked for: in batches, over connections that are left in time, and believed only if FTS says them.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { BadEndpoint, ClientError, type Lookup, monitoringLink, ServerError } from '../../dist/fts3/index.js';
import { type Asked, clientOf, jobId, listen, type Loopback, sendJson, wireJob, wireMissing } from './loopback.js';

function idsOf({ path }: Asked): string[] {
  return (path.split('?')[0] ?? '').slice('/jobs/'.length).split(',');
}

/** A server that has every job, and gives one id an object and several an array. */
async function serverOfAllJobs(t: TestContext): Promise<Loopback> {
  return listen(t, (asked, response) => {
    const jobs = idsOf(asked).map((id) => wireJob(id));
    sendJson(response, jobs.length === 1 ? jobs[0] : jobs);
  });
}

/** A server that gives this answer to everything. */
async function serverThatSays(t: TestContext, value: unknown, status = 200): Promise<Loopback> {
  return listen(t, (_, response) => sendJson(response, value, status));
}

test('more than 100 ids are asked for in several GETs, in order', async (t) => {
  const { endpoint, asked } = await serverOfAllJobs(t);
  const ids = Array.from({ length: 250 }, (_, number) => jobId(number));
  const lookups = await clientOf(t, endpoint).jobs(ids);
  assert.deepEqual([...lookups.keys()], ids);
  assert.deepEqual(asked.map(idsOf), [ids.slice(0, 100), ids.slice(100, 200), ids.slice(200)]);
});

test('an id that is given twice is asked for once', async (t) => {
  const { endpoint, asked } = await serverOfAllJobs(t);
  const lookups = await clientOf(t, endpoint).jobs([jobId(1), jobId(2), jobId(1)]);
  assert.deepEqual([...lookups.keys()], [jobId(1), jobId(2)]);
  assert.deepEqual(asked.map(idsOf), [[jobId(1), jobId(2)]]);
});

test('no ids need no request', async (t) => {
  const { endpoint, asked } = await serverOfAllJobs(t);
  assert.equal((await clientOf(t, endpoint).jobs([])).size, 0);
  assert.equal(asked.length, 0);
});

test('a connection is left before its 100th request', async (t) => {
  const { endpoint, asked } = await serverOfAllJobs(t);
  const client = clientOf(t, endpoint, { connections: 1 });
  for (let number = 0; number < 210; number += 1) await client.jobs([jobId(number)]);
  const perConnection = [0, 1, 2, 3].map((connection) => asked.filter((each) => each.connection === connection).length);
  assert.equal(asked.length, 210);
  assert(Math.max(...perConnection) < 100, perConnection.join(' '));
  assert(Math.max(...perConnection) > 50, 'connections are kept alive');
});

test('no more connections are opened than allowed, and waiting for one does not time out', async (t) => {
  const { endpoint, asked } = await listen(t, (request, response) => {
    setTimeout(() => sendJson(response, wireJob(idsOf(request)[0] ?? '')), 60);
  });
  const client = clientOf(t, endpoint, { connections: 2, timeoutSeconds: 0.5 });
  const lookups = await Promise.all(Array.from({ length: 30 }, (_, number) => client.jobs([jobId(number)])));
  assert.equal(lookups.length, 30);
  assert.deepEqual(
    [...new Set(asked.map(({ connection }) => connection))].sort((a, b) => a - b),
    [0, 1],
  );
});

test('a request says what it wants, and who it is', async (t) => {
  const { endpoint, asked } = await serverOfAllJobs(t);
  await clientOf(t, endpoint, { userAgent: 'castor2echo/1.2.3' }).jobs([jobId(1)]);
  assert.equal(asked[0]?.headers.accept, 'application/json');
  assert.equal(asked[0]?.headers['user-agent'], 'castor2echo/1.2.3');
});

test('what is no job id is not asked for', async (t) => {
  const { endpoint, asked } = await serverOfAllJobs(t);
  const client = clientOf(t, endpoint);
  for (const id of ['', '..', '../whoami', 'a,b', 'a?b', 'a b', 'é', 'x'.repeat(65)]) {
    await assert.rejects(client.jobs([jobId(1), id]), ClientError);
    await assert.rejects(client.archived(id), ClientError);
    await assert.rejects(client.cancel([id]), ClientError);
  }
  assert.equal(asked.length, 0);
});

const A = jobId(1);
const B = jobId(2);
const FILE = { file_index: 0, file_state: 'FINISHED', source_surl: 'mock://a/x', dest_surl: 'mock://b/x', reason: '' };

/** Answers to the question about job A alone that must not be believed. */
const LIES: readonly [name: string, answer: unknown, status?: number][] = [
  ['another job', wireJob(B)],
  ['a job whose id leads elsewhere', wireJob(`../${A}`)],
  ['the job twice', [wireJob(A), wireJob(A)]],
  ['no job', []],
  ['null', null],
  ['a text', 'ACTIVE'],
  ['a number', 7],
  ['a job without an id', { ...wireJob(A), job_id: undefined }],
  ['a job whose id is an object', { ...wireJob(A), job_id: { id: A } }],
  ['a job without a state', { ...wireJob(A), job_state: null }],
  ['a job with an empty state', { ...wireJob(A), job_state: '' }],
  ['a job whose state is a list', { ...wireJob(A), job_state: ['FINISHED'] }],
  ['a job without files', wireJob(A)],
  ['a job with files that are no list', { ...wireJob(A), files: { 0: FILE } }],
  ['a file that is null', { ...wireJob(A), files: [null] }],
  ['a file without a source', { ...wireJob(A), files: [{ ...FILE, source_surl: null }] }],
  ['a file without a state', { ...wireJob(A), files: [{ ...FILE, file_state: undefined }] }],
  ['a file whose index is a text', { ...wireJob(A), files: [{ ...FILE, file_index: '0' }] }],
  ['a job under an error', { ...wireJob(A), files: [], http_status: '500 Internal Server Error' }],
  ['a job under a status that is none', { ...wireJob(A), files: [], http_status: 'fine' }],
  ['that another job is missing', wireMissing(B), 404],
  [
    'that the path is missing',
    { status: '404 Not Found', message: 'The requested URL was not found on the server.' },
    404,
  ],
  ['that the job is missing, under another status', wireMissing(A), 410],
];

for (const [name, answer, status] of LIES) {
  test(`a server that says ${name} is not believed`, async (t) => {
    const { endpoint } = await serverThatSays(t, answer, status);
    await assert.rejects(clientOf(t, endpoint).jobs([A], true), ServerError);
  });
}

const STORED = 'root://dst.example.org//a b/é+%2F?k=1&l=2#x';
const OPEN = { ...FILE, job_id: A, file_state: 'ACTIVE', dest_surl: STORED };

test('files are asked for by the URL of their destination, encoded as a whole', async (t) => {
  const { endpoint, asked } = await serverThatSays(t, [OPEN]);
  assert.deepEqual(await clientOf(t, endpoint).unfinishedFiles(STORED), [
    { jobId: A, index: 0, state: 'ACTIVE', source: FILE.source_surl, destination: STORED, started: false },
  ]);
  assert.match(String(asked[0]?.path), /^\/files\?dest_surl=[^&#+? ]+$/);
  assert.equal(new URLSearchParams(asked[0]?.path.split('?')[1]).get('dest_surl'), STORED);
});

test('a file that goes to a URL that the database alone takes for the same is none of those asked for', async (t) => {
  const like = [STORED.toUpperCase(), STORED.replace('é', 'e'), STORED];
  const { endpoint } = await serverThatSays(
    t,
    like.map((dest_surl) => ({ ...OPEN, dest_surl })),
  );
  const files = await clientOf(t, endpoint).unfinishedFiles(STORED);
  assert.deepEqual(
    files.map(({ destination }) => destination),
    [STORED],
  );
});

/** Answers to the question about a destination from which nothing follows. */
const LIES_ABOUT_FILES: readonly [name: string, answer: unknown][] = [
  ['files of another destination', [OPEN, { ...OPEN, dest_surl: 'root://dst.example.org//other' }]],
  ['so many files that some may be lacking', Array.from({ length: 1000 }, () => OPEN)],
  ['one file, not in a list', OPEN],
  ['null', null],
  ['a list of texts', [A]],
  ['a file without a job', [{ ...OPEN, job_id: null }]],
  ['a file whose job leads elsewhere', [{ ...OPEN, job_id: `../${A}` }]],
  ['a file without a state', [{ ...OPEN, file_state: '' }]],
  ['a file without a source', [{ ...OPEN, source_surl: undefined }]],
  ['a file without a destination', [{ ...OPEN, dest_surl: null }]],
];

for (const [name, answer] of LIES_ABOUT_FILES) {
  test(`a server that names ${name} is not believed`, async (t) => {
    const { endpoint } = await serverThatSays(t, answer);
    await assert.rejects(clientOf(t, endpoint).unfinishedFiles(STORED), ServerError);
  });
}

test('the newest jobs are asked for in every state, of a user on request', async (t) => {
  const { endpoint, asked } = await serverThatSays(t, [{ ...wireJob(A, 'FINISHED'), user_dn: '/CN=one & two' }]);
  const client = clientOf(t, endpoint);
  const [job] = await client.recentJobs(500);
  assert.deepEqual([job?.id, job?.state, job?.userDn], [A, 'FINISHED', '/CN=one & two']);
  await client.recentJobs(20, '/CN=one & two');
  const queries = asked.map(({ path }) => new URLSearchParams(path.split('?')[1]));
  assert.deepEqual(
    queries.map((query) => [query.get('limit'), query.get('user_dn')]),
    [
      ['500', null],
      ['20', '/CN=one & two'],
    ],
  );
  for (const state of ['STAGING', 'ACTIVE', 'ARCHIVING', 'FINISHED', 'FINISHEDDIRTY', 'FAILED', 'CANCELED'])
    assert.ok(queries[0]?.get('state_in')?.split(',').includes(state), state);
});

test('a list of jobs in which one cannot be read is not believed', async (t) => {
  for (const odd of [{ job_id: '' }, { job_state: null }, { user_dn: 7 }]) {
    const { endpoint } = await serverThatSays(t, [
      { ...wireJob(A), user_dn: '/CN=A' },
      { ...wireJob(B), user_dn: '/CN=B', ...odd },
    ]);
    await assert.rejects(clientOf(t, endpoint).recentJobs(2), ServerError);
  }
});

test('a size that no file can have is one that nobody knows', async (t) => {
  const sizes = ['7', 1000.5, 2 ** 53, 1e300, -1, true, [], {}, null, 0, 7];
  const { endpoint } = await serverThatSays(t, {
    ...wireJob(A),
    files: sizes.map((filesize) => ({ ...FILE, filesize })),
  });
  const lookup = (await clientOf(t, endpoint).jobs([A], true)).get(A);
  assert.deepEqual(lookup?.kind === 'job' && lookup.job.files?.map(({ size }) => size), [...Array(9).fill(null), 0, 7]);
});

test('a job that lends its values from __proto__ is not believed', async (t) => {
  const text = `{"__proto__": ${JSON.stringify(wireJob(A))}, "constructor": {"prototype": {"job_id": "${A}"}}}`;
  const { endpoint } = await listen(t, (_, response) => response.end(text));
  await assert.rejects(clientOf(t, endpoint).jobs([A]), ServerError);
  assert.equal(Object.hasOwn(Object.prototype, 'job_id'), false);
});

test('an answer nested a hundred thousand levels deep is not believed', async (t) => {
  const { endpoint } = await listen(t, (_, response) => response.end('['.repeat(1e5) + ']'.repeat(1e5)));
  await assert.rejects(clientOf(t, endpoint).jobs([A]), ServerError);
});

test('metadata that nest five thousand levels deep are not believed', async (t) => {
  const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
  const text = JSON.stringify(wireJob(A)).replace('"job_metadata":null', `"job_metadata":${deep}`);
  const { endpoint } = await listen(t, (_, response) => response.end(text));
  await assert.rejects(clientOf(t, endpoint).jobs([A]), /nests too deep/);
});

test('of several jobs one that is left out is odd, and the others count', async (t) => {
  const { endpoint } = await serverThatSays(t, [wireJob(A)]);
  const lookups = await clientOf(t, endpoint).jobs([A, B]);
  assert.deepEqual(
    [A, B].map((id) => lookups.get(id)?.kind),
    ['job', 'odd'],
  );
});

test('an answer that is too large is asked for in halves, down to one job, of which nothing is known', async (t) => {
  const ids = Array.from({ length: 100 }, (_, number) => jobId(number));
  const huge = ids[37] ?? '';
  const { endpoint, asked } = await listen(t, (request, response) => {
    const jobs = idsOf(request).map((id) => ({ ...wireJob(id), reason: id === huge ? 'x'.repeat(300_000) : null }));
    sendJson(response, jobs.length === 1 ? jobs[0] : jobs);
  });
  const lookups = await clientOf(t, endpoint, { maxAnswerBytes: 50_000 }).jobs(ids);
  assert.deepEqual([...lookups.values()].filter(({ kind }) => kind !== 'job').length, 1);
  assert.match(JSON.stringify(lookups.get(huge)), /"odd".*the answer is too large/);
  assert(asked.length <= 16, `${asked.length} requests`);
});

test('one job alone may have an answer four times as large', async (t) => {
  const { endpoint } = await serverThatSays(t, { ...wireJob(A), reason: 'x'.repeat(150_000) });
  assert.equal((await clientOf(t, endpoint, { maxAnswerBytes: 50_000 }).jobs([A])).get(A)?.kind, 'job');
});

test('one 404 for several jobs says nothing of any of them', async (t) => {
  const { endpoint } = await serverThatSays(t, { status: '404 Not Found', message: 'No such thing' }, 404);
  await assert.rejects(clientOf(t, endpoint).jobs([A, B]));
});

test('a state that nobody has heard of is handed on', async (t) => {
  const { endpoint } = await serverThatSays(t, wireJob(A, 'HIBERNATING'));
  const lookup: Lookup | undefined = (await clientOf(t, endpoint).jobs([A])).get(A);
  assert(lookup?.kind === 'job');
  assert.equal(lookup.job.state, 'HIBERNATING');
  assert.equal(lookup.job.files, null);
});

test("a server's words are made fit for one line of a log", async (t) => {
  const message = `bad\r\n\u001b[31m${'x'.repeat(5000)}`;
  const { endpoint } = await serverThatSays(t, { status: '400 Bad Request', message }, 400);
  await assert.rejects(clientOf(t, endpoint).submit({ files: [], params: {} }), (error: Error) => {
    assert(!/\p{Cc}/u.test(error.message));
    assert(error.message.length < 1000);
    return true;
  });
});

test('an endpoint is https, or http on loopback', (t) => {
  const accepted = ['http://127.0.0.1:8446', 'http://127.9.9.9:1/', 'http://localhost:8446', 'http://[::1]:8446/'];
  for (const endpoint of accepted) assert.equal(clientOf(t, endpoint).endpoint, endpoint.replace(/\/$/, ''));
  const refused = [
    'http://fts3.example.org:8446',
    'http://127.0.0.1.example.org:8446',
    'http://localhost.example.org',
    'http://10.0.0.1:8446',
    'fts3.example.org:8446',
    'ftp://127.0.0.1',
    'http://127.0.0.1:8446/fts3',
    'http://user:secret@127.0.0.1:8446',
    '',
  ];
  for (const endpoint of refused) {
    assert.throws(
      () => clientOf(t, endpoint),
      (error: Error) => error instanceof BadEndpoint && !error.message.includes('secret'),
      endpoint,
    );
  }
});

test("a job's monitoring page is on port 8449 of its server", () => {
  const link = monitoringLink('https://fts3.example.org:8446', A);
  assert.equal(link, `https://fts3.example.org:8449/fts3/ftsmon/#/job/${A}`);
});
