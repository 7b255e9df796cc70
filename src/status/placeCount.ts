/**
 * placeCount: how many lists stand in a place, and how many transfers are in them.
 *
 * The directory says which lists there are. How many transfers are in those of DONE/Okay, where a campaign ends, the
 * database knows from the commit that settled them; only what it does not know is opened, such as what a person has put
 * there. (Who edits a list in DONE/Okay by hand is not noticed here. `audit` reads them all.)
 */
import path from 'node:path';
import { listPath, type Place } from '../lists/transition.js';
import { isInOkay, okayAmong } from '../database/outcomeRows.js';
import { reading } from '../database/database.js';
import type { Db } from '../ftsJob.js';
import type { LineCount } from '../lfnLists/lineCount.js';
import type { Run } from '../run/program.js';

/** What stands in one place. */
export interface Counted {
  readonly lists: number;
  readonly transfers: number;
}

/** Names are looked up in their order, so many at once: each page of the table is then read a few times and not once a name. */
const NAMES_AT_ONCE = 10_000;

/** `db`: null where there is no database to ask. */
export function countPlace(
  run: Pick<Run, 'base' | 'spool'> & { readonly db: Db | null },
  place: Place,
  count: LineCount,
): Counted {
  const linesOf = (name: string): number => count.countLines(path.join(run.base, listPath(place, name)));
  let [lists, transfers] = [0, 0];
  let names: string[] = [];
  const add = (): void => {
    lists += names.length;
    transfers += place === 'DONE/Okay' && run.db !== null ? okay(run.db, names, linesOf) : sum(names, linesOf);
    names = [];
  };
  run.spool.eachEntry(place, (name, isList) => {
    if (isList && names.push(name) === NAMES_AT_ONCE) add();
  });
  add();
  return { lists, transfers };
}

function okay(db: Db, names: string[], linesOf: (name: string) => number): number {
  const known = okayAmong(db, names.sort());
  if (known.files === names.length) return known.transfers;
  // Files are opened after the lock on the database is given back.
  const others = reading(db, () => names.filter((name) => !isInOkay(db, name)));
  return known.transfers + sum(others, linesOf);
}

const sum = (names: readonly string[], of: (name: string) => number): number =>
  names.reduce((total, name) => total + of(name), 0);
