/**
 * lines: reads the lines of a dump or a catalogue into records.
 *
 * Hundreds of millions of them: no line becomes a string. Nearly all are ordinary: element, path, checksum and size in
 * this order and nothing odd in the name of the file. Of these the beginning, up to the last slash of the path, is
 * looked up as it is written; what it means was found out once. All others are read column by column (columns.ts). What
 * cannot be read is counted, and the first ones are kept to be named.
 */
import type { Places, Placing } from './bases.js';
import { noChecksum, readShort } from './checksums.js';
import { ColumnReader, isBlank, LONGEST_COLUMN, LONGEST_SIZE, textOf } from './columns.js';
import { Directories, finished, hashOf, lastWord, mixed } from './directories.js';
import type { Layout } from './layout.js';
import { NO_SIZE, type Records } from './records.js';

const NEWLINE = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const HASH_SIGN = 0x23;
const ZERO = 0x30;
const COLON = 0x3a;
const SLASH = 0x2f;
const MOST_NAMED = 3;
const POWERS_OF_TEN = Float64Array.from({ length: 8 }, (_, power) => 10 ** power);

/** Four bytes in a word. */
const ONES = 0x01010101;
const SLASHES = SLASH * ONES;
const BLANKS = BLANK * ONES;
const LOW_BITS = 0x7f7f7f7f;
const HIGH_BITS = 0x80808080;

/** Beginnings of lines in one place as they are written, and which directory and storage element (or base) each means. */
class Beginnings {
  readonly texts = new Directories();
  readonly directories = [0];
  readonly elements = [0];
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
  private readonly places: Places;
  private readonly columns: ColumnReader;
  /** Where among the columns the path stands. */
  private readonly path: number;
  private readonly checksum = noChecksum();
  private number = 0;
  private size = NO_SIZE;
  /** The columns stand in their usual order, so that lines may be ordinary. */
  private readonly isUsual: boolean;
  private readonly separators: number;
  private readonly allBeginnings = new Map<Placing, Beginnings>();
  /** Of the place of the last ordinary line. */
  private beginnings = new Beginnings();
  private place: Placing | null = null;
  /** Where the beginning of an ordinary line stands that is not known yet; of no bytes: it is. */
  private unknownAt = 0;
  private unknownLength = 0;

  constructor(records: Records, side: number, layout: Layout, places: Places) {
    this.records = records;
    this.side = side;
    this.layout = layout;
    this.places = places;
    this.columns = new ColumnReader(records, side, layout, places);
    const isInOrder = layout.columns.every((column, index) => column === index);
    this.isUsual = layout.separator === 0 || (isInOrder && layout.separator !== COLON);
    this.separators = Math.imul(layout.separator, ONES);
    [this.path = 0] = layout.columns.slice(-3);
  }

  /** Reads whole lines: each ends with a newline, or with the last byte. No more than a page. */
  read(block: Uint8Array): void {
    const { page, pageAt } = this.records;
    page.set(block, pageAt);
    const end = pageAt + block.length;
    page[end] = NEWLINE;
    for (let start = pageAt; start < end;) {
      this.unknownLength = 0;
      const next = this.isUsual && this.number > this.layout.header ? this.takeOrdinary(page, start) : -1;
      start = next === -1 ? this.takeLine(page, start) : next;
    }
  }

