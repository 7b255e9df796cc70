import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cronTree, type CronTree } from '../support/cronTree.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const names = (tree: CronTree) => tree.started().map(({ program }) => program);

test('producer.sh and monitor.sh start their program quietly, with the options given, and end as it ends', () => {
  const tree = cronTree();
  for (const program of ['producer', 'monitor']) {
    tree.ends(program, 5);
    const args = ['--lists', '2', 'with  blanks', '', '*', '$HOME'];
    assert.deepEqual(tree.run(tree.script(`${program}.sh`), { args }), { exit: 5, stdout: '', stderr: '' });
    const [start, ...more] = tree.started();
    assert.deepEqual([start?.program, start?.args, more], [program, ['--quiet', ...args], []]);
  }
});

test('consumer.sh starts the producer, then the consumer whatever the producer said', () => {
  const tree = cronTree();
  for (const status of [0, 4]) {
    tree.ends('producer', status);
    tree.run(tree.script('consumer.sh'), { args: ['--wait', '5'] });
    const started = tree.started().map(({ program, args }) => [program, ...args]);
    assert.deepEqual(started, [
      ['producer', '--quiet', '--wait', '5'],
      ['consumer', '--quiet', '--wait', '5'],
    ]);
  }
});

test('consumer.sh ends with the worse of two statuses, for every pair of them', () => {
  const tree = cronTree();
  // From bad to good. Here `node` is a shell script, as eighty pairs need not start it for real.
  const order = [137, 124, 1, 2, 4, 6, 5, 3, 0];
  const bin = join(tree.toolkit, 'bin');
  fs.mkdirSync(bin);
  const node = '#!/bin/sh\ncase $1 in */producer.js) exit "$PRODUCER" ;; */consumer.js) exit "$CONSUMER" ;; esac\n';
  fs.writeFileSync(join(bin, 'node'), node, { mode: 0o755 });
  for (const producer of order) {
    for (const consumer of order) {
      const env = { PATH: `${bin}:/usr/bin:/bin`, PRODUCER: String(producer), CONSUMER: String(consumer) };
      const { exit } = tree.run(tree.script('consumer.sh'), { env });
      const both = [producer, consumer];
      // Killed and timed out are equally bad: either will do.
      const worst = both.every((status) => status > 6) ? both : [order.find((status) => both.includes(status))];
      assert.ok(worst.includes(exit ?? -1), `exit ${exit} for producer ${producer}, consumer ${consumer}`);
    }
  }
});

test('the scripts work through symbolic links and from any directory, which they leave to the program', () => {
  const tree = cronTree();
  const elsewhere = fs.realpathSync(temporaryDirectory());
  fs.symlinkSync(tree.script('monitor.sh'), join(elsewhere, 'a link'));
  fs.symlinkSync(join(elsewhere, 'a link'), join(elsewhere, 'second link'));
  fs.symlinkSync(join(tree.toolkit, 'cronjobs'), join(elsewhere, 'cronjobs'));
  for (const script of ['second link', 'cronjobs/monitor.sh']) {
    assert.equal(tree.run(join(elsewhere, script), { cwd: elsewhere }).exit, 0);
    assert.equal(tree.run('sh', { args: [script], cwd: elsewhere }).exit, 0);
    assert.deepEqual(
      tree.started().map(({ program, cwd }) => [program, cwd]),
      [
        ['monitor', elsewhere],
        ['monitor', elsewhere],
      ],
    );
  }
});

test('the environment file reaches the programs, and what it does to the arguments does not', () => {
  const tree = cronTree();
  fs.writeFileSync(tree.script('environment'), 'C2E_BASE="$HOME/my campaign"\nX509_USER_PROXY=/p\nset -- lost\n');
  tree.run(tree.script('monitor.sh'), { args: ['--verbose'] });
  const [start] = tree.started();
  assert.deepEqual(start?.args, ['--quiet', '--verbose']);
  assert.equal(start?.env['C2E_BASE'], join(tree.toolkit, 'my campaign'));
  assert.equal(start?.env['X509_USER_PROXY'], '/p');
});

test('C2E_ENVIRONMENT names another environment file, instead of the one beside the scripts', () => {
  const tree = cronTree();
  fs.writeFileSync(tree.script('environment'), 'C2E_BASE=/beside\n');
  fs.writeFileSync(join(tree.toolkit, 'my environment'), 'C2E_BASE=/named\n');
  tree.run(tree.script('monitor.sh'), { env: { C2E_ENVIRONMENT: 'my environment' } });
  assert.equal(tree.started()[0]?.env['C2E_BASE'], '/named');
});

