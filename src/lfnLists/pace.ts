/** pace: how long the remaining LFNs last. */

import { agree, DAY_MS, HOUR_MS, plural } from '../text/words.js';

/** Cron starts the producer every two hours. */
const RUNS_PER_DAY = 12;

/** What earlier runs of the producer have cut, the oldest first; times in ms. */
export interface CutRun {
  readonly at: number;
  readonly transfers: number;
}

/**
 * LFNs a day, by the runs of the last days. The first run opens the span and does not count. Runs within an hour were
 * started by hand: then, and with one run alone, it is the newest at cron's twelve runs a day.
 */
export function perDay(runs: readonly CutRun[]): number {
  const [first, last] = [runs[0], runs.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const span = last.at - first.at;
  if (span < HOUR_MS) return last.transfers * RUNS_PER_DAY;
  const cut = runs.reduce((sum, run) => sum + run.transfers, 0) - first.transfers;
  return (cut / span) * DAY_MS;
}

/** `about 3,980 LFNs remain: 17 days at the present pace (240 a day)` */
export function remainingInWords(lfns: number, daily: number): string {
  const number = (value: number): string => Math.round(value).toLocaleString('en-US');
  if (lfns === 0) return 'no LFNs remain';
  const about = Math.max(1, Math.round(lfns));
  const remain = `about ${number(about)} ${agree(about, 'LFN remains', 'LFNs remain')}`;
  if (daily <= 0) return remain;
  const days = lfns / daily;
  const span =
    days < 1
      ? 'less than a day'
      : days < 60
        ? plural(Math.round(days), 'day')
        : days < 730
          ? `${number(days / 30.4)} months`
          : `${number(days / 365)} years`;
  return `${remain}: ${span} at the present pace (${number(daily)} a day)`;
}