  /** Returns where the next line begins; -1: this one is to be read column by column. */
  private takeOrdinary(page: Uint8Array, begin: number): number {
    const { records, separators } = this;
    const { view } = records;
    const { separator } = this.layout;
    let path = begin;
    if (this.path === 1) {
      while (page[path] !== separator && (page[path] ?? 0) > BLANK) path++;
      if (page[path] !== separator) return -1;
      path++;
    }
    const place = this.places.known(page, begin, path - 1);
    if (place === null) return -1;
    if (place !== this.place) this.enter(place);

    // Four bytes at a time up to the separator or a control character, hashed up to the word with the last slash.
    let at = path;
    let hash = 0;
    let slashes = 0;
    let slashesAt = path;
    let above = 0;
    let deletes = 0;
    let stops = 0;
    for (; ; at += 4) {
      const word = view.getInt32(at, true);
      const slash = word ^ SLASHES;
      const mark = word ^ separators;
      stops = (((mark - ONES) & ~mark) | ((word - BLANKS) & ~word)) & HIGH_BITS;
      deletes |= (word & LOW_BITS) + ONES;
      let found = ~(((slash & LOW_BITS) + LOW_BITS) | slash | LOW_BITS);
      if (stops !== 0) found &= (stops & -stops) - 1;
      if (found !== 0) {
        slashes = found;
        slashesAt = at;
        above = hash;
      }
      if (stops !== 0) break;
      hash = mixed(hash, word);
    }
    const end = at + ((31 - Math.clz32(stops & -stops)) >> 3);
    if (slashes === 0 || (deletes & HIGH_BITS) !== 0) return -1;
    const nameAt = slashesAt + ((31 - Math.clz32(slashes)) >> 3) + 1;
    if (nameAt === end || page[end - 1] === BLANK || end - path > LONGEST_COLUMN) return -1;
    const next = this.readRest(page, end);
    if (next === -1) return -1;

    const length = nameAt - path;
    const { texts, directories, elements } = this.beginnings;
    above = finished(mixed(above, lastWord(view.getInt32(slashesAt, true), nameAt - slashesAt)), length);
    const beginning = texts.find(view, path, length, above);
    if (beginning === 0) {
      this.unknownAt = path;
      this.unknownLength = length;
      return -1;
    }
    const directory = directories[beginning] ?? 0;
    const nameLength = end - nameAt;
    const hashed = hashOf(view, nameAt, nameLength) ^ records.directories.hash(directory);
    const side = this.side | ((elements[beginning] ?? 0) << 8);
    records.add(hashed, directory, nameAt, nameLength, side, 0, this.size, this.checksum);
    this.number++;
    this.found.lines++;
    return next;
  }

  /** Reads checksum and size behind the path, as far as there are any. Returns where the next line begins; -1: they are not ordinary. */
  private readRest(page: Uint8Array, pathEnd: number): number {
    const { checksum } = this;
    const { separator } = this.layout;
    checksum.algorithm = 0;
    checksum.long = 0;
    this.size = NO_SIZE;
    let at = pathEnd;
    if (page[at] === separator) {
      at = readShort(page, at + 1, checksum);
      if (at !== -1 && page[at] === separator) at = this.readDigits(page, at + 1);
      if (at === -1) return -1;
      if (page[at] === separator) return page.indexOf(NEWLINE, at) + 1;
    }
    if (page[at] === CR) at++;
    return page[at] === NEWLINE ? at + 1 : -1;
  }

  /** Reads a size. Returns where it ends; -1: it is none. */
  private readDigits(page: Uint8Array, from: number): number {
    let at = from;
    let high = 0;
    let low = 0;
    for (; ; at++) {
      const digit = (page[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      if (at === from + 8) {
        high = low;
        low = 0;
      }
      low = (Math.imul(low, 10) + digit) | 0;
    }
    const count = at - from;
    if (count === 0 || count > LONGEST_SIZE) return -1;
    this.size = count <= 8 ? low : high * (POWERS_OF_TEN[count - 8] ?? 1) + low;
    return at;
  }

  private enter(place: Placing): void {
    const known = this.allBeginnings.get(place);
    this.place = place;
    this.beginnings = known ?? new Beginnings();
    if (known === undefined) this.allBeginnings.set(place, this.beginnings);
  }

  /** Takes a line as it may be. Returns where the next one begins. */
  private takeLine(page: Uint8Array, begin: number): number {
    this.number++;
    let start = begin;
    // The mark of UTF-8 that editors put at the beginning.
    if (this.number === 1 && page[start] === 0xef && page[start + 1] === 0xbb) start += 3;
    const end = page.indexOf(NEWLINE, start);
    const isData = this.number > this.layout.header && page[start] !== HASH_SIGN && !isBlank(page, start, end);
    if (!isData) return end + 1;
    this.found.lines++;
    const { columns } = this;
    if (!columns.read(page, start)) this.cannotRead(page, start, end);
    else if (this.unknownLength > 0 && columns.directory !== 0) this.learn(columns.directory, columns.element);
    return end + 1;
  }

  /** The beginning of the next line that begins as this one is known. */
  private learn(directory: number, element: number): void {
    const { texts, directories, elements } = this.beginnings;
    const number = texts.numberOf(this.records.view, this.unknownAt, this.unknownLength);
    directories[number] = directory;
    elements[number] = element;
  }

  private cannotRead(bytes: Uint8Array, start: number, end: number): void {
    this.found.unreadable++;
    if (this.found.examples.length < MOST_NAMED)
      this.found.examples.push(
        `${this.number}: ${textOf(bytes, start, Math.min(end, start + 100))}${end > start + 100 ? '…' : ''}`,
      );
  }
}
