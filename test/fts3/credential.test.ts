/**
 * Where credentials are found, and which are refused before any server sees them.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { inspect } from 'node:util';

import { type Credential, CredentialError, discoverCredential, Unauthorized } from '../../dist/fts3/index.js';
import { Grid } from './grid.js';
import { clientOf, listen, sendJson } from './loopback.js';

const grid = new Grid();
after(() => grid.remove());
const user = grid.user('ec');
const proxy = grid.proxyFile(grid.proxy(user, 'ec'));
/** A uid that nobody has, so that its files in /tmp are ours to make. */
const UID = 3_999_000_000 + process.pid;
const DAY = 86_400_000;

type Auth = 'auto' | 'proxy' | 'token';

function discover(env: NodeJS.ProcessEnv, auth: Auth = 'auto', now = new Date()): Credential {
  return discoverCredential(env, { auth, uid: UID, now });
}

function refusal(env: NodeJS.ProcessEnv, auth: Auth = 'auto', now = new Date()): string {
  try {
    return inspect(discover(env, auth, now));
  } catch (error) {
    assert(error instanceof CredentialError && error instanceof Unauthorized, String(error));
    assert.equal(`${error.sent} ${error.answered}`, 'false false');
    return error.message;
  }
}

function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** A file that is removed after the test. */
function file(t: TestContext, path: string, content: string | Buffer, mode = 0o600): string {
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  t.after(() => rmSync(path, { force: true }));
  return path;
}

function scratch(name: string): string {
  return join(grid.directory, name);
}

test('a proxy is read with its subject, its end and its chain', () => {
  const credential = discover({ X509_USER_PROXY: proxy });
  assert(credential.kind === 'certificate');
  assert.equal(credential.path, proxy);
  assert.match(credential.subject, /^\/DC=org\/DC=example\/OU=Users.*\/CN=4711$/);
  assert.equal(credential.chain.length, 2);
  assert(Math.abs(credential.expires.getTime() - Date.now() - DAY) < 60_000, 'the proxy ends before the user');
});

test('the end of a credential is that of its shortest-lived certificate', () => {
  const short = grid.user('ec', 1);
  const long = grid.issue(short, 'ec', `${grid.subjectOf(short)}/CN=1`, 'keyUsage = digitalSignature\n', 9);
  const credential = discover({ X509_USER_PROXY: grid.proxyFile(long) });
  assert(Math.abs(Number(credential.expires) - Date.now() - DAY) < 60_000);
});

test('X509_USER_PROXY comes before the proxy in /tmp, and that before a certificate with its key', (t) => {
  const pair = { X509_USER_CERT: user.certificate, X509_USER_KEY: user.key };
  chmodSync(user.key, 0o400);
  assert.equal(discover(pair).path, user.certificate);
  const standard = file(t, `/tmp/x509up_u${UID}`, readFileSync(proxy));
  assert.equal(discover(pair).path, standard);
  assert.equal(discover({ ...pair, X509_USER_PROXY: proxy }).path, proxy);
});

test('tokens are found in the order of the WLCG', (t) => {
  const directory = scratch('run');
  mkdirSync(directory);
  const token = (sub: string): string => jwt({ sub, exp: Date.now() / 1000 + 3600 });
  const subject = (env: NodeJS.ProcessEnv): string => discover(env, 'token').subject;
  const env: NodeJS.ProcessEnv = {};
  file(t, `/tmp/bt_u${UID}`, `${token('in /tmp')}\n`);
  assert.equal(subject(env), 'in /tmp');
  env['XDG_RUNTIME_DIR'] = directory;
  assert.equal(subject(env), 'in /tmp');
  file(t, join(directory, `bt_u${UID}`), token('in XDG_RUNTIME_DIR'));
  assert.equal(subject(env), 'in XDG_RUNTIME_DIR');
  env['BEARER_TOKEN_FILE'] = file(t, scratch('token'), token('in BEARER_TOKEN_FILE'), 0o644);
  assert.equal(subject(env), 'in BEARER_TOKEN_FILE');
  env['BEARER_TOKEN'] = token('in BEARER_TOKEN');
  assert.equal(subject(env), 'in BEARER_TOKEN');
});

