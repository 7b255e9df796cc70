/**
 * secrets: keys and tokens appear in nothing that the programs print, write or show to other users of the machine.
 */
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import fc from 'fast-check';

import { CredentialError, discoverCredential } from '../../dist/fts3/index.js';
import { listen, sendJson } from '../fts3/loopback.js';
import { site } from '../servers/proxies.js';
import { Grid } from '../rehearsal/certificates.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { outcome, start } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { endJob, rehearsalServer } from '../support/rehearsed.js';
import { until } from '../support/until.js';
import { EVIL, fellOnItsFeet, times, tried } from './rubbish.js';

/** The lines of a PEM file that are its private key. */
function keyOf(proxy: string): string[] {
  const [, key = ''] = /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\n([^-]+)/.exec(readFileSync(proxy, 'utf8')) ?? [];
  return key.trim().split('\n');
}

/** All that stands in the campaign, as one text. */
function everythingIn(base: string): string {
  return readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

test('the key of a proxy is printed and written nowhere, whether all goes well or the server fails', async () => {
  const { server, caDirectory, proxy } = await site('RAL');
  const campaign = new Campaign([choice(server)], { fts: { ca_directory: caDirectory, timeout_seconds: 1 } });
  const file = proxy(24 * 60);
  const secret = keyOf(file);
  assert.ok(secret.length > 10);
  campaign.put('TODO', listName(1));
  let said = '';
  for (const faults of [[{ name: 'no', when: {}, does: 'status' as const, status: 400 }], []]) {
    server.setFaults(faults);
    for (const program of ['consumer', 'monitor', 'status'])
      for (const args of [['--verbose'], ['--json']]) {
        const ended = await runUnharmed(program, { base: campaign.base, env: { X509_USER_PROXY: file }, args });
        fellOnItsFeet(ended);
        said += ended.stdout + ended.stderr;
      }
  }
  assert.deepEqual(campaign.lists('DOING'), [listName(1)], 'it was used all the same');
  for (const line of secret) assert.ok(!`${said}${everythingIn(campaign.base)}`.includes(line));
});

test('a proxy that others can read is refused, with the cure, and so is one that is no proxy', async () => {
  const { server, caDirectory, proxy } = await site('OPEN');
  const campaign = new Campaign([choice(server)], { fts: { ca_directory: caDirectory } });
  campaign.put('TODO', listName(1));
  const file = proxy(24 * 60);
  const secret = keyOf(file);
  const consume = (): ReturnType<typeof runUnharmed> =>
    runUnharmed('consumer', { base: campaign.base, env: { X509_USER_PROXY: file }, args: ['--verbose'] });
  for (const mode of [0o640, 0o604, 0o666]) {
    chmodSync(file, mode);
    const ended = await consume();
    fellOnItsFeet(ended, [5]);
    assert.match(`${ended.stdout}${ended.stderr}`, /others can read it; chmod 600/);
  }
  chmodSync(file, 0o600);
  const whole = readFileSync(file);
  const rubbish = [whole.subarray(0, 900), whole.subarray(900), Buffer.from('x'.repeat(5000)), Buffer.alloc(0)];
  for (const bytes of [...rubbish, Buffer.from(whole.toString('latin1').replaceAll('A', '\u001b'), 'latin1')]) {
    writeFileSync(file, bytes);
    const ended = await consume();
    fellOnItsFeet(ended, [5]);
    for (const line of secret) assert.ok(!`${ended.stdout}${ended.stderr}`.includes(line));
  }
  assert.deepEqual(campaign.lists('TODO'), [listName(1)]);
});

test('a token that the server sends back in its error is not repeated', async (t) => {
  const grid = new Grid(t);
  const caDirectory = temporaryDirectory();
  writeFileSync(join(caDirectory, 'ca.pem'), grid.ca.cert);
  const echo = listen(
    t,
    ({ headers }, response) => {
      const message = `you sent ${headers.authorization}`;
      sendJson(response, { status: '403 Forbidden', message, http_message: message }, 403);
    },
    grid.host(),
  );
  const { endpoint, asked } = await echo;
  const campaign = new Campaign([{ name: 'ECHO', endpoint }], { fts: { ca_directory: caDirectory, auth: 'token' } });
  campaign.put('TODO', listName(1));
  const token = 'c2VjcmV0LXRva2Vu.ZG8tbm90LXNob3c';
  const ended = await runUnharmed('consumer', {
    base: campaign.base,
    env: { BEARER_TOKEN: token },
    args: ['--verbose'],
  });
  fellOnItsFeet(ended, [5]);
  assert.equal(asked[0]?.headers.authorization, `Bearer ${token}`);
  assert.match(`${ended.stdout}${ended.stderr}`, /you sent Bearer …/);
  assert.ok(!`${ended.stdout}${ended.stderr}${everythingIn(campaign.base)}`.includes(token));
});

test('while a program waits for a server, other users see no secret in the list of processes', async () => {
  const { server, caDirectory, proxy } = await site('SLOW');
  const campaign = new Campaign([choice(server)], { fts: { ca_directory: caDirectory } });
  campaign.put('TODO', listName(1));
  const file = proxy(24 * 60);
  server.setFaults([{ name: 'silent', when: { path: /whoami/ }, does: 'hang' }]);
  const child = start('consumer', { base: campaign.base, env: { X509_USER_PROXY: file } });
  await until('the server was asked', () => server.history.some(({ path }) => path === '/whoami'));
  const seen = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      } catch {
        return '';
      }
    });
  child.kill('SIGKILL');
  await outcome(child);
  assert.ok(seen.some((line) => line.includes('consumer.js')));
  for (const line of keyOf(file)) assert.ok(!seen.some((each) => each.includes(line)));
});

