/**
 * Real TLS handshakes: what the server sees of us, and what we believe of the server.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

import {
  BadEndpoint,
  CredentialError,
  discoverCredential,
  type Fts3,
  type Fts3Options,
  FtsError,
  Unauthorized,
} from '../../dist/fts3/index.js';
import { Grid } from './grid.js';
import { clientOf, jobId, listen, sendJson, wireJob } from './loopback.js';

const grid = new Grid();
after(() => grid.remove());
const host = grid.host();
const proxy = grid.proxy(grid.proxy(grid.user('rsa'), 'ec'), 'ec', undefined, '4712');
const credential = grid.credential(proxy);

/** A server that asks for a certificate and takes any, as Node cannot verify proxies. */
const SERVER: ServerOptions = {
  cert: readFileSync(host.certificate),
  key: readFileSync(host.key),
  ca: readFileSync(grid.ca.certificate),
  requestCert: true,
  rejectUnauthorized: false,
};

/** The subjects' last names of the chain that the client has sent, leaf first. */
function chainSeen(socket: TLSSocket): string[] {
  const seen: string[] = [];
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate?.subject !== undefined && certificate.issuerCertificate !== certificate) {
    seen.push([certificate.subject.CN].flat().at(-1) ?? '');
    certificate = certificate.issuerCertificate as DetailedPeerCertificate | undefined;
  }
  return seen;
}

function secureClient(t: TestContext, endpoint: string, options: Partial<Fts3Options> = {}): Fts3 {
  return clientOf(t, endpoint, { credential, caDirectory: grid.caDirectory, ...options });
}

async function errorOf(promise: Promise<unknown>): Promise<FtsError> {
  const outcome: unknown = await promise.then(
    () => 'no error',
    (error: unknown) => error,
  );
  assert(outcome instanceof FtsError, String(outcome));
  return outcome;
}

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`every connection shows the whole chain and resumes no session (${maxVersion})`, async (t) => {
    const reused: boolean[] = [];
    const chains: string[] = [];
    const server = await listen(
      t,
      ({ path }, response, socket) => {
        reused.push((socket as TLSSocket).isSessionReused());
        chains.push(chainSeen(socket as TLSSocket).join(' < '));
        response.setHeader('connection', 'close');
        sendJson(response, wireJob(path.slice('/jobs/'.length)));
      },
      { ...SERVER, maxVersion },
    );
    const client = secureClient(t, server.endpoint);
    for (let number = 0; number < 6; number += 1) await client.jobs([jobId(number)]);
    assert.deepEqual(
      server.asked.map(({ connection }) => connection),
      [0, 1, 2, 3, 4, 5],
    );
    assert.deepEqual([...new Set(reused)], [false]);
    assert.equal(new Set(chains).size, 1);
    assert.match(chains[0] ?? '', /^4712 < 4711 < Jos/);
  });
}

test('a connection is kept for the next request', async (t) => {
  const server = await listen(t, ({ path }, response) => sendJson(response, wireJob(path.slice(6))), SERVER);
  const client = secureClient(t, server.endpoint, { connections: 1 });
  for (let number = 0; number < 5; number += 1) await client.jobs([jobId(number)]);
  assert.deepEqual([...new Set(server.asked.map(({ connection }) => connection))], [0]);
});

test('a token is sent without any certificate', async (t) => {
  const seen: unknown[] = [];
  const server = await listen(
    t,
    ({ headers }, response, socket) => {
      seen.push(headers.authorization, chainSeen(socket as TLSSocket));
      sendJson(response, wireJob(jobId(1)));
    },
    SERVER,
  );
  const token = discoverCredential({ BEARER_TOKEN: 'opaque-token' }, { auth: 'token', uid: 0, now: new Date() });
  await secureClient(t, server.endpoint, { credential: token }).jobs([jobId(1)]);
  assert.deepEqual(seen, ['Bearer opaque-token', []]);
});

