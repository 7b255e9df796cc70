/**
 * storage: what a person says of a storage: how many of its lists may be under way, and when they must wait.
 *
 * An entry is about the files whose URLs begin with its `match`, as source or as destination. Scheme and host are taken
 * in lower case and without a user, and the host is compared whole: `srm://a.org` is no beginning of
 * `srm://a.org.uk/x`.
 */
export interface StorageChoice {
  readonly match: string;
  /** No more lists with files of it than this in DOING. */
  readonly max_doing?: number | undefined;
  readonly hold?: boolean | undefined;
  /** The hold ends by itself then; else when a person takes it out. */
  readonly until?: Date | undefined;
}

/** Does this entry hold its lists back now? */
export const isHeld = ({ hold, until }: StorageChoice, now: Date): boolean =>
  hold === true && (until === undefined || now < until);

/** For how long, to follow "held by the settings". */
export const untilWhen = ({ until }: StorageChoice): string =>
  until === undefined ? 'until hold = true is taken out of them' : `until ${new Date(until).toISOString()}`;

/** Does this URL begin as `match` does? */
export function liesIn({ match }: StorageChoice, url: string): boolean {
  const [beginning, whole] = [comparable(match), comparable(url)];
  if (!whole.startsWith(beginning)) return false;
  return HAS_PATH.test(beginning) || /^(?:[:/?#]|$)/.test(whole.slice(beginning.length));
}

/** Is a file of these transfers there, as a source or as a destination? */
export const hasFilesOf = (
  storage: StorageChoice,
  transfers: readonly { readonly source: string; readonly destination: string }[],
): boolean => transfers.some((each) => liesIn(storage, each.source) || liesIn(storage, each.destination));

const HAS_PATH = /^\w+:\/\/[^/?#]*[/?#]/;

/** May a file with this prefix, that of a route, lie there? */
export const mayLieIn = (storage: StorageChoice, prefix: string): boolean =>
  liesIn(storage, prefix) || comparable(storage.match).startsWith(comparable(prefix));

/** Scheme and host in lower case, no user. */
export const comparable = (url: string): string =>
  url.replace(/^([^/]*\/\/)(?:[^/?#@]*@)?([^/?#]*)/, (_, scheme: string, host: string) =>
    (scheme + host).toLowerCase(),
  );
