/**
 * account: where every line of the LFN lists has come to, and what went against the guarantees.
 *
 * Two records are compared that know nothing of each other: the lists in DONE, and what the servers were given and
 * carried out. What the scenario let fail must be in DONE/Bad, under its class, and nothing else may be there.
 */
import type { Submission } from '../server/options.js';
import { carriedTwice } from '../server/state/record.js';
import { finishedLists, listsIn, type BadComment, type FinishedTransfer, type LfnRange } from './finishedLists.js';
import { lfnOf, type Fates } from './scenario.js';
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface BadTransfer extends BadComment {
  readonly lfn: string;
}

export interface Account {
  /** Lines of the LFN lists that are neither blank nor comments. */
  readonly lines: number;
  readonly okay: number;
  readonly bad: readonly BadTransfer[];
  readonly duplicates: number;
  readonly badLines: number;
  readonly jobs: number;
  /** One sentence each; none if all went well. */
  readonly violations: readonly string[];
}

export function account(
  base: string,
  lfnLists: readonly string[],
  scenario: Fates,
  submissions: readonly Submission[],
): Account {
  const okay = finishedLists(base, 'DONE/Okay');
  const bad = finishedLists(base, 'DONE/Bad');
  const book = new Book(lfnLines(base, lfnLists));
  for (const transfer of [...okay.transfers, ...bad.transfers]) book.enter(transfer);
  for (const { lfnList, line, list } of bad.badLines) book.name(lfnList, line, list);
  const duplicates = book.duplicates([...okay.ranges, ...bad.ranges]);
  const totals = {
    lines: book.lines.length,
    okay: okay.transfers.length,
    bad: bad.transfers.map(badTransfer),
    duplicates,
    badLines: bad.badLines.length,
    jobs: submissions.length,
  };
  const violations = [
    ...leftOver(base),
    ...book.violations(),
    ...sum(totals),
    ...againstScenario(okay.transfers, bad.transfers, scenario),
    ...againstServers(okay.transfers, bad.transfers, submissions),
    ...carriedTwice(submissions),
  ];
  return { ...totals, violations };
}

/** The lines of the LFN lists, and where each of them stands now. */
class Book {
  readonly lines: readonly LfnLine[];
  private readonly byLfn = new Map<string, LfnLine[]>();
  private readonly places = new Map<LfnLine, string[]>();
  private readonly strangers: string[] = [];

  constructor(lines: readonly LfnLine[]) {
    this.lines = lines;
    for (const line of lines) this.byLfn.set(line.lfn, [...(this.byLfn.get(line.lfn) ?? []), line]);
  }

  /** By LFN list and line where the list says where it was cut from, else by the LFN alone. */
  enter({ source, list, range }: FinishedTransfer): void {
    const same = this.byLfn.get(lfnOf(source)) ?? [];
    const line = range === null ? same[0] : same.find((each) => isIn(each, range));
    if (line === undefined) this.strangers.push(`${source} stands in ${list}, and in no LFN list`);
    else this.put(line, list);
  }

  name(lfnList: string, number: number, list: string): void {
    const line = this.lines.find((each) => each.lfnList === lfnList && each.line === number);
    if (line === undefined) this.strangers.push(`${list} names line ${number} of ${lfnList}, which has no such line`);
    else this.put(line, list);
  }

  /** Lines that stand nowhere because the same LFN stands before them in the bytes of the same list. Returns how many. */
  duplicates(ranges: readonly LfnRange[]): number {
    let count = 0;
    for (const line of this.lines) {
      if (this.places.has(line)) continue;
      const earlier = (this.byLfn.get(line.lfn) ?? []).filter(
        (each) => each.lfnList === line.lfnList && each.line < line.line,
      );
      if (!earlier.some((each) => ranges.some((range) => isIn(each, range) && isIn(line, range)))) continue;
      this.put(line, 'dropped as a duplicate');
      count += 1;
    }
    return count;
  }

  violations(): string[] {
    const lost = this.lines
      .filter((line) => !this.places.has(line))
      .map(({ lfnList, line, lfn }) => `lost: ${lfnList}:${line}: ${lfn} stands nowhere in DONE`);
    const twice = [...this.places]
      .filter(([, places]) => places.length > 1)
      .map(([{ lfnList, line, lfn }, places]) => `${lfnList}:${line}: ${lfn} stands in ${places.join(' and in ')}`);
    return [...lost, ...twice, ...this.strangers];
  }

