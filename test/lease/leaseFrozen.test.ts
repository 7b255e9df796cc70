import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { acquireLease, leaseState, type Lease } from '../../dist/lease/lease.js';
import { EXIT, Trouble } from '../../dist/errors.js';
import { KEEPER, startKeeper, stateOf, type Keeper } from '../support/keeper.js';
import { killUntilSurvives } from '../support/runProgram.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { until } from '../support/until.js';
import { watched } from '../support/watched.js';

const here = process.env;

function acquire(base: string, env: NodeJS.ProcessEnv = here): Promise<Lease> {
  return acquireLease(base, { program: 'test', waitSeconds: 0, takeoverMinutes: 60, env });
}

/** Takes the lease and gives it back, on a machine that is not there any more for the next; the exit status of its trouble. */
async function keep(base: string): Promise<number> {
  try {
    (await acquire(base, { ...here, C2E_BOOT_ID: 'the boot before' })).release();
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return error.exit;
  }
}

/** Makes every lease of a campaign look so many seconds old. */
function backdate(base: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  for (const name of fs.readdirSync(join(base, '.lease'))) {
    if (/^\d+$/.test(name)) fs.utimesSync(join(base, '.lease', name), then, then);
  }
}

/** A campaign that ran once, so that taking the lease also removes one. */
async function campaign(): Promise<{ base: string }> {
  const base = temporaryDirectory();
  (await acquire(base)).release();
  return { base };
}

/** Ends a keeper: one that holds by a kill, as it may be about to freeze again; one that does not has ended with 6. */
async function finish(keeper: Keeper, holds: boolean): Promise<void> {
  if (holds) await keeper.signal('SIGKILL');
  assert.equal((await keeper.end()).exit, holds ? null : EXIT.leaseHeld);
}

test('a process killed at any step of taking or giving back the lease leaves it to the next', async () => {
  const points = await killUntilSurvives(KEEPER, campaign, async (base) => {
    // Killed between mkdir and its name, it left a lease that is free only after ten seconds.
    if (leaseState(base, {})?.holder === null) backdate(base, 11);
    (await acquire(base)).check();
  });
  assert.ok(points >= 7, `only ${points} points`);
});

test('an error at any step of taking or giving back the lease leaves it to the next at once', async () => {
  for (const errno of ['ENOSPC', 'EACCES']) {
    let exit: number | null = null;
    for (let at = 2; at <= 11; at++) {
      const { base } = await campaign();
      ({ result: exit } = await watched(() => keep(base), { at, errno }));
      assert.ok(exit === EXIT.ok || exit === EXIT.spool, `exit ${exit} after ${errno} at step ${at}`);
      (await acquire(base)).check();
    }
    assert.equal(exit, EXIT.ok, 'the last step was tried');
  }
});

test('a process frozen at any step of taking the lease does not hold it when another took it meanwhile', async () => {
  for (let step = 1; ; step++) {
    const { base } = await campaign();
    const keeper = startKeeper({ base, crash: { at: step, signal: 'SIGSTOP' } });
    if (!(await keeper.stopped())) {
      assert.ok(step > 6, `it holds after ${step - 1} steps`);
      await finish(keeper, true);
      return;
    }
    const frozen = leaseState(base, {});
    backdate(base, 11);
    if (frozen?.holder?.pid === keeper.pid) {
      // It has looked for the last time: it holds, and another is told so.
      await assert.rejects(acquire(base), /held by keeper/);
      assert.equal(await keeper.holdsWhenAwake(), true);
      await finish(keeper, true);
    } else {
      const ours = await acquire(base);
      assert.equal(await keeper.holdsWhenAwake(), false, `held twice after a freeze at step ${step}`);
      await finish(keeper, false);
      ours.check();
    }
  }
});

test('of two processes frozen at any of their steps never both hold the lease', async () => {
  // The first stands between its mkdir and its name; the second finds that, eleven seconds old, and wants the next.
  const seen = new Set<string>();
  for (const first of [3, 6]) {
    for (let step = 1, done = false; !done; step++) {
      const base = temporaryDirectory();
      const sleeper = startKeeper({ base, crash: { at: first, signal: 'SIGSTOP' } });
      assert.ok(await sleeper.stopped());
      backdate(base, 11);
      const taker = startKeeper({ base, crash: { at: step, signal: 'SIGSTOP' } });
      done = !(await taker.stopped());
      const [sleeperHolds, takerHolds] = [await sleeper.holdsWhenAwake(), await taker.holdsWhenAwake()];
      assert.ok(!(sleeperHolds && takerHolds), `both hold: the first frozen at ${first}, the second at ${step}`);
      seen.add(sleeperHolds ? 'the first' : takerHolds ? 'the second' : 'neither');
      if (sleeperHolds) assert.equal(await sleeper.check(), 'ok');
      if (takerHolds) assert.equal(await taker.check(), 'ok');
      await finish(sleeper, sleeperHolds);
      await finish(taker, takerHolds);
    }
  }
  assert.deepEqual([...seen].sort(), ['the first', 'the second'], 'the freezes covered both outcomes');
});

test('a holder stopped for longer than the takeover time finds its lease lost', async () => {
  const base = temporaryDirectory();
  const keeper = startKeeper({ base, env: { C2E_HOST: 'alpha' } });
  await keeper.held();
  assert.equal(await keeper.check(), 'ok');
  await keeper.signal('SIGSTOP');
  backdate(base, 61 * 60);
  const ours = await acquire(base, { C2E_HOST: 'beta' });
  await keeper.signal('SIGCONT');
  assert.equal(await keeper.check(), 'lost');
  assert.equal((await keeper.end()).exit, 0);
  ours.check();
});

test('a holder stopped on this host is not replaced, however old its lease', async () => {
  const base = temporaryDirectory();
  const keeper = startKeeper({ base });
  await keeper.held();
  await keeper.signal('SIGSTOP');
  backdate(base, 61 * 60);
  await assert.rejects(acquire(base), /held by keeper/);
  await keeper.signal('SIGCONT');
  assert.equal(await keeper.check(), 'ok');
  assert.equal((await keeper.end()).exit, 0);
});

test('a holder that was killed but not buried is replaced at once', async () => {
  const base = temporaryDirectory();
  // A shell that becomes `sleep` never asks for the exit status of its child, which stays a zombie.
  const parent = spawn('sh', ['-c', `"$0" "$1" <&3 & exec sleep 60`, process.execPath, KEEPER], {
    env: { ...here, C2E_BASE: base },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  try {
    await until('the keeper holds', () => (leaseState(base, {})?.holder ?? null) !== null);
    const pid = leaseState(base, {})?.holder?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await until('it is a zombie', () => stateOf(pid) === 'Z');
    assert.equal((await acquire(base)).number, 2);
  } finally {
    parent.kill('SIGKILL');
  }
});
