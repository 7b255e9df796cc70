/**
 * balance: compares the lines of one cut with its lists, and what one cut lacks with what another has too much.
 *
 * Each line that was cut must stand in exactly one list of TODO, DOING, DONE/Okay and DONE/Bad, be a duplicate within
 * its own cut, or be named as no LFN. Whole texts are compared. Only what does not fit is kept: a transfer that a
 * person has moved to a list of another cut is lacking here and too many there, and that is in order.
 */
import type { Place } from '../lists/transition.js';
import { escapeText } from '../text/escape.js';
import type { Findings } from './findings.js';

/** How many transfers stand where. */
export interface PlaceCounts {
  okay: number;
  bad: number;
  doing: number;
  todo: number;
}

/** cut = okay + bad + doing + todo + duplicates + bad lines, when all is well. */
export interface Equation extends PlaceCounts {
  cut: number;
  duplicates: number;
  badLines: number;
}

export const COUNT_OF: Readonly<Record<Place, keyof PlaceCounts | null>> = {
  TODO: 'todo',
  DOING: 'doing',
  'DONE/Okay': 'okay',
  'DONE/Bad': 'bad',
  'DONE/Dirty': null,
};

/** A line of an LFN list that is no duplicate within its cut. */
export interface Line {
  readonly line: number;
  /** Null: it is no LFN. */
  readonly lfn: string | null;
  /**
   * Another text for a destination that stands before it: version 1.0 took it for a transfer of its own, so it may have
   * been dropped, and need not.
   */
  readonly isTwin: boolean;
}

/** A list of a cut, as LFNs. */
export interface CutList {
  readonly place: Place;
  readonly path: string;
  readonly lfns: readonly string[];
  /** Source and destination, where the route does not make them from an LFN. */
  readonly pairs: ReadonlyMap<string, string>;
  /** Named in comments: transfers that were not submitted, and lines that are no LFNs. */
  readonly dropped: readonly string[];
  readonly badLines: readonly number[];
}

/** Everything that is known of one transfer, or of a line that is no LFN. */
export interface KnownTransfer {
  readonly kind: 'cut' | 'unchecked' | 'by hand' | 'no LFN';
  /** The name of its LFN list; null for one made by hand. */
  readonly lfnList: string | null;
  /** Source and destination of one that was made by hand. */
  readonly lfn: string;
  /** The same in every cut. */
  readonly key: string;
  /** Lines that were cut and are no duplicates. */
  readonly lines: number[];
  /** Lists of TODO, DOING, DONE/Okay and DONE/Bad in which it stands. */
  readonly lists: string[];
  /** Lists of DONE/Dirty in which it stood. */
  readonly dirty: string[];
  /** How often something excuses that it stands nowhere. */
  excused: number;
}

/** The lines of a cut and its lists. `prefixes`: what makes a source and a destination of an LFN. */
export interface CutContent {
  readonly lfnList: string;
  readonly prefixes: { readonly source: string; readonly destination: string } | null;
  /** Null: the LFN list cannot be compared; a transfer may then stand once. */
  readonly lines: readonly Line[] | null;
  readonly lists: readonly CutList[];
}

/** Every transfer and every bad line of a cut. */
export function knownOf({ lfnList, prefixes, lines, lists }: CutContent): KnownTransfer[] {
  const transfers = new Map<string, KnownTransfer>();
  const badLines = new Map<number, KnownTransfer>();
  const transfer = (lfn: string, pair?: string): KnownTransfer => {
    const known = transfers.get(lfn);
    if (known !== undefined) return known;
    const urls = prefixes === null ? lfn : `${prefixes.source}${lfn} ${prefixes.destination}${lfn}`;
    const fresh = newKnown(lines === null ? 'unchecked' : 'cut', lfnList, lfn, pair ?? urls);
    transfers.set(lfn, fresh);
    return fresh;
  };
  const badLine = (line: number): KnownTransfer => {
    const known = badLines.get(line) ?? newKnown('no LFN', lfnList, '', `${lfnList}:${line}`);
    badLines.set(line, known);
    return known;
  };
  for (const { place, path, lfns, pairs, dropped, badLines: named } of lists) {
    for (const lfn of lfns) {
      const { dirty, lists: places } = transfer(lfn, pairs.get(lfn));
      (place === 'DONE/Dirty' ? dirty : places).push(path);
    }
    for (const lfn of dropped) transfer(lfn).excused += 1;
    // A line may be named twice, as in DONE/Bad and DONE/Dirty.
    for (const line of new Set(named)) badLine(line).lists[0] = path;
  }
  for (const { line, lfn, isTwin } of lines ?? []) {
    const known = lfn === null ? badLine(line) : transfer(lfn);
    known.lines.push(line);
    if (isTwin) known.excused += 1;
  }
  return [...transfers.values(), ...badLines.values()];
}

export const newKnown = (
  kind: KnownTransfer['kind'],
  lfnList: string | null,
  lfn: string,
  key: string,
): KnownTransfer => ({
  kind,
  lfnList,
  lfn,
  key,
  lines: [],
  lists: [],
  dirty: [],
  excused: 0,
});

