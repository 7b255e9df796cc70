/**
 * rate: what has ended lately, and the pace by which the end of a campaign is reckoned. Pure.
 */
import { DAY_MS, HOUR_MS } from '../text/words.js';
import type { Hourly } from './hourly.js';

/** What has ended within the last hours. */
export interface Rate {
  /** Fewer than were asked for where the campaign is younger. */
  readonly hours: number;
  readonly finished: number;
  readonly failed: number;
  /** As far as sizes are known. */
  readonly bytes: number;
}

export interface Pace {
  readonly perDay: number;
  /** Transfers that FTS has finished, or LFNs that the producer has cut, in the last days. */
  readonly basis: 'finished' | 'cut';
}

/** A shorter time tells nobody how it goes on. */
const LEAST_HOURS = 6;
/** When nothing has finished for so long, nobody can tell when something will. */
const SILENT_HOURS = 48;

/** The hours that begin within the last `hours`. Null before anything has ended. */
export function rateOf(hourly: readonly Hourly[], now: Date, hours: number): Rate | null {
  const first = Math.min(...hourly.map(({ hour }) => hour));
  if (first === Infinity) return null;
  const recent = hourly.filter(({ hour }) => hour > now.getTime() - hours * HOUR_MS);
  const finished = recent.filter(({ outcome }) => outcome === 'finished');
  const sum = (of: readonly Hourly[], what: 'transfers' | 'bytes'): number =>
    of.reduce((total, row) => total + row[what], 0);
  return {
    hours: Math.min(hours, Math.max(1, Math.ceil((now.getTime() - first) / HOUR_MS))),
    finished: sum(finished, 'transfers'),
    failed: sum(recent, 'transfers') - sum(finished, 'transfers'),
    bytes: sum(finished, 'bytes'),
  };
}

/**
 * Transfers a day that FTS has finished since the first of these hours: none when nothing has finished for days,
 * whatever was before; null where all of it is too short a time to say. `cutSince`: when the first LFNs of that time
 * were cut, ms.
 */
export function finishedPerDay(hourly: readonly Hourly[], now: Date, cutSince = Infinity): number | null {
  const first = Math.min(...hourly.map(({ hour }) => hour));
  const finished = hourly.filter(({ outcome, transfers }) => outcome === 'finished' && transfers > 0);
  const last = Math.max(...finished.map(({ hour }) => hour));
  const silentSince = finished.length > 0 ? last + HOUR_MS : Math.min(first, cutSince);
  if (now.getTime() - silentSince >= SILENT_HOURS * HOUR_MS) return 0;
  const hours = (now.getTime() - first) / HOUR_MS;
  if (hours < LEAST_HOURS || hours === -Infinity) return null;
  return (finished.reduce((sum, { transfers }) => sum + transfers, 0) / hours) * 24;
}

/**
 * The slower of the two: a campaign goes no faster than LFNs are cut, nor than FTS finishes transfers. Once everything
 * is cut only the latter counts.
 */
export function paceOf(toCut: number, cutPerDay: number, finished: number | null): Pace | null {
  const byCutting: Pace = { perDay: cutPerDay, basis: 'cut' };
  const isCutting = toCut > 0 && cutPerDay <= (finished ?? Infinity);
  const pace = isCutting ? byCutting : finishedPace(finished ?? 0);
  return pace.perDay > 0 ? pace : null;
}

const finishedPace = (perDay: number): Pace => ({ perDay, basis: 'finished' });

/** When the last of so many transfers will have ended at this pace; null when nothing is left or nothing goes on. */
export function endAt(left: number, perDay: number, now: Date): Date | null {
  const end = now.getTime() + (left / perDay) * DAY_MS;
  // A date can name no more than this.
  return left === 0 || perDay <= 0 || end > 8.64e15 ? null : new Date(end);
}
