/**
 * queue: what is still to be done, and when it will be at the pace of the last days. `status` reckons by the same.
 */
import * as lfnListRows from '../database/lfnListRows.js';
import * as listRows from '../database/listRows.js';
import * as outcomeRows from '../database/outcomeRows.js';
import { inputsToShow, type LfnListInput } from '../lfnLists/lfnLists.js';
import { LineCount } from '../lfnLists/lineCount.js';
import { perDay } from '../lfnLists/pace.js';
import { betweenRuns, type Queue } from '../rules/forecast.js';
import { scanList, type Pair } from '../lists/scanList.js';
import type { Hourly } from '../rules/hourly.js';
import { endAt, finishedPerDay, paceOf, type Pace } from '../rules/rate.js';
import { titleOf } from '../settings/route.js';
import { hasFilesOf, isHeld } from '../settings/storage.js';
import { countRoutes } from '../spool/listRoutes.js';
import { Summary } from '../run/summary.js';
import type { Run } from '../run/program.js';
import { DAY_MS } from '../text/words.js';

const WEEK_MS = 7 * DAY_MS;
/** How much of each LFN list is read: enough for an estimate, and nothing for a disk. */
const MOST_BYTES = 1024 * 1024;

type Campaign = Pick<Run, 'base' | 'settings' | 'spool' | 'db' | 'now'>;

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

/** `inRun`: it is asked by a program that cron starts, so that the next one is a whole interval away. */
export async function queueOf(campaign: Campaign, inRun: boolean): Promise<Queue> {
  const { db, spool, settings } = campaign;
  const toCut = leftToCut(campaign, await lfnListsOf(campaign), new LineCount(false), MOST_BYTES);
  const { lists, transfers, oldest } = listRows.openSum(db);
  // Lists that a person has put there: no run has counted their lines yet.
  const unknown = [...listRows.whereaboutsOf(db, spool.listing('TODO').lists)].filter(([state]) => state === null);
  const inEach = lists > 0 ? transfers / lists : settings.producer.lfns_per_list;
  const open = {
    toCut,
    oldest,
    lists: lists + unknown.length,
    transfers: transfers + Math.round(unknown.length * inEach),
  };
  return queueFrom(campaign, open, lately(campaign, toCut), inRun);
}

/** The routes, as messages call them, of which something is still to be submitted. */
export async function routesToSend(campaign: Campaign): Promise<ReadonlySet<string>> {
  const count = new LineCount(false);
  const toCut = (await lfnListsOf(campaign)).filter((input) => leftToCut(campaign, [input], count, MOST_BYTES) > 0);
  const inTodo = [...countRoutes(campaign.spool, 'TODO').keys()].map((name) => `"${name}"`);
  return new Set([...toCut.map(({ route }) => titleOf(route)), ...inTodo]);
}

/** Does a person hold a storage of each list in TODO, and of each route by which something is still to be cut? */
export async function isAllHeld(campaign: Campaign): Promise<boolean> {
  const { settings, spool, now } = campaign;
  const held = settings.storage.filter((storage) => isHeld(storage, now()));
  const waits = (transfers: readonly Pair[]): boolean => held.some((storage) => hasFilesOf(storage, transfers));
  if (held.length === 0) return false;
  const count = new LineCount(false);
  for (const input of await lfnListsOf(campaign))
    if (!waits([input.route]) && leftToCut(campaign, [input], count, MOST_BYTES) > 0) return false;
  return spool.listing('TODO').lists.every((name) => {
    const read = spool.read('TODO', name);
    return 'bytes' in read && waits(scanList(read.bytes).transfers);
  });
}

/** What is wrong with the LFN lists is for the producer and `status` to say. */
const lfnListsOf = (campaign: Campaign): Promise<LfnListInput[]> =>
  inputsToShow({ ...campaign, summary: new Summary('forecast', true) });

/** Where it was counted already. `lists`, `transfers`: of TODO and DOING. */
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
