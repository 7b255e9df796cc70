/**
 * lease: one program at a time on one campaign, also when cron starts them on several nodes.
 *
 * A lease is a numbered directory (leaseDirectory); the highest number holds, and the number is a fencing token: who
 * finds a higher one has lost its lease and may not change anything any more. Byte-range locks may hold on one client
 * only on AFS and NFS, and hard links do not cross AFS directories; `mkdir` has one winner everywhere.
 *
 * Who may take the next number: anybody, when the highest is released, or its holder is surely dead, or it is old
 * by the file server's own clock. Number n is held by whoever made it *and then* found that n is the highest and that
 * what stood before it is still free. So of two processes that both made a number at least one sees the other and
 * withdraws, however long either was frozen between its steps. A number that was held never comes back: only the
 * holder of a higher one removes it.
 *
 * What remains: a process frozen between its `check()` and the system call after it can still do that one call.
 *
 * Errors: LeaseError (exit 6) when the lease is another's; SpoolError (exit 4) when the directory cannot be used.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { LeaseError } from '../errors.js';
import * as directory from './leaseDirectory.js';
import { describeHolder, fate, thisHolder, type Holder } from './leaseHolder.js';

export type { Holder } from './leaseHolder.js';

export interface Lease {
  /** The fencing token: higher than that of any lease held before on this campaign. */
  readonly number: number;
  /** Throws LeaseError when a higher number exists, ours is gone, or was released. Before every commit and transition. */
  check(): void;
  /** Gives the lease back, if it still is ours. SpoolError when the directory cannot be used any more. */
  release(): void;
}

export interface LeaseOptions {
  /** Named to whoever waits. */
  readonly program: string;
  /** How long to wait for the present holder; 0: one look. */
  readonly waitSeconds: number;
  /** A holder on another host that is older than this is replaced. */
  readonly takeoverMinutes: number;
  readonly env: NodeJS.ProcessEnv;
  /** Called once, when the wait begins. */
  readonly onWait?: (message: string) => void;
}

const POLL_MS = 200;

/**
 * A directory without a holder is that of a process between its `mkdir` and its next step, or killed there. Ten
 * seconds are enough to tell, as being wrong costs nothing: the frozen one looks again before it does anything.
 */
const NO_HOLDER_SECONDS = 10;

/** Takes the lease of the campaign in `base`, waiting for the present holder. LeaseError when that takes too long. */
export async function acquireLease(base: string, options: LeaseOptions): Promise<Lease> {
  const here = thisHolder(options.program, options.env);
  const end = process.uptime() + options.waitSeconds;
  directory.makeLeaseDirectory(base);
  for (let waiting = false; ; waiting = true) {
    const lease = tryToTake(base, here, options.takeoverMinutes);
    if (lease !== null) return lease;
    const left = end - process.uptime();
    if (left <= 0) throw new LeaseError(`Cannot start ${here.program}: ${whoHolds(base, here)}; ${CURE}`);
    if (!waiting) options.onWait?.(`${here.program} waits up to ${options.waitSeconds} s: ${whoHolds(base, here)}`);
    await pause(Math.min(POLL_MS, left * 1000));
  }
}

const CURE =
  'wait until it has ended, or start again with a longer --wait; if that host is gone: node dist/misc/unlock.js --yes';

function tryToTake(base: string, here: Holder, takeoverMinutes: number): Lease | null {
  const previous = directory.highestLease(base);
  const number = previous + 1;
  if (!isFree(base, previous, here, takeoverMinutes)) return null;
  if (!directory.makeLease(base, number)) return null; // another was faster
  const text = `${JSON.stringify({ ...here, since: new Date().toISOString() })}\n`;
  try {
    // A crash from here on leaves a directory without a holder; the next one replaces it after ten seconds.
    if (!directory.writeHolder(base, number, text)) return null;
    if (isFree(base, previous, here, takeoverMinutes) && directory.highestLease(base) === number) {
      for (const lower of directory.leaseNumbers(base)) if (lower < number) directory.removeLease(base, lower);
      return heldLease(base, number, text, here);
    }
  } catch (error) {
    directory.removeLease(base, number);
    throw error;
  }
  directory.removeLease(base, number);
  return null;
}

