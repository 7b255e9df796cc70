/**
 * lfn: reads a line of an LFN list.
 *
 * Such lists come from bookkeeping queries, spreadsheets and editors: CRLF, a byte order mark, a leading `LFN:`, and
 * a checksum and a size after the LFN are all fine. What is no LFN is returned with the reason, so that the others go on.
 */
import { decodeUtf8, hasUnsafe, textOfBytes } from '../text/escape.js';
import { columnsOf, readChecksumAndSize } from './transfer.js';
import { LONGEST_URL } from './url.js';

export interface Lfn {
  readonly kind: 'lfn';
  readonly lfn: string;
  /** `ALGORITHM:HEX`. */
  readonly checksum?: string;
  /** Bytes. */
  readonly size?: number;
}

export interface BadLfn {
  readonly kind: 'bad';
  /** A phrase to follow "the line". */
  readonly why: string;
  /** The line as it stands in the file; escape it before showing it. */
  readonly text: string;
}

/** Is the line an LFN and nothing else, in ASCII? So is nearly every line of nearly every LFN list, and it is quickly told. */
export function isPlainLfn(line: string, longestPrefix: number): boolean {
  return PLAIN.test(line) && line.length + longestPrefix <= LONGEST_URL;
}
const PLAIN = /^\/+[!-.0-~][!-~]*$/;

/**
 * Reads one line (without its newline). `longestPrefix` is the length of the longest source or destination that will
 * stand before the LFN, in characters. Empty lines and lines beginning with `#` are comments.
 */
export function parseLfnLine(bytes: Uint8Array, longestPrefix: number): Lfn | BadLfn | { kind: 'comment' } {
  const decoded = decodeUtf8(bytes);
  if (decoded !== null && isPlainLfn(decoded, longestPrefix)) return { kind: 'lfn', lfn: decoded };
  const text = (decoded ?? textOfBytes(bytes)).replace(/\r$/, '');
  const content = text.replace(/^[ \t]*(?:LFN:)?[ \t]*/i, '');
  if (/^[ \t]*(#|$)/.test(text)) return { kind: 'comment' };

  const [lfn = '', ...rest] = columnsOf(content);
  const bad = (why: string): BadLfn => ({ kind: 'bad', why, text });
  if (decoded === null) return bad('is not UTF-8');
  if (hasUnsafe(content.replaceAll('\t', ' '))) return bad('has a control or invisible character');
  if (!lfn.startsWith('/')) return bad('is no LFN: one begins with a slash');
  if (!/[^/]/.test(lfn)) return bad('is no LFN: it names no file');
  if (lfn.length + longestPrefix > LONGEST_URL) {
    return bad(`is too long: ${lfn.length + longestPrefix} characters with its prefix, FTS takes ${LONGEST_URL}`);
  }
  if (rest.length > 2 || (rest[0] !== undefined && !/^-$|:/.test(rest[0]))) return bad('has a blank inside');
  const extras = readChecksumAndSize(rest);
  return typeof extras === 'string' ? bad(extras) : { kind: 'lfn', lfn, ...extras };
}
