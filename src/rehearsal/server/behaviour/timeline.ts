/**
 * timeline: everything that will happen to a file, laid out when its job is accepted.
 *
 * A file is a list of moments in order of time, each with all that FTS would say of the file from then on. Looking at a
 * file is finding the last moment that has come; cancelling it, or pinning its state, cuts the rest off. So a server
 * needs no timers, and a clock that is moved by hand moves everything.
 */
import { strerror } from './errno.js';
import type { Course } from './mock.js';
import { CANCELED_REASON, isFinalFile } from './states.js';

/** What FTS says of a file from `at` on. Times are milliseconds; null where nothing is known yet. */
export interface Moment {
  readonly at: number;
  readonly state: string;
  readonly reason: string | null;
  readonly recoverable: boolean | null;
  readonly size: number | null;
  readonly retries: number;
  /** Handed to a worker (of staging or of copying). */
  readonly started: number | null;
  readonly finished: number | null;
  /** Handed to a worker that copies. */
  readonly copied: boolean;
  readonly stagingStarted: number | null;
  readonly stagingFinished: number | null;
  readonly archiveStarted: number | null;
  readonly archiveFinished: number | null;
  /** The copy goes on until then, although the file is final; null: it does not. */
  readonly copyingUntil: number | null;
}

export type Timeline = readonly Moment[];

/** What the parameters of the job have to say in it; the times are seconds. */
export interface Schedule {
  readonly staging: boolean;
  readonly archiving: boolean;
  readonly retries: number;
  readonly retryDelay: number;
  /** Seconds are divided by it. */
  readonly scale: number;
}

/** Seconds until the scheduler has found a file that waits, and until a worker has seen that it is cancelled. */
const SCHEDULER = 1;
const CANCEL = 2;

const NOTHING: Omit<Moment, 'at' | 'state'> = {
  reason: null,
  recoverable: null,
  size: null,
  retries: 0,
  started: null,
  finished: null,
  copied: false,
  stagingStarted: null,
  stagingFinished: null,
  archiveStarted: null,
  archiveFinished: null,
  copyingUntil: null,
};

/** A file that waits for nothing that is planned: held, or a source that is not needed yet. */
export function waits(at: number, state: string): Timeline {
  return [{ at, state, ...NOTHING }];
}

/** The whole course of a file that is accepted at `at`. */
export function plan(at: number, course: Course, schedule: Schedule): Timeline {
  const moments: Moment[] = [...waits(at, schedule.staging ? 'STAGING' : 'SUBMITTED')];
  const then = (seconds: number, change: (now: number) => Partial<Moment> & { state: string }): void => {
    const last = latest(moments);
    const now = last.at + (seconds * 1000) / schedule.scale;
    moments.push({ ...last, ...change(now), at: now });
  };
  if (schedule.staging && !stage(then, course)) return moments;
  if (!copy(then, course, schedule)) return moments;
  if (schedule.archiving) archive(then, course);
  return moments;
}

/** Its token is refused at `at`: it fails without having begun (seen on FTS 3.13). */
export function withoutToken(now: number, at: number, reason: string): Timeline {
  const failed = { ...NOTHING, at, state: 'FAILED', reason, recoverable: false, finished: at };
  return [...waits(now, 'TOKEN_PREP'), failed];
}

type Then = (seconds: number, change: (now: number) => Partial<Moment> & { state: string }) => void;

function stage(then: Then, { staging }: Course): boolean {
  then(SCHEDULER, (now) => ({ state: 'STARTED', started: now, stagingStarted: now }));
  if (staging.errno > 0) {
    const reason = `STAGING [${staging.errno}] ${strerror(staging.errno)}`;
    then(staging.seconds, (now) => ({ state: 'FAILED', reason, finished: now, stagingFinished: now }));
    return false;
  }
  then(staging.seconds, (now) => ({ state: 'SUBMITTED', started: null, stagingFinished: now }));
  return true;
}

function copy(then: Then, { copy: { seconds, reason, recoverable, size } }: Course, schedule: Schedule): boolean {
  for (let attempt = 0; ; attempt += 1) {
    const again = reason !== null && recoverable && attempt < schedule.retries;
    const wait = attempt === 0 ? SCHEDULER : SCHEDULER + schedule.retryDelay;
    then(wait, (now) => ({ state: 'ACTIVE', reason: '', started: now, copied: true, recoverable: false, size }));
    if (again) {
      then(seconds, () => ({ state: 'SUBMITTED', reason, recoverable, retries: attempt + 1 }));
    } else if (reason !== null) {
      then(seconds, (now) => ({ state: 'FAILED', reason, recoverable, finished: now }));
      return false;
    } else {
      then(seconds, (now) => ({ state: schedule.archiving ? 'ARCHIVING' : 'FINISHED', finished: now }));
      return true;
    }
  }
}