interface Exception {
  readonly known: KnownTransfer;
  count: number;
}

/** More lacking or surplus transfers are not compared between cuts, lest they fill the memory: then they are reported as they are. */
const MOST_KEPT = 100_000;

export class Exceptions {
  private readonly findings: Findings;
  private readonly lacking = new Map<string, Exception[]>();
  private readonly surplus = new Map<string, Exception[]>();
  private kept = { lacking: 0, surplus: 0 };

  constructor(findings: Findings) {
    this.findings = findings;
  }

  /** Keeps what a cut lacks or has too much of this. */
  add(known: KnownTransfer): void {
    const difference = known.lists.length + known.excused - known.lines.length;
    const allowed = known.kind === 'unchecked' ? 1 : known.lines.length;
    if (difference < 0 && known.kind !== 'unchecked') this.keep('lacking', { known, count: -difference });
    else if (known.lists.length > allowed) this.keep('surplus', { known, count: known.lists.length - allowed });
  }

  /** Matches what is lacking with what is too many, and reports the rest. Returns the bad lines that are named in another cut. */
  report(): number {
    let named = 0;
    for (const [key, ones] of this.lacking)
      for (const lacking of ones) {
        for (const surplus of this.surplus.get(key) ?? []) {
          const count = Math.min(lacking.count, surplus.count);
          lacking.count -= count;
          surplus.count -= count;
          if (lacking.known.kind === 'no LFN') named += count;
        }
        if (lacking.count > 0) reportMissing(lacking.known, lacking.count, this.findings);
      }
    for (const { known, count } of [...this.surplus.values()].flat())
      if (count > 0) reportSurplus(known, this.findings);
    return named;
  }

  private keep(what: 'lacking' | 'surplus', exception: Exception): void {
    const { known, count } = exception;
    if (this.kept[what] >= MOST_KEPT)
      return what === 'lacking' ? reportMissing(known, count, this.findings) : reportSurplus(known, this.findings);
    this.kept[what] += 1;
    // Texts are pieces of large ones, which would be kept with them.
    const [key, lfn] = [copyOf(known.key), copyOf(known.lfn)];
    const kept = { known: { ...known, key, lfn }, count };
    const same = this[what].get(key);
    if (same === undefined) this[what].set(key, [kept]);
    else same.push(kept);
  }
}

export const copyOf = (text: string): string => Buffer.from(text).toString();

export function reportMissing(known: KnownTransfer, count: number, findings: Findings): void {
  if (findings.wants('missing'))
    findings.add({ kind: 'missing', message: missing(known), lists: known.dirty, ...detailsOf(known) });
  else count += 1;
  findings.more('missing', count - 1);
}

export function reportSurplus(known: KnownTransfer, findings: Findings): void {
  const { kind, lines, lists } = known;
  if (kind === 'no LFN') return;
  if (kind === 'cut' && lines.length === 0)
    findings.add({ kind: 'unexpected', message: unexpected(known), lists, ...detailsOf(known) });
  else findings.add({ kind: 'doubled', message: doubled(known), lists, ...detailsOf(known) });
}

const detailsOf = ({ kind, lfnList, lfn, lines }: KnownTransfer): object => ({
  ...(kind === 'no LFN' ? {} : { lfn }),
  ...(lfnList === null ? {} : { lfnList }),
  ...(lines[0] === undefined ? {} : { line: lines[0] }),
});

function missing(known: KnownTransfer): string {
  if (known.kind === 'no LFN') return `${called(known)} is no LFN, and no list of DONE/Bad names it any more`;
  const dirty = known.dirty[0];
  const last = dirty === undefined ? '' : `; it stood in ${dirty}`;
  return `${called(known)} stands in no list${last}: if it is still to be moved, put it into a new LFN list`;
}

const doubled = (known: KnownTransfer): string =>
  `${called(known)} stands in ${inWords(known.lists)}: take it out of all but one`;

const unexpected = ({ lfn, lists, lfnList }: KnownTransfer): string =>
  `${escapeText(lfn)} stands in ${inWords(lists)}, but not in those bytes of "${lfnList ?? ''}" from which that list says it was cut: somebody added it by hand`;

function called({ kind, lfnList, lfn, lines }: KnownTransfer): string {
  if (kind === 'no LFN') return `Line ${lines.join(' and ')} of "${lfnList ?? ''}"`;
  const from = lines.length === 0 ? '' : ` (line ${lines.join(' and ')} of "${lfnList ?? ''}")`;
  return `${escapeText(lfn)}${from}`;
}

function inWords(lists: readonly string[]): string {
  const once = [...new Set(lists)];
  if (once.length === 1) return `${once[0] ?? ''}${lists.length === 1 ? '' : `, ${lists.length} times`}`;
  return `${once.slice(0, -1).join(', ')} and ${once.at(-1) ?? ''}`;
}
