/**
 * The server from the command line.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { ask } from './asking.js';

const SERVE = fileURLToPath(new URL('../../dist/rehearsal/serve.js', import.meta.url));

function serve(...args: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [SERVE, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}

test('serve --help shows its usage, within 80 columns', async () => {
  const { child, output } = serve('--help');
  assert.deepEqual(await once(child, 'close'), [0, null]);
  assert.match(output(), /^Usage: .*serve\.js.*\n/);
  assert.match(output(), /\n {2}--check-duplicates .*\n[^]*\nEXIT STATUS\n/);
  for (const line of output().split('\n')) assert.ok(line.length <= 80, line);
});

test('serve says where it listens, answers, and ends on SIGTERM with 0', async () => {
  const { child, output } = serve('--name', 'CERN', '--seed', '1', '--vo', 'atlas');
  assert.ok(child.stdout);
  await once(child.stdout, 'data');
  const url = /^CERN listens on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(output())?.[1];
  assert.match((await ask(String(url), 'GET', '/whoami')).text, /"vos": \["atlas"\]/);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

for (const [args, why] of [
  [['--port', 'x'], /--port: "x" is no number/],
  [['--port', '65536'], /--port: "65536" is no port, 0 to 65535/],
  [['--port', '1.5'], /--port: "1\.5" is no port/],
  [['--nosuch'], /nosuch/],
  [['--fts-version', '3.9'], /--fts-version: "3\.9" is none of 3\.10, .*4\.0/],
  [['--key', 'host.pem'], /belong together/],
] as const) {
  test(`serve ends with 2 on ${args.join(' ')}`, async () => {
    const { child, output } = serve(...args);
    assert.deepEqual(await once(child, 'close'), [2, null]);
    assert.match(output(), why);
  });
}

test('serve ends with 1 on an address that is not loopback', async () => {
  const { child, output } = serve('--host', '0.0.0.0');
  assert.deepEqual(await once(child, 'close'), [1, null]);
  assert.match(output(), /loopback only/);
});
