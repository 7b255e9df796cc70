/**
 * scanList: reads a list quickly.
 *
 * A campaign has hundreds of thousands of lists, nearly all of them just as we write them; those are read by one
 * expression a line. Whatever looks otherwise (a list made or edited by hand) is read by `parseList`, so that
 * whoever reads them all sees the same transfers as the programs do.
 */
import { DROPPED_LINE } from './badList.js';
import { parseList, type ParsedList } from './list.js';
import { parseOrigin, type Origin } from './origin.js';
import { beginsWith, destinationOf, type Prefixes } from './prefixes.js';
import { escapeText } from '../text/escape.js';
import type { Transfer } from './transfer.js';
import { LONGEST_URL } from './url.js';

export interface Pair {
  readonly source: string;
  readonly destination: string;
}

export interface ScannedList {
  readonly origin: Origin;
  /** Also what stands in the list twice. */
  readonly transfers: readonly Transfer[];
  /** Lines that are neither transfers nor comments. */
  readonly unreadable: number;
  /** The lines of the LFN list that comments name as no LFNs. */
  readonly badLines: readonly number[];
  /** Transfers that comments name as dropped, as their destination stood in the list already. */
  readonly dropped: readonly Pair[];
}

const URL_AS_WRITTEN = String.raw`(?!file:)[a-z][a-z0-9]*://[A-Za-z0-9.-]+(?::\d+)?/[!"$->@-~][!-~]*`;
/** A line with its end, wherever it begins: lines that are cut out before they are looked at take twice as long. */
const AS_WRITTEN = new RegExp(
  String.raw`(${URL_AS_WRITTEN})  (${URL_AS_WRITTEN})(?:  (?:(ADLER32:[0-9A-Fa-f]{1,8})|-)(?:  (\d{1,15}))?)?(?:\n|$)`,
  'y',
);
/** Nothing that needs decoding, and no CR at its end. */
const IS_PLAIN = /^[\0-\x0c\x0e-\x7f]*$/;

export interface Head {
  /** As `parseList` reads it. */
  readonly origin: Origin;
  /** The bytes before the first transfer of a list as we write them; null: it must be read wholly. */
  readonly length: number | null;
}

/** What the head of a list says of where it comes from. */
export function readHead(bytes: Buffer): Head {
  // Nearly every head is short: the whole list is looked at only where no transfer follows.
  for (const most of [2048, bytes.length]) {
    const head = /^(?:(?:#[^\n]*)?\n)*(?![#\n])(?=.)/.exec(bytes.toString('latin1', 0, most))?.[0];
    if (head === undefined || !IS_PLAIN.test(head)) continue;
    if (!/[A-Za-z]/.test(bytes.toString('latin1', head.length, head.length + 1))) continue;
    // Comments of these two kinds speak of transfers.
    const length = head.includes('\n# bad') || head.includes('\n# not') ? null : head.length;
    return { origin: parseOrigin(head.split('\n')), length };
  }
  return { origin: parseList(bytes).origin, length: null };
}

/**
 * A list as `parseList` reads it, where behind its head it has just these transfers in this order, without checksums
 * and sizes: then it is compared as a whole, and not taken apart. Null where it has anything else.
 */
export function readIfJust(bytes: Buffer, transfers: readonly Pair[]): ParsedList | null {
  const { origin, length } = readHead(bytes);
  if (length === null) return null;
  let expected = '';
  for (const { source, destination } of transfers) expected += `${source}  ${destination}\n`;
  // Only ASCII is the same as text and as bytes: other letters would fit what FTS tells of them where it has decoded
  // them wrongly.
  if (Buffer.byteLength(expected) !== expected.length || bytes.toString('latin1', length) !== expected) return null;
  const first = bytes.toString('latin1', 0, length).split('\n').length;
  return {
    origin,
    transfers: transfers.map(({ source, destination }, at) => ({ source, destination, line: first + at })),
    unreadable: [],
    duplicates: [],
  };
}

/** Reads a list. Never throws. */
export function scanList(bytes: Buffer): ScannedList {
  const text = bytes.toString('latin1');
  const comments: string[] = [];
  let origin: Origin | null = null;
  const transfers: Transfer[] = [];
  for (let at = 0; at < text.length;) {
    const first = text[at];
    if (first === '\n' || first === '#') {
      const newline = text.indexOf('\n', at);
      const line = text.slice(at, newline === -1 ? text.length : newline);
      at += line.length + 1;
      if (!IS_PLAIN.test(line)) return slowly(bytes);
      if (origin === null || line.startsWith('# bad') || line.startsWith('# not')) comments.push(line);
      continue;
    }
    origin ??= parseOrigin(comments);
    const transfer = transferAt(text, at);
    if (transfer === null) return slowly(bytes);
    transfers.push(transfer);
    at = AS_WRITTEN.lastIndex;
  }
  return { ...commented(origin ?? parseOrigin(comments), comments), transfers, unreadable: 0 };
}

function transferAt(text: string, at: number): Transfer | null {
  AS_WRITTEN.lastIndex = at;
  const [, source, destination, checksum, size] = AS_WRITTEN.exec(text) ?? [];
  if (source === undefined || destination === undefined) return null;
  if (source.length > LONGEST_URL || destination.length > LONGEST_URL) return null;
  const transfer: Mutable<Transfer> = { source, destination };
  if (checksum !== undefined) transfer.checksum = checksum;
  if (size !== undefined) transfer.size = Number(size);
  return transfer;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

function slowly(bytes: Uint8Array): ScannedList {
  const parsed = parseList(bytes);
  const text = new TextDecoder().decode(bytes);
  const comments = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const transfers = [...parsed.transfers, ...parsed.duplicates];
  return { ...commented(parsed.origin, comments), transfers, unreadable: parsed.unreadable.length };
}

function commented(origin: Origin, comments: readonly string[]): Omit<ScannedList, 'transfers' | 'unreadable'> {
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
export function lfnOf({ source, destination }: Pair, route: Prefixes | null): string | null {
  if (route === null || !beginsWith(source, route.source) || !beginsWith(destination, route.destination)) return null;
  const lfn = source.slice(route.source.length);
  if (route.rewrite !== undefined) return destination === destinationOf(route, lfn) ? lfn : null;
  return destination.slice(route.destination.length) === lfn ? lfn : null;
}

/** The LFN of a transfer, among those it may be: the longest that both URLs end with, or null. */
export function lfnAmong({ source, destination }: Pair, lfns: ReadonlySet<string>): string | null {
  for (let at = source.indexOf('/'); at !== -1; at = source.indexOf('/', at + 1)) {
    const end = source.slice(at);
    if (lfns.has(end) && destination.endsWith(end)) return end;
  }
  return null;
}