test('a proxy wins over a token, unless tokens are asked for', () => {
  const env = { X509_USER_PROXY: proxy, BEARER_TOKEN: 'opaque-token' };
  assert.equal(discover(env).kind, 'certificate');
  assert.equal(discover(env, 'proxy').kind, 'certificate');
  assert.equal(discover(env, 'token').kind, 'token');
  assert.equal(discover({ BEARER_TOKEN: 'opaque-token' }).kind, 'token');
  assert.match(refusal({ BEARER_TOKEN: 'opaque-token' }, 'proxy'), /no proxy .*; run voms-proxy-init/);
  assert.match(refusal({ X509_USER_PROXY: proxy }, 'token'), /there is no token/);
  assert.match(refusal({}), /there is no proxy and no token .*; run voms-proxy-init/);
});

test('what a variable names must be there', () => {
  const missing = scratch('missing');
  const env = { X509_USER_PROXY: missing, BEARER_TOKEN: 'opaque-token' };
  assert.match(refusal(env), /missing": there is no such file; run voms-proxy-init/);
  assert.match(refusal({ BEARER_TOKEN_FILE: missing }), /missing": there is no such file/);
  assert.match(refusal({ X509_USER_CERT: user.certificate }), /X509_USER_CERT is set and its partner is not/);
  assert.match(refusal({ X509_USER_KEY: user.key }), /X509_USER_KEY is set and its partner is not/);
  assert.match(refusal({ X509_USER_CERT: missing, X509_USER_KEY: user.key }), /cannot be read \(ENOENT\)/);
});

test('an expired proxy is refused with its file, its end and the cure', () => {
  const message = refusal({ X509_USER_PROXY: proxy }, 'auto', new Date(Date.now() + 2 * DAY));
  assert.match(message, /x509up": .*CN=4711 expired at 20\d\d-.*Z; run voms-proxy-init$/);
});

test('a proxy is refused when the certificate above it has expired', () => {
  const short = grid.user('ec', 1);
  const long = grid.issue(short, 'ec', `${grid.subjectOf(short)}/CN=1`, 'keyUsage = digitalSignature\n', 9);
  const path = grid.proxyFile(long);
  assert.match(refusal({ X509_USER_PROXY: path }, 'auto', new Date(Date.now() + 2 * DAY)), /ller expired at/);
});

test('a proxy of tomorrow is refused, and the clock suspected', () => {
  assert.match(refusal({ X509_USER_PROXY: proxy }, 'auto', new Date(Date.now() - DAY)), /not valid before .* clock/);
});

test('a proxy or key that others can read is refused', (t) => {
  const open = file(t, scratch('open'), readFileSync(proxy), 0o640);
  assert.equal(refusal({ X509_USER_PROXY: open }).split('; ').at(-1), `chmod 600 ${open}`);
  const key = file(t, scratch('open-key.pem'), readFileSync(user.key), 0o604);
  const pair = { X509_USER_CERT: user.certificate, X509_USER_KEY: key };
  assert.equal(refusal(pair).split('; ').at(-1), `chmod 600 ${key}`);
});

test('a key that is not of the certificate, or damaged, or has a passphrase is refused', (t) => {
  const certificate = readFileSync(user.certificate, 'utf8');
  const other = readFileSync(grid.newKey('ec'), 'utf8');
  const locked = grid.openssl(['pkey', '-in', user.key, '-aes256', '-passout', 'pass:secret']);
  const halfKey = other.replace(/\n.{20}/, '\n');
  const cases: [string, RegExp][] = [
    [certificate + other, /damaged or of another certificate/],
    [certificate + halfKey, /damaged or of another certificate/],
    [certificate + locked, /has a passphrase/],
    [certificate, /no private key/],
    [other, /no certificate/],
    ['', /no certificate/],
    [`-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n${other}`, /damaged/],
  ];
  for (const [content, expected] of cases) {
    const message = refusal({ X509_USER_PROXY: file(t, scratch('wrong'), content) });
    assert.match(message, expected);
    assert(!message.includes(other.split('\n')[1] ?? ''), 'no key in a message');
  }
});

test('a directory in the place of a proxy is refused', () => {
  assert.match(refusal({ X509_USER_PROXY: grid.directory }), /no regular file/);
});

test('a token that has expired or cannot be one is refused', () => {
  const expired = jwt({ exp: Date.now() / 1000 - 10 });
  assert.match(refusal({ BEARER_TOKEN: expired }), /"BEARER_TOKEN": it expired at 20/);
  for (const token of ['two words', 'line\nbreak', 'header\r\nx: y', ' ', 'é']) {
    assert.match(refusal({ BEARER_TOKEN: token }), /no bearer token/);
  }
});

test('a token that cannot be read has no known end', () => {
  for (const token of ['opaque', 'a.b.c', jwt({ exp: 'soon' }), jwt({ exp: 1e300 })]) {
    const credential = discover({ BEARER_TOKEN: token });
    assert.equal(credential.expires, null);
  }
});

test('no key and no token show when a credential or an error is printed', async (t) => {
  const token = jwt({ sub: 'me', exp: Date.now() / 1000 + 3600 });
  const { endpoint, asked } = await listen(t, (_, response) => {
    sendJson(response, { status: '401 Unauthorized', message: `Token ${token} is of no known issuer` }, 401);
  });
  const credential = discover({ BEARER_TOKEN: token });
  const client = clientOf(t, endpoint, { credential });
  const error: unknown = await client.whoami().catch((thrown: unknown) => thrown);
  assert.equal(asked[0]?.headers.authorization, `Bearer ${token}`);
  assert(error instanceof Unauthorized);
  const certificate = discover({ X509_USER_PROXY: proxy });
  const key = readFileSync(proxy, 'utf8').match(/PRIVATE KEY-----\n(.{40})/)?.[1] ?? '';
  assert(certificate.kind === 'certificate' && certificate.key.includes(key));
  const printed = [error, credential, certificate, client].map(
    (value) =>
      `${inspect(value, { depth: 9 })} ${JSON.stringify(value)} ${value instanceof Error ? value.message : ''}`,
  );
  for (const text of printed) {
    assert(!text.includes(token));
    assert(!text.includes(key));
  }
});

test('a credential that comes to its end during a run is not used any more', async (t) => {
  const { endpoint, asked } = await listen(t, (_, response) => sendJson(response, {}));
  const credential = discover({ X509_USER_PROXY: proxy });
  const ended: Credential = Object.create(credential, { expires: { value: new Date(Date.now() - 1000) } });
  await assert.rejects(clientOf(t, endpoint, { credential: ended }).submit({ files: [], params: {} }), CredentialError);
  assert.equal(asked.length, 0);
});

test('a credential comes to its end by the clock that the client is given', async (t) => {
  const { endpoint, asked } = await listen(t, (_, response) => sendJson(response, {}));
  const credential = discover({ X509_USER_PROXY: proxy });
  const now = () => new Date(Date.now() + 2 * DAY);
  await assert.rejects(clientOf(t, endpoint, { credential, now }).announced(), CredentialError);
  assert.equal(asked.length, 0);
});

test('a credential that somebody else has put into /tmp is refused', (t) => {
  const planted = file(t, `/tmp/x509up_u${UID}`, readFileSync(proxy));
  assert.equal(discover({}).path, planted);
  const { getuid } = process;
  assert(getuid !== undefined);
  t.after(() => Object.assign(process, { getuid }));
  Object.assign(process, { getuid: () => UID });
  assert.match(refusal({}), /it belongs to another user; remove it/);
  assert.equal(discover({ X509_USER_PROXY: planted }).path, planted);
});

/** The message with which a proxy file of these parts is refused. */
function refusedAs(t: TestContext, ...parts: (string | Buffer)[]): string {
  const whole = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return refusal({ X509_USER_PROXY: file(t, scratch('x509up_odd'), whole) });
}

/** A self-made certificate with a key of so many bits, as a weak proxy would have. */
function weak(bits: number): string {
  const [key, certificate] = [scratch(`weak${bits}.key`), scratch(`weak${bits}.pem`)];
  grid.openssl([
    'req',
    '-x509',
    '-newkey',
    `rsa:${bits}`,
    '-nodes',
    '-subj',
    '/CN=1',
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  return readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8');
}

test('each thing that can be wrong with a proxy file has its own cure', (t) => {
  const { certificate, key, above } = grid.proxy(user, 'ec');
  const [leaf, secret] = [readFileSync(certificate), readFileSync(key)];
  assert.match(
    refusedAs(t, leaf, secret),
    /it has not its whole chain: the certificate of .*ller, which signed the proxy, .*; copy the whole file/s,
  );
  const proxyOfProxy = grid.proxy(grid.proxy(user, 'ec'), 'ec');
  const [top = '', eec = ''] = proxyOfProxy.above.split(/(?<=-----END CERTIFICATE-----\n)/);
  const inner = [readFileSync(proxyOfProxy.certificate), readFileSync(proxyOfProxy.key)];
  for (const rest of [[], [top], [eec]]) assert.match(refusedAs(t, ...inner, ...rest), /it has not its whole chain/);
  assert.doesNotMatch(refusedAs(t, ...inner, top, eec), /Cannot/);
  assert.match(refusedAs(t, weak(512)), /is too short: 512 bits; (?!run voms-proxy-init$)/);
  const der = scratch('proxy.der');
  grid.openssl(['x509', '-in', certificate, '-outform', 'DER', '-out', der]);
  assert.match(refusedAs(t, readFileSync(der)), /it is DER or PKCS#12, and PEM is wanted; convert it/);
  assert.match(refusedAs(t, leaf, above, readFileSync(grid.newKey('ec'))), /private key is damaged or of another cert/);
  assert.match(refusedAs(t, ''), /no certificate in it; run voms-proxy-init/);
});

test('a user certificate that has expired is not mended by another proxy of it', () => {
  const then = new Date(Date.now() + 30 * DAY);
  const own = refusal({ X509_USER_CERT: user.certificate, X509_USER_KEY: user.key }, 'auto', then);
  assert.match(own, /ller expired at .*; it is the user's own certificate: renew it at its authority/);
});

test('a proxy that cannot be used and hides a good token says so', (t) => {
  const later = new Date(Date.now() + 2 * DAY);
  const standard = file(t, `/tmp/x509up_u${UID}`, readFileSync(proxy));
  const token = file(t, `/tmp/bt_u${UID}`, jwt({ sub: 'dm', exp: (Date.now() + 9 * DAY) / 1000 }));
  const hidden =
    /expired at .*; run voms-proxy-init; or, as there is a good token in .*, which this hides: remove that file/;
  assert.match(refusal({}, 'auto', later), hidden);
  assert.match(refusal({}, 'auto', later), /or set fts\.auth = "token"$/);
  assert.match(
    refusal({ BEARER_TOKEN: 'opaque-token' }, 'auto', later),
    /a good token in BEARER_TOKEN, which this hides/,
  );
  chmodSync(standard, 0o644);
  assert.match(refusal({}), /others can read it; chmod 600 .*which this hides/);
  assert.doesNotMatch(refusal({}, 'proxy'), /token/);
  rmSync(token);
  assert.doesNotMatch(refusal({}, 'auto', later), /token/);
  assert.doesNotMatch(refusal({ BEARER_TOKEN: jwt({ exp: 1 }) }, 'auto', later), /token/);
});

test('a path with ~ is said not to be expanded', () => {
  for (const env of [
    { X509_USER_PROXY: '~/x509up' },
    { X509_USER_CERT: '~/usercert.pem', X509_USER_KEY: user.key },
    { X509_USER_CERT: user.certificate, X509_USER_KEY: '~/userkey.pem' },
    { BEARER_TOKEN_FILE: '~/token' },
  ])
    assert.match(refusal(env), /"~" is not expanded here; write the whole path/);
});
