/**
 * transferSearch: finds a transfer in the lists of the spool, and an LFN in the LFN lists. Reads only.
 *
 * There is no index of LFNs: the lists that are given are read, and parsed only when the text is in them. LFN lists may
 * have tens of millions of lines, so they are read in pieces.
 */
import { closeSync } from 'node:fs';
import { parseBadList, type BadReason } from '../lists/badList.js';
import { parseLfnLine } from '../lists/lfn.js';
import { linesOf, parseList, type ListLine, type Origin } from '../lists/list.js';
import { PLACES, type Place } from '../lists/transition.js';
import { SpoolError } from '../errors.js';
import type { ListPath } from './cutSearch.js';
import { openRegular, readBytes } from '../lfnLists/cursor.js';
import type { Spool } from '../spool/spool.js';

/** A line of a list that carries the LFN. */
export interface FoundTransfer {
  readonly place: Place;
  readonly list: string;
  readonly line: ListLine;
  readonly origin: Origin;
  /** In DONE/Bad. */
  readonly why: BadReason | null;
}

/** Where an LFN stands in an LFN list. */
export interface FoundLfnLine {
  readonly line: number;
  readonly byte: number;
}

const CHUNK = 1 << 20;
const NEWLINE = 0x0a;

/**
 * The lines of these lists whose source or destination is this, or ends with it: a URL, or an LFN. DONE/Dirty
 * holds copies only.
 */
export function findTransfers(spool: Spool, text: string, lists = everywhere(spool)): FoundTransfer[] {
  const needle = Buffer.from(text);
  return lists.flatMap(({ place, list }) => {
    const read = place === 'DONE/Dirty' ? null : spool.read(place, list);
    if (read === null || !('bytes' in read) || !read.bytes.includes(needle)) return [];
    return matching(place, list, read.bytes, text);
  });
}

const everywhere = (spool: Spool): readonly ListPath[] =>
  PLACES.flatMap((place) => spool.listing(place).lists.map((list) => ({ place, list })));

function matching(place: Place, list: string, bytes: Buffer, text: string): FoundTransfer[] {
  const { origin, transfers, duplicates } = parseList(bytes);
  const isMeant = ({ source, destination }: ListLine): boolean =>
    source === text ||
    destination === text ||
    (text.startsWith('/') && (source.endsWith(text) || destination.endsWith(text)));
  const reasons = new Map(
    place === 'DONE/Bad' ? parseBadList(bytes).entries.map(({ transfer, why }) => [transfer.line, why]) : [],
  );
  return [...transfers, ...duplicates]
    .filter(isMeant)
    .map((line) => ({ place, list, line, origin, why: reasons.get(line.line) ?? null }));
}

/** The line of an LFN list, counted from 1, from which this source was cut; it lies within these bytes. Null: not there. */
export function lineCutFrom(path: string, firstByte: number, lastByte: number, source: string): number | null {
  return withFile(path, null, (fd) => {
    let line = 0;
    for (const raw of linesOf(readBytes(fd, firstByte, lastByte - firstByte + 1))) {
      line += 1;
      const parsed = parseLfnLine(raw, 0, true);
      const lfn = lfnOf(parsed);
      if (lfn !== undefined && source.endsWith(lfn)) return newlinesBefore(fd, firstByte) + line;
    }
    return null;
  });
}

/** The lines of an LFN list that hold this LFN, counted from 1, and the bytes at which they begin. */
export function findLfn(path: string, lfn: string): FoundLfnLine[] {
  return withFile(path, [], (fd) => {
    const needle = Buffer.from(lfn);
    const found: FoundLfnLine[] = [];
    // Pieces overlap by a line, as an LFN may lie across the end of one.
    for (let start = 0, line = 0; ;) {
      const chunk = readBytes(fd, start, CHUNK);
      const isLast = chunk.length < CHUNK;
      const end = isLast ? chunk.length : chunk.lastIndexOf(NEWLINE) + 1;
      if (end === 0) return found;
      for (const each of linesWith(chunk.subarray(0, end), needle, lfn))
        found.push({ line: line + each.line, byte: start + each.byte });
      if (isLast) return found;
      line += newlinesIn(chunk.subarray(0, end));
      start += end;
    }
  });
}

/** Whole lines: those whose LFN is this. */
function linesWith(lines: Buffer, needle: Buffer, lfn: string): FoundLfnLine[] {
  const found: FoundLfnLine[] = [];
  for (let at = lines.indexOf(needle); at !== -1; at = lines.indexOf(needle, at + 1)) {
    const byte = at === 0 ? 0 : lines.lastIndexOf(NEWLINE, at - 1) + 1;
    const newline = lines.indexOf(NEWLINE, at);
    const parsed = parseLfnLine(lines.subarray(byte, newline === -1 ? lines.length : newline), 0, true);
    if (lfnOf(parsed) === lfn) found.push({ line: newlinesIn(lines.subarray(0, byte)) + 1, byte });
  }
  return found;
}

/** Also of a line that only version 1.0 has cut. */
function lfnOf(parsed: ReturnType<typeof parseLfnLine>): string | undefined {
  if (parsed.kind === 'comment') return undefined;
  return parsed.kind === 'lfn' ? parsed.lfn : parsed.formerly;
}

function newlinesBefore(fd: number, byte: number): number {
  let count = 0;
  for (let start = 0; start < byte; start += CHUNK)
    count += newlinesIn(readBytes(fd, start, Math.min(CHUNK, byte - start)));
  return count;
}

function newlinesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

/** An LFN list that is gone or cannot be read holds nothing. */
function withFile<T>(path: string, otherwise: T, look: (fd: number) => T): T {
  let fd: number;
  try {
    fd = openRegular(path);
  } catch (error) {
    if (error instanceof SpoolError) return otherwise;
    throw error;
  }
  try {
    return look(fd);
  } finally {
    closeSync(fd);
  }
}
