/**
 * match: which line of a list is which file of its job.
 *
 * Lines and files belong together when both URLs are the same *as FTS stores them*: see `storedUrl`, and `stagedLine`
 * for sources on tape. What FTS has stored otherwise is known by its `file_index`, as far as it is remembered what was
 * sent at which place. Nothing weaker counts: base names repeat, and substrings match the wrong file.
 */
import type { ListLine } from '../lists/list.js';
import { storedUrl } from '../lists/url.js';
import { placesOf, type Sent } from './sent.js';
import { stagedFile, stagedLine } from './stagedSource.js';

/** One file of a job, as FTS reports it. */
export interface FileOutcome {
  readonly index: number;
  readonly state: string;
  readonly source: string;
  readonly destination: string;
  readonly reason: string;
  /** Bytes; null or 0 before the source was looked at. */
  readonly size?: number | null;
  readonly finishedAt?: Date | null;
  /** A worker has got it, once. */
  readonly started?: boolean;
  /** Cancelled, and the server's worker has not been told to stop yet. */
  readonly stopping?: boolean;
}

export interface Matched {
  readonly line: ListLine;
  readonly file: FileOutcome;
}

export interface Match {
  readonly matched: readonly Matched[];
  /** Lines that the job does not know: the list was edited after it was submitted. */
  readonly unknown: readonly ListLine[];
  /** Files of the job that no line names: somebody took them out of the list. */
  readonly extra: readonly FileOutcome[];
}

interface Urls {
  readonly source: string;
  readonly destination: string;
}

const isSameUrl = (one: string, other: string): boolean => one === other || storedUrl(one) === storedUrl(other);

/** Is this file of a job what became of this transfer? */
export function isSame(line: Urls, file: Urls): boolean {
  if (isSameUrl(line.source, file.source) && isSameUrl(line.destination, file.destination)) return true;
  const staged = stagedFilePair(file);
  return staged !== null && staged === stagedLinePair(line);
}

const pair = (transfer: Urls): string => `${storedUrl(transfer.source)}\n${storedUrl(transfer.destination)}`;

/** How a job that stages its sources has a line; a destination that is the source is staged with it. */
function stagedLinePair({ source, destination }: Urls): string | null {
  const staged = stagedLine(source);
  if (staged === null) return null;
  return `${staged}\n${isSameUrl(source, destination) ? staged : storedUrl(destination)}`;
}

function stagedFilePair({ source, destination }: Urls): string | null {
  const staged = stagedFile(source);
  if (staged === null) return null;
  return `${staged}\n${isSameUrl(source, destination) ? staged : storedUrl(destination)}`;
}

/**
 * Equal pairs are told apart by `file_index`: the first line gets the file with the lowest index. `sent`: null where it
 * is not known.
 */
export function match(lines: readonly ListLine[], files: readonly FileOutcome[], sent: Sent | null = null): Match {
  const inOrder = [...files].sort((a, b) => a.index - b.index);
  const byUrls = lineByLine(lines, inOrder) ?? byPairs(lines, inOrder);
  return sent === null || byUrls.unknown.length === 0 ? byUrls : byPlaces(byUrls, lines, sent);
}

/** What the URLs do not tell: a file whose index is the place at which the line was sent. */
function byPlaces(found: Match, lines: readonly ListLine[], sent: Sent): Match {
  const places = new Map(placesOf(sent, lines).map((place, at) => [lines[at], place]));
  const left = new Map(found.extra.map((file) => [file.index, file]));
  const matched = [...found.matched];
  const unknown: ListLine[] = [];
  for (const line of found.unknown) {
    const place = places.get(line) ?? -1;
    const file = left.get(place);
    if (file === undefined) unknown.push(line);
    else matched.push({ line, file });
    left.delete(place);
  }
  matched.sort((a, b) => a.line.line - b.line.line);
  return { matched, unknown, extra: [...left.values()] };
}

/** The usual case, a list that nobody has edited: line n is file n. Null where it is not so. */
function lineByLine(lines: readonly ListLine[], files: readonly FileOutcome[]): Match | null {
  if (lines.length !== files.length) return null;
  const matched: Matched[] = [];
  for (const line of lines) {
    const file = files[matched.length];
    if (file === undefined || !isSame(line, file)) return null;
    matched.push({ line, file });
  }
  return { matched, unknown: [], extra: [] };
}

/** First as they stand, then what is left as a job that stages its sources has it. */
function byPairs(lines: readonly ListLine[], files: readonly FileOutcome[]): Match {
  const plain = byKeys(lines, files, pair, pair);
  if (plain.unknown.length === 0 || plain.extra.length === 0) return plain;
  const staged = byKeys(plain.unknown, plain.extra, stagedLinePair, stagedFilePair);
  const matched = [...plain.matched, ...staged.matched].sort((a, b) => a.line.line - b.line.line);
  return { ...staged, matched };
}

type Key = (urls: Urls) => string | null;

function byKeys(lines: readonly ListLine[], files: readonly FileOutcome[], ofLine: Key, ofFile: Key): Match {
  const byKey = new Map<string, FileOutcome[]>();
  const extra: FileOutcome[] = [];
  for (const file of files) {
    const key = ofFile(file);
    const same = key === null ? extra : byKey.get(key);
    if (same !== undefined) same.push(file);
    else if (key !== null) byKey.set(key, [file]);
  }
  const matched: Matched[] = [];
  const unknown: ListLine[] = [];
  for (const line of lines) {
    const file = byKey.get(ofLine(line) ?? '')?.shift();
    if (file === undefined) unknown.push(line);
    else matched.push({ line, file });
  }
  return { matched, unknown, extra: [...extra, ...[...byKey.values()].flat()] };
}
