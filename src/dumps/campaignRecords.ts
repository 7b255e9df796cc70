/**
 * campaignRecords: what the campaign's own lists say of its destinations.
 *
 * DONE/Okay should be in the dump, DONE/Bad may be there all the same, and what stands in TODO or DOING, FTS has or
 * will have. Lists are read as they stand; what a run that was cut off has still to write stands in the journal.
 */
import { parseList, type Transfer } from '../lists/list.js';
import type { Place } from '../lists/transition.js';
import * as listRows from '../database/listRows.js';
import { atWork, leaseState } from '../lease/lease.js';
import type { Run } from '../run/program.js';
import { routeFor, type Route } from '../settings/route.js';
import { lostName, pathOf, type Bases } from './bases.js';
import { noChecksum, readChecksum } from './checksums.js';
import { copyPath } from './columns.js';
import { NO_SIZE, type Records } from './records.js';
import { BAD, CARRIED, OKAY } from './verdict.js';

/** In the order in which lists move, so that none is missed that moves on meanwhile. */
const SIDES: readonly (readonly [Place, number])[] = [
  ['TODO', CARRIED],
  ['DOING', CARRIED],
  ['DONE/Okay', OKAY],
  ['DONE/Bad', BAD],
];

interface Prefix {
  readonly prefix: string;
  readonly base: string;
  readonly element: number;
}

export interface CampaignList {
  readonly side: number;
  /** Relative to the base directory. */
  readonly path: string;
  readonly read: { readonly bytes: Uint8Array } | { readonly why: string };
}

/** Every list of the campaign, one after the other: first those that a run which was cut off has still to write. */
export function* campaignLists({ journal, spool }: Pick<Run, 'journal' | 'spool'>): Generator<CampaignList> {
  for (const { steps } of journal.pending())
    for (const step of steps)
      if (step.op === 'place') yield { side: CARRIED, path: step.path, read: { bytes: Buffer.from(step.content) } };
  for (const [place, side] of SIDES)
    for (const name of spool.listing(place).lists) {
      const read = spool.read(place, name);
      // Another run may have moved it on, to where it is read again.
      if ('bytes' in read || spool.exists(place, name)) yield { side, path: `${place}/${name}`, read };
    }
}

export class CampaignRecords {
  /** The lists, as the records number them. */
  readonly lists: string[] = [];
  /** Lists and lines that could not be read. */
  readonly unreadable: string[] = [];
  /** Transfers whose destination no route leads to. */
  astray = 0;
  private readonly run: Run;
  private readonly records: Records;
  private readonly bases: Bases;
  private readonly dumpedAt: number;
  private readonly checksum = noChecksum();
  private readonly prefixes: readonly Prefix[];

  /** `isCatalogue`: there is no other, and DONE/Okay stands for it, by route. To be made before the dump is read: it adds bases. */
  constructor(run: Run, records: Records, bases: Bases, isCatalogue: boolean, dumpedAt: number) {
    this.dumpedAt = dumpedAt;
    this.run = run;
    this.records = records;
    this.bases = bases;
    const routes = run.settings.route;
    this.prefixes = routes
      .map((route) => {
        const base = this.baseOf(route, routes);
        const element = isCatalogue ? bases.named(labelOf(route), base) : 0;
        return { prefix: route.destination, base, element };
      })
      .sort((one, other) => other.prefix.length - one.prefix.length);
  }

  /** Reads them all, a list at a time; between two lists others may act. Returns whether a run was at work meanwhile. */
  async read(pause: (lists: number) => Promise<void>): Promise<boolean> {
    const before = leaseState(this.run.base, this.run.env);
    for (const { side, path, read } of campaignLists(this.run)) {
      if ('bytes' in read) this.add(this.sideOf(path.slice(path.lastIndexOf('/') + 1), side), path, read.bytes);
      else this.unreadable.push(`${path}: ${read.why}`);
      await pause(this.lists.length);
    }
    return atWork(before, leaseState(this.run.base, this.run.env)) !== null;
  }

  /** What has arrived after the dump was begun is as what is still carried: nobody can expect it there. */
  private sideOf(name: string, side: number): number {
    if (side !== OKAY) return side;
    const since = listRows.list(this.run.db, name)?.since ?? 0;
    return since > this.dumpedAt ? CARRIED : OKAY;
  }

  private add(side: number, list: string, bytes: Uint8Array): void {
    const at = this.lists.push(list) - 1;
    const { transfers, duplicates, unreadable } = parseList(bytes);
    for (const transfer of [...transfers, ...duplicates]) this.addTransfer(side, at, transfer);
    for (const { line, why } of unreadable) this.unreadable.push(`${list}:${line} ${why}`);
  }

  private addTransfer(side: number, list: number, { destination, checksum = '', size = NO_SIZE }: Transfer): void {
    const { records } = this;
    const route = this.routeOf(destination);
    if (route === undefined) this.astray++;
    const bytes = this.inDump(destination, route);
    const length = copyPath(bytes, 0, bytes.length, records.page, records.pathAt);
    if (length <= 0) return;
    const digits = Buffer.from(checksum);
    readChecksum(digits, 0, digits.length, this.checksum);
    records.addPath(length, side, route?.element ?? 0, list, size, this.checksum);
  }

  /** The path of a destination as the records have it, each byte a character; null: none has it. */
  pathOf(destination: string): string | null {
    const bytes = this.inDump(destination, this.routeOf(destination));
    const path = new Uint8Array(bytes.length);
    const length = copyPath(bytes, 0, bytes.length, path, 0);
    return length <= 0 ? null : Buffer.from(path.subarray(0, length)).toString('latin1');
  }

  private routeOf(destination: string): Prefix | undefined {
    return this.prefixes.find(({ prefix }) => destination.startsWith(prefix));
  }

  private inDump(destination: string, route: Prefix | undefined): Buffer {
    const path =
      route === undefined
        ? this.bases.shown(pathOf(destination))
        : `${route.base}/${destination.slice(route.prefix.length)}`;
    return Buffer.from(path);
  }

  /** As the dump has it: that of a storage element whose lost list would take this route, else the path in the route. */
  private baseOf(route: Route, routes: readonly Route[]): string {
    const element = this.bases.elements.find(({ name }) => routeFor(lostName(name), routes) === route);
    if (element !== undefined) return this.bases.bases[element.base]?.path ?? '';
    return this.bases.shown(pathOf(route.destination));
  }
}

/** What a lost list of this route may be called after: `*USER*` gives `lost-USER.list`. */
const labelOf = ({ match }: Route): string => match.replaceAll(/[*?]+/g, '') || 'campaign';
