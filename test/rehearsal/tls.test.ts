/**
 * tls: who a client's certificate makes of it, and what it may delegate.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import https from 'node:https';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { rsaKey } from '../support/keys.js';
import { ask } from './asking.js';
import type { Reply } from './asking.js';
import { Grid, USER_DN } from './certificates.js';
import type { Pair } from './certificates.js';
import { GOOD, serverFor, submission } from './fixture.js';

interface Who {
  readonly user_dn: string;
  readonly dn: readonly string[];
  readonly vos: readonly string[];
  readonly delegation_id: string;
}

/** A server with a host certificate, and a way to call it with a chain. */
async function site(t: TestContext): Promise<{ grid: Grid; server: RehearsalServer; call: Call }> {
  const grid = new Grid(t);
  const { cert, key } = grid.host();
  const server = await serverFor(t, { tls: { cert, key, ca: grid.ca.cert } });
  const call: Call = (chain, method, path, more = {}) => {
    const [leaf] = chain;
    const own = leaf === undefined ? {} : { cert: chain.map((pair) => pair.cert).join(''), key: leaf.key };
    return ask(server.url, method, path, { tls: { ca: grid.ca.cert, ...own }, ...more });
  };
  return { grid, server, call };
}

type Call = (
  chain: readonly Pair[],
  method: string,
  path: string,
  more?: { body?: unknown; headers?: Record<string, string>; agent?: https.Agent },
) => Promise<Reply>;

test('a client without a certificate is nobody', async (t) => {
  const { call } = await site(t);
  const who = (await call([], 'GET', '/whoami')).json as Who;
  assert.equal(who.user_dn, 'anon');
  assert.equal(who.delegation_id, null);
});

test('a proxy, and a proxy of a proxy, is known as the user', async (t) => {
  const { grid, call, server } = await site(t);
  const user = grid.user(USER_DN, rsaKey());
  const proxy = grid.proxy(user, USER_DN);
  const second = grid.proxy(proxy, `${USER_DN}/CN=12345`, 2);
  const seen = [];
  for (const chain of [[user], [proxy, user], [second, proxy, user]]) {
    const who = (await call(chain, 'GET', '/whoami')).json as Who;
    seen.push([who.user_dn, who.dn.length, who.vos[0], who.delegation_id]);
  }
  // Recorded on FTS 3.13 for the same DN and FQAN.
  assert.deepEqual(seen, [
    [USER_DN, 1, 'lhcb', '89f8cff05dd6b375'],
    [USER_DN, 2, 'lhcb', '89f8cff05dd6b375'],
    [USER_DN, 3, 'lhcb', '89f8cff05dd6b375'],
  ]);
  assert.equal(server.history[0]?.userDn, USER_DN);
});

test('a proxy without its chain, of another CA, or signed by another user gets no answer', async (t) => {
  const { grid, call, server } = await site(t);
  const user = grid.user();
  const foreign = new Grid(t).user();
  const forged = grid.proxy(grid.user('/DC=org/DC=example/CN=Mallory'), USER_DN);
  for (const chain of [[grid.proxy(user, USER_DN)], [foreign], [forged, user]]) {
    await assert.rejects(call(chain, 'GET', '/whoami'), /ECONNRESET|socket hang up|closed/);
  }
  assert.equal(server.history.length, 0);
});

test('a resumed session is somebody else', async (t) => {
  const { grid, call } = await site(t);
  const user = grid.user();
  const chain = [grid.proxy(user, USER_DN), user];
  const agent = new https.Agent({ keepAlive: false });
  const first = (await call(chain, 'GET', '/whoami', { agent })).json as Who;
  const second = (await call(chain, 'GET', '/whoami', { agent })).json as Who;
  assert.deepEqual([first.user_dn, first.vos], [USER_DN, ['lhcb']]);
  assert.equal(second.user_dn, `${USER_DN}/CN=12345`);
  assert.deepEqual(second.vos, [second.delegation_id]);
});

test('asks for a delegation, takes it, and then takes jobs', async (t) => {
  const { grid, call, server } = await site(t);
  const user = grid.user(USER_DN, rsaKey());
  const proxy = grid.proxy(user, USER_DN);
  const chain = [proxy, user];
  const id = ((await call(chain, 'GET', '/whoami')).json as Who).delegation_id;
  const submit = (): Promise<Reply> => call(chain, 'POST', '/jobs', { body: submission([GOOD]) });
  assert.match((await submit()).text, /No delegation found/);

  const request = await call(chain, 'GET', `/delegation/${id}/request`);
  assert.equal(request.headers['x-delegation-id'], id);
  execFileSync('openssl', ['req', '-verify', '-noout'], { input: request.text, stdio: ['pipe', 'pipe', 'pipe'] });
  const leaf = grid.delegated(proxy, `${USER_DN}/CN=12345`, request.text);
  const put = (body: string): Promise<Reply> => call(chain, 'PUT', `/delegation/${id}/credential`, { body });
  assert.match((await put(leaf)).text, /Malformed proxy/);
  assert.equal((await put(leaf + proxy.cert + user.cert)).status, 201);
  const delegated = (await call(chain, 'GET', `/delegation/${id}`)).json as { termination_time: string };
  assert.ok(Date.parse(`${delegated.termination_time}Z`) > Date.now());
  assert.equal((await submit()).status, 200);

  server.advance(23.5 * 3600);
  assert.match((await submit()).text, /less than one hour left/);
  server.advance(3600);
  assert.match((await submit()).text, /The delegated credentials expired \d+ seconds ago/);
});

test('asks with the same key until it is used', async (t) => {
  const { grid, call } = await site(t);
  const user = grid.user();
  const path = '/delegation/89f8cff05dd6b375';
  const request = async (): Promise<string> => (await call([user], 'GET', `${path}/request`)).text;
  const first = await request();
  assert.equal(await request(), first);
  const body = grid.delegated(user, USER_DN, first) + user.cert;
  assert.equal((await call([user], 'PUT', `${path}/credential`, { body })).status, 201);
  assert.notEqual(await request(), first);
});

test('refuses a delegation that was signed by another key or speaks for another user', async (t) => {
  const { grid, call } = await site(t);
  const user = grid.user();
  const other = grid.user('/DC=org/DC=example/CN=Mallory');
  const path = '/delegation/89f8cff05dd6b375';
  const request = (await call([user], 'GET', `${path}/request`)).text;
  const put = async (body: string): Promise<string> => {
    const reply = await call([user], 'PUT', `${path}/credential`, { body });
    assert.equal(reply.status, 400);
    return reply.text;
  };
  assert.match(await put(grid.delegated(other, USER_DN, request) + user.cert), /was not signed by/);
  assert.match(await put(grid.delegated(user, '/DC=org/CN=Else', request) + user.cert), /is not its issuer's name/);
  const foreign = grid.delegated(other, '/DC=org/DC=example/CN=Mallory', request);
  assert.match(await put(foreign + other.cert), /it speaks for \/DC=org\/DC=example\/CN=Mallory/);
  assert.match(
    await put(grid.proxy(user, USER_DN).cert + user.cert),
    /does not match the stored associated private key/,
  );
});
