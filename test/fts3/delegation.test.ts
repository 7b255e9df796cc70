/**
 * What is delegated is judged by OpenSSL: the proxy that the server gets verifies under its CA, whoever signed it.
 */
import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, test, type TestContext } from 'node:test';

import {
  type CertificateCredential,
  ClientError,
  CredentialError,
  discoverCredential,
  ServerError,
  TryAgain,
} from '../../dist/edge/fts3/index.js';
import { signProxy } from '../../dist/edge/fts3/proxyCertificate.js';
import { Grid, type Identity, type KeyType } from './grid.js';
import { type Asked, clientOf, listen, sendJson } from './loopback.js';
import { recording } from './recordings.js';

const grid = new Grid();
after(() => grid.remove());
const users: Record<KeyType, Identity> = { rsa: grid.user('rsa'), ec: grid.user('ec') };
const serverKeys: Record<KeyType, string> = { rsa: grid.newKey('rsa'), ec: grid.newKey('ec') };

const ID = '314070c3e50da6e0';
const HOUR = 3_600_000;
const LIMITED = 'language:1.3.6.1.4.1.3536.1.1.1.9';

function credentialOf(identity: Identity): CertificateCredential {
  const environment = { X509_USER_PROXY: grid.proxyFile(identity) };
  const credential = discoverCredential(environment, { auth: 'proxy', uid: 0, now: new Date() });
  assert(credential.kind === 'certificate');
  return credential;
}

interface DelegationServer {
  /** The request that it hands out, PEM. */
  request: string;
  /** What is delegated at the start. */
  until?: Date | null;
  /** Answers the PUT; by default with 201, and what was put is then delegated. */
  put?: (asked: Asked, stored: () => void) => { status: number; body: string } | 'close';
}

/** Delegates to a server on loopback; the chain it was sent, PEM, or null. */
async function delegate(
  t: TestContext,
  credential: CertificateCredential,
  server: DelegationServer,
  hours = 6,
): Promise<{ end: Date; chain: string | null; asked: Asked[] }> {
  let until = server.until ?? null;
  let chain: string | null = null;
  const { endpoint, asked } = await listen(t, (request, response, socket) => {
    if (request.path === `/delegation/${ID}`) {
      return sendJson(response, until && { termination_time: until.toISOString().slice(0, 19), voms_attrs: [] });
    }
    if (request.path === `/delegation/${ID}/request`) return void response.end(server.request);
    const store = (): void => {
      chain = request.body;
      until = new Date(new X509Certificate(chain).validTo);
    };
    if (server.put === undefined) store();
    const answer = server.put?.(request, store) ?? { status: 201, body: '' };
    if (answer === 'close') return void socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    return void response.end(answer.body);
  });
  const end = await clientOf(t, endpoint, { credential }).delegate(ID, hours);
  return { end, chain, asked };
}

/** The new proxy of a delegation that must have happened, alone. */
function leafOf(chain: string | null): string {
  return /^-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(chain ?? '')?.[0] ?? '';
}

for (const signer of ['rsa', 'ec'] as const) {
  for (const server of ['rsa', 'ec'] as const) {
    test(`a proxy with an ${signer} key is delegated to a server with an ${server} key`, async (t) => {
      const proxy = grid.proxy(users[signer], signer);
      const { chain } = await delegate(t, credentialOf(proxy), { request: grid.request(serverKeys[server]) });
      assert.equal(grid.verdict(chain ?? ''), 'OK');
      assert.equal(chain?.match(/BEGIN CERTIFICATE/g)?.length, 3);
      assert.doesNotMatch(chain ?? '', /PRIVATE/);
      const key = grid.openssl(['pkey', '-in', serverKeys[server], '-pubout']);
      assert.equal(new X509Certificate(leafOf(chain)).publicKey.export({ type: 'spki', format: 'pem' }), key);
    });
  }
}

