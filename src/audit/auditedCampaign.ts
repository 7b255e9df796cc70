/**
 * auditedCampaign: the lines and the transfers of a campaign, one after the other, each with what tells it apart.
 *
 * An audit goes through both twice, once to count and once to name, and both times the same way: a transfer is told
 * apart by its LFN list, the cut it belongs to and its LFN; one of a list that names no LFN list by its two URLs.
 */
import { fingerprint, seedOf } from './fingerprint.js';
import { Destinations } from '../lists/destinations.js';
import type { Origin } from '../lists/origin.js';
import type { Segment, Segments } from './ranges.js';
import type { Pair } from './scanList.js';
import { Standing } from './afterRedo.js';
import type { Step } from '../lists/transition.js';
import { storedUrl } from '../lists/url.js';
import { lfnLists } from '../database/lfnListRows.js';
import { AuditedLfnList } from './auditedLfnList.js';
import { eachList, type AuditedList, type Oddity } from './auditedLists.js';
import type { Run } from '../run/program.js';

/** A transfer that stands in a list, or stood in one. */
export interface Item {
  /** `unchecked`: cut from an LFN list that cannot be read; `by hand`: nothing says what it was cut from. */
  readonly kind: 'cut' | 'unchecked' | 'by hand';
  readonly fingerprint: number;
  readonly lfnList: AuditedLfnList | null;
  /** Where the cut that it belongs to begins. */
  readonly cut: number;
  /** Its LFN; of one made by hand source and destination. */
  readonly lfn: string;
}

/** A line of an LFN list that was cut. */
export interface Line {
  readonly fingerprint: number;
  readonly lfnList: AuditedLfnList;
  readonly line: number;
  /** Null: it is no LFN. */
  readonly lfn: string | null;
  /** Null: no list was cut from it. */
  readonly cut: number | null;
  /** The same LFN stands before it in the same cut. */
  readonly isDuplicate: boolean;
  /** Another text for a destination that stands before it in the same cut: version 1.0 took it for a transfer of its own. */
  readonly isTwin: boolean;
}

const BY_HAND = seedOf(-1, 0);
/** A cut has at most 30,000 lines. Of a list that claims more no duplicates are told, lest they fill the memory. */
const MOST_LINES_OF_A_CUT = 100_000;

export class AuditedCampaign {
  readonly lfnLists = new Map<string, AuditedLfnList>();
  private readonly run: Run;
  private readonly standing: Standing;

  /** `open`: the steps of transitions that the next run will finish. */
  constructor(run: Run, open: readonly (readonly Step[])[]) {
    this.run = run;
    this.standing = new Standing(open);
    for (const row of lfnLists(run.books.db))
      this.lfnLists.set(row.name, new AuditedLfnList(run, row.name, this.lfnLists.size, row));
  }

  eachList(list: (list: AuditedList) => void, oddity: (oddity: Oddity) => void): void {
    const routeOf = (origin: Origin): Pair | null => this.lfnListOf(origin)?.route ?? null;
    eachList(this.run.spool, this.standing, { routeOf, list, oddity });
  }

  /** Calls `each` for every transfer of a list. */
  eachItem({ scanned }: AuditedList, each: (item: Item) => void): void {
    const { origin, lfns, transfers } = scanned;
    const lfnList = this.lfnListOf(origin);
    if (lfnList !== null && origin.from !== undefined)
      for (const lfn of lfns) each(itemOf(lfnList, origin.from.firstByte, lfn));
    for (const pair of transfers) each(this.itemOf(origin, pair));
  }

  /** Calls `each` for every transfer that a comment of the list names as dropped. */
  eachDropped({ scanned }: AuditedList, each: (item: Item) => void): void {
    for (const pair of scanned.dropped) each(this.itemOf(scanned.origin, pair));
  }

  private itemOf(origin: Origin, pair: Pair): Item {
    const lfnList = this.lfnListOf(origin);
    if (lfnList !== null && origin.from !== undefined)
      return itemOf(lfnList, origin.from.firstByte, lfnList.lfnOf(pair, origin.from));
    const lfn = `${storedUrl(pair.source)} ${storedUrl(pair.destination)}`;
    return { kind: 'by hand', fingerprint: fingerprint(lfn, BY_HAND), lfnList: null, cut: 0, lfn };
  }

  /** The LFN list that a list was cut from; null when it does not say so, or is another campaign's. */
  lfnListOf({ campaign, from }: Origin): AuditedLfnList | null {
    return from === undefined || this.isOfOther(campaign) ? null : this.lfnList(from.lfnList);
  }

  /** Is this another campaign's list? */
  isOfOther(campaign: string | undefined): boolean {
    return campaign !== undefined && campaign !== this.run.books.campaign;
  }

  /** The LFN list of this name, which the database need not know. */
  private lfnList(name: string): AuditedLfnList {
    const known = this.lfnLists.get(name);
    if (known !== undefined) return known;
    const found = new AuditedLfnList(this.run, name, this.lfnLists.size, null);
    this.lfnLists.set(name, found);
    return found;
  }

  eachLine(lfnList: AuditedLfnList, segments: Segments, each: (line: Line) => void): void {
    let cut: Segment | null = null;
    const noDestinations = (): Destinations => new Destinations(lfnList.route?.destination ?? '');
    let seen = noDestinations();
    lfnList.eachLine(segments, (cutLine) => {
      const { line, segment } = cutLine;
      const lfn = lfnList.cutLfn(cutLine);
      if (segment !== cut || seen.size >= MOST_LINES_OF_A_CUT) [cut, seen] = [segment, noDestinations()];
      const is = lfn === null || segment.cut === null ? 'new' : seen.add(lfn);
      const print = lfn === null ? lfnList.badLineFingerprint(line) : lfnList.fingerprint(segment.cut ?? -1, lfn);
      each({
        fingerprint: print,
        lfnList,
        line,
        lfn,
        cut: segment.cut,
        isDuplicate: is === 'same LFN',
        isTwin: is === 'same file',
      });
    });
  }
}

function itemOf(lfnList: AuditedLfnList, cut: number, lfn: string): Item {
  const kind = lfnList.why === null ? 'cut' : 'unchecked';
  return { kind, fingerprint: lfnList.fingerprint(cut, lfn), lfnList, cut, lfn };
}
