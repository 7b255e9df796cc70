/**
 * tally: counts fingerprints that were expected against those that were found.
 *
 * Millions of them are kept in parts of a few hundred thousand, each of which is sorted on its own when it is compared
 * and then given up: the whole costs eight bytes for each fingerprint and little more.
 */
import { FINGERPRINTS } from './fingerprint.js';

const PARTS = 64;
const CHUNK = 8192;

/** A bag of fingerprints: the same one may be in it several times. */
export class Tally {
  count = 0;
  private readonly full: Float64Array[][] = Array.from({ length: PARTS }, () => []);
  private readonly last: (Float64Array | null)[] = Array.from({ length: PARTS }, () => null);
  private readonly used = new Uint32Array(PARTS);

  add(fingerprint: number): void {
    const part = Math.floor(fingerprint / (FINGERPRINTS / PARTS));
    let chunk = this.last[part] ?? null;
    let used = this.used[part] ?? 0;
    if (chunk === null || used === CHUNK) {
      if (chunk !== null) this.full[part]?.push(chunk);
      this.last[part] = chunk = new Float64Array(CHUNK);
      used = 0;
    }
    chunk[used] = fingerprint;
    this.used[part] = used + 1;
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

  /** Part `part` of it, sorted, which is then no longer in the bag. */
  take(part: number): Float64Array {
    const chunks = [...(this.full[part] ?? []), (this.last[part] ?? new Float64Array(0)).subarray(0, this.used[part])];
    const all = new Float64Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.full[part] = [];
    this.last[part] = null;
    this.used[part] = 0;
    return all.sort();
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
