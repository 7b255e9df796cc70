/**
 * When a delegation is made, for how long, and what happens when the server or the way to it is in trouble.
 */
import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';

import { ClientError, CredentialError, ServerError, TryAgain } from '../../dist/fts3/index.js';
import { signProxy } from '../../dist/fts3/proxyCertificate.js';
import { delegate, type DelegationServer, ID, leafOf } from './delegating.js';
import { Grid, type Identity, type KeyType } from './grid.js';
import { type Asked, clientOf, listen, sendJson } from './loopback.js';
import { recording } from './recordings.js';

const grid = new Grid();
after(() => grid.remove());
const users: Record<KeyType, Identity> = { rsa: grid.user('rsa'), ec: grid.user('ec') };
const serverKeys: Record<KeyType, string> = { rsa: grid.newKey('rsa'), ec: grid.newKey('ec') };

const HOUR = 3_600_000;

test('a delegation lasts as long as asked, and begins no earlier than its signer', async (t) => {
  const before = Date.now();
  const { end, chain } = await delegate(t, grid.credential(users.ec), { request: grid.request(serverKeys.ec) }, 6);
  const leaf = new X509Certificate(leafOf(chain));
  assert.equal(Date.parse(leaf.validTo), end.getTime());
  assert(end.getTime() > before + 6 * HOUR - 1500 && end.getTime() <= Date.now() + 6 * HOUR);
  assert.equal(leaf.validFrom, new X509Certificate(readFileSync(users.ec.certificate)).validFrom);
});

test('a delegation begins five minutes back, for servers whose clock is slow', async (t) => {
  const [now, key] = [Date.now(), grid.newKey('ec')];
  const publicKey = createPublicKey(readFileSync(key)).export({ type: 'spki', format: 'der' });
  const old = signProxy(grid.credential(users.ec), publicKey, new Date(now - HOUR), new Date(now + HOUR));
  const certificate = `${grid.directory}/old.pem`;
  writeFileSync(certificate, old);
  const proxy = { certificate, key, above: readFileSync(users.ec.certificate, 'utf8') };
  const { chain } = await delegate(t, grid.credential(proxy), { request: grid.request(serverKeys.ec) });
  const begins = Date.parse(new X509Certificate(leafOf(chain)).validFrom);
  assert(begins >= now - 5 * 60_000 - 1000 && begins <= Date.now() - 5 * 60_000, new Date(begins).toISOString());
});

test('a delegation ends no later than any certificate of the chain', async (t) => {
  const proxy = grid.proxy(users.ec, 'ec');
  const credential = grid.credential(proxy);
  const { end, chain } = await delegate(t, credential, { request: grid.request(serverKeys.ec) }, 24 * 365);
  const oldest = Date.parse(new X509Certificate(readFileSync(proxy.certificate)).validTo);
  assert.equal(end.getTime(), oldest);
  assert.equal(grid.verdict(chain ?? ''), 'OK');
});

test('a longer delegation is not replaced by a shorter one', async (t) => {
  const until = new Date(Math.floor((Date.now() + 10 * HOUR) / 1000) * 1000);
  const server = { request: grid.request(serverKeys.ec), until };
  const { end, chain, asked } = await delegate(t, grid.credential(users.ec), server, 6);
  assert.equal(end.getTime(), until.getTime());
  assert.equal(chain, null);
  assert.equal(asked.length, 1);
});

test('an expired delegation is replaced', async (t) => {
  const server = { request: grid.request(serverKeys.ec), until: new Date(Date.now() - HOUR) };
  const { end, chain } = await delegate(t, grid.credential(users.ec), server);
  assert(end.getTime() > Date.now() + 5 * HOUR);
  assert.equal(grid.verdict(chain ?? ''), 'OK');
});

test('a delegation whose answer is lost after it was stored has succeeded', async (t) => {
  const server: DelegationServer = {
    request: grid.request(serverKeys.ec),
    put: (_, store) => (store(), 'close'),
  };
  const { end, chain, asked } = await delegate(t, grid.credential(users.ec), server);
  assert.equal(Date.parse(new X509Certificate(chain ?? '').validTo), end.getTime());
  assert.equal(asked.filter(({ method }) => method === 'PUT').length, 1);
});

test('a delegation whose answer is lost before it was stored has failed', async (t) => {
  const server: DelegationServer = { request: grid.request(serverKeys.ec), put: () => 'close' };
  await assert.rejects(delegate(t, grid.credential(users.ec), server), TryAgain);
});

for (const name of ['delegation_put_malformed', 'delegation_put_for_another_key', 'delegation_put_without_request']) {
  test(`the recorded refusal ${name} is one`, async (t) => {
    const put = (): { status: number; body: string } => recording(name).response;
    const refused = delegate(t, grid.credential(users.ec), { request: grid.request(serverKeys.ec), put });
    await assert.rejects(refused, ClientError);
  });
}

test("a real FTS3's recorded request is signed", async (t) => {
  for (const name of ['delegation_request', 'delegation_request_again_same_key']) {
    const request = recording(name).response.body;
    const put = (_: Asked, store: () => void): { status: number; body: string } => {
      store();
      return recording('delegation_put_ok').response;
    };
    const { chain } = await delegate(t, grid.credential(grid.proxy(users.rsa, 'rsa')), { request, put });
    assert.equal(grid.verdict(chain ?? ''), 'OK');
  }
});

test('a request that was damaged on the way is not signed', async (t) => {
  const good = grid.request(serverKeys.ec);
  const der = Buffer.from(good.replace(/-----[^-]+-----/g, ''), 'base64');
  der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1);
  const damaged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  const half = `${good.slice(0, 200)}\n-----END CERTIFICATE REQUEST-----\n`;
  for (const request of [damaged, half, '', '<html></html>', '{}', good.replaceAll(' REQUEST', '')]) {
    await assert.rejects(delegate(t, grid.credential(users.ec), { request }), ServerError);
  }
});

test('an id that is none is not asked about', async (t) => {
  const { endpoint, asked } = await listen(t, (_, response) => sendJson(response, null));
  const client = clientOf(t, endpoint, { credential: grid.credential(users.ec) });
  await assert.rejects(client.delegatedUntil('../whoami'), CredentialError);
  await assert.rejects(client.delegate('', 6), CredentialError);
  assert.equal(asked.length, 0);
});

test('without a proxy nothing is delegated', async (t) => {
  const { endpoint, asked } = await listen(t, (_, response) => sendJson(response, null));
  await assert.rejects(clientOf(t, endpoint).delegate(ID, 6), CredentialError);
  assert.equal(asked.length, 0);
});
