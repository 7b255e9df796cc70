/**
 * lfn: reads a line of an LFN list.
 *
 * Such lists come from bookkeeping queries, spreadsheets and editors: CRLF, a byte order mark, a leading `LFN:`, and
 * a checksum, a size and what the file belongs together with after the LFN are all fine. What is no LFN is returned
 * with the reason, so that the others go on.
 */
import { decodeUtf8, hasUnsafe, textOfBytes } from '../text/escape.js';
import { looksLikeChecksum, whyNoChecksum, whyUselessChecksum } from './checksum.js';
import { columnsOf, isComment, readChecksumAndSize, whyImpossibleSize } from './transfer.js';
import { LONGEST_URL } from './url.js';

export interface Lfn {
  readonly kind: 'lfn';
  readonly lfn: string;
  /** `ALGORITHM:HEX`. */
  readonly checksum?: string;
  /** Bytes. */
  readonly size?: number;
  /** What a fourth column says it belongs together with, as a tape. */
  readonly group?: string;
}

export interface BadLfn {
  readonly kind: 'bad';
  /** A phrase to follow "the line". */
  readonly why: string;
  /** The line as it stands in the file; escape it before showing it. */
  readonly text: string;
  /** What version 1.0 took such a line for: lists that it has cut hold this LFN. */
  readonly formerly?: string;
}

/** Is the line an LFN and nothing else, in ASCII? So is nearly every line of nearly every LFN list, and it is quickly told. */
export function isPlainLfn(line: string, longestPrefix: number): boolean {
  return PLAIN.test(line) && line.length + longestPrefix <= LONGEST_URL && !hasColumns(line);
}
const PLAIN = /^\/+[!-.0-~][!-~]*$/;

/**
 * Is it a line of a table whose columns are not separated by blanks? A comma may stand in a name, so one column counts
 * only if it is a checksum, a path or empty; of two each may also be a number.
 */
function hasColumns(text: string): boolean {
  if (!SEPARATOR.test(text)) return false;
  const columns = text.split(SEPARATOR).slice(1);
  const telling = columns.filter((column) => column === '' || column.startsWith('/') || looksLikeChecksum(column));
  const numbers = columns.filter((column) => /^\d+$/.test(column) && !telling.includes(column));
  return telling.length + numbers.length === columns.length && (telling.length > 0 || numbers.length > 1);
}
const SEPARATOR = /[,;|]/;

/**
 * Reads one line (without its newline). `longestPrefix` is the length of the longest source or destination that will
 * stand before the LFN, in characters; `hasGroups`: a fourth column is allowed. Empty lines and lines beginning with
 * `#` are comments.
 */
export function parseLfnLine(
  bytes: Uint8Array,
  longestPrefix: number,
  hasGroups = false,
): Lfn | BadLfn | { kind: 'comment' } {
  const decoded = decodeUtf8(bytes);
  if (decoded !== null && isPlainLfn(decoded, longestPrefix)) return { kind: 'lfn', lfn: decoded };
  const text = (decoded ?? textOfBytes(bytes)).replace(/\r$/, '');
  const content = text.replace(/^[ \t]*(?:LFN:)?[ \t]*/i, '');
  if (isComment(text)) return { kind: 'comment' };

  const [lfn = '', ...rest] = columnsOf(content);
  const bad = (why: string): BadLfn => ({ kind: 'bad', why, text });
  if (decoded === null) return bad('is not UTF-8');
  if (hasUnsafe(content.replaceAll('\t', ' '))) return bad('has a control or invisible character');
  if (!lfn.startsWith('/')) return bad('is no LFN: one begins with a slash');
  if (!/[^/]/.test(lfn)) return bad('is no LFN: it names no file');
  if (lfn.length + longestPrefix > LONGEST_URL) {
    return bad(`is too long: ${lfn.length + longestPrefix} characters with its prefix, FTS takes ${LONGEST_URL}`);
  }
  if (rest.length <= 2 && rest[0] !== undefined && !rest[0].includes(':') && looksLikeChecksum(rest[0]))
    return bad(whyNoChecksum(rest[0]));
  if (rest.length > (hasGroups ? 3 : 2) || (rest[0] !== undefined && !/^-$|:/.test(rest[0])))
    return bad('has a blank inside');
  const [, size, group] = rest;
  const extras = readChecksumAndSize(rest.slice(0, group !== undefined && size === NOT_KNOWN ? 1 : 2));
  if (typeof extras === 'string') return bad(extras);
  const useless = whyUseless(lfn, extras);
  if (useless === null) return { kind: 'lfn', lfn, ...extras, ...(group === undefined ? {} : { group }) };
  return { ...bad(useless), formerly: lfn };
}

/** In place of a size, before a fourth column. */
const NOT_KNOWN = '-';

/** Why a line that can be read is of no use to anybody; null if it is. */
function whyUseless(lfn: string, { checksum, size }: Omit<Lfn, 'kind' | 'lfn'>): string | null {
  if (hasColumns(lfn)) return 'looks like CSV: blanks or tabs separate LFN, checksum and size';
  return (
    (checksum === undefined ? null : whyUselessChecksum(checksum)) ??
    (size === undefined ? null : whyImpossibleSize(size))
  );
}
