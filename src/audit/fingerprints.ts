/**
 * fingerprints: counts fingerprints that were expected against those that were found.
 *
 * Millions of them are kept in parts of a few hundred thousand, each of which is sorted on its own when it is compared
 * and then given up. As a part begins where all of its fingerprints do, 47 bits are left of each: the whole costs six
 * bytes for each fingerprint and little more.
 */
import { FINGERPRINTS } from './fingerprint.js';

const PARTS = 64;
const PART = FINGERPRINTS / PARTS;
const CHUNK = 8192;
const LOW = 2 ** 32;

/** What is left of fingerprints of one part, each in two halves. */
interface Chunk {
  readonly low: Uint32Array;
  readonly high: Uint16Array;
}

/** A bag of fingerprints: the same one may be in it several times. */
export class Tally {
  count = 0;
  private readonly chunks: Chunk[][] = Array.from({ length: PARTS }, () => []);
  private readonly counts = new Uint32Array(PARTS);
  private sorted = new Float64Array(0);

  add(fingerprint: number): void {
    const part = Math.floor(fingerprint / PART);
    const count = this.counts[part] ?? 0;
    const at = count % CHUNK;
    const chunk = this.chunks[part]?.[(count - at) / CHUNK] ?? this.begin(part);
    const rest = fingerprint - part * PART;
    chunk.low[at] = rest;
    chunk.high[at] = rest / LOW;
    this.counts[part] = count + 1;
    this.count += 1;
  }

  /**
   * Empties the bag and calls `each` for every group of fingerprints that differ only in what is left over when they are
   * divided by `size`, if there are two different ones in it; with the quotient.
   */
  eachGroup(size: number, each: (quotient: number) => void): void {
    for (let part = 0; part < PARTS; part++) {
      let [before, told] = [-1, -1];
      for (const print of this.take(part)) {
        const quotient = Math.floor(print / size);
        if (print !== before && quotient === Math.floor(before / size) && quotient !== told) {
          told = quotient;
          each(quotient);
        }
        before = print;
      }
    }
  }

  private begin(part: number): Chunk {
    const chunk = { low: new Uint32Array(CHUNK), high: new Uint16Array(CHUNK) };
    this.chunks[part]?.push(chunk);
    return chunk;
  }

  /** Part `part` of it, sorted, which is then no longer in the bag. To be used until the next part is taken. */
  take(part: number): Float64Array {
    const count = this.counts[part] ?? 0;
    // The same memory for each part: what was given up for every one would be collected too late.
    if (this.sorted.length < count) this.sorted = new Float64Array(count);
    let at = 0;
    for (const { low, high } of this.chunks[part] ?? [])
      for (let index = 0; index < CHUNK && at < count; index += 1, at += 1)
        this.sorted[at] = part * PART + (high[index] ?? 0) * LOW + (low[index] ?? 0);
    this.chunks[part] = [];
    this.counts[part] = 0;
    return this.sorted.subarray(0, count).sort();
  }
}

/** One fingerprint and how often it is in each bag. */
export interface Tallied {
  readonly fingerprint: number;
  readonly expected: number;
  readonly found: number;
  /** How often something excuses that it was not found. */
  readonly excused: number;
}

/** Empties three bags and calls `each` for every fingerprint in the first two, in order. */
export function compare(expected: Tally, found: Tally, excused: Tally, each: (tallied: Tallied) => void): void {
  for (let part = 0; part < PARTS; part++) {
    const walks = [new Walk(expected.take(part)), new Walk(found.take(part)), new Walk(excused.take(part))] as const;
    for (;;) {
      const fingerprint = Math.min(walks[0].next, walks[1].next);
      if (fingerprint === Infinity) break;
      const [wanted, standing, reasons] = walks.map((walk) => walk.countOf(fingerprint));
      each({ fingerprint, expected: wanted ?? 0, found: standing ?? 0, excused: reasons ?? 0 });
    }
  }
}

/** Goes through sorted numbers once. */
class Walk {
  private readonly sorted: Float64Array;
  private at = 0;

  constructor(sorted: Float64Array) {
    this.sorted = sorted;
  }

  get next(): number {
    return this.sorted[this.at] ?? Infinity;
  }

  /** How often this number comes next; smaller ones are passed over. */
  countOf(number: number): number {
    while (this.next < number) this.at += 1;
    const first = this.at;
    while (this.next === number) this.at += 1;
    return this.at - first;
  }
}
