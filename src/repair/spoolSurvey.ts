/**
 * spoolSurvey: reads every list of the spool, for what can be known of a campaign without its database.
 *
 * A list that cannot be read is a `SpoolError`: what is behind it must not be guessed.
 */
import { setImmediate } from 'node:timers/promises';
import { parseList } from '../lists/list.js';
import { kin, type SurveyedList } from './lists.js';
import { listPath, PLACES, type Place } from '../lists/transition.js';
import { storedUrl } from '../lists/url.js';
import { SpoolError } from '../errors.js';
import type { Run } from '../run/program.js';
import type { Spool } from '../spool/spool.js';

const LISTS_PER_PIECE = 100;

/** Null: it was to stop. Between two pieces signals come through. */
export async function surveySpool(run: Pick<Run, 'spool' | 'progress' | 'mustStop'>): Promise<SurveyedList[] | null> {
  const { spool, progress, mustStop } = run;
  const lists: SurveyedList[] = [];
  progress.begin({ what: 'reading the lists', unit: 'lists' });
  for (const place of PLACES)
    for (const name of spool.listing(place).lists) {
      if (lists.length % LISTS_PER_PIECE === 0) await setImmediate();
      if (mustStop() !== null) return null;
      lists.push(read(spool, place, name));
      progress.reach(lists.length, null);
    }
  progress.end();
  return lists;
}

function read(spool: Spool, place: Place, name: string): SurveyedList {
  const { origin, transfers } = parseList(bytesOf(spool, place, name));
  return {
    place,
    name,
    campaign: origin.campaign ?? null,
    from: origin.from ?? null,
    splitFrom: origin.splitFrom ?? null,
    failures: origin.failures ?? 0,
    transfers: transfers.length,
  };
}

/** Two lists that hold the same transfers. */
export interface Double {
  readonly paths: readonly [string, string];
  readonly shared: number;
}

/** Lists that hold the same transfers, among those that a cut-off change may have left so. */
export function doubles(spool: Spool, lists: readonly SurveyedList[]): Double[] {
  return kin(lists).flatMap(([one, other]) => {
    const pairs = pairsOf(spool, one);
    const shared = [...pairsOf(spool, other)].filter((pair) => pairs.has(pair)).length;
    return shared === 0 ? [] : [{ paths: [listPath(one.place, one.name), listPath(other.place, other.name)], shared }];
  });
}

function pairsOf(spool: Spool, { place, name }: SurveyedList): Set<string> {
  const { transfers } = parseList(bytesOf(spool, place, name));
  return new Set(transfers.map(({ source, destination }) => `${storedUrl(source)}\n${storedUrl(destination)}`));
}

function bytesOf(spool: Spool, place: SurveyedList['place'], name: string): Uint8Array {
  const read = spool.read(place, name);
  if ('bytes' in read) return read.bytes;
  throw new SpoolError(`Cannot read list "${name}" in ${place}: ${read.why}; make it a readable regular file`);
}
