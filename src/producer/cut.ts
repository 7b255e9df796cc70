/**
 * cut: makes transfers of the next lines of an LFN list.
 *
 * Lines that are no LFN become comments for DONE/Bad, an LFN whose destination the list has already is dropped; both
 * are counted, so that every line read is accounted for.
 */
import { badLfnComment } from '../lists/badList.js';
import { Destinations } from '../lists/destinations.js';
import type { Transfer } from '../lists/list.js';
import { destinationOf, sourceOf } from '../lists/prefixes.js';
import type { Route } from '../settings/route.js';

/** A line of an LFN list, as the reader gives it. */
export type LineToCut =
  | {
      readonly kind: 'lfn';
      readonly lfn: string;
      readonly checksum?: string;
      readonly size?: number;
      readonly group?: string;
      readonly line: number;
    }
  | { readonly kind: 'bad'; readonly why: string; readonly text: string; readonly line: number };

/**
 * What belongs into one list, so that it is one recall from tape: what stands in one directory, or has the same in the
 * fourth column.
 */
export type GroupBy = 'directory' | 'column';

/** Null: of a line that belongs nowhere, and so to any. */
export function groupOf(line: LineToCut, by: GroupBy): string | null {
  if (line.kind === 'bad') return null;
  return by === 'column' ? (line.group ?? '') : line.lfn.slice(0, line.lfn.lastIndexOf('/'));
}

/** One cut must end even if no line is an LFN. */
const MOST_BAD_LINES = 10_000;

export class Cut {
  readonly transfers: Transfer[] = [];
  readonly badLines: string[] = [];
  duplicates = 0;
  private group: string | null = null;
  private readonly lfnList: string;
  private readonly route: Route;
  private readonly lfnsPerList: number;
  private readonly destinations: Destinations;

  constructor(lfnList: string, route: Route, lfnsPerList: number) {
    this.lfnList = lfnList;
    this.route = route;
    this.lfnsPerList = lfnsPerList;
    this.destinations = new Destinations(route);
  }

  /** Does an LFN of this group belong to it? The first one decides. */
  takes(group: string | null): boolean {
    this.group ??= group;
    return group === null || group === this.group;
  }

  full(): boolean {
    return this.transfers.length >= this.lfnsPerList || this.badLines.length >= MOST_BAD_LINES;
  }

  add(line: LineToCut): void {
    if (line.kind === 'bad') {
      this.badLines.push(badLfnComment(this.lfnList, line.line, line.why, line.text));
      return;
    }
    if (this.destinations.add(line.lfn) !== 'new') {
      this.duplicates += 1;
      return;
    }
    this.transfers.push({
      source: sourceOf(this.route, line.lfn),
      destination: destinationOf(this.route, line.lfn),
      ...(line.checksum === undefined ? {} : { checksum: line.checksum }),
      ...(line.size === undefined ? {} : { size: line.size }),
    });
  }

  lines(): number {
    return this.transfers.length + this.badLines.length + this.duplicates;
  }
}
