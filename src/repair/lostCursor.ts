/**
 * lostCursor: how far an LFN list was cut, made again from the lists that were cut from it.
 *
 * The file is read from its beginning once more, so that lines, bad lines and duplicates are counted as the producer
 * counted them. For a file that is missing the row made here fits no file at all: were it put back, the producer would
 * refuse to read it and name it, as cutting at a wrong place would skip transfers or send them twice.
 */
import { closeSync } from 'node:fs';
import path from 'node:path';
import { routeFor } from '../settings/route.js';
import type { Settings } from '../settings/settings.js';
import { Destinations } from '../lists/destinations.js';
import type { Prefixes } from '../lists/prefixes.js';
import type { CutSoFar } from './lists.js';
import { SpoolError } from '../errors.js';
import type { LfnListRow } from '../ftsJob.js';
import { openRegular, readBytes } from '../lfnLists/cursor.js';
import { hasGroups } from '../lfnLists/lfnLists.js';
import { LfnReader, type LfnLine, type ReaderOptions } from '../lfnLists/reader.js';

export interface LostCursor {
  readonly row: LfnListRow;
  /** Null when the file can be read on. */
  readonly trouble: 'missing' | 'changed' | null;
}

/** Makes the row of an LFN list. `now` tells whether a last line without its end may be read. */
export function makeCursor(base: string, cut: CutSoFar, settings: Settings, now: Date): LostCursor {
  const file = path.resolve(base, cut.lfnList);
  try {
    const prefixes = routeFor(path.basename(cut.lfnList), settings.route) ?? null;
    return readAgain(file, cut, { prefixes, now, hasGroups: hasGroups(settings) });
  } catch (error) {
    if (!(error instanceof SpoolError)) throw error;
    return blocked(cut, 'missing');
  }
}

function readAgain(file: string, cut: CutSoFar, options: ReaderOptions): LostCursor {
  const reader = new LfnReader(file, null, options);
  try {
    const counter = new Counter(cut.starts, options.prefixes);
    for (let line = reader.next(); line !== null; line = reader.next()) {
      counter.add(line);
      if (line.end < cut.offset) continue;
      if (line.end > cut.offset && !isLineEnd(file, cut.offset, line.end)) break;
      const { transfers, duplicates, badLines } = counter;
      return { row: { name: cut.lfnList, ...reader.cursor(), transfers, duplicates, badLines }, trouble: null };
    }
    return blocked(cut, 'changed');
  } finally {
    reader.close();
  }
}

/** Counts as the producer does: within one list the same destination counts once. */
class Counter {
  transfers = 0;
  duplicates = 0;
  badLines = 0;
  private readonly starts: readonly number[];
  private nextStart = 0;
  private readonly prefixes: Prefixes | null;
  private destinations: Destinations;

  constructor(starts: readonly number[], prefixes: Prefixes | null) {
    this.starts = starts;
    this.prefixes = prefixes;
    this.destinations = new Destinations(prefixes);
  }

  add(line: LfnLine): void {
    for (; line.start >= (this.starts[this.nextStart] ?? Infinity); this.nextStart += 1)
      this.destinations = new Destinations(this.prefixes);
    if (line.kind === 'bad') this.badLines += 1;
    else if (this.destinations.add(line.lfn) === 'new') this.transfers += 1;
    else this.duplicates += 1;
  }
}

/** A last line that was cut before its newline was written. */
function isLineEnd(file: string, from: number, to: number): boolean {
  if (to - from > 2) return false;
  const fd = openRegular(file);
  try {
    return /^\r?\n$/.test(readBytes(fd, from, to - from).toString('latin1'));
  } finally {
    closeSync(fd);
  }
}

function blocked({ lfnList, offset }: CutSoFar, trouble: 'missing' | 'changed'): LostCursor {
  const none = { line: 0, transfers: 0, duplicates: 0, badLines: 0 };
  const hashes = { headLength: Math.min(offset, 65_536), headHash: 'unknown', tailHash: 'unknown' };
  return { row: { name: lfnList, offset, size: offset, ...hashes, ...none }, trouble };
}
