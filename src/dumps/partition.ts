/**
 * partition: one partition of the records in memory, those of one path together.
 *
 * Paths are found by their hash, and told apart by their text: a collision of hashes changes nothing.
 */
import type { Kept } from './checksums.js';
import { Directories } from './directories.js';
import { CHECKSUM, DIRECTORY, HASH, LENGTHS, LIST, NAME, SIDE, SIZE, type Stored } from './records.js';
import type { Spill } from '../spill.js';

/** What was kept, and in which spill. */
export interface Store {
  readonly stored: Stored;
  readonly spill: Spill;
}

export class Partition {
  private buffer = Buffer.alloc(0);
  private words = new Uint32Array(0);
  private sizes = new Float64Array(0);
  private table = new Int32Array(0);
  /** Of each record, by its place in eights of bytes, the next one of the same path and 1; 0: there is none. */
  private nexts = new Uint32Array(0);
  /** Records that say again what another of the same path, side and storage element has said. */
  duplicates = 0;

  private readonly directories: Directories;
  private readonly stores: readonly Store[];
  private readonly numbers: readonly (Uint32Array | null)[];

  /** Of several, as threads have kept them, the first one's directories count for all. */
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
    const heads: number[] = [];
    let begin = 0;
    for (const [index, { spill }] of this.stores.entries()) {
      let end = begin;
      for (const { at, length } of chunks[index] ?? []) {
        spill.read(this.buffer, end, length, at);
        end += length;
      }
      this.insertAll(begin >> 2, end >> 2, this.numbers[index] ?? null, heads);
      begin = end;
    }
    for (const head of heads) meet(head);
  }

  private insertAll(begin: number, end: number, numbers: Uint32Array | null, heads: number[]): void {
    const { words } = this;
    for (let at = begin; at < end; at += this.lengthOf(at)) {
      if (numbers !== null) words[at + DIRECTORY] = numbers[words[at + DIRECTORY] ?? 0] ?? 0;
      if (this.insert(at)) heads.push(at);
    }
  }

  side = (record: number): number => (this.words[record + SIDE] ?? 0) & 0xff;
  element = (record: number): number => (this.words[record + SIDE] ?? 0) >>> 8;
  list = (record: number): number => this.words[record + LIST] ?? 0;
  /** Bytes; negative: not known. */
  size = (record: number): number => this.sizes[(record + SIZE) >> 1] ?? -1;

  /** The next record of the same path; null: there are no more. */
  next(record: number): number | null {
    const next = this.nexts[record >> 1] ?? 0;
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
        : (this.words[record + CHECKSUM] ?? 0).toString(16);
    return { algorithm: lengths >>> 24, digits };
  }

  /** Do two records certainly say the same of checksum and size? So do nearly all. */
  isAlike(one: number, other: number): boolean {
    const { words } = this;
    return (
      words[one + CHECKSUM] === words[other + CHECKSUM] &&
      (((words[one + LENGTHS] ?? 0) | (words[other + LENGTHS] ?? 0)) & 0xff0000) === 0 &&
      this.size(one) === this.size(other)
    );
  }

  private nameLength = (record: number): number => (this.words[record + LENGTHS] ?? 0) & 0xffff;

  /** In words. */
  private lengthOf(record: number): number {
    const long = ((this.words[record + LENGTHS] ?? 0) >>> 16) & 0xff;
    const bytes = (NAME << 2) + ((this.nameLength(record) + 3) & ~3) + long;
    return ((bytes + 7) & ~7) >> 2;
  }

  /** True: it is the first of its path. */
  private insert(record: number): boolean {
    const { table, words } = this;
    const mask = table.length - 1;
    for (let slot = (words[record + HASH] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const head = (table[slot] ?? 0) - 1;
      if (head === -1) {
        table[slot] = record + 1;
        return true;
      }
      if (!this.isSamePath(head, record)) continue;
      this.link(head, record);
      return false;
    }
  }

  private isSamePath(one: number, other: number): boolean {
    const { words } = this;
    if (words[one + HASH] !== words[other + HASH]) return false;
    if (words[one + DIRECTORY] !== words[other + DIRECTORY])
      return (words[one + DIRECTORY] === 0 || words[other + DIRECTORY] === 0) && this.path(one) === this.path(other);
    const length = this.nameLength(one);
    if (length !== this.nameLength(other)) return false;
    for (let at = NAME, end = NAME + ((length + 3) >> 2); at < end; at++)
      if (words[one + at] !== words[other + at]) return false;
    return true;
  }

  private link(head: number, record: number): void {
    const { words, nexts } = this;
    for (let at = head; ;) {
      if (words[at + SIDE] === words[record + SIDE]) {
        this.duplicates++;
        return;
      }
      const next = nexts[at >> 1] ?? 0;
      if (next === 0) {
        nexts[at >> 1] = record + 1;
        return;
      }
      at = next - 1;
    }
  }

  private makeRoom(bytes: number, count: number): void {
    if (bytes > this.buffer.length) {
      const length = Math.ceil(bytes / 0x10000) * 0x10000 + 0x10000;
      const buffer = new ArrayBuffer(length);
      this.buffer = Buffer.from(buffer);
      this.words = new Uint32Array(buffer);
      this.sizes = new Float64Array(buffer);
      this.nexts = new Uint32Array(length >> 3);
    } else this.nexts.fill(0, 0, bytes >> 3);
    let slots = 1024;
    while (slots < count * 2) slots *= 2;
    if (slots > this.table.length) this.table = new Int32Array(slots);
    else this.table.fill(0);
  }
}
