/**
 * url: which URLs FTS takes, and how it stores them.
 *
 * FTS refuses a whole job for one bad URL, so every URL is checked before it is put into a list, by the same rules
 * (seen on FTS3 3.13: "Missing scheme", "Missing path", "Can not transfer local files").
 */
import { hasUnsafe } from '../text/escape.js';

/** FTS keeps a URL in a column of 1,100 characters; a longer one is refused. */
export const LONGEST_URL = 1100;

/**
 * What nearly every URL looks like: printable ASCII, a plain host, a path. FTS takes all of these, and one look at them
 * costs a fifth of the checks that tell what is wrong with another.
 */
const ORDINARY = /^(?!file:)[a-z]\w*:\/\/[\w.-]+(?::\d+)?\/[!"$->@-~][!-~]*$/i;

/** A scheme in lower case. */
const STORED_SCHEME = /^[a-z0-9_]+:\/\//;

/** Why FTS would not take this URL, as a phrase to follow "it", or null if it would. */
export function whyBadUrl(url: string): string | null {
  if (url.length <= LONGEST_URL && ORDINARY.test(url)) return null;
  if (url.length > LONGEST_URL) return `has ${url.length} characters, FTS takes ${LONGEST_URL}`;
  if (hasUnsafe(url)) return 'has a control or invisible character';
  if (url.includes(' ')) return 'has a blank inside';
  const parts = /^(?<scheme>\w+):\/\/(?<authority>[^/?#]*)(?<path>[^?#]*)(?<query>\?[^#]*)?/.exec(url)?.groups;
  if (parts === undefined || !/^[a-z]/i.test(url)) return 'has no scheme like gsiftp://';
  if (parts['scheme']?.toLowerCase() === 'file') return 'is a local file, FTS copies between storages only';
  const host = parts['authority']?.replace(/^.*@/, '').replace(/:\d*$/, '');
  if (host === undefined || host === '') return 'has no host';
  if (parts['path'] === '' || (parts['path'] === '/' && (parts['query'] ?? '?') === '?')) return 'has no path';
  return null;
}

/** In URLs of these schemes FTS takes a `;` in the last segment for the beginning of parameters, and drops it when none follow. */
const LONE_SEMICOLON = /^((?:https?|s?ftp):\/\/[^/?#]*(?:\/[^/?#]*)*\/[^/;?#]*);(?=[?#]|$)/;

/**
 * The URL as FTS stores and returns it: the scheme in lower case, an empty query or fragment dropped, and of http,
 * https, ftp and sftp a lone `;` at the end of the path (seen on FTS3 3.13). Two URLs that are equal after this are the
 * same file to FTS. What it does to sources on tape is in rules/stagedSource.ts: that depends on the job.
 */
export function storedUrl(url: string): string {
  // What nearly every URL is like. `endsWith`, or two characters to look for, would take three times as long.
  if (STORED_SCHEME.test(url) && url[url.length - 1] !== '?' && !url.includes('#') && !url.includes(';')) return url;
  const [, scheme = '', rest = url] = /^(\w+:\/\/)([^]*)$/.exec(url) ?? [];
  const withoutFragment = rest.replace(/#$/, '');
  const query = withoutFragment.replace(/\?$/, '').replace('?#', '#');
  return (scheme.toLowerCase() + query).replace(LONE_SEMICOLON, '$1');
}

/** The storages that were met last, each with all that stands before a path. A run meets a million URLs of a few storages. */
const MET: { readonly beforePath: string; readonly storage: string }[] = [];
const MOST_MET = 8;

/** `scheme://host`, as FTS names a storage in "… is banned". */
export function storageOf(url: string): string {
  // `startsWith` would take five times as long.
  for (const { beforePath, storage } of MET) if (url.slice(0, beforePath.length) === beforePath) return storage;
  const end = url.indexOf('/', url.indexOf('//') + 2);
  const beforePath = end === -1 ? url : url.slice(0, end + 1);
  const [, scheme, host] = /^([a-z][\w+.-]*:\/\/)(?:[^/?#@]*@)?(\[[^\]]*\]|[^/:?#]+)/i.exec(beforePath) ?? [];
  if (scheme === undefined || host === undefined) return url;
  const storage = (scheme + host).toLowerCase();
  if (end === -1) return storage;
  if (MET.length === MOST_MET) MET.shift();
  MET.push({ beforePath, storage });
  return storage;
}

/** The storages of these transfers, each once. */
export const storagesOf = (
  transfers: readonly { readonly source: string; readonly destination: string }[],
): Set<string> => new Set(transfers.flatMap(({ source, destination }) => [storageOf(source), storageOf(destination)]));
