/**
 * What is delegated is judged by OpenSSL: the proxy that the server gets verifies under its CA, whoever signed it.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';

import { CredentialError } from '../../dist/fts3/index.js';
import { delegate, leafOf } from './delegating.js';
import { Grid, type Identity, type KeyType } from './grid.js';

const grid = new Grid();
after(() => grid.remove());
const users: Record<KeyType, Identity> = { rsa: grid.user('rsa'), ec: grid.user('ec') };
const serverKeys: Record<KeyType, string> = { rsa: grid.newKey('rsa'), ec: grid.newKey('ec') };

const LIMITED = 'language:1.3.6.1.4.1.3536.1.1.1.9';

for (const signer of ['rsa', 'ec'] as const) {
  for (const server of ['rsa', 'ec'] as const) {
    test(`a proxy with an ${signer} key is delegated to a server with an ${server} key`, async (t) => {
      const proxy = grid.proxy(users[signer], signer);
      const { chain } = await delegate(t, grid.credential(proxy), { request: grid.request(serverKeys[server]) });
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
  const { chain } = await delegate(t, grid.credential(proxy), { request: grid.request(serverKeys.rsa) });
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
  const { chain } = await delegate(t, grid.credential(proxy), { request: grid.request(serverKeys.rsa) });
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
    const { chain } = await delegate(t, grid.credential(identity), { request: grid.request(key) });
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
  const { chain } = await delegate(t, grid.credential(user), { request: grid.request(serverKeys.ec) });
  assert.equal(grid.verdict(chain ?? ''), 'OK');
});

test('under a certificate without a key identifier the identifier is made from its key', async (t) => {
  const bare = 'keyUsage = critical,digitalSignature\nsubjectKeyIdentifier = none\nauthorityKeyIdentifier = keyid\n';
  const user = grid.issue(grid.ca, 'rsa', '/DC=org/DC=example/CN=Bare', bare);
  assert.doesNotMatch(grid.text(readFileSync(user.certificate, 'utf8')), /Subject Key Identifier/);
  const { chain } = await delegate(t, grid.credential(user), { request: grid.request(serverKeys.rsa) });
  assert.equal(grid.verdict(chain ?? ''), 'OK');
});

test('a limited proxy stays limited', async (t) => {
  const limited = grid.proxy(users.rsa, 'rsa', LIMITED);
  const credential = grid.credential(limited);
  assert.equal(credential.limited, true);
  assert.equal(grid.credential(grid.proxy(users.rsa, 'ec')).limited, false);
  const { chain } = await delegate(t, credential, { request: grid.request(serverKeys.rsa) });
  assert.equal(grid.verdict(chain ?? ''), 'OK');
  assert.match(grid.text(leafOf(chain)), /Policy Language: 1\.3\.6\.1\.4\.1\.3536\.1\.1\.1\.9/);
});

test('a full proxy under a limited one does not become full again', async (t) => {
  const full = grid.proxy(grid.proxy(users.rsa, 'ec', LIMITED), 'ec', undefined, '4712');
  const { chain } = await delegate(t, grid.credential(full), { request: grid.request(serverKeys.rsa) });
  assert.match(grid.text(leafOf(chain)), /Policy Language: 1\.3\.6\.1\.4\.1\.3536\.1\.1\.1\.9/);
});

test('a path length constraint is counted down, and respected at its end', async (t) => {
  const proxy = grid.proxy(users.rsa, 'ec', 'language:id-ppl-inheritAll,pathlen:1');
  const { chain } = await delegate(t, grid.credential(proxy), { request: grid.request(serverKeys.rsa) });
  assert.equal(grid.verdict(chain ?? ''), 'OK');
  assert.match(grid.text(leafOf(chain)), /Path Length Constraint: 0/);
  const last = grid.credential(grid.proxy(users.rsa, 'ec', 'language:id-ppl-inheritAll,pathlen:0'));
  await assert.rejects(delegate(t, last, { request: grid.request(serverKeys.rsa) }), CredentialError);
});

test('a proxy whose policy is unknown is not delegated', async (t) => {
  const independent = grid.credential(grid.proxy(users.rsa, 'ec', 'language:id-ppl-independent'));
  await assert.rejects(
    delegate(t, independent, { request: grid.request(serverKeys.rsa) }),
    /its policy .* is none that can be passed on/,
  );
});

test('a legacy proxy is not delegated, and the message says how to get a present one', async (t) => {
  for (const name of ['proxy', 'limited proxy']) {
    const credential = grid.credential(grid.proxy(users.rsa, 'ec', '', name));
    assert.equal(credential.limited, name === 'limited proxy');
    const refused = delegate(t, credential, { request: grid.request(serverKeys.rsa) });
    await assert.rejects(refused, /it is a legacy (limited )?proxy, .*; run voms-proxy-init -rfc/);
  }
});

test('two delegations never have the same serial number', async (t) => {
  const credential = grid.credential(users.ec);
  const serials = new Set<string>();
  for (let n = 0; n < 5; n += 1) {
    const { chain } = await delegate(t, credential, { request: grid.request(serverKeys.ec) });
    serials.add(new X509Certificate(leafOf(chain)).serialNumber);
  }
  assert.equal(serials.size, 5);
});
