/**
 * list: reads and writes the lists of the spool.
 *
 *     list = head comments, lines          origin.ts, transfer.ts
 *     name = stamp, prefix, suffix         names.ts
 *     change of the spool = steps          transition.ts
 *
 * One transfer a line (see transfer.ts), `#` lines and empty lines are comments, and the comments at the head say
 * where the list comes from (see origin.ts). People edit lists, so reading never throws: what cannot be read is
 * returned line by line with the reason, and the rest of the list is as good as before. `parseList(formatList(x))`
 * gives x back.
 */
import { formatOrigin, parseOrigin } from './origin.js';
import type { Origin } from './origin.js';
import { decodeUtf8, escapeText, textOfBytes } from '../text/escape.js';
import { formatTransfer, isComment, readTransfer } from './transfer.js';
import type { Transfer } from './transfer.js';
import { storedUrl } from './url.js';

export type { Origin } from './origin.js';
export type { Transfer } from './transfer.js';

export interface ListLine extends Transfer {
  /** Counted from 1. */
  readonly line: number;
}

export interface UnreadableLine {
  readonly line: number;
  /** As it stands in the file; bytes that are not UTF-8 as `\xNN`. Escape it before showing it. */
  readonly text: string;
  /** A phrase to follow "the line". */
  readonly why: string;
}

export interface DuplicateLine extends ListLine {
  /** A phrase to follow "the line". */
  readonly why: string;
}

export interface ParsedList {
  readonly origin: Origin;
  readonly transfers: readonly ListLine[];
  readonly unreadable: readonly UnreadableLine[];
  /** Lines whose destination an earlier line has already: FTS would refuse or race. */
  readonly duplicates: readonly DuplicateLine[];
}

/** Reads the bytes of a list. Never throws; every line that is no comment is in exactly one of the three results. */
export function parseList(bytes: Uint8Array): ParsedList {
  const head: string[] = [];
  const transfers: ListLine[] = [];
  const unreadable: UnreadableLine[] = [];
  const duplicates: DuplicateLine[] = [];
  const firstWith = new Map<string, ListLine>();

  let line = 0;
  for (const written of textsOf(bytes)) {
    const isUtf8 = typeof written === 'string';
    const text = isUtf8 ? written : textOfBytes(written);
    line++;
    if (isComment(text)) {
      if (firstWith.size === 0 && unreadable.length === 0 && isUtf8) head.push(text);
      continue;
    }
    const read = isUtf8 ? readTransfer(text) : 'is not UTF-8';
    if (typeof read === 'string') {
      unreadable.push({ line, text, why: read });
      continue;
    }
    const transfer = Object.assign(read, { line });
    const destination = storedUrl(read.destination);
    const earlier = firstWith.get(destination);
    if (earlier) {
      duplicates.push({ ...transfer, why: whyDuplicate(transfer, earlier) });
    } else {
      firstWith.set(destination, transfer);
      transfers.push(transfer);
    }
  }
  return { origin: parseOrigin(head), transfers, unreadable, duplicates };
}

/**
 * A list as text: the header, the comments (one line each, whatever they hold), the transfers.
 * @throws Error if a transfer could not be read back (a bug of ours).
 */
export function formatList(origin: Origin, transfers: readonly Transfer[], comments: readonly string[] = []): string {
  return [...formatOrigin(origin), ...comments.map(formatComment), ...transfers.map(formatTransfer), ''].join('\n');
}

/** One comment as one line beginning with `#`, whatever it holds. */
export function formatComment(comment: string): string {
  const text = escapeText(comment);
  return text.startsWith('#') ? text : `# ${text}`;
}

/** The lines of a file, without their ends (LF or CRLF); what follows the last newline is a line if it is not empty. */
export function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    yield bytes.subarray(start, end > start && bytes[end - 1] === 0x0d ? end - 1 : end);
    start = end + 1;
  }
}

/**
 * The lines as text, or as they are where they are not UTF-8. Nearly every list is UTF-8 all through, and then its
 * bytes are decoded at once.
 */
function textsOf(bytes: Uint8Array): readonly (string | Uint8Array)[] {
  const whole = decodeUtf8(bytes);
  // A byte order mark is dropped from the beginning of each line, wherever files were put together.
  if (whole === null || whole.includes(BYTE_ORDER_MARK))
    return Array.from(linesOf(bytes), (raw) => decodeUtf8(raw) ?? raw);
  const lines = whole.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return whole.includes('\r') ? lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)) : lines;
}

const BYTE_ORDER_MARK = '\uFEFF';

/** Why the later of two lines with one destination is dropped. */
export function whyDuplicate(later: ListLine, earlier: ListLine): string {
  return storedUrl(later.source) === storedUrl(earlier.source)
    ? `is the same transfer as line ${earlier.line}`
    : `has the destination of line ${earlier.line}`;
}