/** Whether nobody can be working under this lease. One that is gone was replaced: the highest number tells by whom. */
function isFree(base: string, number: number, here: Holder, takeoverMinutes: number): boolean {
  if (number === 0) return true;
  const entry = directory.readLease(base, number);
  if (entry.kind !== 'taken') return true;
  if (entry.holder === null) return directory.leaseAge(base, number) > NO_HOLDER_SECONDS;
  const known = fate(entry.holder, here);
  if (known === 'unknown') return directory.leaseAge(base, number) > takeoverMinutes * 60;
  return known === 'dead';
}

function heldLease(base: string, number: number, text: string, here: Holder): Lease {
  // The text is compared, not only the number: a person who removed `.lease` made the numbers begin again.
  const isOurs = () => {
    const entry = directory.readLease(base, number);
    return entry.kind === 'taken' && entry.text === text;
  };
  return {
    number,
    check() {
      if (directory.highestLease(base) === number && isOurs()) return;
      throw new LeaseError(
        `Cannot go on: lease ${number} was lost; ${whoHolds(base, here)}; nothing is to be done, the next run goes on from here`,
      );
    },
    release() {
      if (isOurs()) directory.releaseLease(base, number);
    },
  };
}

export interface LeaseState {
  readonly number: number;
  /** Neither released nor that of a process known to be dead. */
  readonly held: boolean;
  /** Who holds it, or held it last; null when that was never written. */
  readonly holder: Holder | null;
  /** By this machine's clock, as looking writes nothing: for people to read, never to decide. */
  readonly ageSeconds: number;
}

/** The lease as it stands, for people; writes nothing. Null when no program ever ran here. */
export const leaseState = (base: string, env: NodeJS.ProcessEnv): LeaseState | null =>
  seenBy(thisHolder('', env), base);

/** Which program was at work between two looks, or at one of them; null: none. */
export function atWork(before: LeaseState | null, after: LeaseState | null): string | null {
  const holder = [before, after].find((state) => state?.held === true)?.holder;
  return holder !== undefined || before?.number !== after?.number ? (holder?.program ?? 'another program') : null;
}

function seenBy(here: Holder, base: string): LeaseState | null {
  const number = directory.highestLease(base);
  if (number === 0) return null;
  const entry = directory.readLease(base, number);
  const holder = entry.kind === 'gone' ? null : entry.holder;
  const held = entry.kind === 'taken' && (holder === null || fate(holder, here) !== 'dead');
  const written = directory.leaseTime(base, number) ?? Date.now();
  return { number, held, holder, ageSeconds: Math.max(0, Math.round((Date.now() - written) / 1000)) };
}

/** Takes the lease away from its holder: makes the next number, released at once, so that its `check()` fails. */
export function breakLease(base: string): { number: number; holder: Holder | null } {
  directory.makeLeaseDirectory(base);
  for (;;) {
    const previous = directory.highestLease(base);
    const entry = directory.readLease(base, previous);
    const holder = entry.kind === 'gone' ? null : entry.holder;
    if (!directory.makeLease(base, previous + 1)) continue;
    directory.writeReleased(base, previous + 1);
    return { number: previous + 1, holder };
  }
}

/** The state of things, for a message. */
function whoHolds(base: string, here: Holder): string {
  const state = seenBy(here, base);
  if (state === null) return 'the lease is gone';
  const { number, held, holder, ageSeconds } = state;
  if (!held) return `lease ${number} came later and is released`;
  if (holder !== null) return `lease ${number} is held by ${describeHolder(holder)}`;
  return `lease ${number} is being taken by another program (${ageSeconds} s ago)`;
}
