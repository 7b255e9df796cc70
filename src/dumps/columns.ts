/**
 * columns: reads a line of a dump or a catalogue column by column, as odd as it may be.
 *
 * Leading slashes are dropped, several become one, blanks around columns and CRs at line ends too.
 */
import type { Places, Placing } from './bases.js';
import { noChecksum, readChecksum } from './checksums.js';
import type { Layout } from './layout.js';
import { LONGEST_PATH, NO_SIZE, type Records } from './records.js';

const NEWLINE = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const BLANK = 0x20;
const HYPHEN = 0x2d;
const ZERO = 0x30;
const COLON = 0x3a;
const SLASH = 0x2f;
/** With its base a path must not be longer than a record can have. */
export const LONGEST_COLUMN = LONGEST_PATH - 512;
/** Digits of a size. */
export const LONGEST_SIZE = 15;
const MOST_COLUMNS = 100;

export class ColumnReader {
  /** Of the path that was kept last: its directory, 0 when the last line was not kept, and its storage element or base. */
  directory = 0;
  element = 0;
  private readonly records: Records;
  private readonly side: number;
  private readonly places: Places;
  private readonly starts = new Int32Array(MOST_COLUMNS);
  private readonly ends = new Int32Array(MOST_COLUMNS);
  private readonly separator: number;
  private readonly isBlankBetween: boolean;
  private readonly wanted: number;
  private readonly first: number;
  private readonly path: number;
  private readonly checksumAt: number;
  private readonly sizeAt: number;
  private readonly checksum = noChecksum();
  private size = NO_SIZE;

  constructor(records: Records, side: number, { separator, columns }: Layout, places: Places) {
    this.records = records;
    this.side = side;
    this.places = places;
    this.separator = separator;
    this.isBlankBetween = separator === BLANK;
    this.wanted = Math.max(...columns) + 1;
    this.first = columns[0] ?? 0;
    [this.path = 0, this.checksumAt = -1, this.sizeAt = -1] = columns.slice(-3);
  }

  /** Reads the line that begins there. False: it cannot be read. */
  read(page: Uint8Array, start: number): boolean {
    this.directory = 0;
    const count = this.split(page, start);
    const { starts, ends, path, sizeAt, checksumAt, first } = this;
    if (path >= count) return false;
    if (!this.readSize(page, sizeAt, count)) return false;
    const hasChecksum = checksumAt >= 0 && checksumAt < count;
    const [from, to] = hasChecksum ? [starts[checksumAt] ?? 0, ends[checksumAt] ?? 0] : [0, 0];
    if (!readChecksum(page, from, to, this.checksum)) return false;
    const place = this.places.placing(page, starts[first] ?? 0, ends[first] ?? 0);
    return place === null || this.keep(page, afterLfn(page, starts[path] ?? 0), ends[path] ?? 0, place);
  }

  private keep(page: Uint8Array, from: number, to: number, place: Placing): boolean {
    const { records } = this;
    const { prefix } = place;
    page.set(prefix, records.pathAt);
    const length = copyPath(page, from, to, page, records.pathAt + prefix.length);
    if (length <= 0) return false;
    const whole = prefix.length + length;
    const element = place.element(page, records.pathAt, whole);
    if (element === null) return true;
    this.element = element;
    this.directory = records.addPath(whole, this.side, element, 0, this.size, this.checksum);
    return true;
  }

  /** Notes where the columns begin and end, blanks around them dropped, as far as they are wanted. Returns how many there are. */
  private split(page: Uint8Array, start: number): number {
    const { wanted, isBlankBetween, separator } = this;
    let at = isBlankBetween ? skipBlanks(page, start) : start;
    for (let count = 0; ;) {
      const from = at;
      for (; ; at++) {
        const byte = page[at] ?? NEWLINE;
        if (byte === separator || byte === NEWLINE || (isBlankBetween && byte === TAB)) break;
      }
      this.note(page, count++, from, at);
      if (isBlankBetween) at = skipBlanks(page, at);
      if (page[at] === NEWLINE || count === wanted) return count;
      if (!isBlankBetween) at++;
    }
  }

  private note(page: Uint8Array, column: number, begin: number, end: number): void {
    let from = begin;
    let to = end;
    if (page[to] === NEWLINE) while (to > from && page[to - 1] === CR) to--;
    while (from < to && page[from] === BLANK) from++;
    while (to > from && page[to - 1] === BLANK) to--;
    this.starts[column] = from;
    this.ends[column] = to;
  }

  private readSize(bytes: Uint8Array, column: number, count: number): boolean {
    this.size = NO_SIZE;
    if (column < 0 || column >= count) return true;
    const [from, to] = [this.starts[column] ?? 0, this.ends[column] ?? 0];
    if (from === to || (to - from === 1 && bytes[from] === HYPHEN)) return true;
    let size = 0;
    for (let at = from; at < to; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return isNothing(bytes, from, to);
      size = size * 10 + digit;
    }
    if (to - from > LONGEST_SIZE) return false;
    this.size = size;
    return true;
  }
}

/** Without leading slashes, several as one. Returns the number of bytes, or -1: no path looks like that. */
export function copyPath(bytes: Uint8Array, from: number, to: number, into: Uint8Array, at: number): number {
  if (to - from > LONGEST_COLUMN) return -1;
  let end = at;
  let previous = SLASH;
  for (let each = from; each < to; each++) {
    const byte = bytes[each] ?? 0;
    if (byte === SLASH && previous === SLASH) continue;
    if (byte < 0x20 || byte === 0x7f) return -1;
    into[end++] = byte;
    previous = byte;
  }
  return end - at;
}

/** Behind `LFN:`, which some catalogues put before each. */
function afterLfn(bytes: Uint8Array, from: number): number {
  if (bytes[from + 3] !== COLON) return from;
  return /^lfn:/i.test(textOf(bytes, from, Math.min(bytes.length, from + 4))) ? from + 4 : from;
}

/** Also CRs at the end of the line. */
function skipBlanks(bytes: Uint8Array, begin: number): number {
  let from = begin;
  while (bytes[from] === BLANK || bytes[from] === TAB) from++;
  while (bytes[from] === CR) from++;
  return from;
}

export const isBlank = (bytes: Uint8Array, start: number, end: number): boolean => skipBlanks(bytes, start) === end;

const isNothing = (bytes: Uint8Array, from: number, to: number): boolean =>
  /^(?:null|none)$/i.test(textOf(bytes, from, to));

export const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
