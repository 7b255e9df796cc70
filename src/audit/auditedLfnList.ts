/**
 * auditedLfnList: an LFN list as an audit meets it: in the database, in the comments of lists, and on disk.
 *
 * Its lines can be compared with the lists only while the file is the one that was cut. Where it is gone or changed, its
 * transfers are counted. Files that only a list's comment names are not opened outside the base directory.
 */
import * as path from 'node:path';
import { fingerprint, seedOf, type Seed } from './fingerprint.js';
import type { Origin } from '../lists/origin.js';
import { Ranges, Segments, type Range } from './ranges.js';
import { routeFor } from '../settings/route.js';
import { lfnAmong, lfnOf, type Pair } from './scanList.js';
import type { LfnListRow } from '../ftsJob.js';
import { eachCutLine, type CutLine } from './cutLines.js';
import { checkLfnList } from '../lfnLists/cursor.js';
import type { Run } from '../run/program.js';

/** Of lines that are no LFNs: no cut begins there. */
const BAD_LINES = 2 ** 52;
/** More are not remembered, lest they fill the memory. */
const MOST_NAMED = 1_000_000;
/** A list that claims more bytes than its lines can have was not cut by us. */
const LONGEST_RANGE = 64 * 1024 * 1024;

export class AuditedLfnList {
  readonly name: string;
  readonly row: LfnListRow | null;
  readonly ranges = new Ranges();
  /** Transfers cut from it that stand in TODO, DOING, DONE/Okay and DONE/Bad, and those named there as dropped. */
  standing = 0;
  dropped = 0;
  /** Why its lines cannot be compared; null when they can. Follows its name. */
  readonly why: string | null;
  /** What stands before its LFNs by the settings of today. */
  readonly route: Pair | null;
  /** Lines that lists of DONE/Bad name as no LFNs. */
  private readonly named = new Set<number>();
  private readonly index: number;
  private readonly path: string;
  private seeds: { cut: number; seed: Seed } = { cut: -1, seed: { high: 0, low: 0 } };
  private among: { from: Range; lfns: ReadonlySet<string> } | null = null;

  constructor(run: Run, name: string, index: number, row: LfnListRow | null) {
    this.name = name;
    this.index = index;
    this.row = row;
    this.route = routeFor(path.basename(name), run.settings.routes) ?? null;
    this.path = path.resolve(run.base, name);
    const checked = checkLfnList(this.path, row);
    const inside = this.path.startsWith(`${path.resolve(run.base)}${path.sep}`);
    if (row === null && !inside) this.why = 'is not known to the database';
    else this.why = checked.ok ? null : checked.why;
  }

  nameBadLine(line: number): void {
    if (this.named.size < MOST_NAMED) this.named.add(line);
  }

  /** The LFN of a line, by what was made of it when it was cut: null if it was named as none. */
  cutLfn({ lfn, formerly, line }: CutLine): string | null {
    return lfn ?? (formerly === undefined || this.named.has(line) ? null : formerly);
  }

  /** It is cut to its end and somebody has taken it away: nothing is wrong with that. */
  isPutAway(): boolean {
    return this.why === 'is not there' && this.row !== null && this.row.offset >= this.row.size;
  }

  segments(overlap: (again: Range) => void): Segments {
    return this.ranges.segments(Math.max(this.row?.offset ?? 0, this.ranges.end()), overlap);
  }

  eachLine(segments: Segments, each: (line: CutLine) => void): void {
    eachCutLine(this.path, segments, this.longestPrefix(), each);
  }

  fingerprint(cut: number, lfn: string): number {
    if (this.seeds.cut !== cut) this.seeds = { cut, seed: seedOf(this.index, cut) };
    return fingerprint(lfn, this.seeds.seed);
  }

  badLineFingerprint(line: number): number {
    return fingerprint(String(line), seedOf(this.index, BAD_LINES));
  }

  /** The LFN of a transfer that was cut from these bytes. Where it cannot be told the source stands for it. */
  lfnOf(pair: Pair, from: NonNullable<Origin['from']>): string {
    return lfnOf(pair, this.route) ?? lfnAmong(pair, this.lfnsIn(from)) ?? pair.source;
  }

  /** The route has changed since: the LFNs of those bytes tell where the prefixes end. */
  private lfnsIn({ firstByte: first, lastByte: last }: NonNullable<Origin['from']>): ReadonlySet<string> {
    if (this.why !== null || last - first > LONGEST_RANGE) return new Set();
    if (this.among?.from.first !== first || this.among.from.last !== last) {
      const lfns = new Set<string>();
      eachCutLine(this.path, Segments.of({ first, last, cut: first }), this.longestPrefix(), (line) => {
        const lfn = this.cutLfn(line);
        if (lfn !== null) lfns.add(lfn);
      });
      this.among = { from: { first, last }, lfns };
    }
    return this.among.lfns;
  }

  private longestPrefix(): number {
    return Math.max(this.route?.source.length ?? 0, this.route?.destination.length ?? 0);
  }
}
