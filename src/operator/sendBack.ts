/**
 * sendBack: what a person sends back from DONE/Bad to TODO.
 *
 * Chosen transfers become a list of their own under a name that no list had, so that its job cannot be taken for an
 * earlier one, and with their failures forgotten. What was not chosen stays in DONE/Bad with its reasons.
 */
import { formatRest, type BadEntry, type ParsedBadList } from '../lists/badList.js';
import { formatList, type Origin, type Transfer } from '../lists/list.js';
import { returnedName } from '../lists/names.js';
import { sourceOf } from '../lists/prefixes.js';
import { lfnOfSource, type Route } from '../settings/route.js';
import type { CreatedList, Names } from '../rules/settlement.js';
import { distribute, type Placed, type Transition } from '../lists/transition.js';

/** Which transfers are meant; those that fit all that is given. */
export interface Choice {
  readonly class?: string;
  /** A part of the reason or of its meaning; case does not count. */
  readonly reason?: string;
  /** LFNs, or whole sources; empty: any. */
  readonly lfns: readonly string[];
}

/** What a list in DONE/Bad says of a transfer for which nobody has noted a reason. */
const UNKNOWN = { class: 'unknown', meaning: 'no reason is noted' };

export function fitsChoice({ transfer, why }: BadEntry, choice: Choice): boolean {
  const { class: reasonClass, reason, lfns } = choice;
  if (reasonClass !== undefined && (why ?? UNKNOWN).class !== reasonClass) return false;
  if (
    reason !== undefined &&
    !`${why?.meaning ?? ''} | ${why?.reason ?? ''}`.toLowerCase().includes(reason.toLowerCase())
  )
    return false;
  return lfns.length === 0 || lfns.some((lfn) => isOf(transfer, lfn));
}

/** A source is a route's text with the LFN appended, so it ends with it. */
const isOf = ({ source }: Transfer, lfn: string): boolean =>
  source === lfn || (lfn.startsWith('/') && source.endsWith(lfn));

/** The same files from another source. */
export interface Detour {
  readonly route: Route;
  /** Those of the settings, of which one has made the source so far. */
  readonly routes: readonly Route[];
}

/** Why these cannot come from another source; null: they can. */
export function whyNoDetour(entries: Iterable<BadEntry>, { routes }: Detour): string | null {
  for (const { transfer } of entries)
    if (lfnOfSource(transfer.source, routes) === transfer.source)
      return `no route of the settings has made the source ${transfer.source}, so its LFN is not known`;
  return null;
}

const detoured = (transfer: Transfer, { route, routes }: Detour): Transfer => ({
  ...transfer,
  source: sourceOf(route, lfnOfSource(transfer.source, routes)),
});

export interface Returned {
  readonly transition: Transition;
  readonly created: CreatedList;
  /** How many transfers stay in DONE/Bad. */
  readonly kept: number;
}

/**
 * Plan the return of these entries of a list in DONE/Bad. `sha256` is that of the list as it was read. `by`: the route
 * whose source is to be tried instead; null: they stay as they are.
 */
export function sendBack(
  list: { readonly name: string; readonly sha256: string; readonly parsed: ParsedBadList },
  chosen: ReadonlySet<BadEntry>,
  names: Names,
  campaign: string,
  by: Detour | null = null,
): Returned {
  const { name, sha256, parsed } = list;
  const origin: Origin = { ...parsed.origin, campaign };
  const back = names.fresh(returnedName(name));
  const transfers = parsed.entries
    .filter((entry) => chosen.has(entry))
    .map(({ transfer }) => (by === null ? transfer : detoured(transfer, by)));
  const kept = parsed.entries.filter((entry) => !chosen.has(entry));
  const route = by?.route.name;
  const content = formatList(
    { ...origin, ...(route === undefined ? {} : { route }), splitFrom: name, failures: 0 },
    transfers,
  );
  const into: Placed[] = [{ place: 'TODO', name: back, content }];
  if (kept.length > 0 || parsed.others.length > 0) {
    const rest = names.free('DONE/Bad', name);
    into.push({ place: 'DONE/Bad', name: rest, content: formatRest(origin, kept, parsed.others) });
  }
  const created = { name: back, failures: 0, transfers: transfers.length };
  return { transition: distribute(name, 'DONE/Bad', into, { sha256 }), created, kept: kept.length };
}

/** Transfers in DONE/Bad with one reason. */
export interface ReasonGroup {
  readonly class: string;
  readonly meaning: string;
  readonly count: number;
  readonly sample: BadEntry;
}

/** The most frequent first. */
export function groupReasons(entries: readonly BadEntry[]): ReasonGroup[] {
  const groups = new Map<string, ReasonGroup>();
  for (const sample of entries) {
    const { class: reasonClass, meaning } = sample.why ?? UNKNOWN;
    const key = `${reasonClass}\n${meaning}`;
    const group = groups.get(key) ?? { class: reasonClass, meaning, count: 0, sample };
    groups.set(key, { ...group, count: group.count + 1 });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