test('a server whose certificate is of another CA gets nothing', async (t) => {
  const stranger = new Grid();
  t.after(() => stranger.remove());
  const server = await listen(t, (_, response) => sendJson(response, {}), SERVER);
  const client = secureClient(t, server.endpoint, { caDirectory: stranger.caDirectory });
  const error = await errorOf(client.submit({ files: [], params: {} }));
  assert(error instanceof BadEndpoint);
  assert.equal(error.sent, false);
  assert.match(error.message, /certificate is not trusted .*; check the endpoint and fts\.ca_directory/);
  assert.equal(server.asked.length, 0);
});

test('a server whose certificate has another name gets nothing', async (t) => {
  const other = grid.issue(grid.ca, 'ec', '/CN=other.example.org', 'subjectAltName = DNS:other.example.org\n');
  const tls = { ...SERVER, cert: readFileSync(other.certificate), key: readFileSync(other.key) };
  const server = await listen(t, (_, response) => sendJson(response, {}), tls);
  const error = await errorOf(secureClient(t, server.endpoint).submit({ files: [], params: {} }));
  assert.equal(`${error.name} ${error.sent}`, 'BadEndpoint false');
  assert.equal(server.asked.length, 0);
});

test('a server that rejects the certificate closes, and the message names the file', async (t) => {
  const strangers = { ca: readFileSync(host.certificate), rejectUnauthorized: true };
  const server = await listen(t, (_, response) => sendJson(response, {}), { ...SERVER, ...strangers });
  const error = await errorOf(secureClient(t, server.endpoint).submit({ files: [], params: {} }));
  assert.equal(`${error.name} ${error.answered}`, 'TryAgain false');
  assert(error.message.includes(`it may be rejecting the certificate in "${credential.path}"`), error.message);
  assert.equal(server.asked.length, 0);
});

test('a server that insists on a certificate says so to a token, in an alert', async (t) => {
  const server = await listen(t, (_, response) => sendJson(response, {}), { ...SERVER, rejectUnauthorized: true });
  const token = discoverCredential({ BEARER_TOKEN: 'opaque-token' }, { auth: 'token', uid: 0, now: new Date() });
  const error = await errorOf(secureClient(t, server.endpoint, { credential: token }).announced());
  assert(error.name === 'TryAgain' || error instanceof Unauthorized, error.message);
  assert.equal(server.asked.length, 0);
});

test('a handshake that never ends means that nothing was sent', async (t) => {
  const { endpoint } = await silentServer(t);
  const error = await errorOf(secureClient(t, endpoint, { timeoutSeconds: 0.3 }).submit({ files: [], params: {} }));
  assert.equal(`${error.name} ${error.sent} ${error.answered}`, 'TryAgain false false');
});

test('a request that timed out in the handshake is not sent when the handshake ends after all', async (t) => {
  const server = await listen(t, (_, response) => sendJson(response, {}), SERVER);
  const gate = await gateBefore(t, server.endpoint);
  const client = secureClient(t, gate.endpoint, { timeoutSeconds: 1.2, connections: 1 });
  const error = await errorOf(client.submit({ files: [], params: {} }));
  assert.equal(error.sent, false);
  gate.open();
  await gate.closed;
  assert.equal(server.asked.length, 0);
});

