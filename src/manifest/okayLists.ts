/**
 * okayLists: the lists in DONE/Okay, the oldest first, each with what is known of its transfers.
 *
 * Lists stand as they will when the journal is carried out. Rows are read for some lists at a time, so that others may
 * write in between; in memory are the names of the lists alone.
 */
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import { oldestFirst, withoutNumber } from '../lists/names.js';
import type { Origin } from '../lists/origin.js';
import { scanList } from '../lists/scanList.js';
import type { Transfer } from '../lists/transfer.js';
import type { Run } from '../run/program.js';
import type { ListFile, SpoolLists } from '../spool/spoolLists.js';
import { carriedBy, type CarriedArrival } from './arrivals.js';

export interface OkayList {
  readonly name: string;
  readonly origin: Origin;
  readonly transfers: readonly Transfer[];
  /** One for each transfer, in its order. */
  readonly carried: readonly (CarriedArrival | null)[];
  /** How often FTS was given what this list was split from, before; null: nobody knows. */
  readonly earlierAttempts: number | null;
  /** Lines that are no transfers. */
  readonly unreadable: number;
}

/** A list that cannot be read, or has gone meanwhile (`why` null). */
export interface UnreadList {
  readonly name: string;
  readonly why: string | null;
}

/** Lists whose rows are read at once. What lives for longer than a moment costs memory until all of it is looked through. */
const LISTS_AT_ONCE = 20;

export class OkayLists {
  readonly count: number;
  private readonly run: Run;
  private readonly spool: SpoolLists;
  private readonly names: readonly string[];
  /** Those that the journal will bring here. */
  private readonly coming = new Map<string, ListFile>();

  constructor(run: Run, spool: SpoolLists, files: Iterable<ListFile>) {
    this.run = run;
    this.spool = spool;
    const names: string[] = [];
    for (const file of files) {
      names.push(file.name);
      if (file.now !== undefined) this.coming.set(file.name, file);
    }
    this.names = oldestFirst(names);
    this.count = this.names.length;
  }

  *each(): Generator<OkayList | UnreadList> {
    for (let first = 0; first < this.names.length; first += LISTS_AT_ONCE) {
      const names = this.names.slice(first, first + LISTS_AT_ONCE);
      // What stands beside a list of the same name (`~2`) belongs to that list.
      const known = jobRows.attemptsByList(this.run.db, [...new Set([...names, ...names.map(withoutNumber)])]);
      for (const name of names) yield this.read(name, known.get(name) ?? known.get(withoutNumber(name)));
    }
  }

  private read(name: string, known: jobRows.AttemptsOfList | undefined): OkayList | UnreadList {
    const bytes = this.spool.readHere(this.coming.get(name) ?? { place: 'DONE/Okay', name });
    if (bytes === null) return { name, why: null };
    if ('why' in bytes) return { name, why: bytes.why };
    const { origin, transfers, unreadable } = scanList(bytes);
    const carried = carriedBy(transfers, known?.attempts ?? []);
    const splitFrom = known?.splitFrom ?? origin.splitFrom ?? null;
    return { name, origin, transfers, carried, unreadable, earlierAttempts: this.attemptsUpTo(splitFrom) };
  }

  /** The attempts of a list, of the one from which that was split, and so on. */
  private attemptsUpTo(list: string | null): number | null {
    const seen = new Set<string>();
    let sum = 0;
    for (let name = list; name !== null && !seen.has(name);) {
      seen.add(name);
      const row = listRows.list(this.run.db, name);
      if (row === null) return null;
      sum += row.attempt;
      name = row.splitFrom;
    }
    return sum;
  }
}
