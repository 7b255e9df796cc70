/**
 * forecast: whether a credential outlives what is still to be done.
 *
 * The queue (LFNs to cut, lists in TODO and DOING) ends at the pace at which `status` reckons; where no pace is known,
 * only the next run is looked at. What a command renews, and what is over or missing, is told where it is used. Pure.
 */
import { minute } from '../text/terminal.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, plural } from '../text/words.js';

/** What is still to be done. */
export interface Queue {
  /** LFNs to cut, and transfers in TODO and DOING. */
  readonly transfers: number;
  /** Those in which they are, or will be when they are cut. */
  readonly lists: number;
  /** Since when FTS has had the list that it has had for longest. */
  readonly oldest: Date | null;
  /** Transfers; null: not known. */
  readonly perDay: number | null;
  /** At this pace. */
  readonly ends: Date | null;
  readonly nextRun: Date;
}

export interface Expiry {
  readonly kind: 'proxy' | 'token' | 'storage token' | 'delegation';
  /** As sentences begin with it. */
  readonly title: string;
  /** Where it stands on our disk. */
  readonly file: string | null;
  /** Null: it does not say, or there is none that can be used. */
  readonly ends: Date | null;
  readonly isUsable: boolean;
  /** When it was written, as far as that is known. */
  readonly since: Date | null;
  /** Something renews it before each run. */
  readonly isRenewed: boolean;
  /** A delegation: FTS copies with it. A token of routes: something is to be sent with it. */
  readonly isInUse: boolean;
  /** Names it among others. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface Forecast extends Expiry {
  /** Before what it ends; null: no warning. */
  readonly endsBefore: 'next run' | 'queue' | null;
  /** What of the queue is left then, at this pace. */
  readonly left: { readonly lists: number; readonly transfers: number } | null;
}

/** Cron starts each program every two hours, where nothing else is known. */
const USUAL_HOURS = 2;
/** Runs that are nearer to each other were started by hand, unless most are. */
const LEAST_MS = 10 * MINUTE_MS;
/** What lives for a day: 24 hours, and some grace of whoever makes it. */
const SHORT_LIFE_MS = 25 * HOUR_MS;
/** So many of the last runs tell how far they are apart. */
const LAST_RUNS = 12;

/** How far cron's runs are apart, by the times of the producer's, the oldest first, in ms. */
export function betweenRuns(times: readonly number[]): number {
  const gaps = times.map((time, index) => time - (times[index - 1] ?? time)).slice(-LAST_RUNS);
  for (const least of [LEAST_MS, MINUTE_MS]) {
    const byCron = gaps.filter((gap) => gap >= least && gap <= DAY_MS).sort((a, b) => a - b);
    const median = byCron[Math.floor(byCron.length / 2)];
    if (byCron.length >= 3 && median !== undefined) return median;
  }
  return USUAL_HOURS * HOUR_MS;
}

/** Each of them against the queue; the first is what we log in with. */
export function foretell(expiries: readonly Expiry[], queue: Queue, now: Date): Forecast[] {
  const [login] = expiries;
  const isOfLogin = ({ kind, ends }: Expiry): boolean =>
    // What is delegated ends with the proxy at the latest: that is one trouble.
    kind === 'delegation' && login?.kind === 'proxy' && login.ends !== null && ends !== null && ends >= login.ends;
  return expiries.map((expiry) => {
    const endsBefore = isOfLogin(expiry) && login !== undefined && !login.isRenewed ? null : before(expiry, queue, now);
    // Nobody knows the pace of its route alone.
    const isTold = endsBefore !== null && expiry.kind !== 'storage token';
    return { ...expiry, endsBefore, left: isTold ? leftAt(expiry.ends, queue, now) : null };
  });
}

function before(expiry: Expiry, queue: Queue, now: Date): Forecast['endsBefore'] {
  const { kind, ends, isRenewed, isInUse } = expiry;
  if (!isInUse || queue.transfers === 0 || ends === null || ends <= now) return null;
  // Each run renews what is delegated: it has to last until then.
  if (kind === 'delegation') return ends < queue.nextRun ? 'next run' : null;
  // Who lives from run to run with such a one has it renewed by somebody else.
  const oneOrTwoRuns = Math.min(2 * (queue.nextRun.getTime() - now.getTime()), SHORT_LIFE_MS);
  if (isRenewed || lifeOf(expiry) <= oneOrTwoRuns) return null;
  if (ends < queue.nextRun) return 'next run';
  return queue.ends !== null && ends < queue.ends ? 'queue' : null;
}

/** From when its file was written. */
const lifeOf = ({ ends, since }: Expiry): number =>
  ends === null || since === null ? Infinity : ends.getTime() - since.getTime();

/**
 * Until the next run a person can still prevent it: exit 3. What was made for a day at most is made anew each day, by
 * somebody's cron in all likelihood: that it ends is a warning alone.
 */
export const needsPerson = (forecast: Forecast): boolean =>
  forecast.endsBefore === 'next run' && lifeOf(forecast) > SHORT_LIFE_MS;

function leftAt(ends: Date | null, { transfers, lists, perDay }: Queue, now: Date): Forecast['left'] {
  if (ends === null || perDay === null) return null;
  const done = (perDay * (ends.getTime() - now.getTime())) / DAY_MS;
  const left = Math.max(0, Math.ceil(transfers - done));
  return { transfers: left, lists: Math.ceil((lists * left) / transfers) };
}

const CONSEQUENCES = {
  proxy: 'then nothing moves',
  token: 'then nothing moves',
  'storage token': 'then the lists of its route wait',
  delegation: 'then what FTS copies for us fails',
} as const;

const CURES = {
  proxy: 'run voms-proxy-init, or let auth.renew_command do so',
  token: 'get one that lasts longer (htgettoken, oidc-token), or let auth.renew_command do so',
  'storage token': 'get one that lasts longer (htgettoken, oidc-token), or let auth.renew_command do so',
  delegation: 'set fts.delegation_renew_hours (and auth.renew_hours) to more hours than lie between two runs',
} as const;

export const cureOfExpiry = ({ kind }: Expiry): string => CURES[kind];

/** What there is to warn of: the state of things without the cure; null: nothing. */
export function whyTooShort({ kind, title, file, ends, endsBefore, left }: Forecast, queue: Queue): string | null {
  if (ends === null || endsBefore === null) return null;
  const what = `${title}${file === null ? '' : ` "${file}"`} ends at ${day(ends)}, before`;
  if (endsBefore === 'next run') return `${what} the next run (about ${day(queue.nextRun)}): ${CONSEQUENCES[kind]}`;
  const rest =
    left === null ? '' : `: about ${plural(left.lists, 'list')} (${plural(left.transfers, 'transfer')}) left`;
  return `${what} the queue, which at this pace ends at ${day(queue.ends ?? ends)}${rest}`;
}

/** `2026-12-01 12:00 UTC` */
export const day = (time: Date): string => `${minute(time.toISOString())} UTC`;
