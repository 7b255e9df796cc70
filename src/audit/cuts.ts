/**
 * cuts: the bytes of an LFN list in order, each with the lists that say they were cut from them.
 *
 * A list, its rest (`D…`) and its parts in DONE name the same bytes. Lists whose bytes overlap are compared together;
 * bytes that no list names are a gap. The pieces follow each other without a gap or an overlap up to the end.
 */

/** Bytes of an LFN list, first and last included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

export interface CutWithLists<List> {
  /** In order; an LFN is a duplicate only within its piece. */
  readonly pieces: Range[];
  /** None: the bytes are a gap. */
  readonly lists: List[];
  /** Bytes that a later list names once more. */
  readonly overlaps: Range[];
}

/** Overlapping cuts are compared together, but only so many: one list that claims everything must not fill the memory. */
const MOST_LISTS = 100;

/** Sorts the lists, and gives what was cut up to `end` and behind it. */
export function* cutsOf<List extends Range>(lists: List[], end: number): Generator<CutWithLists<List>> {
  // Where two begin together, the longer one comes first.
  lists.sort((a, b) => a.first - b.first || b.last - a.last);
  let cut: CutWithLists<List> | null = null;
  let before: Range | null = null;
  let covered = 0;
  for (const list of lists) {
    const { first, last } = list;
    const isSame = before !== null && first === before.first && last === before.last;
    if (cut === null || !(isSame || (first < covered && cut.lists.length < MOST_LISTS))) {
      if (cut !== null) yield cut;
      if (first > covered) yield gap(covered, first - 1);
      cut = { pieces: [], lists: [], overlaps: [] };
    }
    cut.lists.push(list);
    if (isSame) continue;
    before = { first, last };
    if (first < covered) cut.overlaps.push({ first, last: Math.min(last, covered - 1) });
    covered = Math.max(covered, first);
    if (last < covered) continue;
    cut.pieces.push({ first: covered, last });
    covered = last + 1;
  }
  if (cut !== null) yield cut;
  if (covered < end) yield gap(covered, end - 1);
}

const gap = (first: number, last: number): CutWithLists<never> => ({
  pieces: [{ first, last }],
  lists: [],
  overlaps: [],
});
