/**
 * names: the names of lists.
 *
 * A list is called `FTSList-YYYYMMDD-HHMMSS-NNNN.txt`, in UTC. Names are the order in which lists go out, so they never
 * go back, whatever the clock does. The original program's names, `FTSList-DDMMYYYY-HHMMSS.txt`, and any prefix before
 * either (`D`, `R-`, `Retry-`, …) sort with them. Nothing here throws.
 */
import { hasUnsafe } from '../text/escape.js';

/** Bytes. File systems allow 255; a name that others give leaves room for what we add to it. */
const LONGEST_GIVEN = 200;
/** Bytes, with our own `D`, `R-` and `~2`. */
export const LONGEST_NAME = 240;

/** What a file system counts: not the characters. */
const bytesOf = (name: string): number => Buffer.byteLength(name);

/** What is too long in a name that somebody has given, as a phrase to follow "its name"; null if it will do. */
export function whyTooLong(name: string): string | null {
  const given = name.replace(/^(?:D|R-)+/, '').replace(/~\d{1,6}(?=\.txt$)/, '');
  return bytesOf(given) <= LONGEST_GIVEN && fits(name)
    ? null
    : `has ${bytesOf(name)} bytes, ${LONGEST_GIVEN} are allowed`;
}

/** May a list that we make be called so? */
export const fits = (name: string): boolean => bytesOf(name) <= LONGEST_NAME;

/**
 * The name for a list cut now. `last` is the stamp (`YYYYMMDD-HHMMSS-NNNN`) of the list named before this one, or null;
 * the new stamp is greater, also when the clock has gone back or 9,999 lists were named in one second.
 */
export function nextName(now: Date, last: string | null): { name: string; stamp: string } {
  const before = readStamp(last ?? '');
  const second = Math.floor(now.getTime() / 1000) * 1000;
  const stamp =
    before === null || before.time < second
      ? formatStamp(second, 1)
      : before.count < 9999
        ? formatStamp(before.time, before.count + 1)
        : formatStamp(before.time + 1000, 1);
  return { name: `FTSList-${stamp}.txt`, stamp };
}

/**
 * The names, the oldest first. `notBefore`: ms since 1970, behind which a list has to queue. Each name is read once:
 * comparing two at a time reads every name some thirty times.
 */
export function oldestFirst(names: readonly string[], notBefore: (name: string) => number = () => 0): string[] {
  return names
    .map((name) => aged(name, notBefore(name)))
    .sort(compareAges)
    .map(({ name }) => name);
}

/**
 * Compares two names for sorting, the oldest first: by the time, the number and then the whole name. Names without a
 * time come last.
 */
export function byAge(a: string, b: string): number {
  return compareAges(aged(a, 0), aged(b, 0));
}

interface Aged {
  readonly name: string;
  readonly time: number;
  /** 0 for a list that queues by its time. */
  readonly behind: number;
  readonly count: number;
}

function aged(name: string, notBefore: number): Aged {
  const { time, count } = ageOf(name);
  return { name, time: Math.max(time, notBefore), behind: notBefore, count };
}

function compareAges(a: Aged, b: Aged): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  if (a.behind !== b.behind) return a.behind - b.behind;
  if (a.count !== b.count) return a.count - b.count;
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}

/** The name itself if it is free, else with `~2`, `~3`, … before its extension. */
export function freeName(name: string, taken: (name: string) => boolean): string {
  if (!taken(name)) return name;
  const [, stem = name, number, extension = ''] = /^(.*?)(?:~(\d{1,6}))?(\.[^.]*)?$/s.exec(name) ?? [];
  for (let next = Number(number ?? 1) + 1; ; next++) {
    const free = `${stem}~${next}${extension}`;
    if (!taken(free)) return free;
  }
}

/** The name beside which this one was put: `L~2.txt` in DONE holds transfers of `L.txt`, unless it has a row of its own. */
export const withoutNumber = (name: string): string => name.replace(/~\d+(?=\.txt$)/, '');

/**
 * The name of the rest of a FINISHEDDIRTY list: `D` and its name. From 200 bytes on the leading D's become one,
 * so the name does not grow and may be taken: the caller passes it through `freeName`.
 */
export function dirtyName(name: string): string {
  return bytesOf(name) < LONGEST_GIVEN ? `D${name}` : `D${name.replace(/^D+/, '')}`;
}

/** The name of what a person sends back: `R-` and its name, which from 200 bytes on does not grow either. */
export function returnedName(name: string): string {
  return bytesOf(name) < LONGEST_GIVEN ? `R-${name}` : `R-${name.replace(/^(?:R-)+/, '')}`;
}

/**
 * Can a file of this name be a list? `*.txt`, not hidden, without a slash and without characters that could not be
 * shown or (U+FFFD: the name is not UTF-8) not be opened again.
 */
export function isListName(name: string): boolean {
  return /^[^./][^/]*\.txt$/.test(name) && !hasUnsafe(name) && !name.includes('\ufffd');
}

function ageOf(name: string): { time: number; count: number } {
  const match = /FTSList-(\d{8}-\d{6})(?:-(\d{4})(?!\d))?/.exec(name);
  if (match?.[1] === undefined) return { time: Infinity, count: 0 };
  // Ours carry a number, the original's do not; a date that is none in one order is read in the other.
  const orders = match[2] === undefined ? [dayFirst, yearFirst] : [yearFirst, dayFirst];
  const time = orders.map((read) => read(match[1] ?? '')).find((read) => read !== null);
  return time === undefined ? { time: Infinity, count: 0 } : { time, count: Number(match[2] ?? 0) };
}

function readStamp(stamp: string): { time: number; count: number } | null {
  const match = /^(\d{8}-\d{6})-(\d{4})$/.exec(stamp);
  const time = yearFirst(match?.[1] ?? '');
  return time === null ? null : { time, count: Number(match?.[2]) };
}

function yearFirst(text: string): number | null {
  const [, year, month, day, ...clock] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  return timeOf(year, month, day, clock);
}

function dayFirst(text: string): number | null {
  const [, day, month, year, ...clock] = /^(\d\d)(\d\d)(\d{4})-(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  return timeOf(year, month, day, clock);
}

/** Milliseconds since 1970, or null if the calendar has no such day and time (or one before FTS was). */
function timeOf(year = '', month = '', day = '', clock: readonly string[]): number | null {
  const time = Date.parse(`${year}-${month}-${day}T${clock.join(':')}Z`);
  const exists = Number(year) >= 1990 && !Number.isNaN(time) && new Date(time).getUTCDate() === Number(day);
  return exists ? time : null;
}

function formatStamp(time: number, count: number): string {
  const [date = '', clock = ''] = new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T');
  return `${date}-${clock}-${String(count).padStart(4, '0')}`;
}

/** The stamp (`YYYYMMDD-HHMMSS-NNNN`) in a name that we have given, whatever has been put around it since; null: it has none. */
export const stampIn = (name: string): string | null => /FTSList-(\d{8}-\d{6}-\d{4})(?!\d)/.exec(name)?.[1] ?? null;

/** The stamp of the newest name that we have given, so that names do not go back behind it. */
export const lastStampOf = (names: readonly string[]): string | null =>
  names
    .flatMap((name) => stampIn(name) ?? [])
    .sort()
    .at(-1) ?? null;
