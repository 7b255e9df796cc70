/**
 * reckoning: when what is left will be done, at the pace of the last days. Where it was counted is for the caller.
 */
import * as lfnListRows from '../database/lfnListRows.js';
import * as listRows from '../database/listRows.js';
import * as outcomeRows from '../database/outcomeRows.js';
import type { LfnListInput } from '../lfnLists/lfnLists.js';
import type { LineCount } from '../lfnLists/lineCount.js';
import { perDay } from '../lfnLists/pace.js';
import { betweenRuns, type Queue } from '../rules/forecast.js';
import type { Hourly } from '../rules/hourly.js';
import { endAt, finishedPerDay, paceOf, type Pace } from '../rules/rate.js';
import type { Run } from '../run/program.js';
import { DAY_MS } from '../text/words.js';

const WEEK_MS = 7 * DAY_MS;

type Campaign = Pick<Run, 'settings' | 'db' | 'now'>;

/** How fast it goes, by what was cut and what has ended in the last days. */
export interface Lately {
  readonly week: readonly Hourly[];
  /** LFNs a day that the producer cuts. */
  readonly cutPerDay: number;
  readonly pace: Pace | null;
  readonly betweenRuns: number;
}

export function lately({ db, now }: Pick<Campaign, 'db' | 'now'>, toCut: number): Lately {
  const since = now().getTime() - WEEK_MS;
  const [week, cuts] = [outcomeRows.hourlySince(db, since), lfnListRows.cutsSince(db, since)];
  const cutPerDay = perDay(cuts);
  const pace = paceOf(toCut, cutPerDay, finishedPerDay(week, now(), cuts[0]?.at));
  return { week, cutPerDay, pace, betweenRuns: betweenRuns(cuts.map(({ at }) => at)) };
}

/** LFNs that are not cut yet. */
export function leftToCut(
  { db }: Pick<Campaign, 'db'>,
  lists: readonly LfnListInput[],
  count: LineCount,
  most: number,
): number {
  const cursors = new Map(lfnListRows.lfnLists(db).map((row) => [row.name, row.offset]));
  return lists.reduce((sum, { name, path }) => sum + count.linesLeft(path, cursors.get(name) ?? 0, most), 0);
}

/**
 * `lists`, `transfers`: of TODO and DOING. `inRun`: it is asked by a program that cron starts, so that the next one is a
 * whole interval away.
 */
export function queueFrom(
  { db, settings, now }: Campaign,
  { toCut, lists, transfers, oldest }: Record<'toCut' | 'lists' | 'transfers', number> & { oldest: number | null },
  { pace, betweenRuns: interval }: Lately,
  inRun: boolean,
): Queue {
  const left = toCut + transfers;
  return {
    transfers: left,
    lists: lists + Math.ceil(toCut / settings.producer.lfns_per_list),
    oldest: oldest === null ? null : new Date(oldest),
    perDay: pace?.perDay ?? null,
    ends: endAt(left, pace?.perDay ?? 0, now()),
    nextRun: nextRun(now().getTime(), interval, inRun ? null : listRows.lastChange(db)),
  };
}

/** By the last one, where that was a run of these hours. */
function nextRun(now: number, interval: number, last: number | null): Date {
  const next = (last ?? now) + interval;
  return new Date(next > now ? Math.min(next, now + interval) : now + interval);
}
