/**
 * match: which line of a list is which file of its job.
 *
 * Lines and files belong together when both URLs are the same *as FTS stores them*: it writes the scheme in lower
 * case and drops an empty query and an empty fragment (seen on FTS3 3.13, Python's urlparse). Nothing weaker counts:
 * base names repeat, and substrings match the wrong file.
 */
import type { ListLine } from './list.js';
import { storedUrl } from './url.js';

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

const pair = (transfer: { source: string; destination: string }): string =>
  `${storedUrl(transfer.source)}\n${storedUrl(transfer.destination)}`;

/** Equal pairs are told apart by `file_index`: the first line gets the file with the lowest index. */
export function match(lines: readonly ListLine[], files: readonly FileOutcome[]): Match {
  const byPair = new Map<string, FileOutcome[]>();
  for (const file of [...files].sort((a, b) => a.index - b.index)) {
    const same = byPair.get(pair(file));
    if (same === undefined) byPair.set(pair(file), [file]);
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
