/**
 * cut: makes transfers of the next lines of an LFN list.
 *
 * Lines that are no LFN become comments for DONE/Bad, an LFN whose destination the list has already is dropped; both are
 * counted, so that every line read is accounted for.
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
      readonly line: number;
    }
  | { readonly kind: 'bad'; readonly why: string; readonly text: string; readonly line: number };

/** One cut must end even if no line is an LFN. */
const MOST_BAD_LINES = 10_000;

export class Cut {
  readonly transfers: Transfer[] = [];
  readonly badLines: string[] = [];
  duplicates = 0;
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
