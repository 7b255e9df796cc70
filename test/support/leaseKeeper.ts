/**
 * leaseKeeper: a program for tests that takes the lease of C2E_BASE and does what its standard input says.
 *
 *   leaseKeeper.js WAIT_SECONDS TAKEOVER_MINUTES [CLOCK_SHIFT_HOURS]
 *
 * It prints "held N"; to the line "check" it answers "ok" or "lost". At the end of its input it releases and ends
 * with 0, after a trouble with that trouble's exit status. Its own clock can be shifted.
 */
import { createInterface } from 'node:readline';
import { acquireLease } from '../../dist/lease/lease.js';
import { Trouble } from '../../dist/errors.js';

const [waitSeconds = 0, takeoverMinutes = 60, shiftHours = 0] = process.argv.slice(2).map(Number);

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...value: [number?]) {
    super(value[0] ?? RealDate.now() + shiftHours * 3_600_000);
  }
  static override now(): number {
    return RealDate.now() + shiftHours * 3_600_000;
  }
} as DateConstructor;

try {
  const onWait = (message: string) => void process.stdout.write(`${message}\n`);
  const base = process.env['C2E_BASE'] ?? '';
  const lease = await acquireLease(base, { program: 'keeper', waitSeconds, takeoverMinutes, env: process.env, onWait });
  process.stdout.write(`held ${lease.number}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'check') process.stdout.write(`${holds(() => lease.check()) ? 'ok' : 'lost'}\n`);
  }
  lease.release();
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exit;
}

function holds(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof Trouble) return false;
    throw error;
  }
}
