import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { acquireLease, breakLease, leaseState, type Lease } from '../../dist/lease/lease.js';
import { makeLease, makeLeaseDirectory } from '../../dist/lease/leaseDirectory.js';
import { EXIT, LeaseError, SpoolError } from '../../dist/errors.js';
import { run } from '../support/runProgram.js';
import { startKeeper } from '../support/keeper.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const CONTENDER = fileURLToPath(new URL('../support/leaseContender.js', import.meta.url));

function acquire(base: string, env: Record<string, string> = {}, waitSeconds = 0): Promise<Lease> {
  return acquireLease(base, { program: 'test', waitSeconds, takeoverMinutes: 60, env });
}

function leases(base: string): string[] {
  return fs.readdirSync(join(base, '.lease')).filter((name) => !name.startsWith('.'));
}

/** Makes a lease look as if it had been written so long ago, by the file server's clock. */
function backdate(base: string, name: string, minutes: number): void {
  const then = Date.now() / 1000 - minutes * 60;
  fs.utimesSync(join(base, '.lease', name), then, then);
}

test('hundreds of starts at the same time never hold the lease twice', async () => {
  const base = temporaryDirectory();
  const log = join(base, 'log');
  const contenders = Array.from({ length: 12 }, () => run(CONTENDER, { base, args: ['20', log], timeoutMs: 120_000 }));
  for (const { exit, stderr } of await Promise.all(contenders)) assert.equal(exit, 0, stderr);
  const lines = fs.readFileSync(log, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 2 * 12 * 20);
  let last = 0;
  for (let index = 0; index < lines.length; index += 2) {
    const number = Number(lines[index]?.replace('in ', ''));
    assert.deepEqual(lines.slice(index, index + 2), [`in ${number}`, `out ${number}`]);
    assert.ok(number > last, `lease ${number} after ${last}`);
    last = number;
  }
});

test('only one can make the directory of a lease', () => {
  const base = temporaryDirectory();
  makeLeaseDirectory(base);
  assert.deepEqual([makeLease(base, 7), makeLease(base, 7)], [true, false]);
});

test('a released lease is followed by the next number, and lower ones are removed', async () => {
  const base = temporaryDirectory();
  const first = await acquire(base);
  first.check();
  first.release();
  assert.throws(() => first.check(), LeaseError);
  const second = await acquire(base);
  assert.deepEqual([first.number, second.number, leases(base)], [1, 2, ['000002']]);
});

test('a holder that was killed is replaced at once', async () => {
  const base = temporaryDirectory();
  const keeper = startKeeper({ base });
  assert.equal(await keeper.held(), 1);
  await keeper.signal('SIGKILL');
  await keeper.end();
  assert.equal(leaseState(base, {})?.held, false);
  assert.equal((await acquire(base)).number, 2);
});

test('a holder whose pid belongs to another process now is replaced at once', async () => {
  const base = temporaryDirectory();
  await acquire(base);
  const file = join(base, '.lease', '000001', 'holder');
  const holder = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
  fs.writeFileSync(file, JSON.stringify({ ...holder, startTime: '1' }));
  assert.equal((await acquire(base)).number, 2);
});

test('a holder of an earlier boot of this host is replaced at once', async () => {
  const base = temporaryDirectory();
  await acquire(base, { C2E_BOOT_ID: 'before' });
  assert.equal((await acquire(base, { C2E_BOOT_ID: 'after' })).number, 2);
});

test('a holder in another container of the same host is not taken for dead', async () => {
  const base = temporaryDirectory();
  await acquire(base);
  const file = join(base, '.lease', '000001', 'holder');
  const holder = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
  fs.writeFileSync(file, JSON.stringify({ ...holder, startTime: '1', pidNamespace: 'pid:[1]' }));
  await assert.rejects(acquire(base), LeaseError);
});

test('a live holder is waited for, and then named with what to do', async () => {
  const base = temporaryDirectory();
  const keeper = startKeeper({ base, env: { C2E_HOST: 'node.example.org' } });
  await keeper.held();
  const waits: string[] = [];
  const options = { program: 'monitor', waitSeconds: 0.5, takeoverMinutes: 60, env: { C2E_HOST: 'node.example.org' } };
  await assert.rejects(acquireLease(base, { ...options, onWait: (message) => waits.push(message) }), (error) => {
    assert.ok(error instanceof LeaseError && error.exit === EXIT.leaseHeld);
    assert.match(
      error.message,
      /^Cannot start monitor: lease 1 is held by keeper on node\.example\.org, pid \d+, since 20/,
    );
    assert.match(error.message, new RegExp(`pid ${keeper.pid},`));
    assert.match(error.message, /; wait .*--wait; .*node dist\/misc\/unlock\.js --yes$/);
    return true;
  });
  assert.equal(waits.length, 1);
  assert.match(waits[0] ?? '', /^monitor waits up to 0.5 s: lease 1 is held by keeper/);
  assert.equal((await keeper.end()).exit, 0);
});

