/**
 * audit: accounts for every transfer of a campaign, and names what is off.
 *
 * A list says in its comments from which bytes of which LFN list it was cut; so do its rest and its parts in DONE.
 *
 *     for each list of the spool:
 *         put it to the bytes of its LFN list; is it just what the producer made of them?
 *     for each LFN list, for each of its cuts in order, but those that are one such list:
 *         read the cut's lines, and its lists; compare LFN by LFN
 *         keep what is lacking or too many, forget the rest
 *     match what one cut lacks with what another has too many of; name what is left
 *     compare lists made by hand with each other; look for LFNs of two LFN lists
 *
 * Whole texts are compared, so what is found is so, and nothing is overlooked. Nearly every list is just as it was cut,
 * and is read once. In memory are the names of the lists, the largest cut, and what does not fit. What a killed run has
 * left open in the journal is taken as done, since the next run does it; it is named all the same. Nothing is written,
 * and no server is asked. While another run is going on, what it moves may be named; then the result says so.
 */
import { takeOverTimes } from '../database/campaignRows.js';
import { lfnLists } from '../database/lfnListRows.js';
import type { LfnReader } from '../lfnLists/reader.js';
import { atWork, leaseState } from '../lease/lease.js';
import type { Origin } from '../lists/origin.js';
import { listPath, stepInWords, type Place } from '../lists/transition.js';
import type { Run } from '../run/program.js';
import { escapeText } from '../text/escape.js';
import { AsCut } from './asCut.js';
import { COUNT_OF, Exceptions, knownOf, type CutList, type Equation, type Line, type PlaceCounts } from './balance.js';
import type { CutWithLists } from './cuts.js';
import { Findings, nameUnreadable, type Finding, type FindingKind } from './findings.js';
import { LfnList, type FromBytes } from './lfnList.js';
import { misplaced } from './misplaced.js';
import { auditByHand, nameShared } from './repeats.js';
import { readHead, scanList, type ScannedList } from '../lists/scanList.js';
import { SpoolLists, type ListFile } from '../spool/spoolLists.js';

export interface Audited {
  readonly equation: Equation;
  readonly byHand: PlaceCounts;
  readonly findings: Findings;
  /** LFN lists that were cut to their end and taken away: their transfers were counted, not compared. */
  readonly putAway: readonly LfnList[];
  /** Who is changing the campaign while it is looked at; null: nobody. */
  readonly busy: string | null;
}

/** `most`: how many findings of each kind are named; all are counted. */
export function audit(run: Run, most: number): Audited {
  const before = leaseState(run.base, run.env);
  const { equation, byHand, findings, putAway } = new Auditor(run, most).audit();
  const busy = atWork(before, leaseState(run.base, run.env));
  return { equation, byHand, findings, putAway, busy };
}

class Auditor {
  private readonly run: Run;
  private readonly findings: Findings;
  private readonly exceptions: Exceptions;
  private readonly equation: Equation = { cut: 0, okay: 0, bad: 0, doing: 0, todo: 0, duplicates: 0, badLines: 0 };
  private readonly transitions: ReturnType<Run['journal']['pending']>;
  private readonly spool: SpoolLists;
  private readonly lfnLists = new Map<string, LfnList>();
  private readonly byHand: ListFile[] = [];

  constructor(run: Run, most: number) {
    this.run = run;
    // What the original program has left in the spool is known since it was taken over.
    this.findings = new Findings(most, takeOverTimes(run.db).begun === null ? [] : ['strange']);
    this.exceptions = new Exceptions(this.findings);
    this.transitions = run.journal.pending();
    const open = this.transitions.filter(({ aside }) => aside === null).flatMap(({ steps }) => steps);
    this.spool = new SpoolLists(run.spool, open);
    for (const row of lfnLists(run.db)) this.lfnLists.set(row.name, new LfnList(run, row.name, row));
  }

