/**
 * lines: reads the lines of a dump or a catalogue into records.
 *
 * Hundreds of millions of them: no line becomes a string. Leading slashes are dropped, several become one, CRs at line ends too.
 * What cannot be read is counted, and the first ones are kept to be named.
 */
import { noChecksum, readChecksum } from './checksums.js';
import type { Layout } from './layout.js';
import { LONGEST_PATH, NO_SIZE, type Records } from './records.js';

const NEWLINE = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const BLANK = 0x20;
const HASH_SIGN = 0x23;
const SLASH = 0x2f;
const DELETE = 0x7f;
/** What a byte may mean for a line: nothing, the end of its column, or something odd. */
const ORDINARY = 0;
const ENDS = 1;
const TO_BE_LOOKED_AT = 2;
/** With its base a path must not be longer than a record can have. */
const LONGEST_COLUMN = LONGEST_PATH - 512;
const MOST_COLUMNS = 100;
const MOST_NAMED = 3;

/** Where the path of a line belongs. */
export interface Placing {
  /** The bytes that go before the path. */
  readonly prefix: Uint8Array;
  /** Which storage element, or which base, when the path stands behind the prefix; null: nobody's. */
  element(bytes: Uint8Array, pathAt: number, length: number): number | null;
}

/** What was found in one file. */
export interface Found {
  lines: number;
  unreadable: number;
  /** `12: text`, of the first ones. */
  readonly examples: string[];
}

export class LineReader {
  readonly found: Found = { lines: 0, unreadable: 0, examples: [] };
  private readonly records: Records;
  private readonly side: number;
  private readonly layout: Layout;
  private readonly placing: (bytes: Uint8Array, from: number, to: number) => Placing | null;
  private readonly starts = new Int32Array(MOST_COLUMNS);
  private readonly ends = new Int32Array(MOST_COLUMNS);
  private readonly wanted: number;
  private readonly first: number;
  private readonly path: number;
  private readonly checksumAt: number;
  private readonly sizeAt: number;
  private readonly checksum = noChecksum();
  private number = 0;
  private size = NO_SIZE;
  /** What each byte means. */
  private readonly meanings = new Uint8Array(256);
  private readonly isBlankBetween: boolean;
  private end = -1;
  private isOdd = false;

  /** `placing` is given the column before the path; null: the line is counted by whoever gave it, and not kept. */
  constructor(
    records: Records,
    side: number,
    layout: Layout,
    placing: (bytes: Uint8Array, from: number, to: number) => Placing | null,
  ) {
    this.records = records;
    this.side = side;
    this.layout = layout;
    this.placing = placing;
    this.wanted = Math.max(...layout.columns) + 1;
    this.first = layout.columns[0] ?? 0;
    this.isBlankBetween = layout.separator === BLANK;
    this.meanings.fill(TO_BE_LOOKED_AT, 0, BLANK);
    for (const byte of [SLASH, DELETE]) this.meanings[byte] = TO_BE_LOOKED_AT;
    for (const byte of [NEWLINE, layout.separator, ...(this.isBlankBetween ? [TAB] : [])]) this.meanings[byte] = ENDS;
    [this.path = 0, this.checksumAt = -1, this.sizeAt = -1] = layout.columns.slice(-3);
  }

  /** Reads whole lines: each ends with a newline, or with the last byte. No more than a page. */
  read(block: Uint8Array): void {
    const { page, pageAt } = this.records;
    page.set(block, pageAt);
    const end = pageAt + block.length;
    page[end] = NEWLINE;
    for (let start = pageAt; start < end;) start = this.takeLine(page, start);
  }

  /** Returns where the next one begins. */
  private takeLine(page: Uint8Array, begin: number): number {
    this.number++;
    let start = begin;
    // The mark of UTF-8 that editors put at the beginning.
    if (this.number === 1 && page[start] === 0xef && page[start + 1] === 0xbb) start += 3;
    const isData = this.number > this.layout.header && page[start] !== HASH_SIGN;
    const count = isData ? this.split(page, start) : 0;
    const end = isData && this.end !== -1 ? this.end : page.indexOf(NEWLINE, start);
    if (!isData || isBlank(page, start, end)) return end + 1;
    this.found.lines++;
    if (!this.readLine(page, count)) this.cannotRead(page, start, end);
    return end + 1;
  }

