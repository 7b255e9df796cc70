/**
 * balance: counts every transfer of a campaign, and finds the fingerprints that do not balance.
 *
 * Each line that was cut must stand in exactly one list of TODO, DOING, DONE/Okay and DONE/Bad, be a duplicate within its
 * own cut, or be named as no LFN. What does not balance is looked for in the texts by naming.ts.
 */
import type { Range, Segments } from './ranges.js';
import { compare, Tally, type Tallied } from './fingerprints.js';
import type { Place } from '../lists/transition.js';
import type { AuditedCampaign, Item } from './auditedCampaign.js';
import type { AuditedLfnList } from './auditedLfnList.js';
import type { AuditedList, Oddity } from './auditedLists.js';

/** How many transfers stand where. */
export interface Places {
  okay: number;
  bad: number;
  doing: number;
  todo: number;
}

/** cut = okay + bad + doing + todo + duplicates + bad lines, when all is well. */
export interface Equation extends Places {
  cut: number;
  duplicates: number;
  badLines: number;
}

/** Lines of an LFN list that no list was cut from although the cursor is behind them. */
export interface Gap {
  readonly lfnList: AuditedLfnList;
  readonly firstLine: number;
  lastLine: number;
}

export interface Odd {
  /** Fingerprints to be named, at most so many of each kind as were asked for. */
  readonly missing: Set<number>;
  readonly tooMany: Set<number>;
  /** How many there are of each. */
  missingCount: number;
  tooManyCount: number;
}

/** What the census meets on its way. */
export interface Witness {
  readonly list: (list: AuditedList) => void;
  readonly oddity: (oddity: Oddity) => void;
  readonly overlap: (lfnList: AuditedLfnList, again: Range) => void;
}

const KEY: Readonly<Record<Place, keyof Places | null>> = {
  TODO: 'todo',
  DOING: 'doing',
  'DONE/Okay': 'okay',
  'DONE/Bad': 'bad',
  'DONE/Dirty': null,
};

export class Census {
  readonly equation: Equation = { cut: 0, okay: 0, bad: 0, doing: 0, todo: 0, duplicates: 0, badLines: 0 };
  readonly byHand: Places = { okay: 0, bad: 0, doing: 0, todo: 0 };
  readonly segments = new Map<AuditedLfnList, Segments>();
  readonly gaps: Gap[] = [];
  readonly odd: Odd = { missing: new Set(), tooMany: new Set(), missingCount: 0, tooManyCount: 0 };
  private readonly campaign: AuditedCampaign;
  private readonly most: number;
  /** By kind: what stands in lists, and what comments say was dropped. */
  private readonly found = { cut: new Tally(), unchecked: new Tally(), 'by hand': new Tally() };
  private readonly dropped = { cut: new Tally(), unchecked: new Tally(), 'by hand': new Tally() };
  private readonly lines = new Tally();
  private readonly badLines = new Tally();
  private readonly namedLines = new Tally();
  /** Of lists made by hand only those that were split say what was in them. */
  private readonly split = new Tally();

  constructor(campaign: AuditedCampaign, most: number) {
    this.campaign = campaign;
    this.most = most;
  }

  take(witness: Witness): void {
    this.campaign.eachList((list) => {
      witness.list(list);
      this.count(list);
    }, witness.oddity);
    for (const lfnList of this.campaign.lfnLists.values())
      if (lfnList.why === null) this.countLines(lfnList, witness);
      else this.believe(lfnList);
    this.balance();
  }

  private count(list: AuditedList): void {
    const { origin, badLines } = list.scanned;
    const key = KEY[list.place];
    this.campaign.eachItem(list, (item) => {
      if (key !== null) this.stands(item, key);
      else if (item.kind === 'by hand') this.split.add(item.fingerprint);
    });
    this.campaign.eachDropped(list, (item) => {
      this.dropped[item.kind].add(item.fingerprint);
      if (item.lfnList !== null) item.lfnList.dropped += 1;
    });
    const lfnList = this.campaign.lfnListOf(origin);
    if (lfnList === null || origin.from === undefined) return;
    lfnList.ranges.add({ first: origin.from.firstByte, last: origin.from.lastByte });
    for (const line of badLines) {
      this.namedLines.add(lfnList.badLineFingerprint(line));
      lfnList.nameBadLine(line);
    }
  }

  private stands(item: Item, key: keyof Places): void {
    this.found[item.kind].add(item.fingerprint);
    if (item.kind === 'by hand') this.byHand[key] += 1;
    else this.equation[key] += 1;
    if (item.lfnList !== null) item.lfnList.standing += 1;
  }

  private countLines(lfnList: AuditedLfnList, witness: Witness): void {
    const segments = lfnList.segments((again) => witness.overlap(lfnList, again));
    this.segments.set(lfnList, segments);
    this.campaign.eachLine(lfnList, segments, ({ fingerprint, line, lfn, cut, isDuplicate, isTwin }) => {
      this.equation.cut += 1;
      if (cut === null) this.inGap(lfnList, line);
      if (isDuplicate) this.equation.duplicates += 1;
      else if (lfn === null) this.badLines.add(fingerprint);
      else this.lines.add(fingerprint);
      // It may have been dropped, and need not.
      if (isTwin) this.dropped.cut.add(fingerprint);
    });
  }

  private inGap(lfnList: AuditedLfnList, line: number): void {
    const last = this.gaps.at(-1);
    if (last?.lfnList === lfnList && last.lastLine === line - 1) last.lastLine = line;
    else this.gaps.push({ lfnList, firstLine: line, lastLine: line });
  }

  /** The file is gone or changed: what the database says was cut from it is all that there is. */
  private believe({ row }: AuditedLfnList): void {
    if (row === null) return;
    this.equation.cut += row.transfers + row.duplicates + row.badLines;
    this.equation.duplicates += row.duplicates;
    this.equation.badLines += row.badLines;
  }

  private balance(): void {
    const none = new Tally();
    compare(this.lines, this.found.cut, this.dropped.cut, (tallied) => {
      this.equation.duplicates += Math.min(Math.max(0, tallied.expected - tallied.found), tallied.excused);
      this.judge(tallied, tallied.expected);
    });
    compare(this.badLines, none, this.namedLines, (tallied) => {
      // A line may be named twice, as in DONE/Bad and DONE/Dirty.
      this.equation.badLines += tallied.excused > 0 ? tallied.expected : 0;
      if (tallied.excused === 0) this.isMissing(tallied.fingerprint, tallied.expected);
    });
    compare(none, this.found.unchecked, none, (tallied) => this.judge(tallied, 1));
    compare(this.split, this.found['by hand'], this.dropped['by hand'], (tallied) =>
      this.judge({ ...tallied, expected: Math.min(1, tallied.expected) }, 1),
    );
  }

  private judge({ fingerprint, expected, found, excused }: Tallied, allowed: number): void {
    if (found + excused < expected) this.isMissing(fingerprint, expected - found - excused);
    if (found <= allowed) return;
    this.odd.tooManyCount += 1;
    if (this.odd.tooMany.size < this.most) this.odd.tooMany.add(fingerprint);
  }

  private isMissing(fingerprint: number, count: number): void {
    this.odd.missingCount += count;
    if (this.odd.missing.size < this.most) this.odd.missing.add(fingerprint);
  }
}
