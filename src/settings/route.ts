/**
 * route: which storages an LFN list's files go between.
 *
 * The first route whose `match` fits the LFN list's base name decides; `*` stands for any characters, `?` for one,
 * case counts, and the whole name must fit.
 */
import type { Origin } from '../lists/origin.js';
import { beginsWith, type Prefixes } from '../lists/prefixes.js';

export interface Route extends Prefixes {
  readonly match: string;
  /** Lists that are cut by it say so; routes with settings of their own have one. */
  readonly name?: string | undefined;
  readonly lfns_per_list?: number | undefined;
  /** No more of its lists than this in DOING. */
  readonly max_doing?: number | undefined;
  /** The names of the servers that get its lists; else any. */
  readonly servers?: readonly string[] | undefined;
  /** What each file of its jobs is copied with: both or none. */
  readonly source_token_file?: string | undefined;
  readonly destination_token_file?: string | undefined;
  /** Sent with each of its jobs, before what stands in [job]. */
  readonly job?: Readonly<Record<string, unknown>> | undefined;
  /** Source and destination are one: FTS brings the file online, and copies nothing. */
  readonly stage_only?: boolean | undefined;
  /** Another file at the destination is written over, once it was looked at. */
  readonly overwrite_different?: boolean | undefined;
}

/** As messages call it. */
export const titleOf = ({ name, match }: Route): string => `"${name ?? match}"`;

/** The route for an LFN list of this base name, or undefined: then nothing can be cut from it. */
export function routeFor(lfnListName: string, routes: readonly Route[]): Route | undefined {
  return routes.find((route) => fits(route.match, lfnListName));
}

/** The route of this name, which a list says in its head; null: it says none, or the settings have no such route any more. */
export const routeNamed = (routes: readonly Route[], name: string | undefined): Route | null =>
  (name === undefined ? undefined : routes.find((route) => route.name === name)) ?? null;

/** What is sent with a job of this route, in FTS's words; null: of a list that names none. `list`: its head. */
export function jobOf(
  { job }: { readonly job: Readonly<Record<string, unknown>> },
  route: Route | null,
  list: Pick<Origin, 'overwrite'> = {},
): Readonly<Record<string, unknown>> {
  const asked = { ...job, ...route?.job };
  // FTS would delete what it is to bring online.
  if (route?.stage_only === true) return { ...asked, overwrite: false };
  return list.overwrite === true ? { ...asked, overwrite: true } : asked;
}

/** The LFN of a source, where one of these routes begins it; else the whole source. */
export const lfnOfSource = (source: string, routes: readonly Route[]): string => lfnReader(routes)(source);

/** The same for many sources. */
export function lfnReader(routes: readonly Route[]): (source: string) => string {
  const longestFirst = [...new Set(routes.map((route) => route.source))].sort((a, b) => b.length - a.length);
  return (source) => {
    for (const prefix of longestFirst)
      if (beginsWith(source, prefix) && source[prefix.length] === '/') return source.slice(prefix.length);
    return source;
  };
}

/**
 * Does the pattern fit the whole name? After a mismatch only the last `*` takes one character more, so the time is
 * bounded by the product of the lengths, which a regular expression would not promise.
 */
function fits(pattern: string, name: string): boolean {
  let [p, n, star, resume] = [0, 0, -1, 0];
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = n;
    } else if (pattern[p] === '?' || pattern[p] === name[n]) {
      p++;
      n++;
    } else if (star !== -1) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(p));
}