  private put(line: LfnLine, place: string): void {
    this.places.set(line, [...(this.places.get(line) ?? []), place]);
  }
}

const isIn = (line: LfnLine, range: LfnRange): boolean =>
  line.lfnList === range.lfnList && line.byte >= range.first && line.byte <= range.last;

function badTransfer({ source, comment }: FinishedTransfer): BadTransfer {
  return { lfn: lfnOf(source), ...(comment ?? { class: 'unknown', meaning: 'no reason is given', reason: '' }) };
}

function leftOver(base: string): string[] {
  return ['TODO', 'DOING'].flatMap((place) => listsIn(base, place).map((name) => `list ${name} is still in ${place}`));
}

function sum({ lines, okay, bad, duplicates, badLines }: Omit<Account, 'violations'>): string[] {
  const accounted = okay + bad.length + duplicates + badLines;
  return accounted === lines ? [] : [`${lines} lines were cut, and ${accounted} of them are accounted for`];
}

/** What the scenario lets fail is bad, under the right class; everything else is okay. */
function againstScenario(
  okay: readonly FinishedTransfer[],
  bad: readonly FinishedTransfer[],
  scenario: Fates,
): string[] {
  const wronglyOkay = okay
    .filter(({ source }) => scenario.fate(lfnOf(source)).kind === 'stays bad')
    .map(({ source, list }) => `${lfnOf(source)} stands in ${list}, though it always fails`);
  const wronglyBad = bad.flatMap(({ source, list, comment }) => {
    const fate = scenario.fate(lfnOf(source));
    if (fate.kind !== 'stays bad') return [`${lfnOf(source)} stands in ${list}, though it works in the end`];
    if (comment?.class === fate.reason.class) return [];
    return [`${lfnOf(source)} stands in ${list} as ${comment?.class ?? 'nothing'}, it is ${fate.reason.class}`];
  });
  const wronglyFound = okay.flatMap(({ source, list, found }) => {
    const isThere = scenario.fate(lfnOf(source)).kind === 'is there';
    if (found === isThere) return [];
    return [
      `${lfnOf(source)} stands in ${list} as ${found ? 'found, though it was not' : 'brought, though it was'} there before`,
    ];
  });
  return [...wronglyOkay, ...wronglyBad, ...wronglyFound];
}

/** What stands in DONE/Okay was carried out by a server, or was there before; what stands in DONE/Bad was not carried out. */
function againstServers(
  okay: readonly FinishedTransfer[],
  bad: readonly FinishedTransfer[],
  submissions: readonly Submission[],
): string[] {
  const finished = new Set<string>();
  for (const { transfers } of submissions)
    for (const { source, destination, state } of transfers)
      if (state === 'FINISHED') finished.add(`${lfnOf(source)} ${destination}`);
  const isFinished = ({ source, destination }: FinishedTransfer): boolean =>
    finished.has(`${lfnOf(source)} ${destination}`);
  return [
    ...okay
      .filter((transfer) => !transfer.found && !isFinished(transfer))
      .map(({ source, list }) => `${source} stands in ${list}, but no server has carried it out`),
    ...[...bad, ...okay.filter(({ found }) => found)]
      .filter(isFinished)
      .map(({ source, list }) => `${source} stands in ${list}, but a server has carried it out`),
  ];
}

interface LfnLine {
  readonly lfnList: string;
  /** Counted from 1. */
  readonly line: number;
  /** Where it begins in the file. */
  readonly byte: number;
  readonly lfn: string;
}

/** A checksum and a size may stand behind an LFN. */
const ADDITIONS = / +ADLER32:/;

/** By itself, like all that the account is made of: every line that is neither blank nor a comment, of all the LFN lists. */
function lfnLines(base: string, lfnLists: readonly string[]): LfnLine[] {
  return lfnLists.flatMap((lfnList) => {
    let byte = 0;
    return readFileSync(path.join(base, lfnList), 'utf8')
      .split('\n')
      .flatMap((text, index) => {
        const [lfn = ''] = text.trim().split(ADDITIONS);
        const line = { lfnList, line: index + 1, byte, lfn };
        byte += Buffer.byteLength(text) + 1;
        return line.lfn === '' || line.lfn.startsWith('#') ? [] : [line];
      });
  });
}
