/**
 * leaseStarter: a program for tests that tries once for the lease of C2E_BASE at each of many given instants.
 *
 *   leaseStarter.js ROUNDS FIRST PERIOD LOG
 *
 * Round n begins at FIRST + n × PERIOD (milliseconds, by the clock that all processes of a machine share); it spins up
 * to it, so that several of these begin within microseconds. Who gets the lease appends "in NUMBER", holds it for a
 * third of the period, still finds it its own, appends "out NUMBER" and gives it back. Prints the rounds in which it
 * was late.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { acquireLease, type Lease } from '../../dist/lease/lease.js';
import { LeaseError } from '../../dist/errors.js';

const [rounds = 0, first = 0, period = 0] = process.argv.slice(2, 5).map(Number);
const log = process.argv[5] ?? '';
const base = process.env['C2E_BASE'] ?? '';
/** A timer comes late on a busy machine; what is left is spun away. */
const SPIN_MS = 8;
const clock = (): number => performance.timeOrigin + performance.now();

async function tryOnce(): Promise<Lease | null> {
  try {
    return await acquireLease(base, { program: 'starter', waitSeconds: 0, takeoverMinutes: 60, env: process.env });
  } catch (error) {
    if (error instanceof LeaseError) return null;
    throw error;
  }
}

let late = 0;
for (let round = 0; round < rounds; round++) {
  const instant = first + round * period;
  await pause(Math.max(0, instant - clock() - SPIN_MS));
  if (clock() > instant) late += 1;
  while (clock() < instant);
  const lease = await tryOnce();
  if (lease === null) continue;
  appendFileSync(log, `in ${lease.number}\n`);
  while (clock() < instant + period / 3) lease.check();
  appendFileSync(log, `out ${lease.number}\n`);
  lease.release();
}
process.stdout.write(`${late}\n`);
