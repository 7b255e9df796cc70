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
  segments(end: number, overlap: (again: Range) => void): Segment[] {
    const order = new Uint32Array(this.count).map((_, index) => index);
    const at = (index: number): Range => ({ first: this.firsts[index] ?? 0, last: this.lasts[index] ?? 0 });
    // Of two cuts that begin together the longer one comes first.
    order.sort((a, b) => at(a).first - at(b).first || at(b).last - at(a).last);
    const segments: Segment[] = [];
    let covered = 0;
    let before: Range | null = null;
    for (const index of order) {
      const range = at(index);
      if (before !== null && range.first === before.first && range.last === before.last) continue;
      before = range;
      if (range.first > covered) segments.push({ first: covered, last: range.first - 1, cut: null });
      if (range.first < covered) overlap({ first: range.first, last: Math.min(range.last, covered - 1) });
      if (range.last < covered) continue;
      segments.push({ first: Math.max(range.first, covered), last: range.last, cut: range.first });
      covered = range.last + 1;
    }
    if (covered < end) segments.push({ first: covered, last: end - 1, cut: null });
    return segments;
  }
}

function grown(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