test("the signer's name is kept byte for byte, with one number more", async (t) => {
  const proxy = grid.proxy(users.rsa, 'rsa');
  const { chain } = await delegate(t, credentialOf(proxy), { request: grid.request(serverKeys.rsa) });
  const parse = (pem: string): string => {
    const path = `${grid.directory}/parse.pem`;
    writeFileSync(path, pem);
    return grid.openssl(['asn1parse', '-in', path]);
  };
  assert.match(parse(readFileSync(users.rsa.certificate, 'utf8')), /T61STRING/, 'the test has a hard name');
  // OpenSSL's name hash is over a canonical form; the raw bytes are compared besides.
  const subject = subjectBytes(readFileSync(proxy.certificate, 'utf8'));
  const leaf = new X509Certificate(leafOf(chain));
  assert(leaf.raw.includes(subject), 'the issuer is the subject of the signer');
  const delegated = subjectBytes(leafOf(chain));
  assert(delegated.subarray(contentStart(delegated)).indexOf(subject.subarray(contentStart(subject))) === 0);
  assert.equal(leaf.subject.split('\n').at(-1), `CN=${BigInt(`0x${leaf.serialNumber}`)}`);
});

/** The subject's DER: the name whose text OpenSSL gives stands behind the validity. */
function subjectBytes(pem: string): Buffer {
  const path = `${grid.directory}/subject.pem`;
  writeFileSync(path, pem);
  const lines = grid.openssl(['asn1parse', '-in', path]).split('\n');
  const validity = lines.findIndex((line) => /UTCTIME/.test(line));
  const [, offset = '', head = '', length = ''] =
    /^ *(\d+):d=2 +hl=(\d+) l= *(\d+)/.exec(lines.slice(validity).find((line) => line.includes(':d=2')) ?? '') ?? [];
  const der = new X509Certificate(pem).raw;
  return der.subarray(Number(offset), Number(offset) + Number(head) + Number(length));
}

/** Where the content of an element begins, for lengths under 64 KiB. */
function contentStart(element: Buffer): number {
  return (element[1] ?? 0) < 0x80 ? 2 : 2 + ((element[1] ?? 0) & 0x7f);
}

test('what is delegated says what it is', async (t) => {
  const proxy = grid.proxy(users.ec, 'ec');
  const { chain } = await delegate(t, credentialOf(proxy), { request: grid.request(serverKeys.rsa) });
  const text = grid.text(leafOf(chain));
  assert.match(text, /Version: 3/);
  assert.match(text, /Signature Algorithm: ecdsa-with-SHA256/);
  assert.match(text, /Basic Constraints: critical\n\s+CA:FALSE/);
  assert.match(text, /Key Usage: critical\n\s+Digital Signature, Key Encipherment\n/);
  assert.match(text, /Proxy Certificate Information: critical\n.*infinite\n\s+Policy Language: Inherit all/);
  assert.match(text, /Authority Key Identifier/);
});

test('proxies of many generations verify', async (t) => {
  let identity: Identity = users.rsa;
  for (const type of ['ec', 'rsa', 'ec', 'rsa'] as const) {
    const key = grid.newKey(type);
    const { chain } = await delegate(t, credentialOf(identity), { request: grid.request(key) });
    assert.equal(grid.verdict(chain ?? ''), 'OK');
    const certificate = `${grid.directory}/generation-${identity.above.length}.pem`;
    writeFileSync(certificate, leafOf(chain));
    identity = { certificate, key, above: (chain ?? '').slice(leafOf(chain).length) };
  }
});

test('a certificate under an intermediate CA is delegated with its whole chain', async (t) => {
  const intermediate = grid.intermediate();
  const extensions = 'keyUsage = critical,digitalSignature\nauthorityKeyIdentifier = keyid\n';
  const user = grid.issue(intermediate, 'ec', '/DC=org/DC=example/CN=Under Sub CA', extensions);
  const { chain } = await delegate(t, credentialOf(user), { request: grid.request(serverKeys.ec) });
  assert.equal(grid.verdict(chain ?? ''), 'OK');
});

