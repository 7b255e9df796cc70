/**
 * scenario: what becomes of each LFN in a rehearsal, and so what a person must find in DONE/Bad at its end.
 *
 * An LFN's fate hangs on the seed and the LFN alone. Most work at once; some fail once to three times and then work;
 * some never do. Attempts are counted over all servers together, as a list goes to any of them.
 */
import type { Outcome, ScriptedTransfer } from '../server/options.js';
import { chance, oneOf } from './chance.js';
import { LASTING, PASSING, PERMANENT, type Reason } from './reasons.js';

export type TransferFate =
  | { readonly kind: 'works' }
  /** Fails so many times, then works. */
  | { readonly kind: 'recovers'; readonly failures: number; readonly reason: Reason }
  /** Always fails. */
  | { readonly kind: 'stays bad'; readonly reason: Reason };

/** What an account asks of a scenario. `is there`: at its destination before, so that no server brings it. */
export interface Fates {
  fate(lfn: string): TransferFate | { readonly kind: 'is there' };
}

/** Shares of all LFNs. With 20 in a list, most lists come back FINISHEDDIRTY once. */
const SHARES = { permanent: 0.025, lasting: 0.012, recovers: 0.05 } as const;
/** A list goes to DONE/Bad at its fourth failure: a transfer that works then must have failed at most so often. */
const MOST_FAILURES = 3;
/** Seconds that a copy takes, by the servers' scaled time. */
const COPY_SECONDS = { least: 1, most: 18 } as const;

/** Bytes, as of a DST. */
const LARGEST_FILE = 5e9;

export class Scenario implements Fates {
  readonly seed: number;
  /** Nothing fails. */
  readonly calm: boolean;
  private readonly attempts = new Map<string, number>();

  constructor(seed: number, calm: boolean) {
    this.seed = seed;
    this.calm = calm;
  }

  fate(lfn: string): TransferFate {
    if (this.calm) return { kind: 'works' };
    const drawn = chance(this.seed, 'fate', lfn);
    const lasting = SHARES.permanent + SHARES.lasting;
    if (drawn < SHARES.permanent) return { kind: 'stays bad', reason: oneOf(PERMANENT, this.seed, 'reason', lfn) };
    if (drawn < lasting) return { kind: 'stays bad', reason: oneOf(LASTING, this.seed, 'reason', lfn) };
    if (drawn >= lasting + SHARES.recovers) return { kind: 'works' };
    const failures = 1 + Math.floor(chance(this.seed, 'failures', lfn) ** 2 * MOST_FAILURES);
    return { kind: 'recovers', failures, reason: oneOf(PASSING, this.seed, 'reason', lfn) };
  }

  /** Bytes. */
  size(lfn: string): number {
    return 1 + Math.floor(chance(this.seed, 'size', lfn) * LARGEST_FILE);
  }

  /** What a server makes of a transfer that it has just accepted. */
  outcome({ source, destination }: ScriptedTransfer): Outcome {
    const lfn = lfnOf(source);
    const attempt = (this.attempts.get(destination) ?? 0) + 1;
    this.attempts.set(destination, attempt);
    const fate = this.fate(lfn);
    const { least, most } = COPY_SECONDS;
    const seconds = least + chance(this.seed, 'seconds', lfn, attempt) * (most - least);
    if (fate.kind === 'works' || (fate.kind === 'recovers' && attempt > fate.failures))
      return { state: 'FINISHED', seconds, size: this.size(lfn) };
    return { state: 'FAILED', seconds, reason: fate.reason.text };
  }
}

/** Every LFN of a rehearsal begins like this, and no prefix of the routes holds it. */
const LFN_ROOT = '/lhcb/LHCb/';

/** The LFN at the end of a source or destination; FTS may have put a query behind it. */
export function lfnOf(url: string): string {
  const at = url.lastIndexOf(LFN_ROOT);
  return at === -1 ? url : url.slice(at).replace(/\?activity=.*$/, '');
}
