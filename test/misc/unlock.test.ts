import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { acquireLease, type Lease } from '../../dist/lease/lease.js';
import { EXIT, LeaseError } from '../../dist/errors.js';
import { run } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

function acquire(base: string): Promise<Lease> {
  return acquireLease(base, { program: 'consumer', waitSeconds: 0, takeoverMinutes: 60, env: { C2E_HOST: 'alpha' } });
}

test('unlock says that a lease is free', async () => {
  const base = temporaryDirectory();
  const never = await run('misc/unlock', { base });
  assert.deepEqual([never.exit, never.stdout], [EXIT.ok, 'The lease is free: no program ever ran here.\n']);
  (await acquire(base)).release();
  const released = await run('misc/unlock', { base, args: ['--yes'] });
  assert.equal(released.exit, EXIT.ok);
  assert.match(released.stdout, /^The lease is free: the last one, 1, was that of consumer on alpha, pid \d+, since /);
});

test('unlock without --yes shows who holds the lease, and takes nothing away', async () => {
  const base = temporaryDirectory();
  const lease = await acquire(base);
  const { exit, stdout } = await run('misc/unlock', { base });
  assert.equal(exit, EXIT.leaseHeld);
  assert.match(stdout, /^Lease 1 is held by consumer on alpha, pid \d+, since .*--yes\.\n$/);
  lease.check();
});

test('unlock --yes takes the lease away', async () => {
  const base = temporaryDirectory();
  const lease = await acquire(base);
  const { exit, stdout } = await run('misc/unlock', { base, args: ['--yes'] });
  assert.equal(exit, EXIT.ok);
  assert.match(stdout, /^Lease 1 was taken away from consumer on alpha/);
  assert.throws(() => lease.check(), LeaseError);
  assert.equal((await acquire(base)).number, 3);
});

test('unlock --json says the same to a program', async () => {
  const base = temporaryDirectory();
  await acquire(base);
  const { stdout } = await run('misc/unlock', { base: '/nowhere', args: ['--json', '--base', base] });
  const { holder, ageSeconds, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual(rest, { program: 'unlock', number: 1, held: true, broken: false, exit: EXIT.leaseHeld });
  assert.equal((holder as { program: string }).program, 'consumer');
  assert.equal(typeof ageSeconds, 'number');
});

test('unlock refuses what it does not know, and a campaign that is not there', async () => {
  const base = temporaryDirectory();
  assert.equal((await run('misc/unlock', { base, args: ['--force'] })).exit, EXIT.usage);
  assert.equal((await run('misc/unlock', { base, args: ['campaign'] })).exit, EXIT.usage);
  assert.equal((await run('misc/unlock', { base: join(base, 'missing') })).exit, EXIT.spool);
  fs.writeFileSync(join(base, '.lease'), '');
  assert.equal((await run('misc/unlock', { base })).exit, EXIT.spool);
  const help = await run('misc/unlock', { base, args: ['--help'] });
  assert.equal(help.exit, EXIT.ok);
  assert.match(help.stdout, /Exit status:\n {2}0 /);
});