  private readLine(page: Uint8Array, count: number): boolean {
    const { starts, ends, path, sizeAt, checksumAt, first } = this;
    if (path >= count) return false;
    if (!this.readSize(page, sizeAt, count)) return false;
    const hasChecksum = checksumAt >= 0 && checksumAt < count;
    const [from, to] = hasChecksum ? [starts[checksumAt] ?? 0, ends[checksumAt] ?? 0] : [0, 0];
    if (!readChecksum(page, from, to, this.checksum)) return false;
    const place = this.placing(page, starts[first] ?? 0, ends[first] ?? 0);
    return place === null || this.keep(page, afterLfn(page, starts[path] ?? 0), ends[path] ?? 0, place);
  }

  private keep(page: Uint8Array, from: number, to: number, place: Placing): boolean {
    const { records } = this;
    const { prefix } = place;
    for (let at = 0; at < prefix.length; at++) page[records.pathAt + at] = prefix[at] ?? 0;
    const target = records.pathAt + prefix.length;
    const length = this.isOdd ? copyPath(page, from, to, page, target) : this.copyPlain(page, from, to, target);
    if (length <= 0) return false;
    const whole = prefix.length + length;
    const element = place.element(page, records.pathAt, whole);
    if (element !== null) records.add(whole, this.side, element, 0, this.size, this.checksum);
    return true;
  }

  /** As `copyPath`, where there is nothing to be put right but the slash at the beginning. */
  private copyPlain(page: Uint8Array, from: number, to: number, target: number): number {
    const start = page[from] === SLASH ? from + 1 : from;
    if (to - start > LONGEST_COLUMN) return -1;
    this.records.copy(start, to, target);
    return to - start;
  }

  /**
   * Notes where the columns begin and end, blanks around them dropped, as far as they are wanted, and where the line ends (-1: not
   * seen yet); and whether something in it is not as in nearly every line. Returns how many columns there are.
   */
  private split(page: Uint8Array, start: number): number {
    const { meanings, wanted } = this;
    let at = this.isBlankBetween ? skipBlanks(page, start) : start;
    this.end = -1;
    this.isOdd = false;
    for (let count = 0; ;) {
      const from = at;
      for (;;) {
        while (meanings[page[at] ?? 0] === ORDINARY) at++;
        const byte = page[at] ?? NEWLINE;
        if (meanings[byte] === ENDS) break;
        if (byte !== SLASH || page[at + 1] === SLASH) this.isOdd = true;
        at++;
      }
      this.note(page, count++, from, at);
      if (this.isBlankBetween) at = skipBlanks(page, at);
      if (page[at] === NEWLINE) this.end = at;
      if (this.end !== -1 || count === wanted) return count;
      if (!this.isBlankBetween) at++;
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
    if (from === to || (to - from === 1 && bytes[from] === 0x2d)) return true;
    let size = 0;
    for (let at = from; at < to; at++) {
      const digit = (bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) return isNothing(bytes, from, to);
      size = size * 10 + digit;
    }
    if (to - from > 15) return false;
    this.size = size;
    return true;
  }

  private cannotRead(bytes: Uint8Array, start: number, end: number): void {
    this.found.unreadable++;
    if (this.found.examples.length < MOST_NAMED)
      this.found.examples.push(`${this.number}: ${textOf(bytes, start, Math.min(end, start + 100))}`);
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
  if (bytes[from + 3] !== 0x3a) return from;
  return /^lfn:/i.test(textOf(bytes, from, Math.min(bytes.length, from + 4))) ? from + 4 : from;
}

/** Also CRs at the end of the line. */
function skipBlanks(bytes: Uint8Array, begin: number): number {
  let from = begin;
  while (bytes[from] === BLANK || bytes[from] === TAB) from++;
  while (bytes[from] === CR) from++;
  return from;
}

const isBlank = (bytes: Uint8Array, start: number, end: number): boolean => skipBlanks(bytes, start) === end;

const isNothing = (bytes: Uint8Array, from: number, to: number): boolean =>
  /^(?:null|none)$/i.test(textOf(bytes, from, to));

const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
