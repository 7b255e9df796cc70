/**
 * storageHealth: which storages are broken, by the last transfers that finished or failed from and to each.
 *
 * A transfer that finished speaks for both of its storages. One that failed speaks of the side that its reason names,
 * of both where it names none; against it when it failed by class auth or config, or by a time-out. What is permanent
 * is the file's fault, a token that was not exchanged its issuer's: both say nothing. When most of the last ones speak
 * against a storage, it is broken: its lists wait, one of a run goes as a probe, and the first transfer that finishes
 * ends it. The window begins anew with that one.
 *
 * Lists are settled long after their transfers have ended, and in any order. So what FTS ended no later than the
 * storage broke, or was opened again, says nothing of it any more: neither a success from before the break nor a
 * failure from before its end. FTS's times are whole seconds; a probe is sent after the break is known, so it ends in a
 * later one. Pure.
 */
import { clip, HOUR_MS, ifPast } from '../text/words.js';
import type { Ended } from './hourly.js';
import { waitedInQueue } from './quarantine.js';
import { sideOf } from './reasonSide.js';
import type { ReasonRow } from './reasons.js';
import { isExchangeRefused } from './tokens.js';
import { triage } from './triage.js';

/** So many transfers are remembered of a storage. */
const WINDOW = 50;
/** With fewer it is not judged: a small list that fails again and again is no broken storage. */
const LEAST = 20;
/** A time further ahead of our clock is that of a clock that was wrong: it would silence all that ends until then. */
const MOST_AHEAD_MS = HOUR_MS;

/** Finished, failed by class auth, by class config, by a time-out, otherwise. */
type Letter = '.' | 'a' | 'c' | 't' | 'o';

export interface StorageHealth {
  /** A letter for each of the last transfers, the last one last. */
  readonly outcomes: string;
  /** When the transfer failed by which it was broken, as FTS says, in milliseconds since 1970; null: it works. */
  readonly brokenSince: number | null;
  /** Why the last transfer failed that spoke against it, on one line. */
  readonly reason: string | null;
  /** When the transfer finished that opened it again; null: it was not broken yet. */
  readonly openedAt: number | null;
}

/** A transfer that finished or failed; of one that finished the reason is empty. */
export interface EndedTransfer extends Ended {
  /** Its storages, as `storageOf` names them. */
  readonly source: string;
  readonly destination: string;
  readonly reason: string;
}

export const UNKNOWN_HEALTH: StorageHealth = { outcomes: '', brokenSince: null, reason: null, openedAt: null };

const TIME_OUT = /time[ds]?[ -]?out|\bstalled\b|performance marker|\boperation expired\b/i;

/** What a transfer says; null: nothing of its storages. */
function letterOf(outcome: string, reason: string): Letter | null {
  if (outcome === 'finished') return '.';
  if (outcome === 'permanent' || isExchangeRefused(reason)) return null;
  if (outcome === 'auth') return 'a';
  if (outcome === 'config') return 'c';
  return TIME_OUT.test(reason) && !waitedInQueue(reason) ? 't' : 'o';
}

const isAgainst = (letter: Letter | null): boolean => letter === 'a' || letter === 'c' || letter === 't';

/** The health of each storage that has a part in these transfers, after them. `known`: before. */
export function healthAfter(
  ended: readonly EndedTransfer[],
  known: (storage: string) => StorageHealth | null,
  now: number,
): Map<string, StorageHealth> {
  const found = new Map<string, Mutable<StorageHealth>>();
  const healthOf = (name: string): Mutable<StorageHealth> => {
    let health = found.get(name);
    if (health === undefined) found.set(name, (health = { ...(known(name) ?? UNKNOWN_HEALTH) }));
    return health;
  };
  // Lists are looked at in any order; what a storage did last is told by FTS's times.
  const inTime = [...ended].sort((a, b) => (a.at?.getTime() ?? now) - (b.at?.getTime() ?? now));
  for (const transfer of inTime) {
    const { outcome, reason, at } = transfer;
    const letter = letterOf(outcome, reason);
    if (letter === null) continue;
    const [storage, other] = sidesOf(letter, transfer);
    const time = believed(at?.getTime() ?? now, now) ?? now;
    add(healthOf(storage), letter, reason, time, now);
    if (other !== undefined) add(healthOf(other), letter, reason, time, now);
  }
  for (const health of found.values()) {
    health.outcomes = health.outcomes.slice(-WINDOW);
    health.reason &&= clip(health.reason);
  }
  return found;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** The storages of which this transfer says something. */
function sidesOf(letter: Letter, { source, destination, reason }: EndedTransfer): readonly [string, string?] {
  const side = letter === '.' ? 'unknown' : sideOf(reason);
  if (side !== 'unknown') return [side === 'destination' || side === 'archiving' ? destination : source];
  return source === destination ? [destination] : [source, destination];
}

/** The letters may become more than the window has: most transfers finish, and of those nothing needs to be counted. */
function add(health: Mutable<StorageHealth>, letter: Letter, reason: string, time: number, now: number): void {
  const turned = believed(health.brokenSince ?? health.openedAt, now);
  if (turned !== null && time <= turned) return;
  if (health.brokenSince !== null && letter === '.') Object.assign(health, { ...UNKNOWN_HEALTH, openedAt: time });
  health.outcomes += letter;
  if (!isAgainst(letter)) return;
  health.reason = reason;
  const outcomes = health.outcomes.slice(-WINDOW);
  if (outcomes.length >= LEAST && countAgainst(outcomes) > outcomes.length / 2) health.brokenSince ??= time;
}

const believed = (time: number | null, now: number): number | null => ifPast(time, now + MOST_AHEAD_MS);

const countAgainst = (outcomes: string): number => outcomes.replaceAll(/[^act]/g, '').length;

/** How many of the last transfers finished, and how many failed, whatever their reason. */
export function sharesOf({ outcomes }: StorageHealth): { finished: number; failed: number } {
  const finished = outcomes.replaceAll(/[^.]/g, '').length;
  return { finished, failed: outcomes.length - finished };
}

/** `most of its transfers fail (40 of the last 50 by auth, config or time-outs), such as "…"` */
export function faultInWords({ outcomes, reason }: StorageHealth): string {
  const example = reason === null || reason === '' ? '' : `, such as "${reason}"`;
  return `most of its transfers fail (${countAgainst(outcomes)} of the last ${outcomes.length} by auth, config or time-outs)${example}`;
}

const CURES: Readonly<Record<string, string>> = {
  a: 'renew the credential, or have the rights there mended',
  c: 'have it mended by its operators',
  t: 'ask its operators whether it is down or overloaded',
};

/** What a person can do about a storage that is broken, by what is most frequent. */
export function cureOf({ outcomes }: StorageHealth): string {
  const counts = Object.entries(CURES).map(([letter, cure]) => ({ cure, times: outcomes.split(letter).length - 1 }));
  return counts.reduce((most, each) => (each.times > most.times ? each : most)).cure;
}

/** Did each of these files finish, or fail by the fault of a storage? Then a probe costs its list nothing. */
export function isStoragesFault(
  files: readonly { readonly state: string; readonly reason: string }[],
  table: readonly ReasonRow[],
  cancelJob: boolean | null,
): boolean {
  return files.every((file) => {
    const end = triage(file, table, cancelJob);
    return end.to === 'okay' || ('class' in end && isAgainst(letterOf(end.class, file.reason)));
  });
}