test('an environment file that is named and not there is a wrong setting, and nothing is started', () => {
  const tree = cronTree();
  for (const name of ['producer', 'consumer', 'monitor']) {
    const { exit, stderr } = tree.run(tree.script(`${name}.sh`), { env: { C2E_ENVIRONMENT: '/no/such file' } });
    assert.equal(exit, 2);
    assert.match(stderr, /^Cannot read the environment "\/no\/such file": /);
  }
  fs.symlinkSync('/no/such file', tree.script('environment'));
  assert.equal(tree.run(tree.script('monitor.sh')).exit, 2);
  assert.deepEqual(names(tree), []);
});

test('the shipped example is an environment that works as it is', () => {
  const tree = cronTree();
  fs.renameSync(tree.script('environment.example'), tree.script('environment'));
  fs.mkdirSync(join(tree.toolkit, 'node', 'bin'), { recursive: true });
  fs.symlinkSync(process.execPath, join(tree.toolkit, 'node', 'bin', 'node'));
  assert.deepEqual(tree.run(tree.script('consumer.sh')), { exit: 0, stdout: '', stderr: '' });
  assert.deepEqual(names(tree), ['producer', 'consumer']);
});

test('the proxy is renewed once before the programs, and says nothing when it worked', () => {
  const tree = cronTree();
  const mark = join(tree.toolkit, 'renewed');
  const env = { C2E_RENEW_PROXY: `echo "your proxy is valid" && echo once >> "${mark}"` };
  assert.deepEqual(tree.run(tree.script('consumer.sh'), { env }), { exit: 0, stdout: '', stderr: '' });
  assert.equal(fs.readFileSync(mark, 'utf8'), 'once\n');
});

test('a renewal that fails is said with what it said, and the programs still run', () => {
  const tree = cronTree();
  const env = { C2E_RENEW_PROXY: 'echo "no VOMS server" >&2; exit 7' };
  const { exit, stderr } = tree.run(tree.script('consumer.sh'), { env });
  assert.equal(exit, 0);
  assert.match(stderr, /^Cannot renew the proxy: ".*" ended with 7, saying: no VOMS server; try it by hand\n$/);
  assert.deepEqual(names(tree), ['producer', 'consumer']);
});

test('a program that runs longer than C2E_TIMEOUT is ended, and the consumer still has its turn', () => {
  const tree = cronTree();
  tree.ends('producer', 'never');
  const { exit } = tree.run(tree.script('consumer.sh'), { env: { C2E_TIMEOUT: '1' } });
  assert.equal(exit, 124);
  assert.deepEqual(names(tree), ['producer', 'consumer']);
});

test('the crontab example names scripts that ship', () => {
  const tree = cronTree();
  const example = fs.readFileSync(tree.script('crontab.example'), 'utf8');
  const scripts = [...example.matchAll(/cronjobs\/(\w+\.sh)/g)].map(([, script = '']) => script);
  assert.deepEqual(new Set(scripts), new Set(['consumer.sh', 'monitor.sh']));
  for (const script of scripts) fs.accessSync(tree.script(script), fs.constants.X_OK);
});

/** A proxy that lasts for so many days, in a file from an hour ago. */
function proxyOf(tree: CronTree, days: number): string {
  const file = join(tree.toolkit, 'proxy');
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=4711', '-days', String(days)];
  const { stdout } = spawnSync('openssl', ['req', ...made, '-keyout', '-'], { encoding: 'utf8' });
  fs.writeFileSync(file, stdout, { mode: 0o600 });
  const then = new Date(Date.now() - 3_600_000);
  fs.utimesSync(file, then, then);
  return file;
}

test('a renewal that complains is not said while the proxy is fine, and is when it is not', () => {
  const tree = cronTree();
  fs.mkdirSync(join(tree.toolkit, 'dist', 'misc'));
  const real = fileURLToPath(new URL('../../dist/misc/proxyLeft.js', import.meta.url));
  fs.symlinkSync(real, join(tree.toolkit, 'dist', 'misc', 'proxyLeft.js'));
  const complaint = 'echo "Warning: the clock is skewed" >&2; exit 1';
  const [good, missing] = [proxyOf(tree, 2), join(tree.toolkit, 'none')];
  const said = (X509_USER_PROXY: string, command = complaint): string =>
    tree.run(tree.script('monitor.sh'), { env: { X509_USER_PROXY, C2E_RENEW_PROXY: command } }).stderr;
  assert.equal(said(good), '');
  assert.equal(said(missing, `cp "${good}" "${missing}"; ${complaint}`), '');
  fs.rmSync(missing);
  assert.match(said(missing), /^Cannot renew the proxy: .* ended with 1, saying: Warning: the clock is skewed; try it/);
  // Made now, and no proxy.
  assert.match(said(missing, `echo rubbish > "${missing}"; chmod 600 "${missing}"; exit 1`), /^Cannot renew the proxy/);
  assert.deepEqual(new Set(names(tree)), new Set(['monitor']));
});
