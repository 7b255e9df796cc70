/**
 * report: what there is to say of a campaign, as `status --json` prints it. Times are ISO 8601 UTC.
 */
import type { Forecast, Queue } from '../rules/forecast.js';
import { endAt, type Pace, type Rate } from '../rules/rate.js';
import type { TapeState } from '../rules/tape.js';
import { minute } from '../text/terminal.js';
import { agree, plural } from '../text/words.js';

/** What pages and metrics need of it. */
export interface StatusReport {
  readonly transfers: Record<'toCut' | 'todo' | 'doing' | 'okay' | 'bad', number>;
  readonly lists: Record<'todo' | 'doing' | 'okay' | 'bad', number>;
  readonly servers: readonly {
    readonly name: string;
    readonly endpoint: string;
    readonly reachable: boolean;
    /** Lists of ours that it has, by the last run. */
    readonly openJobs: number;
    /** Null where no delegation is needed, or the server does not answer. */
    readonly delegationSecondsLeft: number | null;
  }[];
  /** How the last transfers of each ended; those whose lists wait first. */
  readonly storages: readonly StorageReport[];
  readonly failures: readonly { readonly class: string; readonly meaning: string; readonly count: number }[];
  readonly eta: string | null;
  /** Whether the credentials outlive that; null: none is needed. */
  readonly forecast: { readonly queue: Queue; readonly credentials: readonly Forecast[] } | null;
  /** Routes of which lists in TODO wait for other tokens, and why. */
  readonly tokensWanted: readonly { readonly route: string; readonly lists: number; readonly why: string }[];
  /** Lists in TODO that wait, as none of the servers that may get them knows all that they are sent with. */
  readonly newerServersWanted: readonly NewerServersWanted[];
  readonly tape: readonly OnTape[];
}

export interface NewerServersWanted {
  /** Null: they name no route. */
  readonly route: string | null;
  readonly lists: number;
  /** What each server lacks. */
  readonly why: string;
}

/** `2 lists of route "own" wait in TODO for newer servers` */
export const newerInWords = ({ route, lists }: NewerServersWanted): string =>
  `${plural(lists, 'list')} ${route === null ? 'without a route' : `of route "${route}"`} ${agree(lists, 'waits', 'wait')} in TODO for newer servers`;

export interface StorageReport {
  /** `scheme://host` */
  readonly storage: string;
  readonly finished: number;
  readonly failed: number;
  /** Held by a person, or broken: its lists wait. */
  readonly state: 'open' | 'broken' | 'held';
  /** Since when it is broken. */
  readonly since: string | null;
  /** Until when a person holds it; null: until they end it. */
  readonly until: string | null;
  /** Why its lists wait, and what a person can do. */
  readonly why: string | null;
  /** It is broken, and no list waits for that: none of its lists is in TODO or DOING. */
  readonly isIdle: boolean;
}

/** Lists whose jobs wait for tape: their files come from there (STAGING) or go there (ARCHIVING). By the last run of the monitor. */
export interface OnTape {
  readonly state: TapeState;
  readonly lists: number;
  /** For so many of them the tape has been asked for a file at least (STARTED). */
  readonly begun: number;
  /** When that of the first was. */
  readonly since: string | null;
  /** When FTS gives up on the last of those of which all was asked for, at the earliest. */
  readonly until: string | null;
}

/** `STAGING: 3 lists, 2 of them STARTED since 2026-11-25 04:20, until 2026-11-26 04:20 at the earliest` */
export function tapeInWords({ state, lists, begun, since, until }: OnTape): string {
  const all = `${state}: ${plural(lists, 'list')}`;
  if (since === null) return `${all}, the tape has not begun with ${agree(lists, 'it', 'any')}`;
  const started = state === 'STAGING' ? ' STARTED' : '';
  const which = begun === lists ? started : `, ${begun} of them${started === '' ? ' begun' : started}`;
  return `${all}${which} since ${minute(since)}${until === null ? '' : `, until ${minute(until)} at the earliest`}`;
}

/** Failures of one class and meaning; what stands beside the count is of the last of them. */
export interface FailureGroup {
  readonly class: string;
  readonly meaning: string;
  readonly count: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** The whole source where no route tells where its LFN begins. */
  readonly lfn: string;
  /** On one line, clipped. */
  readonly reason: string;
  readonly list: string;
  readonly server: string;
  readonly jobId: string;
  /** FTS's monitoring page of the job; null where there is none. */
  readonly link: string | null;
  /** What a person can do. */
  readonly cure: string;
}

/** The list that has been in DOING for longest. */
export interface Oldest {
  readonly list: string;
  readonly since: string | null;
  readonly server: string | null;
  /** The state of its job when it was last looked at. */
  readonly state: string | null;
  /** What it waits for. */
  readonly next: string;
}

export interface FullReport extends StatusReport {
  readonly failures: readonly FailureGroup[];
  /** What has arrived so far, as far as sizes are known. */
  readonly bytes: number;
  /** What has ended lately; the shorter span first. */
  readonly rates: readonly Rate[];
  /** What `eta` is reckoned by. */
  readonly pace: Pace | null;
  /** The states of the jobs of lists that FTS has, when they were last looked at; null: not yet. */
  readonly jobStates: readonly { readonly state: string | null; readonly lists: number }[];
  /** Lists whose submission has had no answer yet. */
  readonly answersMissing: number;
  /** Lists in TODO that wait because an earlier copy may still be going on, and until when the last of them. */
  readonly held: { readonly lists: number; readonly until: string | null };
  readonly oldest: Oldest | null;
}

/** When the last transfer will have ended at this pace; null when nothing is left or nothing goes on. */
export const etaOf = ({ toCut, todo, doing }: StatusReport['transfers'], perDay: number, now: Date): string | null =>
  endAt(toCut + todo + doing, perDay, now)
    ?.toISOString()
    .replace(/\.\d+Z$/, 'Z') ?? null;
