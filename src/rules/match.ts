/**
 * match: which line of a list is which file of its job.
 *
 * Lines and files belong together when both URLs are the same *as FTS stores them*: it writes the scheme in lower
 * case and drops an empty query and an empty fragment (seen on FTS3 3.13, Python's urlparse). Nothing weaker counts:
 * base names repeat, and substrings match the wrong file.
 */
import type { ListLine } from '../lists/list.js';
import { storedUrl } from '../lists/url.js';

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
  /** Cancelled, and the server's worker may still be copying it. */
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

const isSame = (one: Urls, other: Urls): boolean =>
  isSameUrl(one.source, other.source) && isSameUrl(one.destination, other.destination);

const pair = (transfer: Urls): string => `${storedUrl(transfer.source)}\n${storedUrl(transfer.destination)}`;

/** Equal pairs are told apart by `file_index`: the first line gets the file with the lowest index. */
export function match(lines: readonly ListLine[], files: readonly FileOutcome[]): Match {
  const inOrder = [...files].sort((a, b) => a.index - b.index);
  return lineByLine(lines, inOrder) ?? byPairs(lines, inOrder);
}

/** The usual case, a list that nobody has edited: line n is file n. Null where it is not so. */
function lineByLine(lines: readonly ListLine[], files: readonly FileOutcome[]): Match | null {
  if (lines.length !== files.length) return null;
  const matched: Matched[] = [];
  for (const [index, line] of lines.entries()) {
    const file = files[index];
    if (file === undefined || !isSame(line, file)) return null;
    matched.push({ line, file });
  }
  return { matched, unknown: [], extra: [] };
}

function byPairs(lines: readonly ListLine[], files: readonly FileOutcome[]): Match {
  const byPair = new Map<string, FileOutcome[]>();
  for (const file of files) {
    const key = pair(file);
    const same = byPair.get(key);
    if (same === undefined) byPair.set(key, [file]);
    else same.push(file);
  }
  const matched: Matched[] = [];
  const unknown: ListLine[] = [];
  for (const line of lines) {
    const file = byPair.get(pair(line))?.shift();
    if (file === undefined) unknown.push(line);
    else matched.push({ line, file });
  }
  return { matched, unknown, extra: [...byPair.values()].flat() };
}
