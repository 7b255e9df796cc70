/**
 * The server's own switches: clock, archive, loss, pins, going down, history, guardrails.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';

import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import { jobIdFor } from '../../dist/rehearsal/server/protocol/uuid.js';
import { ask, jobOf } from './asking.js';
import { GOOD, look, serverFor, submission, submit } from './fixture.js';

for (const host of ['0.0.0.0', '::', '192.0.2.1', 'fts.example.org', '127.example.org']) {
  test(`refuses to listen on ${host}`, async () => {
    await assert.rejects(startRehearsalServer({ name: 'RAL', host }), /Cannot rehearse on .*loopback only/);
  });
}

test('rejects when the port is taken', async (t) => {
  const server = await serverFor(t);
  const port = Number(new URL(server.url).port);
  await assert.rejects(startRehearsalServer({ name: 'CERN', port }), { code: 'EADDRINUSE' });
});

test('moves jobs on as its clock is moved', async (t) => {
  const server = await serverFor(t);
  const id = await submit(server, 'one');
  assert.equal((await look(server, id)).job_state, 'SUBMITTED');
  server.advance(2);
  assert.equal((await look(server, id)).job_state, 'ACTIVE');
  server.advance(2);
  assert.equal((await look(server, id)).job_state, 'FINISHED');
});

test('lives by the clock that it is given, and then refuses to advance it', async (t) => {
  let now = Date.UTC(2026, 10, 23, 18, 45, 30);
  const server = await serverFor(t, { now: () => now });
  const id = await submit(server, 'one');
  now += 3000;
  const job = await look(server, id);
  assert.equal(job.job_state, 'FINISHED');
  assert.equal(job.job_finished, '2026-11-23T18:45:33');
  const { headers } = await fetch(server.url);
  assert.equal(headers.get('date'), 'Mon, 23 Nov 2026 18:45:33 GMT');
  assert.throws(() => server.advance(1), /Cannot advance the clock/);
});

test('divides its seconds by the time scale', async (t) => {
  let now = 0;
  const server = await serverFor(t, { now: () => now, timeScale: 10 });
  const id = await submit(server, 'one');
  now = 299;
  assert.equal((await look(server, id)).job_state, 'ACTIVE');
  now = 300;
  assert.equal((await look(server, id)).job_state, 'FINISHED');
});

test('moves a final job to the archive after keepDays, and frees its sid', async (t) => {
  const server = await serverFor(t, { keepDays: 2 });
  const id = await submit(server, 'one');
  server.advance(2 * 86400);
  assert.equal((await ask(server.url, 'GET', `/jobs/${id}`)).status, 200);
  server.advance(60);
  assert.equal((await ask(server.url, 'GET', `/jobs/${id}`)).status, 404);
  assert.equal((await ask(server.url, 'GET', `/archive/${id}`)).status, 200);
  assert.equal(await submit(server, 'one'), id);
  assert.equal(server.submissions.length, 2);
});

test('archives every final job, and only those, when told to', async (t) => {
  const server = await serverFor(t);
  const finished = await submit(server, 'one');
  server.advance(10);
  const open = await submit(server, 'two');
  server.archive();
  assert.equal((await ask(server.url, 'GET', `/archive/${finished}`)).status, 200);
  assert.equal((await ask(server.url, 'GET', `/jobs/${open}`)).status, 200);
});

test('forgets one job or all, and remembers in the record that it had them', async (t) => {
  const server = await serverFor(t);
  const ids = [await submit(server, 'one'), await submit(server, 'two'), await submit(server, 'three')];
  server.advance(2);
  server.forget(ids[0]);
  const known = async (): Promise<number[]> =>
    Promise.all(ids.map(async (id) => (await ask(server.url, 'GET', `/jobs/${id}`)).status));
  assert.deepEqual(await known(), [404, 200, 200]);
  server.forget();
  assert.deepEqual(await known(), [404, 404, 404]);
  server.advance(60);
  assert.deepEqual(
    server.submissions.map(({ sid, transfers }) => [sid, transfers[0]?.state]),
    [
      ['one', 'CANCELED'],
      ['two', 'CANCELED'],
      ['three', 'CANCELED'],
    ],
  );
});

test('refuses connections while it is down, and knows its jobs when it is up again', async (t) => {
  const server = await serverFor(t);
  const { url } = server;
  const id = await submit(server, 'one');
  await server.down();
  await assert.rejects(ask(url, 'GET', '/'), { code: 'ECONNREFUSED' });
  await server.up();
  assert.equal(server.url, url);
  assert.equal((await ask(url, 'GET', `/jobs/${id}`)).status, 200);
});

test('goes down although clients keep connections open', async (t) => {
  const server = await serverFor(t);
  const agent = new http.Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  await ask(server.url, 'GET', '/', { agent });
  await server.down();
  await assert.rejects(ask(server.url, 'GET', '/', { agent }));
});

test('goes down although somebody is connected and asks nothing', async (t) => {
  const server = await serverFor(t);
  const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  await ask(server.url, 'GET', '/');
  await server.down();
  await once(socket.resume(), 'close');
});

test('pins a file: READY for good, whatever was to become of it', async (t) => {
  const server = await serverFor(t);
  const id = await submit(server, 'one');
  server.setFile(id, 0, 'READY');
  server.advance(60);
  const job = await look(server, id);
  assert.equal(job.job_state, 'READY');
  assert.equal(job.files[0]?.file_state, 'READY');
});

test('pins a file FAILED with a reason', async (t) => {
  const server = await serverFor(t);
  const id = await submit(server, 'one');
  server.setFile(id, 0, 'FAILED', 'SOURCE [2] No such file or directory');
  const job = await look(server, id);
  assert.equal(job.job_state, 'FAILED');
  assert.equal(job.files[0]?.reason, 'SOURCE [2] No such file or directory');
  assert.notEqual(job.files[0]?.finish_time, null);
});

test('pins a job FINISHED before its files, and gives it back to them', async (t) => {
  const server = await serverFor(t);
  const id = await submit(server, 'one');
  server.advance(2);
  server.setJob(id, 'FINISHED');
  const early = await look(server, id);
  assert.deepEqual([early.job_state, early.files[0]?.file_state], ['FINISHED', 'ACTIVE']);
  server.setJob(id, null);
  assert.equal((await look(server, id)).job_state, 'ACTIVE');
});

test('pins nothing that it does not have', async (t) => {
  const server = await serverFor(t);
  const id = await submit(server, 'one');
  assert.throws(() => server.setFile(id, 1, 'FAILED'), /it has no such file/);
  assert.throws(() => server.setJob('other', 'FAILED'), /the server has no such job/);
});

test('holds the files of a storage on wait until the ban is lifted', async (t) => {
  const server = await serverFor(t);
  server.ban('mock://dst.example.org', 'WAIT');
  const id = await submit(server, 'one');
  server.advance(60);
  assert.equal((await look(server, id)).files[0]?.file_state, 'ON_HOLD');
  server.unban('mock://dst.example.org');
  server.advance(10);
  assert.equal((await look(server, id)).job_state, 'FINISHED');
});

test('bans a storage and takes its transfers again afterwards', async (t) => {
  const server = await serverFor(t);
  server.ban('mock://dst.example.org');
  const body = submission([GOOD]);
  assert.equal((await ask(server.url, 'POST', '/jobs', { body })).status, 403);
  server.unban('mock://dst.example.org');
  assert.equal((await ask(server.url, 'POST', '/jobs', { body })).status, 200);
});

test('keeps a history of every request, its caller, its answer and its connection', async (t) => {
  let now = 1000;
  const server = await serverFor(t, { now: () => now });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  await ask(server.url, 'GET', '/', { agent });
  now = 2000;
  await ask(server.url, 'GET', '/jobs/nosuch', { agent, headers: { 'x-rehearsal-dn': '/CN=Someone' } });
  await ask(server.url, 'POST', '/jobs', { body: '{}', headers: { 'x-rehearsal-dn': 'anon' } });
  const seen = server.history.map(({ number, connection, time, method, path, body, userDn, status }) => {
    return [number, connection, time, method, path, body, userDn.split('=').at(-1), status];
  });
  assert.deepEqual(seen, [
    [1, 1, 1000, 'GET', '/', '', 'Rehearsal User', 200],
    [2, 1, 2000, 'GET', '/jobs/nosuch', '', 'Someone', 404],
    [3, 2, 2000, 'POST', '/jobs', '{}', 'anon', 403],
  ]);
});

test('keeps no credential in the history', async (t) => {
  const server = await serverFor(t);
  await ask(server.url, 'GET', '/whoami', { headers: { authorization: `Bearer ${token({ exp: 1 })}` } });
  assert.ok(!JSON.stringify(server.history).includes('Bearer'));
});

test('closes a kept-alive connection with its hundredth answer', async (t) => {
  const server = await serverFor(t);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const replies = [];
  for (let count = 0; count < 101; count += 1) replies.push(await ask(server.url, 'GET', '/', { agent }));
  assert.equal(replies[98]?.headers.connection, 'keep-alive');
  assert.equal(replies[99]?.headers.connection, 'close');
  assert.deepEqual(new Set(server.history.slice(0, 100).map((entry) => entry.connection)), new Set([1]));
  assert.equal(server.history[100]?.connection, 2);
  assert.match(String(replies[0]?.headers['keep-alive']), /timeout=5/);
});

test('draws the same job ids from the same seed', async (t) => {
  const ids = [];
  for (const seed of [7, 7, 8]) {
    const server = await serverFor(t, { seed });
    ids.push(jobOf(await ask(server.url, 'POST', '/jobs', { body: submission([GOOD]) })).job_id);
  }
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[1], ids[2]);
});

test('makes the id of a job from its VO and sid', async (t) => {
  const server = await serverFor(t, { vo: 'atlas' });
  assert.equal(await submit(server, 'one'), jobIdFor('atlas', 'one'));
  // Recorded on FTS 3.13 for the VO lhcb.
  assert.equal(jobIdFor('lhcb', 'castor2echo-1795459529-0001'), '6ab38582-0477-5bfe-bdfc-6c8c24e00831');
});

test('lets the script say what becomes of transfers that are not mock', async (t) => {
  const server = await serverFor(t, {
    script: ({ source, attempt, checksum }) =>
      source.endsWith('/bad') && attempt === 1
        ? { state: 'FAILED', reason: `TRANSFER [5] ${checksum}`, seconds: 3 }
        : undefined,
  });
  const files = [{ sources: ['srm://a/bad'], destinations: ['gsiftp://b/bad'], checksum: 'ADLER32:0a', filesize: 9 }];
  const outcomes = [];
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { job_id } = jobOf(await ask(server.url, 'POST', '/jobs', { body: { files } }));
    server.advance(10);
    const { job_state, files: seen } = await look(server, job_id);
    outcomes.push([job_state, seen[0]?.reason, seen[0]?.filesize]);
  }
  assert.deepEqual(outcomes, [
    ['FAILED', 'TRANSFER [5] ADLER32:0a', 9],
    ['FINISHED', '', 9],
  ]);
});

test('lets the script say how long a tape is read and what that fails with, and whether it may write over what is there', async (t) => {
  const server = await serverFor(t, {
    script: ({ source, overwrite }) => ({
      ...(overwrite ? { state: 'FINISHED' } : { state: 'FAILED', reason: 'DESTINATION [17] it exists', seconds: 0 }),
      staging: { seconds: 60, errno: source.endsWith('/stuck') ? 110 : 0 },
    }),
  });
  const statesAfter = async (params: object): Promise<string[][]> => {
    const body = submission(
      [
        ['srm://a/f', 'srm://b/f'],
        ['srm://a/stuck', 'srm://b/stuck'],
      ],
      params,
    );
    const { job_id } = jobOf(await ask(server.url, 'POST', '/jobs', { body }));
    const seen: string[][] = [];
    for (const seconds of [30, 60]) {
      server.advance(seconds);
      seen.push((await look(server, job_id)).files.map(({ file_state, reason }) => reason || file_state));
    }
    return seen;
  };
  assert.deepEqual(await statesAfter({ bring_online: 3600, overwrite: true }), [
    ['STARTED', 'STARTED'],
    ['FINISHED', 'STAGING [110] Connection timed out'],
  ]);
  assert.deepEqual((await statesAfter({ overwrite: false }))[1], [
    'DESTINATION [17] it exists',
    'DESTINATION [17] it exists',
  ]);
});

test('fails a transfer whose checksum has no value and is to be verified at the target', async (t) => {
  const server = await serverFor(t);
  const outcome = async (verify_checksum: unknown): Promise<string> => {
    const { job_id } = jobOf(
      await ask(server.url, 'POST', '/jobs', { body: submission([['srm://a/f', 'srm://b/f']], { verify_checksum }) }),
    );
    server.advance(10);
    return (await look(server, job_id)).job_state;
  };
  assert.equal(await outcome('target'), 'FAILED');
  assert.equal(await outcome('both'), 'FINISHED');
});

test('knows the bearer of a token, and takes who shows one that is over, or for no audience, for nobody', async (t) => {
  const server = await serverFor(t);
  const far = { exp: Date.now() / 1000 + 600 };
  const who = async (claims: object): Promise<string> =>
    (await ask(server.url, 'GET', '/whoami', { headers: { authorization: `Bearer ${token(claims)}` } })).text;
  assert.match(await who(far), /"user_dn": "someone".*"method": "oauth2"/);
  for (const wrong of [{ exp: 1 }, { ...far, nbf: far.exp }, { ...far, aud: undefined }, { ...far, iss: undefined }])
    assert.match(await who(wrong), /"user_dn": "anon".*"method": "unauthenticated"/);
});

test('wants no delegation for a token', async (t) => {
  const server = await serverFor(t, { needDelegation: true });
  const headers = { authorization: `Bearer ${token({ exp: Date.now() / 1000 + 600 })}` };
  assert.equal((await ask(server.url, 'POST', '/jobs', { body: submission([GOOD]), headers })).status, 200);
  assert.equal((await ask(server.url, 'POST', '/jobs', { body: submission([GOOD]) })).status, 419);
});

test('answers questions about the rehearsal itself, outside the history', async (t) => {
  const server = await serverFor(t);
  const id = await submit(server, 'one');
  const faults = [{ name: 'trouble', when: { path: '^/whoami' }, does: 'status' }];
  assert.equal((await ask(server.url, 'POST', '/rehearsal/faults', { body: faults })).status, 200);
  assert.equal((await ask(server.url, 'GET', '/whoami')).status, 503);
  await ask(server.url, 'POST', '/rehearsal/advance', { body: { seconds: 10 } });
  const [job] = (await ask(server.url, 'GET', '/rehearsal/submissions')).json as { jobId: string; state: string }[];
  assert.deepEqual([job?.jobId, job?.state], [id, 'FINISHED']);
  const history = (await ask(server.url, 'GET', '/rehearsal/history')).json as { path: string }[];
  assert.deepEqual(
    history.map(({ path }) => path),
    ['/jobs', '/whoami'],
  );
});

/** An unsigned token: the server looks at the claims alone. */
function token(claims: object): string {
  const all = {
    iss: 'https://issuer.example.org',
    nbf: 0,
    scope: 'storage.read:/',
    aud: 'fts',
    sub: 'someone',
    ...claims,
  };
  return `${encoded({ alg: 'none' })}.${encoded(all)}.`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
