/**
 * arrivals: what is known of each transfer of a list in DONE/Okay. Pure.
 *
 * The newest attempt of its list that finished it has carried it. Which file of the job it was, the hashes tell of what
 * was sent; a job of version 1.0 and a rebuilt row have none, and there the place in the list counts, if the list is as
 * long as the job. What no job says is not guessed.
 */
import type { AttemptRow } from '../database/jobRows.js';
import type { Transfer } from '../lists/transfer.js';
import { arrivalAt, countPacked, type Arrival } from '../rules/arrived.js';
import { placesOf } from '../rules/sent.js';

/** By which attempt it came, and what FTS reported of it. */
export interface CarriedArrival extends Arrival {
  readonly by: AttemptRow;
}

/** States of a job in which files of it may have finished. */
const MAY_HAVE_FINISHED: readonly (string | null)[] = ['FINISHED', 'FINISHEDDIRTY', 'CANCELED'];

/** `attempts`: of the list, the newest first. Null: none of them has carried it, as far as is known. */
export function carriedBy(
  transfers: readonly Transfer[],
  attempts: readonly AttemptRow[],
): readonly (CarriedArrival | null)[] {
  const carried: (CarriedArrival | null)[] = transfers.map(() => null);
  let open = transfers.length;
  for (const by of attempts) {
    if (open === 0) break;
    if (by.arrived === null && !mayHaveFinished(by)) continue;
    const places = by.pairHashes === null ? null : placesOf({ pairHashes: by.pairHashes }, transfers);
    for (const index of transfers.keys()) {
      if (carried[index] !== null) continue;
      const arrival = arrivalOf(by, places === null ? placeByPosition(by, index, transfers.length) : places[index]);
      if (arrival === null) continue;
      carried[index] = { by, size: arrival.size, at: arrival.at };
      open -= 1;
    }
  }
  return carried;
}

/** FTS said so, before anything was kept of its files; and the monitor has put the list where it stands. */
const mayHaveFinished = ({ settledAs }: AttemptRow): boolean => MAY_HAVE_FINISHED.includes(settledAs);

/** Undefined: nobody knows which file of the job it was. */
const placeByPosition = ({ arrived }: AttemptRow, index: number, length: number): number | undefined =>
  arrived !== null && countPacked(arrived) === length ? index : undefined;

const UNKNOWN: Arrival = { size: null, at: null };

/** `place`: of what was sent; null: it was not sent, undefined: nobody knows. */
function arrivalOf(by: AttemptRow, place: number | null | undefined): Arrival | null {
  if (place === null) return null;
  if (by.arrived !== null && place !== undefined) return arrivalAt(by.arrived, place);
  return mayHaveFinished(by) ? UNKNOWN : null;
}
