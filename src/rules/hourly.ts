/**
 * hourly: how many transfers finished and failed in each hour, and how many bytes arrived.
 *
 * The hour is FTS's own, so that a monitor that runs every two hours does not pile two hours' work on one. Small enough
 * to be kept for ever: a campaign of a year has some tens of thousands of rows.
 */
import { DAY_MS, HOUR_MS } from '../text/words.js';

/** FTS keeps a job for weeks at most: an earlier time is a clock that was wrong. */
const LONGEST_MS = 30 * DAY_MS;

/** The end of one transfer: `finished`, or the class of the reason why it failed. */
export interface Ended {
  readonly outcome: string;
  /** When, as FTS says; null where it does not. */
  readonly at: Date | null;
  /** 0 where nothing arrived, or nobody knows the size. */
  readonly bytes: number;
}

export interface Hourly {
  /** Its beginning, in milliseconds since 1970. */
  readonly hour: number;
  readonly outcome: string;
  readonly transfers: number;
  readonly bytes: number;
}

/** Sums by hour and outcome. What ended at no time, or at an impossible one, counts as ended when it was seen. */
export function byHour(ended: readonly Ended[], seen: Date): Hourly[] {
  const sums: { hour: number; outcome: string; transfers: number; bytes: number }[] = [];
  for (const { outcome, at, bytes } of ended) {
    const hour = hourOf(at, seen.getTime());
    let sum = sums.find((each) => each.hour === hour && each.outcome === outcome);
    if (sum === undefined) sums.push((sum = { hour, outcome, transfers: 0, bytes: 0 }));
    sum.transfers += 1;
    sum.bytes = addBytes(sum.bytes, bytes);
  }
  return sums;
}

/** Of one hour, exactly: sizes come from lists and servers, and may be anything. Sums of many hours are as exact as a number can be. */
const addBytes = (sum: number, bytes: number): number => Math.min(sum + bytes, Number.MAX_SAFE_INTEGER);

function hourOf(at: Date | null, seen: number): number {
  const time = at?.getTime() ?? seen;
  const possible = time <= seen && time > seen - LONGEST_MS ? time : seen;
  return possible - (possible % HOUR_MS);
}