/** A gate before a server: it takes a connection, and lets nothing through until it is opened. */
async function gateBefore(
  t: TestContext,
  endpoint: string,
): Promise<{ endpoint: string; open(): void; closed: Promise<void> }> {
  let open = (): void => undefined;
  let closed = (): void => undefined;
  const server = createServer((inner) => {
    const outer = connect(Number(new URL(endpoint).port), '127.0.0.1');
    open = () => void inner.pipe(outer).pipe(inner);
    inner.on('error', () => undefined).on('close', () => (outer.destroy(), closed()));
    outer.on('error', () => undefined).on('close', () => inner.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const closing = new Promise<void>((resolve) => (closed = resolve));
  return { endpoint: `https://127.0.0.1:${port}`, open: () => open(), closed: closing };
}

/** A server that accepts connections and says nothing. */
async function silentServer(t: TestContext): Promise<{ endpoint: string }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.resume().on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('what speaks plain http is no https endpoint', async (t) => {
  const server = await listen(t, (_, response) => sendJson(response, {}));
  const endpoint = server.endpoint.replace('http:', 'https:');
  const error = await errorOf(secureClient(t, endpoint).submit({ files: [], params: {} }));
  assert.equal(error.sent, false);
  assert.equal(error.name, 'BadEndpoint');
  assert.equal(server.asked.length, 0);
});

test('https needs a credential', (t) => {
  assert.throws(() => secureClient(t, 'https://127.0.0.1:8446', { credential: null }), CredentialError);
});

test('a CA directory is read past what is no certificate in it', async (t) => {
  const directory = mkdtempSync(join(grid.directory, 'mixed-'));
  writeFileSync(join(directory, 'TestCA.pem'), readFileSync(grid.ca.certificate));
  symlinkSync('TestCA.pem', join(directory, '0a1b2c3d.0'));
  symlinkSync('missing.pem', join(directory, 'dangling.pem'));
  const broken = '-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n';
  for (const name of ['0a1b2c3d.r0', 'TestCA.signing_policy', 'TestCA.namespaces', 'TestCA.info', 'Broken.pem']) {
    writeFileSync(join(directory, name), broken);
  }
  const server = await listen(t, (_, response) => sendJson(response, wireJob(jobId(1))), SERVER);
  const lookups = await secureClient(t, server.endpoint, { caDirectory: directory }).jobs([jobId(1)]);
  assert.equal(lookups.size, 1);
});

test('a missing or empty CA directory is said to be one', async (t) => {
  const empty = mkdtempSync(join(grid.directory, 'empty-'));
  const server = await listen(t, (_, response) => sendJson(response, {}), SERVER);
  for (const caDirectory of [empty, join(empty, 'missing')]) {
    const error = await errorOf(secureClient(t, server.endpoint, { caDirectory }).announced());
    assert.equal(`${error.name} ${error.sent}`, 'BadEndpoint false');
    assert.match(error.message, /fts\.ca_directory/);
    assert(error.message.includes(caDirectory));
  }
  assert.equal(server.asked.length, 0);
});

test('a server of an unknown CA gets nothing, whatever the environment says of checks and CAs', async (t) => {
  const stranger = new Grid();
  t.after(() => stranger.remove());
  const { certificate, key } = stranger.host();
  const server = await listen(t, (_, response) => sendJson(response, {}), {
    ...SERVER,
    cert: readFileSync(certificate),
    key: readFileSync(key),
  });
  // Node reads these variables when it starts.
  const script = `
    import { Fts3, discoverCredential } from ${JSON.stringify(new URL('../../dist/fts3/index.js', import.meta.url).href)};
    const credential = discoverCredential(process.env, { auth: 'token', uid: 0, now: new Date() });
    const [endpoint, caDirectory] = process.argv.slice(1);
    const client = new Fts3({ endpoint, caDirectory, credential, timeoutSeconds: 20, userAgent: 'test', backOff: [] });
    await client.submit({ files: [], params: {} }).catch((error) => console.log(error.name, error.sent));
    await client.close();`;
  const ca = stranger.ca.certificate;
  const environments: Record<string, string>[] = [
    { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    { NODE_EXTRA_CA_CERTS: ca },
    { SSL_CERT_FILE: ca, NODE_OPTIONS: '--use-openssl-ca' },
  ];
  for (const more of environments) {
    const args = ['--input-type=module', '-e', script, server.endpoint, grid.caDirectory];
    const env = { BEARER_TOKEN: 'opaque-token', ...more };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
    assert.equal(stdout, 'BadEndpoint false\n', `${Object.keys(more).join()}: ${stderr}`);
  }
  assert.equal(server.asked.length, 0);
});
