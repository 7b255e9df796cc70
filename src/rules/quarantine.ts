/**
 * quarantine: after which ends of a transfer its copy may still be going on, or its clean-up still come.
 *
 * FTS may call a copy dead while the storages go on with it; when that copy ends, its clean-up deletes the destination,
 * which may by then be the good file of the next attempt (DIRAC has lost data so). And some cancels stop nothing: that
 * of a single file, and a ban with `cancel`, set `finish_time` at once while the copy runs to its end (seen on FTS3
 * 3.13). So a list with such a transfer waits before it is sent again.
 */
import { sideOf } from './reasonSide.js';
import { MINUTE_MS } from '../text/words.js';

interface EndedFile {
  readonly state: string;
  readonly reason: string;
  /** A worker has got it, once. */
  readonly started?: boolean;
}

/** FTS's own words for a worker that it has given up, and the storages' for a copy. */
const DEAD_COPY =
  /\bstalled\b|performance marker|forced-cancell?ed|not responding|Transfer process died|terminate handler|forcefully killed|terminated abruptly|operation (?:timed out|timeout|expired)/i;
/** A time-out that says of what. One of a connection that did not come about is none of the copy: nothing was copied. */
const TIME_OUT =
  /^\s*TRANSFER\b.*(?:\b(?:transfer|copy|request|gateway|idle|read|write|socket)[ -](?:timed out|time-?out)|\btime-?out (?:of \d|was reached|has been exceeded)|(?<!connection )\btimed out (?:while|after|waiting))/is;
const OF_THE_QUEUE = /\bin the queue\b|max-time-in-queue|\(global timeout\)/i;

/** Was it FTS's own queue in which it waited for too long? That says nothing of a storage. */
export const waitedInQueue = (reason: string): boolean => OF_THE_QUEUE.test(reason);

/** May a copy of this transfer still write to its destination, or delete what is there? */
export function mayStillRun({ state, reason, started = false }: EndedFile): boolean {
  if (state !== 'FAILED' && state !== 'CANCELED') return false;
  // A job that is cancelled as a whole says so in each of its files, and is stopped within seconds.
  if (state === 'CANCELED' && started && (reason.trim() === '' || /\bbanned\b/i.test(reason))) return true;
  const side = sideOf(reason);
  if (side === 'staging' || side === 'archiving' || waitedInQueue(reason) || /bring-?online/i.test(reason))
    return false;
  // Under SOURCE and DESTINATION are the looks before and after the copy.
  return (DEAD_COPY.test(reason) && !/^\s*(?:SOURCE|DESTINATION)\b/.test(reason)) || TIME_OUT.test(reason);
}

/** Until when a list that is settled now is held. Milliseconds since 1970. */
export const holdFrom = (now: number, minutes: number): number => now + minutes * MINUTE_MS;

/**
 * Until when a list may not be sent; null: it may. What was written down for a time further away than the whole
 * quarantine comes from a clock that was ahead: it counts from now on.
 */
export function heldNow(holdUntil: number | null, now: number, minutes: number): number | null {
  if (holdUntil === null || minutes === 0 || holdUntil <= now) return null;
  return Math.min(holdUntil, holdFrom(now, minutes));
}
