/**
 * partition: one partition of the records in memory, those of one path together.
 *
 * Paths are found by their hash, and told apart by their text: a collision of hashes changes nothing.
 */
import type { Kept } from './checksums.js';
import { Directories } from './directories.js';
import {
  CHECKSUM,
  DIRECTORY,
  HASH,
  hasList,
  LENGTHS,
  NAME,
  SIDE,
  SIZE,
  recordSize,
  wordsOfLong,
  type Stored,
} from './records.js';
import type { Spill } from '../spill.js';

/** A record that is in memory has, in place of its hash, which is the next one of its path (and 1; 0: there is none). */
const NEXT = HASH;

/** What was kept, and in which spill. */
export interface Store {
  readonly stored: Stored;
  readonly spill: Spill;
}

export class Partition {
  private buffer = Buffer.alloc(0);
  private words = new Int32Array(0);
  /** By hash: the hash, and the first record of a path and 1 (0: there is none). */
  private table = new Int32Array(0);
  /** The first record of each path, in the order in which they came. */
  private heads = new Int32Array(0);
  private paths = 0;
  /** Records that say again what another of the same path, side and storage element has said. */
  duplicates = 0;

  private readonly directories: Directories;
  private readonly stores: readonly Store[];
  private readonly numbers: readonly (Int32Array | null)[];

  /** Threads keep several stores; the directories of the first count for all. */
  constructor(stores: readonly Store[]) {
    this.stores = stores;
    this.directories = stores[0]?.stored.directories ?? new Directories();
    this.numbers = stores.map(({ stored }, at) => (at === 0 ? null : this.directories.take(stored.directories)));
  }

  /** Calls `meet` with the first record of each path; the others follow by `next`. */
  each(partition: number, meet: (record: number) => void): void {
    const chunks = this.stores.map(({ stored }) => stored.chunks[partition] ?? []);
    const lengths = chunks.map((each) => each.reduce((sum, { length }) => sum + length, 0));
    const count = this.stores.reduce((sum, { stored }) => sum + (stored.count[partition] ?? 0), 0);
    this.makeRoom(
      lengths.reduce((sum, length) => sum + length, 0),
      count,
    );
    let begin = 0;
    for (const [index, { spill }] of this.stores.entries()) {
      let end = begin;
      for (const { at, length } of chunks[index] ?? []) {
        spill.read(this.buffer, end, length, at);
        end += length;
      }
      this.insertAll(begin >> 2, end >> 2, this.numbers[index] ?? null);
      begin = end;
    }
    for (let at = 0; at < this.paths; at++) meet(this.heads[at] ?? 0);
  }

  private insertAll(begin: number, end: number, numbers: Int32Array | null): void {
    const { words } = this;
    for (let at = begin; at < end; at += this.lengthOf(at)) {
      if (numbers !== null) words[at + DIRECTORY] = numbers[words[at + DIRECTORY] ?? 0] ?? 0;
      this.insert(at);
    }
  }

  side = (record: number): number => (this.words[record + SIDE] ?? 0) & 0xff;
  element = (record: number): number => (this.words[record + SIDE] ?? 0) >>> 8;
  /** In which list it stands; of a catalogue or a dump there is none. */
  list = (record: number): number => this.words[record + this.lengthOf(record) - 1] ?? 0;
  /** Bytes; negative: not known. */
  size = (record: number): number => recordSize(this.words, record);

  /** The next record of the same path; null: there are no more. */
  next(record: number): number | null {
    const next = this.words[record + NEXT] ?? 0;
    return next === 0 ? null : next - 1;
  }

  /** As bytes, each a character: so they sort, and so they are written again. */
  path(record: number): string {
    const start = (record + NAME) << 2;
    const name = this.buffer.toString('latin1', start, start + this.nameLength(record));
    return this.directories.text(this.words[record + DIRECTORY] ?? 0) + name;
  }

  checksum(record: number): Kept {
    const lengths = this.words[record + LENGTHS] ?? 0;
    const long = (lengths >>> 16) & 0xff;
    const start = ((record + NAME) << 2) + ((this.nameLength(record) + 3) & ~3);
    const digits =
      long > 0
        ? this.buffer.toString('latin1', start, start + long)
        : ((this.words[record + CHECKSUM] ?? 0) >>> 0).toString(16);
    return { algorithm: lengths >>> 24, digits };
  }

  /** Do two records certainly say the same of checksum and size? So do nearly all. */
  isAlike(one: number, other: number): boolean {
    const { words } = this;
    return (
      words[one + CHECKSUM] === words[other + CHECKSUM] &&
      (((words[one + LENGTHS] ?? 0) | (words[other + LENGTHS] ?? 0)) & 0xff0000) === 0 &&
      words[one + SIZE] === words[other + SIZE] &&
      words[one + SIZE + 1] === words[other + SIZE + 1]
    );
  }

  private nameLength = (record: number): number => (this.words[record + LENGTHS] ?? 0) & 0xffff;

  /** In words. */
  private lengthOf(record: number): number {
    const lengths = this.words[record + LENGTHS] ?? 0;
    const name = ((lengths & 0xffff) + 3) >> 2;
    return NAME + name + wordsOfLong((lengths >>> 16) & 0xff) + (hasList(this.side(record)) ? 1 : 0);
  }

  private insert(record: number): void {
    const { table, words } = this;
    const hash = words[record + HASH] ?? 0;
    words[record + NEXT] = 0;
    const mask = table.length - 2;
    for (let slot = (hash << 1) & mask; ; slot = (slot + 2) & mask) {
      const head = (table[slot + 1] ?? 0) - 1;
      if (head === -1) {
        table[slot] = hash;
        table[slot + 1] = record + 1;
        this.heads[this.paths++] = record;
        return;
      }
      if (table[slot] === hash && this.isSamePath(head, record)) return this.link(head, record);
    }
  }

  private isSamePath(one: number, other: number): boolean {
    const { words } = this;
    if (words[one + DIRECTORY] !== words[other + DIRECTORY])
      return (words[one + DIRECTORY] === 0 || words[other + DIRECTORY] === 0) && this.path(one) === this.path(other);
    const length = this.nameLength(one);
    if (length !== this.nameLength(other)) return false;
    for (let at = NAME, end = NAME + ((length + 3) >> 2); at < end; at++)
      if (words[one + at] !== words[other + at]) return false;
    return true;
  }

  private link(head: number, record: number): void {
    const { words } = this;
    for (let at = head; ;) {
      if (words[at + SIDE] === words[record + SIDE]) {
        this.duplicates++;
        return;
      }
      const next = words[at + NEXT] ?? 0;
      if (next === 0) {
        words[at + NEXT] = record + 1;
        return;
      }
      at = next - 1;
    }
  }

  private makeRoom(bytes: number, count: number): void {
    if (bytes > this.buffer.length) {
      const buffer = new ArrayBuffer(Math.ceil(bytes / 0x10000) * 0x10000 + 0x10000);
      this.buffer = Buffer.from(buffer);
      this.words = new Int32Array(buffer);
    }
    if (count > this.heads.length) this.heads = new Int32Array(count + (count >> 3));
    this.paths = 0;
    let slots = 1024;
    while (slots < count * 3) slots *= 2;
    if (slots > this.table.length) this.table = new Int32Array(slots);
    else this.table.fill(0);
  }
}