test('a proxy or a token with anything in it is read or refused, never a bug, and no line of the key is repeated', async (t) => {
  const { proxy } = await site('FUZZ');
  const file = proxy(24 * 60);
  const secret = keyOf(file);
  const whole = readFileSync(file, 'latin1');
  const rubbish = fc.oneof(
    fc.constantFrom('', '\n', '=', '-----BEGIN CERTIFICATE-----\n', '-----END RSA PRIVATE KEY-----', EVIL, '\0\0'),
    fc.string({ unit: 'binary', maxLength: 30 }),
  );
  const damage = fc.tuple(fc.nat(whole.length), fc.constantFrom(0, 1, 64, 2000), rubbish);
  const refused = (env: NodeJS.ProcessEnv, auth: 'proxy' | 'token'): void => {
    try {
      discoverCredential(env, { auth, uid: process.getuid?.() ?? 0, now: new Date() });
    } catch (error) {
      assert.ok(error instanceof CredentialError, String((error as Error).stack));
      assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
      for (const line of secret) assert.ok(!error.message.includes(line));
    }
  };
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      let text = whole;
      for (const [at, gone, put] of damages) text = text.slice(0, at) + put + text.slice(at + gone);
      writeFileSync(file, Buffer.from(text, 'latin1'));
      refused({ X509_USER_PROXY: file }, 'proxy');
    }),
    { numRuns: times(300) },
  );
  fc.assert(
    fc.property(fc.array(rubbish, { maxLength: 4 }), (parts) => refused({ BEARER_TOKEN: parts.join('.') }, 'token')),
    { numRuns: times(300) },
  );
  tried(t, 2 * times(300), 'proxies and tokens');
});

test('signed URLs stand in the lists and at FTS, and are hidden in all that is printed, logged or shown', async () => {
  const ral = await rehearsalServer('SIGNED');
  const campaign = new Campaign([choice(ral)]);
  const signed = 'X-Amz-Credential=KEYNAME%2Fs3&X-Amz-Signature=0a1b2c3d5ecre7';
  const secrets = ['KEYNAME', '0a1b2c3d5ecre7', 'MDAxmacaroon'];
  const source = (name: string): string => `https://s3.example.org/b/${name}?${signed}`;
  const lines = ['okay', 'gone'].map((name) => `${source(name)}  davs://echo.example.org/${name}?authz=MDAxmacaroon\n`);
  campaign.write(`TODO/${listName(1)}`, lines.join(''));
  await campaign.run('consumer');
  const [{ jobId, transfers } = { jobId: '', transfers: [] }] = ral.submissions;
  assert.ok(transfers[0]?.source.includes('0a1b2c3d5ecre7'), 'FTS needs it');
  endJob(ral, jobId, [['FINISHED'], ['FAILED', `SOURCE [2] HTTP 404 : File not found ${source('gone')}`]]);
  const page = join(temporaryDirectory(), 'page.html');
  const metrics = join(temporaryDirectory(), 'c2e.prom');
  const runs: [string, ...string[]][] = [
    ['consumer', '--dry-run', '--verbose'],
    ['monitor', '--verbose', '--report', page, '--metrics', metrics],
    ['status'],
    ['status', '--json'],
    ['misc/explain', source('gone')],
    ['misc/explain', listName(1), '--json'],
    ['misc/audit'],
    ['misc/requeue', '--all', '--dry-run'],
    ['misc/requeue'],
    ['misc/doctor', '--json'],
  ];
  let said = '';
  for (const [program, ...args] of runs) {
    const { stdout, stderr } = await runUnharmed(program, { base: campaign.base, args });
    if (args.includes('--json')) JSON.parse(stdout);
    said += stdout + stderr;
  }
  assert.match(said, /X-Amz-Signature=…/, 'what kind of URL it is stays');
  said += readFileSync(page, 'utf8') + readFileSync(metrics, 'utf8') + campaign.read('castor2echo.log');
  for (const secret of secrets) assert.ok(!said.includes(secret), `${secret}: ${said}`);
  const bad = campaign.read(`DONE/Bad/${listName(1)}`);
  for (const secret of secrets) assert.ok(bad.includes(secret), 'the list is to be sent again');
});
