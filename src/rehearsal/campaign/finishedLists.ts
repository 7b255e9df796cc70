/**
 * finishedLists: reads what a campaign has left in DONE, for the account at the end of a rehearsal.
 *
 * It reads lists by itself and not with the toolkit's own functions, which would share their mistakes.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Which bytes of which LFN list a list was cut from, first and last included. */
export interface LfnRange {
  readonly lfnList: string;
  readonly first: number;
  readonly last: number;
}

export interface FinishedTransfer {
  readonly source: string;
  readonly destination: string;
  /** The list's path in the base directory. */
  readonly list: string;
  readonly range: LfnRange | null;
  /** What stands above it in DONE/Bad: class, meaning and reason. */
  readonly comment: BadComment | null;
  /** It stands in a list of what no job of ours has brought. */
  readonly found: boolean;
}

export interface BadComment {
  readonly class: string;
  readonly meaning: string;
  readonly reason: string;
}

/** A line of an LFN list that was named as no LFN. */
export interface NamedLine {
  readonly lfnList: string;
  readonly line: number;
  readonly list: string;
}

export interface Finished {
  readonly transfers: readonly FinishedTransfer[];
  readonly ranges: readonly LfnRange[];
  readonly badLines: readonly NamedLine[];
}

/** The lists of one directory of the base directory. */
export function finishedLists(base: string, directory: string): Finished {
  const transfers: FinishedTransfer[] = [];
  const ranges: LfnRange[] = [];
  const badLines: NamedLine[] = [];
  for (const name of listsIn(base, directory)) {
    const list = `${directory}/${name}`;
    let range: LfnRange | null = null;
    let comment: BadComment | null = null;
    let found = false;
    for (const line of readFileSync(path.join(base, list), 'utf8').split('\n')) {
      const [source = '', destination = ''] = line.split(/\s+/);
      if (line.startsWith('#')) {
        const from = rangeIn(line);
        if (from !== null) ranges.push((range = from));
        found ||= line.startsWith('# found by ');
        const named = lineIn(line);
        if (named !== null) badLines.push({ ...named, list });
        comment = commentIn(line) ?? comment;
      } else if (source !== '') {
        transfers.push({ source, destination, list, range, comment, found });
        comment = null;
      }
    }
  }
  return { transfers, ranges, badLines };
}

/** Names of lists: what a person sees with `ls *.txt`. A directory that is not there holds none. */
export function listsIn(base: string, directory: string): string[] {
  const absolute = path.join(base, directory);
  return existsSync(absolute) ? readdirSync(absolute).filter((name) => /^[^.].*\.txt$/.test(name)) : [];
}

function rangeIn(line: string): LfnRange | null {
  const [, lfnList, first, last] = /^# from (.+) bytes (\d+)-(\d+)$/.exec(line) ?? [];
  return lfnList === undefined ? null : { lfnList, first: Number(first), last: Number(last) };
}

function lineIn(line: string): { lfnList: string; line: number } | null {
  const [, lfnList, number] = /^# bad LFN: (.+?):(\d+): /.exec(line) ?? [];
  return lfnList === undefined ? null : { lfnList, line: Number(number) };
}

function commentIn(line: string): BadComment | null {
  const [, name, meaning, reason] = /^# (permanent|transient|auth|config): (.*?) \| (.*) \| .* \| .*$/.exec(line) ?? [];
  return name === undefined ? null : { class: name, meaning: meaning ?? '', reason: reason ?? '' };
}
