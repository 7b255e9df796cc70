/**
 * route: which storages an LFN list's files go between.
 *
 * The first route whose `match` fits the LFN list's base name decides; `*` stands for any characters, `?` for one,
 * case counts, and the whole name must fit.
 */
export interface Route {
  readonly match: string;
  /** What stands before the LFN in a source, as it is: nothing is put in between. */
  readonly source: string;
  readonly destination: string;
}

/** The route for an LFN list of this base name, or undefined: then nothing can be cut from it. */
export function routeFor(lfnListName: string, routes: readonly Route[]): Route | undefined {
  return routes.find((route) => fits(route.match, lfnListName));
}

/** The LFN of a source, where one of these routes begins it; else the whole source. */
export function lfnOfSource(source: string, routes: readonly Route[]): string {
  const prefixes = routes.map((route) => route.source).filter((prefix) => source.startsWith(`${prefix}/`));
  return source.slice(Math.max(0, ...prefixes.map(({ length }) => length)));
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