function archive(then: Then, { archiving }: Course): void {
  then(SCHEDULER, (now) => ({ state: 'ARCHIVING', archiveStarted: now }));
  const reason = archiving.errno > 0 ? `ARCHIVING [${archiving.errno}] ${strerror(archiving.errno)}` : '';
  const state = reason === '' ? 'FINISHED' : 'FAILED';
  then(archiving.seconds, (now) => ({ state, reason, archiveFinished: now }));
}

/** The last moment that has come at `now`. */
export function look(timeline: Timeline, now: number): Moment {
  return latest(timeline.filter((moment, number) => number === 0 || moment.at <= now));
}

/** A cancel does not touch such a file: it goes on when its storage or its token is there (seen on FTS 3.13). */
export const isOutOfReach = (state: string): boolean => state.startsWith('ON_HOLD') || state === 'TOKEN_PREP';

/** The rest is cut off: CANCELED at once, `finish_time` some seconds later, as FTS 3.13 does. A final file stays. */
export function cancel(timeline: Timeline, now: number, scale: number): Timeline {
  const seen = look(timeline, now);
  if (isFinalFile(seen.state) || isOutOfReach(seen.state)) return timeline;
  // A source that is not needed stays so, and never has a `finish_time`.
  if (seen.state === 'NOT_USED') return until(timeline, now);
  const canceled: Moment = { ...seen, at: now, state: 'CANCELED', reason: CANCELED_REASON };
  const at = now + (CANCEL * 1000) / scale;
  return [...until(timeline, now), canceled, { ...canceled, at, finished: at }];
}

/**
 * As the cancel of a single file, or a ban with `cancel`: CANCELED with its `finish_time` at once. A copy that runs is
 * not told to stop, and goes on to its planned end (seen on FTS 3.13).
 */
export function abandon(timeline: Timeline, now: number, reason: string): Timeline {
  const seen = look(timeline, now);
  if (isFinalFile(seen.state)) return timeline;
  const end = timeline.find(({ at }) => at > now)?.at ?? Infinity;
  const copyingUntil = seen.state === 'ACTIVE' ? end : null;
  return [...until(timeline, now), { ...seen, at: now, state: 'CANCELED', reason, finished: now, copyingUntil }];
}

/** A file in the queue is held from now on; any other goes on. */
export function hold(timeline: Timeline, now: number): Timeline {
  const seen = look(timeline, now);
  if (seen.state !== 'SUBMITTED' && seen.state !== 'STAGING') return timeline;
  const state = seen.state === 'STAGING' ? 'ON_HOLD_STAGING' : 'ON_HOLD';
  return [...until(timeline, now), { ...seen, at: now, state }];
}

/** From now on the file is as somebody says, for good. */
export function pin(timeline: Timeline, now: number, state: string, reason: string | null): Timeline {
  const finished = isFinalFile(state) ? now : null;
  return [...until(timeline, now), { ...look(timeline, now), at: now, state, reason, finished }];
}

/** When nothing can happen any more; null if that is not planned, or has not come yet. */
export function settledAt(timeline: Timeline, now: number): number | null {
  const { state, at, copyingUntil } = latest(timeline);
  const end = Math.max(at, copyingUntil ?? at);
  return isFinalFile(state) && end <= now ? end : null;
}

/** When the file becomes final; null if that is not planned. */
export function finalAt(timeline: Timeline): number | null {
  return timeline.find((moment) => isFinalFile(moment.state))?.at ?? null;
}

/** Every copy that was begun by `now`. */
export function copies(timeline: Timeline, now: number): { from: number; to: number }[] {
  return timeline.flatMap((moment, number) => {
    if (moment.state !== 'ACTIVE' || moment.at > now) return [];
    const next = timeline[number + 1];
    return [{ from: moment.at, to: Math.min(now, next?.copyingUntil ?? next?.at ?? now) }];
  });
}

function until(timeline: Timeline, now: number): Timeline {
  return timeline.filter((moment, number) => number === 0 || moment.at <= now);
}

function latest(timeline: Timeline): Moment {
  const last = timeline.at(-1);
  if (last === undefined) throw new Error('A timeline has at least one moment');
  return last;
}