  audit(): Omit<Audited, 'busy'> {
    this.nameTransitions();
    this.survey();
    const all = [...this.lfnLists.values()];
    for (const lfnList of all) {
      if (lfnList.end > (lfnList.row?.offset ?? 0)) this.nameCursor(lfnList);
      if (lfnList.why === null) this.compare(lfnList);
      else this.count(lfnList, lfnList.why);
    }
    this.equation.badLines += this.exceptions.report();
    if (all.filter(({ why, lists }) => why === null && lists.length > 0).length > 1)
      nameShared((each) => eachLfn(all, each), this.findings);
    const byHand = auditByHand(this.byHand, this.spool, this.findings);
    const putAway = all.filter((lfnList) => lfnList.isPutAway());
    return { equation: this.equation, byHand, findings: this.findings, putAway };
  }

  /** Puts every list to the bytes it was cut from, or among those made by hand. */
  private survey(): void {
    const todo = new Set<string>();
    const doing = new Set<string>();
    const asCut = new AsCut();
    const { progress } = this.run;
    let lists = 0;
    progress.begin({ what: 'reading the lists', unit: 'lists' });
    const list = (file: ListFile, bytes: Buffer): void => {
      progress.reach((lists += 1), null);
      if (file.place === 'TODO') todo.add(file.name);
      if (file.place === 'DOING') doing.add(file.name);
      const head = readHead(bytes);
      const { campaign, from } = head.origin;
      const path = listPath(file.place, file.name);
      const isOfOther = campaign !== undefined && campaign !== this.run.campaign;
      if (isOfOther)
        this.find(
          'other campaign',
          `${path} belongs to campaign ${escapeText(campaign)}: it was counted as made by hand`,
          { lists: [path] },
        );
      if (from === undefined || from.lastByte < from.firstByte || isOfOther) {
        this.byHand.push(file);
        return;
      }
      const lfnList = this.lfnList(from);
      const { firstByte: first, lastByte: last } = from;
      const transfers = COUNT_OF[file.place] === null ? 0 : asCut.count(lfnList, bytes, head.length, { first, last });
      // There may be half a million: a spread would make them large and slow.
      lfnList.add({ place: file.place, name: file.name, now: file.now, first, last, asCut: transfers });
    };
    try {
      this.spool.each(list, ({ kind, path, why }) => this.find(kind, `${escapeText(path)} ${why}`, { lists: [path] }));
    } finally {
      asCut.close();
    }
    misplaced(this.run.db, todo, doing, ({ list: name, message }) => {
      if (!this.transitions.some((transition) => transition.aside !== null && transition.list === name))
        this.find('misplaced', message);
    });
  }

  /** The LFN list of this name, which the database need not know. */
  private lfnList({ lfnList: name }: NonNullable<Origin['from']>): LfnList {
    const known = this.lfnLists.get(name) ?? new LfnList(this.run, name, null);
    this.lfnLists.set(name, known);
    return known;
  }

  private compare(lfnList: LfnList): void {
    const reader = lfnList.open();
    if (reader === null) return;
    try {
      for (const cut of lfnList.cuts()) {
        const [list, ...others] = cut.lists;
        if (list === undefined || list.asCut === 0 || others.length > 0 || cut.overlaps.length > 0) {
          this.compareCut(lfnList, cut, reader);
          continue;
        }
        this.equation.cut += list.asCut;
        this.countTransfers(list.place, list.asCut);
        reader.skipTo(list.last + 1, list.asCut);
      }
    } finally {
      reader.close();
    }
  }

  private compareCut(lfnList: LfnList, cut: CutWithLists<FromBytes>, reader: LfnReader): void {
    for (const { first, last } of cut.overlaps)
      this.find(
        'overlap',
        `Bytes ${first}-${last} of "${lfnList.name}" were cut twice: "grep -l" in the lists shows by which`,
        { lfnList: lfnList.name },
      );
    const read = cut.lists.flatMap((list) => this.read(list));
    const badLines = new Set(read.flatMap(({ scanned }) => scanned.badLines));
    let gap: [first: number, last: number] | null = null;
    const lines = lfnList.linesOf(reader, cut, badLines, {
      duplicate: () => {
        this.equation.cut += 1;
        this.equation.duplicates += 1;
      },
      beyond: (line) => {
        this.equation.cut += 1;
        gap = [gap?.[0] ?? line.line, line.line];
        this.compareLists(lfnList, [line], []);
      },
    });
    if (cut.lists.length === 0 && gap !== null) this.nameGap(lfnList.name, gap);
    this.equation.cut += lines.length;
    this.compareLists(
      lfnList,
      lines,
      read.map(({ file, scanned }) => lfnList.cutList(file, scanned, lines)),
    );
  }

