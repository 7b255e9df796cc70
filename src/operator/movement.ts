/**
 * movement: what may be done with a list that a person wants at another server.
 *
 * The rule is the one of every submission: nothing is sent while an earlier job of ours could still carry it out. So a
 * job is cancelled and its end awaited. `abandon` is for a job about which its server cannot be asked any more, or says
 * nothing that we could believe: only a person can say that it will not come back.
 */
import type { RowState, Where } from '../rules/placement.js';
import { isFinal } from '../rules/states.js';
import type { AfterLook } from '../rules/submission.js';

export interface ListToMove {
  readonly list: string;
  readonly where: Where;
  readonly row: RowState | 'none';
  /** Where it is, or was to be, submitted; null without an open job. */
  readonly server: string | null;
  /** What a look at its job has shown; null without one. */
  readonly after: AfterLook | null;
  /** Is that the server to which it is to be moved? */
  readonly isThere: boolean;
  readonly abandon: boolean;
}

export type Movement =
  /** FTS has not got it: its next submission goes there. */
  | { readonly kind: 'pin' }
  /** Its job goes on: cancel it, wait for its end, then as `settle`. */
  | { readonly kind: 'cancel'; readonly state: string }
  /** Its job has ended: keep what finished, the rest goes there. */
  | { readonly kind: 'settle'; readonly state: string }
  /** Its job is given up, whatever becomes of it; it may be copying just now, unless it is gone. */
  | { readonly kind: 'abandon'; readonly why: string; readonly mayStillRun: boolean }
  | { readonly kind: 'refuse'; readonly why: string };

const refuse = (why: string): Movement => ({ kind: 'refuse', why });

/** `why` of a refusal is a phrase after the list's name and a colon. */
export function movement(moving: ListToMove): Movement {
  const { where, row, isThere, abandon } = moving;
  if (where === 'both') return refuse('it stands in TODO and in DOING; remove the one too many');
  if (where === 'neither') return refuse('it stands neither in TODO nor in DOING');
  if (row === 'SUBMITTING' || row === 'SUBMITTED')
    return isThere && !abandon ? refuse(`it is at ${moving.server ?? 'that server'} already`) : withJob(moving);
  if (where === 'TODO') return { kind: 'pin' };
  return refuse('FTS has no job of it that is known; run the monitor first');
}

function withJob(moving: ListToMove): Movement {
  const { list, where, row, server, after, abandon } = moving;
  if (after === null) throw new Error(`list ${list} is ${row} without a job`);
  switch (after.kind) {
    case 'adopt':
      if (abandon)
        return refuse(
          `${server ?? 'its server'} has its job, which is ${after.state}; without --abandon it is cancelled first`,
        );
      if (row === 'SUBMITTING' || where === 'TODO')
        return refuse(
          `FTS has its job; run the ${where === 'TODO' ? 'consumer' : 'monitor'} first, which takes that up`,
        );
      return { kind: isFinal(after.state) ? 'settle' : 'cancel', state: after.state };
    case 'repeat':
      return refuse(`${server ?? 'its server'} has not got it; the next run of the consumer submits it there again`);
    case 'hold':
      if (after.isGone && row !== 'SUBMITTING') return refuse(`${after.why}; leave it to the monitor, or to requeue`);
      if (abandon) return { kind: 'abandon', why: after.why, mayStillRun: !after.isGone };
      return refuse(`${after.why}; ${after.isGone ? 'to give it up: --abandon' : MENDED}`);
    case 'unknown':
      if (abandon) return { kind: 'abandon', why: after.why, mayStillRun: true };
      return refuse(`${after.why}; ${MENDED}`);
  }
}

const MENDED = 'try again when that is mended, or if it never will be: --abandon';

/** What a person must know before saying yes to `abandon`. */
export function risk(job: { readonly jobId: string; readonly server: string; readonly endpoint: string }): string {
  const { jobId, server, endpoint } = job;
  return `If ${server} still has job ${jobId}, or comes back with it, it may carry out the same transfers a second time, and with job.overwrite each copy deletes the other. As soon as it answers: fts-rest-transfer-cancel -s ${endpoint} ${jobId}`;
}