test('under a certificate without a key identifier the identifier is made from its key', async (t) => {
  const bare = 'keyUsage = critical,digitalSignature\nsubjectKeyIdentifier = none\nauthorityKeyIdentifier = keyid\n';
  const user = grid.issue(grid.ca, 'rsa', '/DC=org/DC=example/CN=Bare', bare);
  assert.doesNotMatch(grid.text(readFileSync(user.certificate, 'utf8')), /Subject Key Identifier/);
  const { chain } = await delegate(t, credentialOf(user), { request: grid.request(serverKeys.rsa) });
  assert.equal(grid.verdict(chain ?? ''), 'OK');
});

test('a limited proxy stays limited', async (t) => {
  const limited = grid.proxy(users.rsa, 'rsa', LIMITED);
  const credential = credentialOf(limited);
  assert.equal(credential.limited, true);
  assert.equal(credentialOf(grid.proxy(users.rsa, 'ec')).limited, false);
  const { chain } = await delegate(t, credential, { request: grid.request(serverKeys.rsa) });
  assert.equal(grid.verdict(chain ?? ''), 'OK');
  assert.match(grid.text(leafOf(chain)), /Policy Language: 1\.3\.6\.1\.4\.1\.3536\.1\.1\.1\.9/);
});

test('a full proxy under a limited one does not become full again', async (t) => {
  const full = grid.proxy(grid.proxy(users.rsa, 'ec', LIMITED), 'ec', undefined, '4712');
  const { chain } = await delegate(t, credentialOf(full), { request: grid.request(serverKeys.rsa) });
  assert.match(grid.text(leafOf(chain)), /Policy Language: 1\.3\.6\.1\.4\.1\.3536\.1\.1\.1\.9/);
});

test('a path length constraint is counted down, and respected at its end', async (t) => {
  const proxy = grid.proxy(users.rsa, 'ec', 'language:id-ppl-inheritAll,pathlen:1');
  const { chain } = await delegate(t, credentialOf(proxy), { request: grid.request(serverKeys.rsa) });
  assert.equal(grid.verdict(chain ?? ''), 'OK');
  assert.match(grid.text(leafOf(chain)), /Path Length Constraint: 0/);
  const last = credentialOf(grid.proxy(users.rsa, 'ec', 'language:id-ppl-inheritAll,pathlen:0'));
  await assert.rejects(delegate(t, last, { request: grid.request(serverKeys.rsa) }), CredentialError);
});

test('a proxy whose policy is unknown is not delegated', async (t) => {
  const independent = credentialOf(grid.proxy(users.rsa, 'ec', 'language:id-ppl-independent'));
  await assert.rejects(
    delegate(t, independent, { request: grid.request(serverKeys.rsa) }),
    /its policy .* is none that can be passed on/,
  );
});

test('a legacy proxy is not delegated, and the message says how to get a present one', async (t) => {
  for (const name of ['proxy', 'limited proxy']) {
    const credential = credentialOf(grid.proxy(users.rsa, 'ec', '', name));
    assert.equal(credential.limited, name === 'limited proxy');
    const refused = delegate(t, credential, { request: grid.request(serverKeys.rsa) });
    await assert.rejects(refused, /it is a legacy (limited )?proxy, .*; run voms-proxy-init -rfc/);
  }
});

test('a delegation lasts as long as asked, and begins no earlier than its signer', async (t) => {
  const before = Date.now();
  const { end, chain } = await delegate(t, credentialOf(users.ec), { request: grid.request(serverKeys.ec) }, 6);
  const leaf = new X509Certificate(leafOf(chain));
  assert.equal(Date.parse(leaf.validTo), end.getTime());
  assert(end.getTime() > before + 6 * HOUR - 1500 && end.getTime() <= Date.now() + 6 * HOUR);
  assert.equal(leaf.validFrom, new X509Certificate(readFileSync(users.ec.certificate)).validFrom);
});

test('a delegation begins five minutes back, for servers whose clock is slow', async (t) => {
  const [now, key] = [Date.now(), grid.newKey('ec')];
  const publicKey = createPublicKey(readFileSync(key)).export({ type: 'spki', format: 'der' });
  const old = signProxy(credentialOf(users.ec), publicKey, new Date(now - HOUR), new Date(now + HOUR));
  const certificate = `${grid.directory}/old.pem`;
  writeFileSync(certificate, old);
  const proxy = { certificate, key, above: readFileSync(users.ec.certificate, 'utf8') };
  const { chain } = await delegate(t, credentialOf(proxy), { request: grid.request(serverKeys.ec) });
  const begins = Date.parse(new X509Certificate(leafOf(chain)).validFrom);
  assert(begins >= now - 5 * 60_000 - 1000 && begins <= Date.now() - 5 * 60_000, new Date(begins).toISOString());
});

