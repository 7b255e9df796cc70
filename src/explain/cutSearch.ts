/**
 * cutSearch: finds the lists that a line of an LFN list was cut into, without reading all lists. Reads only.
 *
 * Lists are cut one after the other, LFN list after LFN list in name order, and what is split from a list keeps its
 * time and number in its name. So the names in order are the cuts in order, and halving finds one among half a million
 * with some twenty looks at the comment `# from … bytes …`. Where people have brought that order into disorder nothing
 * is found, and the caller reads everything.
 */
import { stampIn } from '../lists/names.js';
import { parseList, type Origin } from '../lists/list.js';
import { PLACES, type Place } from '../lists/transition.js';
import type { Spool } from '../spool/spool.js';

/** Where a list stands. */
export interface ListPath {
  readonly place: Place;
  readonly list: string;
}

export class CutSearch {
  private readonly spool: Spool;
  /** The lists of each cut, the oldest cut first. */
  private readonly cuts: readonly (readonly ListPath[])[];

  constructor(spool: Spool) {
    this.spool = spool;
    const byStamp = new Map<string, ListPath[]>();
    for (const place of PLACES)
      for (const list of spool.listing(place).lists) {
        const stamp = stampIn(list);
        if (stamp !== null) byStamp.set(stamp, [...(byStamp.get(stamp) ?? []), { place, list }]);
      }
    this.cuts = [...byStamp].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lists]) => lists);
  }

  /** The lists that hold what was cut at this byte, copies in DONE/Dirty included; none where the order does not tell. */
  findCut(lfnList: string, byte: number): readonly ListPath[] {
    let [low, high] = [0, this.cuts.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const lists = this.cuts[middle] ?? [];
      const from = this.originOf(lists);
      if (from === undefined) return [];
      if (from.lfnList === lfnList && byte >= from.firstByte && byte <= from.lastByte) return lists;
      const isLater = from.lfnList === lfnList ? byte > from.lastByte : lfnList > from.lfnList;
      if (isLater) low = middle + 1;
      else high = middle - 1;
    }
    return [];
  }

  private originOf(lists: readonly ListPath[]): Origin['from'] {
    for (const { place, list } of lists) {
      const read = this.spool.read(place, list);
      const from = 'bytes' in read ? parseList(read.bytes).origin.from : undefined;
      if (from !== undefined) return from;
    }
    return undefined;
  }
}
