/**
 * scanList: reads of a list what an audit needs, quickly.
 *
 * A campaign has hundreds of thousands of lists, nearly all of them just as we write them; those are read by one
 * expression a line. Whatever looks otherwise (a list made or edited by hand) is read by `parseList`, so that an audit
 * sees the same transfers as the programs do.
 */
import { DROPPED_LINE } from '../lists/badList.js';
import { isPlainLfn } from '../lists/lfn.js';
import { parseList } from '../lists/list.js';
import { parseOrigin, type Origin } from '../lists/origin.js';
import { escapeText } from '../text/escape.js';
import { LONGEST_URL } from '../lists/url.js';

export interface Pair {
  readonly source: string;
  readonly destination: string;
}

export interface ScannedList {
  readonly origin: Origin;
  /** Of transfers that are their route's prefixes and an LFN, the LFN. */
  readonly lfns: readonly string[];
  /** All others; also what stands in the list twice. */
  readonly transfers: readonly Pair[];
  /** Lines that are neither transfers nor comments. */
  readonly unreadable: number;
  /** The lines of the LFN list that comments name as no LFNs. */
  readonly badLines: readonly number[];
  /** Transfers that comments name as dropped, as their destination stood in the list already. */
  readonly dropped: readonly Pair[];
}

const URL_AS_WRITTEN = String.raw`(?!file:)[a-z][a-z0-9]*://[A-Za-z0-9.-]+(?::\d+)?/[!"$->@-~][!-~]*`;
const AS_WRITTEN = new RegExp(
  String.raw`^(${URL_AS_WRITTEN})  (${URL_AS_WRITTEN})(?:  (?:ADLER32:[0-9A-Fa-f]{1,8}|-)(?:  \d{1,15})?)?$`,
);
/** Nothing that needs decoding, and no CR at its end. */
const IS_PLAIN = /^[\0-\x0c\x0e-\x7f]*$/;

/** What the head of a list says of where it comes from, as `parseList` reads it. */
export function readOrigin(bytes: Buffer): Origin {
  // Nearly every head is short: the whole list is looked at only where no transfer follows.
  for (const length of [2048, bytes.length]) {
    const head = /^(?:(?:#[^\n]*)?\n)*(?![#\n])(?=.)/.exec(bytes.toString('latin1', 0, length))?.[0];
    if (
      head !== undefined &&
      IS_PLAIN.test(head) &&
      /[A-Za-z]/.test(bytes.toString('latin1', head.length, head.length + 1))
    )
      return parseOrigin(head.split('\n'));
  }
  return parseList(bytes).origin;
}

/**
 * Reads a list; `text` is its bytes as Latin-1. `routeOf` is asked once which prefixes a list of this origin is likely to
 * have; null when nobody knows. Never throws.
 */
export function scanList(text: string, bytes: Uint8Array, routeOf: (origin: Origin) => Pair | null): ScannedList {
  const comments: string[] = [];
  let origin: Origin | null = null;
  let route: Pair | null = null;
  const lfns: string[] = [];
  const transfers: Pair[] = [];
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    if (end === at || text.startsWith('#', at)) {
      const comment = text.slice(at, end);
      if (!IS_PLAIN.test(comment)) return slowly(bytes);
      if (origin === null || comment.startsWith('# bad') || comment.startsWith('# not')) comments.push(comment);
    } else {
      if (origin === null) route = routeOf((origin = parseOrigin(comments)));
      const lfn = route === null ? null : lfnInLine(text, at, end, route);
      if (lfn !== null) lfns.push(lfn);
      else {
        const pair = pairOf(text.slice(at, end));
        if (pair === null) return slowly(bytes);
        transfers.push(pair);
      }
    }
    at = end + 1;
  }
  return { ...commented(origin ?? parseOrigin(comments), comments), lfns, transfers, unreadable: 0 };
}

/** The LFN of a line that is this route's source and destination with nothing behind them; null for any other line. */
function lfnInLine(text: string, at: number, end: number, { source, destination }: Pair): string | null {
  const first = at + source.length;
  const length = (end - first - 2 - destination.length) / 2;
  const second = first + length + 2 + destination.length;
  if (!text.startsWith(source, at) || !text.startsWith(destination, first + length + 2)) return null;
  const lfn = text.slice(first, first + length);
  const isOne = isPlainLfn(lfn, Math.max(source.length, destination.length));
  return isOne && text.startsWith(lfn, second) && text.startsWith('  ', first + length) ? lfn : null;
}

function pairOf(line: string): Pair | null {
  const [, source, destination] = AS_WRITTEN.exec(line) ?? [];
  if (source === undefined || destination === undefined) return null;
  return source.length > LONGEST_URL || destination.length > LONGEST_URL ? null : { source, destination };
}

function slowly(bytes: Uint8Array): ScannedList {
  const parsed = parseList(bytes);
  const text = new TextDecoder().decode(bytes);
  const comments = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const transfers = [...parsed.transfers, ...parsed.duplicates];
  return { ...commented(parsed.origin, comments), transfers, lfns: [], unreadable: parsed.unreadable.length };
}

function commented(
  origin: Origin,
  comments: readonly string[],
): Omit<ScannedList, 'lfns' | 'transfers' | 'unreadable'> {
  const badLines: number[] = [];
  const dropped: Pair[] = [];
  const badLfn = origin.from === undefined ? null : escapeText(`# bad LFN: ${origin.from.lfnList}:`);
  for (const comment of comments) {
    if (badLfn !== null && comment.startsWith(badLfn)) {
      const line = /^\d{1,15}(?=: )/.exec(comment.slice(badLfn.length))?.[0];
      if (line !== undefined) badLines.push(Number(line));
      continue;
    }
    const [, source, destination] = DROPPED_LINE.exec(comment) ?? [];
    if (source !== undefined && destination !== undefined) dropped.push({ source, destination });
  }
  return { origin, badLines, dropped };
}

/**
 * The LFN of a transfer, by the route that it was cut with; null where the transfer does not fit the route: the
 * settings may have changed since.
 */
export function lfnOf({ source, destination }: Pair, route: Pair | null): string | null {
  if (route === null || !source.startsWith(route.source) || !destination.startsWith(route.destination)) return null;
  const lfn = source.slice(route.source.length);
  return destination.length === route.destination.length + lfn.length && destination.endsWith(lfn) ? lfn : null;
}

/** The LFN of a transfer, among those it may be: the longest that both URLs end with, or null. */
export function lfnAmong({ source, destination }: Pair, lfns: ReadonlySet<string>): string | null {
  for (let at = source.indexOf('/'); at !== -1; at = source.indexOf('/', at + 1)) {
    const end = source.slice(at);
    if (lfns.has(end) && destination.endsWith(end)) return end;
  }
  return null;
}