test('a delegation ends no later than any certificate of the chain', async (t) => {
  const proxy = grid.proxy(users.ec, 'ec');
  const credential = credentialOf(proxy);
  const { end, chain } = await delegate(t, credential, { request: grid.request(serverKeys.ec) }, 24 * 365);
  const oldest = Date.parse(new X509Certificate(readFileSync(proxy.certificate)).validTo);
  assert.equal(end.getTime(), oldest);
  assert.equal(grid.verdict(chain ?? ''), 'OK');
});

test('two delegations never have the same serial number', async (t) => {
  const credential = credentialOf(users.ec);
  const serials = new Set<string>();
  for (let n = 0; n < 5; n += 1) {
    const { chain } = await delegate(t, credential, { request: grid.request(serverKeys.ec) });
    serials.add(new X509Certificate(leafOf(chain)).serialNumber);
  }
  assert.equal(serials.size, 5);
});

test('a longer delegation is not replaced by a shorter one', async (t) => {
  const until = new Date(Math.floor((Date.now() + 10 * HOUR) / 1000) * 1000);
  const server = { request: grid.request(serverKeys.ec), until };
  const { end, chain, asked } = await delegate(t, credentialOf(users.ec), server, 6);
  assert.equal(end.getTime(), until.getTime());
  assert.equal(chain, null);
  assert.equal(asked.length, 1);
});

test('an expired delegation is replaced', async (t) => {
  const server = { request: grid.request(serverKeys.ec), until: new Date(Date.now() - HOUR) };
  const { end, chain } = await delegate(t, credentialOf(users.ec), server);
  assert(end.getTime() > Date.now() + 5 * HOUR);
  assert.equal(grid.verdict(chain ?? ''), 'OK');
});

test('a delegation whose answer is lost after it was stored has succeeded', async (t) => {
  const server: DelegationServer = {
    request: grid.request(serverKeys.ec),
    put: (_, store) => (store(), 'close'),
  };
  const { end, chain, asked } = await delegate(t, credentialOf(users.ec), server);
  assert.equal(Date.parse(new X509Certificate(chain ?? '').validTo), end.getTime());
  assert.equal(asked.filter(({ method }) => method === 'PUT').length, 1);
});

test('a delegation whose answer is lost before it was stored has failed', async (t) => {
  const server: DelegationServer = { request: grid.request(serverKeys.ec), put: () => 'close' };
  await assert.rejects(delegate(t, credentialOf(users.ec), server), TryAgain);
});

for (const name of ['delegation_put_malformed', 'delegation_put_for_another_key', 'delegation_put_without_request']) {
  test(`the recorded refusal ${name} is one`, async (t) => {
    const put = (): { status: number; body: string } => recording(name).response;
    const refused = delegate(t, credentialOf(users.ec), { request: grid.request(serverKeys.ec), put });
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
    const { chain } = await delegate(t, credentialOf(grid.proxy(users.rsa, 'rsa')), { request, put });
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
    await assert.rejects(delegate(t, credentialOf(users.ec), { request }), ServerError);
  }
});

test('an id that is none is not asked about', async (t) => {
  const { endpoint, asked } = await listen(t, (_, response) => sendJson(response, null));
  const client = clientOf(t, endpoint, { credential: credentialOf(users.ec) });
  await assert.rejects(client.delegatedUntil('../whoami'), CredentialError);
  await assert.rejects(client.delegate('', 6), CredentialError);
  assert.equal(asked.length, 0);
});

test('without a proxy nothing is delegated', async (t) => {
  const { endpoint, asked } = await listen(t, (_, response) => sendJson(response, null));
  await assert.rejects(clientOf(t, endpoint).delegate(ID, 6), CredentialError);
  assert.equal(asked.length, 0);
});
