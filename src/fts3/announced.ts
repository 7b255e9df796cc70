/**
 * announced: what a server says of itself at GET /, and which of the things that may be sent it does not know.
 *
 * FTS drops what it does not know without an error, so that trying tells nothing. The versions are those of the REST
 * interface, read in its code (fts-rest 3.10 and 3.11, fts-rest-flask 3.12 and 3.13); its release 3.12.0 announces
 * 3.11.0.
 */

export interface Announced {
  /** The version of the REST interface, such as "3.13.4". */
  readonly version: string;
  /** Does it take a delegated proxy? FTS4 is to take tokens only. */
  readonly delegates: boolean;
}

/** What not every FTS3 since 3.10 knows, and the version that brought it. `tokens`: those of the storages, with each file. */
export const SINCE = {
  archive_timeout: '3.10.0',
  dst_file_report: '3.11.0',
  staging_metadata: '3.12.0',
  archive_metadata: '3.12.1',
  tokens: '3.13.0',
  disable_cleanup: '3.13.3',
} as const;

export type Feature = keyof typeof SINCE;

/** Null: it says nothing readable of itself, and is taken to know everything. */
export function knows(announced: Announced | null, feature: Feature): boolean {
  if (announced === null) return true;
  const since = SINCE[feature].split('.').map(Number);
  const seen = announced.version.split('.').map(Number);
  const place = since.findIndex((number, index) => number !== seen[index]);
  return place === -1 || (seen[place] ?? 0) > (since[place] ?? 0);
}
