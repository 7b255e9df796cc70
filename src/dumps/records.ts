/**
 * records: what is kept of a line, and where: in one of 256 partitions, by the hash of its path.
 *
 *     hash    directory    name bytes | checksum bytes | algorithm    checksum    side | element    size (two words)
 *     the name in that directory, then a checksum of more than eight digits, then the list, if it is of the campaign
 *
 * All are words of four bytes. Equal paths come into one partition, and partitions are compared one after the other: so
 * memory holds a 256th of everything. Each partition has a chunk in memory; full chunks go to the spill.
 */
import { Directories, hashOf, lastWord } from './directories.js';
import type { Spill } from '../spill.js';
import { OKAY } from './verdict.js';

export const PARTITIONS = 256;
const CHUNK = 64 * 1024;
const SLASH = 0x2f;
/** So much is read at once at most: a line that began in one block, and the next one. */
const LONGEST_BLOCK = 2 * 1024 * 1024;
/** A longer path is none. */
export const LONGEST_PATH = 4096;
const LONGEST_RECORD = 32 + LONGEST_PATH + 128 + 32;

/** The fields of a record, in words from its beginning. */
export const HASH = 0;
export const DIRECTORY = 1;
export const LENGTHS = 2;
export const CHECKSUM = 3;
export const SIDE = 4;
export const SIZE = 5;
export const NAME = 7;

/** Not known. */
export const NO_SIZE = -1;
const TWO_TO_32 = 2 ** 32;

export interface Checksum {
  /** See checksums.ts. */
  algorithm: number;
  /** Up to eight digits, as a word. */
  value: number;
  /** The digits of a longer one in `digits`. */
  long: number;
  readonly digits: Uint8Array;
}

/** What was kept: where in the spill the chunks of each partition lie. Plain data, which one thread can send another. */
export interface Stored {
  readonly chunks: readonly (readonly { readonly at: number; readonly length: number }[])[];
  readonly count: Uint32Array;
  readonly directories: Directories;
}

/** How many words a checksum of so many digits takes behind the name. */
export const wordsOfLong = (digits: number): number => (digits + 3) >> 2;

/** Records of these sides say in which list they stand. */
export const hasList = (side: number): boolean => (side & 0xff) >= OKAY;

export const recordSize = (words: Int32Array, record: number): number =>
  (words[record + SIZE + 1] ?? 0) * TWO_TO_32 + ((words[record + SIZE] ?? 0) >>> 0);

export class Records {
  /** The chunks of the partitions, behind them the path of a record that is being made, and a page for what is being read. */
  readonly page = new Uint8Array(PARTITIONS * CHUNK + LONGEST_RECORD + LONGEST_BLOCK + 8);
  readonly view = new DataView(this.page.buffer);
  /** Where the path of the next record is to be put. */
  readonly pathAt = PARTITIONS * CHUNK;
  readonly pageAt = PARTITIONS * CHUNK + LONGEST_RECORD;
  readonly directories = new Directories();
  private readonly words = new Int32Array(this.page.buffer);
  private readonly filled = new Uint32Array(PARTITIONS);
  private readonly count = new Uint32Array(PARTITIONS);
  private readonly chunks: { at: number; length: number }[][] = Array.from({ length: PARTITIONS }, () => []);
  private readonly spill: Spill;

  constructor(spill: Spill) {
    this.spill = spill;
  }

  /** Keeps the record whose path of so many bytes stands at `pathAt`. Returns the number of its directory; 0: it has none. */
  addPath(length: number, side: number, element: number, list: number, size: number, checksum: Checksum): number {
    const { page, view, pathAt, directories } = this;
    let slash = length;
    while (slash > 0 && page[pathAt + slash - 1] !== SLASH) slash--;
    const directory = slash === 0 ? 0 : directories.numberOf(view, pathAt, slash);
    // The same whether the directory has a number or not.
    const hash = hashOf(view, pathAt + slash, length - slash) ^ hashOf(view, pathAt, slash);
    const from = directory === 0 ? 0 : slash;
    this.add(hash, directory, pathAt + from, length - from, side | (element << 8), list, size, checksum);
    return directory;
  }

  /** Keeps a record: `hash` is that of its name and of its directory, `side` has the element above it. */
  add(
    hash: number,
    directory: number,
    nameAt: number,
    nameLength: number,
    side: number,
    list: number,
    size: number,
    checksum: Checksum,
  ): void {
    const { words, view, filled } = this;
    const partition = hash >>> 24;
    if ((filled[partition] ?? 0) > CHUNK - LONGEST_RECORD) this.put(partition);
    const start = (partition * CHUNK + (filled[partition] ?? 0)) >> 2;
    words[start + HASH] = hash;
    words[start + DIRECTORY] = directory;
    words[start + LENGTHS] = nameLength | (checksum.long << 16) | (checksum.algorithm << 24);
    words[start + CHECKSUM] = checksum.value;
    words[start + SIDE] = side;
    const high = Math.floor(size / TWO_TO_32);
    words[start + SIZE] = size - high * TWO_TO_32;
    words[start + SIZE + 1] = high;
    let end = start + NAME;
    const last = nameAt + (nameLength & ~3);
    for (let at = nameAt; at < last; at += 4) words[end++] = view.getInt32(at, true);
    if ((nameLength & 3) !== 0) words[end++] = lastWord(view.getInt32(last, true), nameLength);
    if (checksum.long > 0) end = this.addLong(end, checksum);
    if (hasList(side)) words[end++] = list;
    filled[partition] = (end << 2) - partition * CHUNK;
    this.count[partition] = (this.count[partition] ?? 0) + 1;
  }

  /** Everything that was kept, to be read again: nothing may be added any more. */
  stored(): Stored {
    const { chunks, count, directories } = this;
    for (let partition = 0; partition < PARTITIONS; partition++) this.put(partition);
    return { chunks, count, directories };
  }

  private addLong(word: number, { long, digits }: Checksum): number {
    const end = word + wordsOfLong(long);
    this.words.fill(0, word, end);
    this.page.set(digits.subarray(0, long), word << 2);
    return end;
  }

  private put(partition: number): void {
    const length = this.filled[partition] ?? 0;
    if (length === 0) return;
    const chunk = partition * CHUNK;
    this.chunks[partition]?.push({ at: this.spill.append(this.page.subarray(chunk, chunk + length)), length });
    this.filled[partition] = 0;
  }
}
