/**
 * records: what is kept of a line, and where: in one of 256 partitions, by the hash of its path.
 *
 *     hash      name bytes | checksum bytes | algorithm    size (two words)
 *     checksum  side | element                             list     directory
 *     the name in that directory, then a checksum of more than eight digits; zeros up to a multiple of eight bytes
 *
 * All are words of four bytes. Equal paths come into one partition, and partitions are compared one after the other: so memory
 * holds a 256th of everything. Each partition has a chunk in memory; full chunks go to the spill.
 */
import { Directories, hashOf } from './directories.js';
import type { Spill } from '../spill.js';

export const PARTITIONS = 256;
const CHUNK = 64 * 1024;
const SLASH = 0x2f;
/** So much is read at once at most: a line that began in one block, and the next one. */
export const LONGEST_BLOCK = 2 * 1024 * 1024;
/** A longer path is none. */
export const LONGEST_PATH = 4096;
const LONGEST_RECORD = 32 + LONGEST_PATH + 128 + 32;

/** The fields of a record, in words from its beginning. */
export const HASH = 0;
export const LENGTHS = 1;
export const SIZE = 2;
export const CHECKSUM = 4;
export const SIDE = 5;
export const LIST = 6;
export const DIRECTORY = 7;
export const NAME = 8;

/** Not known. */
export const NO_SIZE = -1;

export interface Checksum {
  /** See checksums.ts. */
  algorithm: number;
  /** Of up to eight digits. */
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

export class Records {
  /** The chunks of the partitions, behind them the record that is being made, its path, and a page for what is being read. */
  readonly page = new Uint8Array(PARTITIONS * CHUNK + 2 * LONGEST_RECORD + LONGEST_BLOCK + 8);
  readonly pageAt = PARTITIONS * CHUNK + 2 * LONGEST_RECORD;
  /** Where the path of the next record is to be put. */
  readonly pathAt = PARTITIONS * CHUNK + LONGEST_RECORD;
  readonly directories = new Directories();
  private readonly words = new Uint32Array(this.page.buffer);
  private readonly sizes = new Float64Array(this.page.buffer);
  private readonly view = new DataView(this.page.buffer);
  private readonly filled = new Uint32Array(PARTITIONS);
  private readonly count = new Uint32Array(PARTITIONS);
  private readonly chunks: { at: number; length: number }[][] = Array.from({ length: PARTITIONS }, () => []);
  private readonly spill: Spill;

  constructor(spill: Spill) {
    this.spill = spill;
  }

  /** Keeps the record whose path of so many bytes stands at `pathAt`. */
  add(length: number, side: number, element: number, list: number, size: number, checksum: Checksum): void {
    const { page, words, pathAt, directories } = this;
    let slash = length;
    while (slash > 0 && page[pathAt + slash - 1] !== SLASH) slash--;
    const directory = slash === 0 ? 0 : directories.numberOf(words, pathAt >> 2, slash);
    const start = PARTITIONS * CHUNK;
    const word = start >> 2;
    const name = start + NAME * 4;
    this.copy(pathAt + slash, pathAt + length, name);
    // The same whether the directory has a number or not.
    const above = directory === 0 ? hashOf(words, pathAt >> 2, slash) : directories.hash(directory);
    const hash = (hashOf(words, name >> 2, length - slash) ^ above) >>> 0;
    const from = directory === 0 ? 0 : slash;
    if (from !== slash) this.copy(pathAt, pathAt + length, name);
    let end = name + length - from;
    while ((end & 3) !== 0) page[end++] = 0;
    for (let digit = 0; digit < checksum.long; digit++) page[end++] = checksum.digits[digit] ?? 0;
    while ((end & 7) !== 0) page[end++] = 0;
    words[word + HASH] = hash;
    words[word + LENGTHS] = (length - from) | (checksum.long << 16) | (checksum.algorithm << 24);
    this.sizes[(word + SIZE) >> 1] = size;
    words[word + CHECKSUM] = checksum.value;
    words[word + SIDE] = side | (element << 8);
    words[word + LIST] = list;
    words[word + DIRECTORY] = directory;
    this.keep(hash >>> 24, start, end);
  }

  /** Copies a part of the page, faster than byte by byte; up to three bytes behind `target` and the part are written over. */
  copy(from: number, to: number, target: number): void {
    const { view } = this;
    for (let at = from, into = target; at < to; at += 4, into += 4)
      view.setUint32(into, view.getUint32(at, true), true);
  }

  /** Everything that was kept, to be read again: nothing may be added any more. */
  stored(): Stored {
    const { chunks, count, directories } = this;
    for (let partition = 0; partition < PARTITIONS; partition++) this.put(partition);
    return { chunks, count, directories };
  }

  private keep(partition: number, start: number, end: number): void {
    const length = end - start;
    let filled = this.filled[partition] ?? 0;
    if (filled + length > CHUNK) {
      this.put(partition);
      filled = 0;
    }
    const { words } = this;
    for (let word = start >> 2, target = (partition * CHUNK + filled) >> 2; word < end >> 2; word++, target++)
      words[target] = words[word] ?? 0;
    this.filled[partition] = filled + length;
    this.count[partition] = (this.count[partition] ?? 0) + 1;
  }

  private put(partition: number): void {
    const length = this.filled[partition] ?? 0;
    if (length === 0) return;
    const chunk = partition * CHUNK;
    this.chunks[partition]?.push({ at: this.spill.append(this.page.subarray(chunk, chunk + length)), length });
    this.filled[partition] = 0;
  }
}
