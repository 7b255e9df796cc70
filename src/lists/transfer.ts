/**
 * transfer: one source and one destination, and how they stand on a line of a list.
 *
 * A line is `source␣␣destination`, optionally followed by `␣␣CHECKSUM␣␣SIZE`; a checksum that is not known, before a
 * size that is, is written as `-`. What `formatTransfer` writes, `readTransfer` reads back unchanged.
 */
import { isChecksum, whyNoChecksum } from './checksum.js';
import { whyBadUrl } from './url.js';

export interface Transfer {
  readonly source: string;
  readonly destination: string;
  /** `ALGORITHM:HEX`, as in `ADLER32:0a1b2c3d`. */
  readonly checksum?: string;
  /** Bytes. */
  readonly size?: number;
}

/** What stands for a checksum that is not known. */
const NO_CHECKSUM = '-';

/** Bytes; no storage keeps a larger file, and many such sizes can be added up. */
const LARGEST = 1e15;

/** Is this line, of a list or of an LFN list, empty or a comment? */
export const isComment = (text: string): boolean => /^[ \t]*(#|$)/.test(text);

/** The columns of a line; blanks and tabs separate. */
export function columnsOf(line: string): string[] {
  if (line.includes('\t')) return line.split(/[ \t]+/).filter((column) => column !== '');
  // Two columns, as we write them. An array that grows would take three times as long.
  const blank = line.indexOf(' ');
  const isTwo = blank > 0 && line[blank + 1] === ' ' && line.indexOf(' ', blank + 2) === -1;
  if (isTwo && blank + 2 < line.length) return [line.slice(0, blank), line.slice(blank + 2)];
  const columns: string[] = [];
  for (let start = 0, end = 0; start < line.length; start = end + 1) {
    end = line.indexOf(' ', start);
    if (end === -1) end = line.length;
    if (end > start) columns.push(line.slice(start, end));
  }
  return columns;
}

/** Reads a line that is neither empty nor a comment. Returns the transfer, or why it is none, as a phrase. */
export function readTransfer(line: string): Transfer | string {
  const columns = columnsOf(line);
  const [source = '', destination] = columns;
  if (destination === undefined) return 'has one column, a source and a destination are needed';
  if (columns.length > 4) return `has ${columns.length} columns, at most source, destination, checksum and size`;
  const transfer: Transfer = { source, destination };
  if (columns.length > 2) {
    const extras = readChecksumAndSize(columns.slice(2));
    if (typeof extras === 'string') return extras;
    Object.assign(transfer, extras);
  }
  return whyBadTransfer(transfer) ?? transfer;
}

/** Reads the columns after the URLs (or after an LFN). Returns what they say, or why they say nothing. */
export function readChecksumAndSize(columns: readonly string[]): { checksum?: string; size?: number } | string {
  const [checksum, size] = columns;
  if (checksum !== undefined && checksum !== NO_CHECKSUM && !isChecksum(checksum)) {
    return whyNoChecksum(checksum);
  }
  if (size !== undefined && !isSizeText(size)) return 'has a bad size, a number of bytes is needed';
  return {
    ...(checksum === undefined || checksum === NO_CHECKSUM ? {} : { checksum }),
    ...(size === undefined ? {} : { size: Number(size) }),
  };
}

/** Why this transfer could not be sent to FTS or stand in a list, or null. */
function whyBadTransfer(transfer: Transfer): string | null {
  const source = whyBadUrl(transfer.source);
  if (source !== null) return `has a bad source: it ${source}`;
  const destination = whyBadUrl(transfer.destination);
  if (destination !== null) return `has a bad destination: it ${destination}`;
  if (transfer.checksum !== undefined && !isChecksum(transfer.checksum)) return 'has a bad checksum';
  if (transfer.size !== undefined && !isSize(transfer.size)) return 'has a bad size';
  return null;
}

/**
 * The transfer as a line, without a newline.
 * @throws Error if it could not be read back: that would be a bug of ours, as every reader checks.
 */
export function formatTransfer(transfer: Transfer): string {
  const why = whyBadTransfer(transfer);
  if (why !== null) throw new Error(`Cannot write a transfer into a list: ${JSON.stringify(transfer)} ${why}`);
  return transferLine(transfer);
}

/** The same for a transfer of which it does not matter whether it could be read back. */
export function transferLine(transfer: Transfer): string {
  const columns = [transfer.source, transfer.destination];
  if (transfer.checksum !== undefined || transfer.size !== undefined) columns.push(transfer.checksum ?? NO_CHECKSUM);
  if (transfer.size !== undefined) columns.push(String(transfer.size));
  return columns.join('  ');
}

/** Why no file has this size, as a phrase to follow "the line"; null if one may have it. */
export function whyImpossibleSize(size: number): string | null {
  return size <= LARGEST ? null : `has a size that no storage can have: ${size} bytes`;
}

function isSizeText(text: string): boolean {
  return /^\d{1,16}$/.test(text) && isSize(Number(text));
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}