test('who waits gets the lease when it is released', async () => {
  const base = temporaryDirectory();
  const first = await acquire(base);
  const keeper = startKeeper({ base, args: ['60'] });
  const second = keeper.held();
  first.release();
  assert.equal(await second, 2);
  assert.equal((await keeper.end()).exit, 0);
});

test('a holder on another host is replaced when its lease is older than the takeover time, and not before', async () => {
  const base = temporaryDirectory();
  const first = await acquire(base, { C2E_HOST: 'alpha' });
  backdate(base, '000001', 59);
  await assert.rejects(acquire(base, { C2E_HOST: 'beta' }), LeaseError);
  first.check();
  backdate(base, '000001', 61);
  const second = await acquire(base, { C2E_HOST: 'beta' });
  assert.throws(() => first.check(), /^LeaseError: Cannot go on: lease 1 was lost; lease 2 is held by test on beta/);
  first.release();
  second.check();
});

test('the clocks of the hosts do not matter', async () => {
  const base = temporaryDirectory();
  await acquire(base, { C2E_HOST: 'alpha' });
  const ahead = startKeeper({ base, args: ['0', '60', '24'], env: { C2E_HOST: 'beta' } });
  assert.equal((await ahead.end()).exit, EXIT.leaseHeld);
  backdate(base, '000001', 61);
  const behind = startKeeper({ base, args: ['0', '60', '-24'], env: { C2E_HOST: 'beta' } });
  assert.equal(await behind.held(), 2);
  assert.equal((await behind.end()).exit, 0);
});

test('a lease whose holder cannot be read is replaced after ten seconds', async () => {
  for (const text of [null, '', '{"host":', '"text"', '{"pid":"1"}', '{"host":"a","pid":-1}']) {
    const base = temporaryDirectory();
    fs.mkdirSync(join(base, '.lease', '000007'), { recursive: true });
    if (text !== null) fs.writeFileSync(join(base, '.lease', '000007', 'holder'), text);
    await assert.rejects(acquire(base), /lease 7 is being taken by another program/);
    backdate(base, '000007', 11 / 60);
    assert.equal((await acquire(base)).number, 8);
  }
});

test('what else stands in the lease directory is left alone', async () => {
  const base = temporaryDirectory();
  fs.mkdirSync(join(base, '.lease', 'notes'), { recursive: true });
  fs.writeFileSync(join(base, '.lease', '12'), '');
  const lease = await acquire(base);
  assert.equal(lease.number, 1);
  assert.deepEqual(leases(base).sort(), ['000001', '12', 'notes']);
});

test('a lease is lost when a person has removed it, also when its number was given out again', async () => {
  const base = temporaryDirectory();
  const first = await acquire(base);
  fs.rmSync(join(base, '.lease'), { recursive: true });
  assert.throws(() => first.check(), LeaseError);
  const second = await acquire(base);
  assert.equal(second.number, first.number);
  first.release();
  second.check();
});

test('a broken lease is lost to its holder and free for the next', async () => {
  const base = temporaryDirectory();
  const lease = await acquire(base, { C2E_HOST: 'alpha' });
  const { number, holder } = breakLease(base);
  assert.deepEqual([number, holder?.host, holder?.program], [2, 'alpha', 'test']);
  assert.throws(() => lease.check(), LeaseError);
  assert.equal((await acquire(base)).number, 3);
});

test('the state of the lease is shown and nothing is written', async () => {
  const base = temporaryDirectory();
  assert.equal(leaseState(base, {}), null);
  assert.deepEqual(fs.readdirSync(base), []);
  const lease = await acquire(base);
  const { held, number, holder, ageSeconds } = leaseState(base, {}) ?? {};
  assert.deepEqual([held, number, holder?.program, holder?.pid], [true, 1, 'test', process.pid]);
  assert.ok(ageSeconds !== undefined && ageSeconds < 60);
  lease.release();
  const after = leaseState(base, {});
  assert.deepEqual([after?.held, after?.holder?.program], [false, 'test']);
});

test('a base directory that cannot be used is named with its cure', async () => {
  const base = temporaryDirectory();
  fs.writeFileSync(join(base, 'file'), '');
  fs.writeFileSync(join(base, '.lease'), '');
  const cases: [string, RegExp][] = [
    [base, /^SpoolError: Cannot read the lease ".*\/\.lease": ENOTDIR.*; a file stands where a directory should be/],
    [join(base, 'file'), /^SpoolError: Cannot make the lease ".*\/file\/\.lease": ENOTDIR/],
    [join(base, 'missing'), /^SpoolError: Cannot make the lease ".*": ENOENT.*; make the base directory/],
  ];
  for (const [path, message] of cases) {
    await assert.rejects(acquire(path), (error) => error instanceof SpoolError && error.exit === EXIT.spool);
    await assert.rejects(acquire(path), message);
  }
  assert.deepEqual(fs.readdirSync(base).sort(), ['.lease', 'file']);
});
