/**
 * ranges: which bytes of an LFN list were cut into lists.
 *
 * Each list says from which bytes it was cut; those of its rest (`D…`) and of its parts in DONE are the same. Together
 * they must cover the LFN list up to its cursor without a gap and without an overlap.
 */

/** Bytes of an LFN list, first and last included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** A part of an LFN list: the bytes of one cut, or bytes that no list names. */
export interface Segment extends Range {
  /** Where the cut that these bytes belong to begins; null: no list was cut from them. */
  readonly cut: number | null;
}

/** Segments, in order. A large LFN list has half a million, so they are kept as numbers and made when they are looked at. */
export class Segments {
  length = 0;
  private readonly lasts: Float64Array;
  private readonly cuts: Float64Array;
  private readonly start: Float64Array;

  constructor(most: number) {
    this.start = new Float64Array(most);
    this.lasts = new Float64Array(most);
    this.cuts = new Float64Array(most);
  }

  static of(...segments: readonly Segment[]): Segments {
    const all = new Segments(segments.length);
    for (const { first, last, cut } of segments) all.push(first, last, cut);
    return all;
  }

  push(first: number, last: number, cut: number | null): void {
    this.start[this.length] = first;
    this.lasts[this.length] = last;
    this.cuts[this.length] = cut ?? -1;
    this.length += 1;
  }

  at(index: number): Segment | undefined {
    if (index >= this.length) return undefined;
    const cut = this.cuts[index] ?? -1;
    return { first: this.start[index] ?? 0, last: this.lasts[index] ?? 0, cut: cut < 0 ? null : cut };
  }
}

export class Ranges {
  private firsts = new Float64Array(64);
  private lasts = new Float64Array(64);
  private count = 0;

  add({ first, last }: Range): void {
    if (this.count === this.firsts.length) {
      this.firsts = grown(this.firsts);
      this.lasts = grown(this.lasts);
    }
    this.firsts[this.count] = first;
    this.lasts[this.count] = last;
    this.count += 1;
  }

  /** The byte behind the last one named; 0 when none is. */
  end(): number {
    let end = 0;
    for (let index = 0; index < this.count; index++) end = Math.max(end, (this.lasts[index] ?? -1) + 1);
    return end;
  }

  /**
   * The segments up to `end`, in order and without a gap or overlap between them; a byte that several cuts name belongs
   * to the one that begins first. `overlap` is told of each piece that a later cut names once more.
   */
  segments(end: number, overlap: (again: Range) => void): Segments {
    const order = new Uint32Array(this.count).map((_, index) => index);
    const at = (index: number): Range => ({ first: this.firsts[index] ?? 0, last: this.lasts[index] ?? 0 });
    // Of two cuts that begin together the longer one comes first.
    order.sort((a, b) => at(a).first - at(b).first || at(b).last - at(a).last);
    const segments = new Segments(this.count * 2 + 1);
    let covered = 0;
    let before: Range | null = null;
    for (const index of order) {
      const range = at(index);
      if (before !== null && range.first === before.first && range.last === before.last) continue;
      before = range;
      if (range.first > covered) segments.push(covered, range.first - 1, null);
      if (range.first < covered) overlap({ first: range.first, last: Math.min(range.last, covered - 1) });
      if (range.last < covered) continue;
      segments.push(Math.max(range.first, covered), range.last, range.first);
      covered = range.last + 1;
    }
    if (covered < end) segments.push(covered, end - 1, null);
    return segments;
  }
}

function grown(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
