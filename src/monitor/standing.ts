/**
 * standing: what a run says of many lists together: rule 7's message, the lists that have been in one state for too
 * long, and the storages that know no checksums.
 *
 * The lists are grouped by state, a line each. A run for a person says all of it, and the log always has it; a run with
 * `--quiet` says each list's part once a UTC day, and only such a run uses that up, so that a look by hand takes
 * nothing out of the cron mail.
 */
import type { BadTransfer } from '../lists/badList.js';
import { storageOf } from '../lists/url.js';
import { storages } from '../database/storageRows.js';
import type { StorageRow } from '../ftsJob.js';
import { sideWithoutChecksum } from '../rules/reasonSide.js';
import { cureOf, faultInWords } from '../rules/storageHealth.js';
import { isWaiting } from '../rules/states.js';
import { agree, DAY_MS, duration, ifPast, named, plural } from '../text/words.js';
import type { Run } from '../run/program.js';
import type { SubmittedList } from '../servers/look.js';

/** So many lists of one state are named. */
const MOST_NAMED = 5;

/** The lists whose jobs go on, by state, as a run comes across them. */
export interface Standing {
  /** All lists under rule 7. */
  readonly waiting: Map<string, string[]>;
  /** Those of them that this run prints. */
  readonly said: Map<string, string[]>;
  readonly stuck: Map<string, { readonly name: string; readonly ms: number }[]>;
  /** Transfers that failed as a storage cannot compute the checksum that is asked for, by the storage and its side. */
  readonly withoutChecksum: Map<string, { readonly side: 'source' | 'destination'; readonly transfers: number }>;
}

export const newStanding = (): Standing => ({
  waiting: new Map(),
  said: new Map(),
  stuck: new Map(),
  withoutChecksum: new Map(),
});

/** The storages that are broken now. */
export const brokenStorages = ({ db }: Pick<Run, 'db'>): StorageRow[] =>
  storages(db).filter(({ brokenSince }) => brokenSince !== null);

/** Say which storages have broken in this run, and which work again. `before`: those that were broken at its beginning. */
export function tellTurned({ db, summary }: Run, before: readonly StorageRow[]): void {
  const [was, now] = [before, brokenStorages({ db })].map((rows) => new Map(rows.map((row) => [row.name, row])));
  for (const [name, health] of now ?? [])
    if (was?.has(name) !== true)
      summary.needsAttention(
        `Storage ${name} is broken: ${faultInWords(health)}; its lists wait in TODO from now on, one of a run goes as a probe, and the first file that arrives lets all go; ${cureOf(health)}`,
      );
  for (const name of was?.keys() ?? [])
    if (now?.has(name) !== true)
      summary.note(`storage ${name} works again: its lists go with the next run of the consumer`);
}

/** Note what a failed transfer says of its storage. */
export function noteFailed({ withoutChecksum }: Standing, { reason, transfer }: BadTransfer): void {
  const side = sideWithoutChecksum(reason);
  if (side === null) return;
  const storage = storageOf(transfer[side]);
  withoutChecksum.set(storage, { side, transfers: (withoutChecksum.get(storage)?.transfers ?? 0) + 1 });
}

/** What a run with `--quiet` says of a list, so that later runs of that day need not. */
export interface GoesOn {
  readonly saysWaiting: boolean;
  readonly saysStuck: boolean;
}

/** Note a list whose job is in this state. `says`: rule 7 does, of a state in which a job goes on by itself. */
export function noteGoingOn(
  { quiet, settings, now: clock }: Run,
  standing: Standing,
  { list, job }: SubmittedList,
  state: string,
  says: boolean,
): GoesOn {
  const now = clock().getTime();
  const since = job.state === state ? (ifPast(job.stateSince, now) ?? now) : now;
  const saysWaiting = says && !(quiet && list.said !== null && isWaiting(list.said) && isToday(list.saidAt, now));
  const saysStuck = now - since > settings.monitor.stuck_days * DAY_MS && !(quiet && isToday(list.stuckSaidAt, now));
  if (says) add(standing.waiting, state, list.name);
  if (saysWaiting) add(standing.said, state, list.name);
  if (saysStuck) add(standing.stuck, state, { name: list.name, ms: now - since });
  return { saysWaiting: quiet && saysWaiting, saysStuck: quiet && saysStuck };
}

/** Say it, when all lists have been looked at. */
export function tellStanding({ summary, log, settings }: Run, standing: Standing): void {
  const { waiting, said, stuck, withoutChecksum } = standing;
  for (const [storage, { side, transfers }] of withoutChecksum)
    summary.needsAttention(
      `${storage} cannot compute the checksums that are asked of it (${plural(transfers, 'transfer')} failed): set job.verify_checksum, or job of its route, to "${side === 'source' ? 'target' : 'source'}" or "none"`,
    );
  for (const [state, names] of waiting) log.info(goOn(state, names), { rule: 7, state, lists: names });
  for (const [state, names] of said) summary.daily(goOn(state, names));
  for (const [state, lists] of stuck) {
    const lines = lists.sort((a, b) => b.ms - a.ms).map(({ name, ms }) => `${name} (${duration(ms)})`);
    summary.needsAttention(
      `${state} for over ${plural(settings.monitor.stuck_days, 'day')} (monitor.stuck_days): ${plural(lists.length, 'list')}: ${named(lines, MOST_NAMED)}; see with node dist/misc/explain.js what FTS says, ask the server's operators, or cancel: node dist/misc/cancel.js`,
    );
  }
}

const goOn = (state: string, names: readonly string[]): string =>
  `${state}: ${plural(names.length, 'list')} ${agree(names.length, 'goes on by itself', 'go on by themselves')}: ${named([...names].sort(), MOST_NAMED)}`;

function add<Value>(to: Map<string, Value[]>, state: string, value: Value): void {
  const same = to.get(state);
  if (same === undefined) to.set(state, [value]);
  else same.push(value);
}

/** A day of UTC, not 24 hours: cron's runs are not that punctual. */
const isToday = (at: number | null, now: number): boolean =>
  at !== null && Math.floor(at / DAY_MS) === Math.floor(now / DAY_MS);
