/**
 * lfnList: an LFN list as an audit meets it: in the database, in the comments of lists, and on disk.
 *
 * Its lines can be compared with the lists only while the file is the one that was cut. Where it is gone or changed,
 * its transfers are counted. Files that only a list's comment names are not opened outside the base directory.
 */
import path from 'node:path';
import type { LfnListRow } from '../ftsJob.js';
import { checkLfnList } from '../lfnLists/cursor.js';
import { hasGroups } from '../lfnLists/lfnLists.js';
import { LfnReader, type LfnLine } from '../lfnLists/reader.js';
import { Destinations } from '../lists/destinations.js';
import type { Prefixes } from '../lists/prefixes.js';
import { listPath } from '../lists/transition.js';
import type { Run } from '../run/program.js';
import { routeFor } from '../settings/route.js';
import type { CutList, Line } from './balance.js';
import { cutsOf, type CutWithLists, type Range } from './cuts.js';
import { lfnAmong, lfnOf, type Pair, type ScannedList } from '../lists/scanList.js';
import type { ListFile } from '../spool/spoolLists.js';

/** A list that says from which bytes it was cut. */
export interface FromBytes extends ListFile, Range {
  /** How many transfers a list has that is just what the producer made of its bytes; else 0. */
  readonly asCut: number;
}

/** A cut has at most 30,000 lines. Of a list that claims more no duplicates are told, lest they fill the memory. */
const MOST_LINES = 100_000;

export class LfnList {
  readonly name: string;
  readonly row: LfnListRow | null;
  /** Why its lines cannot be compared; null when they can. Follows its name. */
  readonly why: string | null;
  /** What stands before its LFNs by the settings of today. */
  readonly route: Prefixes | null;
  readonly lists: FromBytes[] = [];
  /** The byte behind the last one that a list names. */
  end = 0;
  readonly path: string;
  private readonly hasGroups: boolean;

  constructor(run: Run, name: string, row: LfnListRow | null) {
    this.name = name;
    this.row = row;
    this.route = routeFor(path.basename(name), run.settings.route) ?? null;
    this.hasGroups = hasGroups(run.settings);
    this.path = path.resolve(run.base, name);
    const checked = checkLfnList(this.path, row);
    const inside = this.path.startsWith(`${path.resolve(run.base)}${path.sep}`);
    if (row === null && !inside) this.why = 'is not known to the database';
    else this.why = checked.ok ? null : checked.why;
  }

  add(list: FromBytes): void {
    this.lists.push(list);
    this.end = Math.max(this.end, list.last + 1);
  }

  /** It is cut to its end and somebody has taken it away: nothing is wrong with that. */
  isPutAway(): boolean {
    return this.why === 'is not there' && this.row !== null && this.row.offset >= this.row.size;
  }

  /** What was cut from it, one cut after the other. */
  cuts(): Iterable<CutWithLists<FromBytes>> {
    return cutsOf(this.lists, Math.max(this.row?.offset ?? 0, this.end));
  }

  /** Its lines, from the first one on; null when they cannot be compared. */
  open(): LfnReader | null {
    const options = { prefixes: this.route, now: new Date(), hasGroups: this.hasGroups };
    return this.why === null ? new LfnReader(this.path, null, options) : null;
  }

  /**
   * The lines of a cut. `badLines`: those that its lists name as no LFNs, which tells what was made of a line that
   * version 1.0 took for an LFN. Duplicates and lines beyond what a cut can hold are handed over one by one.
   */
  linesOf(
    reader: LfnReader,
    { pieces, lists }: CutWithLists<unknown>,
    badLines: ReadonlySet<number>,
    others: { readonly duplicate: () => void; readonly beyond: (line: Line) => void },
  ): Line[] {
    const found: Line[] = [];
    for (const { last } of pieces) {
      let seen = new Destinations(this.route);
      reader.readTo(last + 1, (read) => {
        const lfn = this.lfnOfLine(read, badLines);
        if (seen.size >= MOST_LINES) seen = new Destinations(this.route);
        const added = lfn === null || lists.length === 0 ? 'new' : seen.add(lfn);
        if (added === 'same LFN') return others.duplicate();
        const one = { line: read.line, lfn, isTwin: added === 'same file' };
        if (lists.length === 0 || found.length >= MOST_LINES) others.beyond(one);
        else found.push(one);
      });
    }
    return found;
  }

  /**
   * A list of a cut as LFNs. Of a transfer that does not fit the route (the settings may have changed since) the lines
   * tell which it is; else its source stands for it.
   */
  cutList({ place, name }: ListFile, scanned: ScannedList, lines: readonly Line[]): CutList {
    let among: Set<string> | null = null;
    const pairs = new Map<string, string>();
    const lfnOfPair = (pair: Pair): string => {
      const plain = lfnOf(pair, this.route);
      if (plain !== null) return plain;
      among ??= new Set(lines.flatMap(({ lfn }) => lfn ?? []));
      const lfn = lfnAmong(pair, among) ?? pair.source;
      pairs.set(lfn, `${pair.source} ${pair.destination}`);
      return lfn;
    };
    const lfns = scanned.transfers.map(lfnOfPair);
    const dropped = scanned.dropped.map(lfnOfPair);
    return { place, path: listPath(place, name), lfns, pairs, dropped, badLines: scanned.badLines };
  }

  /** Null: no LFN. */
  private lfnOfLine(line: LfnLine, badLines: ReadonlySet<number>): string | null {
    if (line.kind === 'lfn') return line.lfn;
    return line.formerly === undefined || badLines.has(line.line) ? null : line.formerly;
  }
}