  private compareLists(lfnList: LfnList, lines: readonly Line[] | null, lists: readonly CutList[]): void {
    for (const { place, lfns } of lists) this.countTransfers(place, lfns.length);
    for (const known of knownOf({ lfnList: lfnList.name, prefixes: lfnList.route, lines, lists })) {
      const lacking = Math.max(0, known.lines.length - known.lists.length);
      if (known.kind === 'no LFN') this.equation.badLines += known.lists.length > 0 ? known.lines.length : 0;
      if (known.kind === 'cut') this.equation.duplicates += Math.min(lacking, known.excused);
      this.exceptions.add(known);
    }
  }

  private countTransfers(place: Place, transfers: number): void {
    const count = COUNT_OF[place];
    if (count !== null) this.equation[count] += transfers;
  }

  /** The file is gone or changed: what the database says was cut from it is all that there is. */
  private count(lfnList: LfnList, why: string): void {
    const { name, row } = lfnList;
    let [standing, dropped] = [0, 0];
    for (const { lists } of lfnList.cuts()) {
      const read = lists.flatMap((list) => this.read(list));
      const cutLists = read.map(({ file, scanned }) => lfnList.cutList(file, scanned, []));
      for (const list of cutLists) {
        if (COUNT_OF[list.place] !== null) standing += list.lfns.length;
        dropped += list.dropped.length;
      }
      this.compareLists(lfnList, null, cutLists);
    }
    if (row === null) return;
    this.equation.cut += row.transfers + row.duplicates + row.badLines;
    this.equation.duplicates += row.duplicates;
    this.equation.badLines += row.badLines;
    if (!lfnList.isPutAway())
      this.find('LFN list', `LFN list "${name}" ${why}: what was cut from it was counted, not compared`, {
        lfnList: name,
      });
    const lacking = row.transfers - standing - dropped;
    if (lacking === 0) return;
    const [kind, what] = lacking > 0 ? (['missing', 'fewer'] as const) : (['doubled', 'more'] as const);
    this.find(kind, `${Math.abs(lacking)} transfers ${what} stand in lists than were cut from "${name}"`, {
      lfnList: name,
    });
    this.findings.more(kind, Math.abs(lacking) - 1);
  }

  private read(file: ListFile): { file: ListFile; scanned: ScannedList }[] {
    const bytes = this.spool.read(file);
    if (bytes === null) return [];
    const scanned = scanList(bytes);
    nameUnreadable(listPath(file.place, file.name), scanned.unreadable, this.findings);
    return [{ file, scanned }];
  }

  private nameGap(lfnList: string, [first, last]: readonly [number, number]): void {
    this.find('gap', `Lines ${first}-${last} of "${lfnList}" were cut, and no list says that it was cut from them`, {
      lfnList,
      line: first,
    });
  }

  private nameCursor({ name, end, row }: LfnList): void {
    this.find(
      'cursor',
      `Lists were cut from "${name}" up to byte ${end}, and the database knows of ${row?.offset ?? 0}: the next producer would cut what is between once more; run node dist/misc/repair.js`,
      { lfnList: name },
    );
  }

  private nameTransitions(): void {
    for (const { list, steps, aside } of this.transitions) {
      const what = `(${steps.map(stepInWords).join('; ')})`;
      if (aside === null)
        this.find(
          'open transition',
          `A run was cut off while it moved list "${list}": the next run finishes it ${what}`,
        );
      else
        this.find(
          'set aside',
          `List "${list}" could not be moved (${aside}): put it where one of the two names says ${what}`,
        );
    }
  }

  private find(kind: FindingKind, message: string, details: Omit<Finding, 'kind' | 'message'> = {}): void {
    this.findings.add({ kind, message, ...details });
  }
}

function eachLfn(all: readonly LfnList[], each: (lfn: string, lfnList: string) => void): void {
  for (const lfnList of all) {
    const reader = lfnList.open();
    for (const { pieces } of reader === null ? [] : lfnList.cuts())
      for (const { last } of pieces)
        reader?.readTo(last + 1, (line) => {
          if (line.kind === 'lfn') each(line.lfn, lfnList.name);
        });
    reader?.close();
  }
}
