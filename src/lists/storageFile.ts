/**
 * storageFile: which file of which storage a URL names, whatever way it is written.
 *
 * FTS compares URLs letter by letter; a storage does not. Two URLs that name one file here are one file there: the
 * scheme's family and its default port, the host's case and final dot, user and password, several slashes, `/./`,
 * `/../`, a final slash, percent-encoding, and of an SRM URL everything but what follows `?SFN=`. What only the storage
 * can know (an alias of its host, a link in its name space, another door of it) is not seen. Pure; never throws.
 */
import { decodeUtf8 } from '../text/escape.js';
import { storedUrl } from './url.js';

interface Family {
  readonly name: string;
  /** The default ports of its schemes, which say nothing. */
  readonly ports: readonly number[];
  /**
   * Does a query name a file only where it holds a path? XRootD calls it opaque information, HTTP storages take it for
   * credentials.
   */
  readonly isOpaque: boolean;
}

/** S3 and the clouds are spoken to by HTTP: `s3s://bucket.host/key` is `https://bucket.host/key`. */
const HTTP: Family = { name: 'http', ports: [80, 443], isOpaque: true };
const ROOT: Family = { name: 'root', ports: [1094], isOpaque: true };
const SRM: Family = { name: 'srm', ports: [8443], isOpaque: false };
const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ...['http', 'https', 'dav', 'davs', 's3', 's3s', 'gcloud', 'gclouds', 'swift', 'swifts'].map(familyOf(HTTP)),
  ...['root', 'roots', 'xroot', 'xroots'].map(familyOf(ROOT)),
  ['srm', SRM],
  ['gsiftp', { name: 'gsiftp', ports: [2811], isOpaque: false }],
  ['dcap', { name: 'dcap', ports: [22125], isOpaque: false }],
  ['gsidcap', { name: 'gsidcap', ports: [22128], isOpaque: false }],
  ['ftp', { name: 'ftp', ports: [21], isOpaque: false }],
  ['sftp', { name: 'sftp', ports: [22], isOpaque: false }],
]);

function familyOf(family: Family): (scheme: string) => [string, Family] {
  return (scheme) => [scheme, family];
}

/** Nearly every URL: nothing in its path that could be written otherwise. */
const PLAIN = /^([a-z0-9]+):\/\/([a-z0-9.-]+)(?::(\d+))?((?:\/(?!\.)[^/?#%;]+)+)$/;

/** A text that two URLs have in common only if they name one file. */
export function storageFile(url: string): string {
  const plain = PLAIN.exec(url);
  if (plain !== null && NAME.test(plain[2] ?? ''))
    return keyOf(plain[1] ?? '', plain[2] ?? '', plain[3], plain[4] ?? '');
  const [, scheme = '', authority = '', rest = ''] = /^(\w+):\/\/([^/?#]*)([^]*)$/.exec(storedUrl(url)) ?? [];
  if (scheme === '') return url;
  const [, host = '', port] = /^(.*?)(?::(\d*))?$/s.exec(authority.replace(/^.*@/s, '')) ?? [];
  return keyOf(scheme, canonicalHost(host), port, fileIn(rest, FAMILIES.get(scheme)));
}

/** Are source and destination one file? With `overwrite` FTS would delete it and have nothing to copy. */
export function isOneFile({ source, destination }: { readonly source: string; readonly destination: string }): boolean {
  return storageFile(source) === storageFile(destination);
}

function keyOf(scheme: string, host: string, port: string | undefined, file: string): string {
  const family = FAMILIES.get(scheme);
  const number = Number(port ?? 0);
  const isDefault = number === 0 || family?.ports.includes(number) === true;
  return `${family?.name ?? scheme}://${host}${isDefault ? '' : `:${number}`}${file}`;
}

/** A host's name that cannot be an address. */
const NAME = /^(?:[a-z0-9-]+\.)*[a-z-]+$/;

/** In lower case, without a final dot; addresses in numbers as a browser writes them. */
function canonicalHost(host: string): string {
  const lower = host.toLowerCase().replace(/\.$/, '');
  if (NAME.test(lower)) return lower;
  const url = `http://${lower}/`;
  return URL.canParse(url) ? new URL(url).hostname : lower;
}

/** The path, and where a query names the file, that too. */
function fileIn(rest: string, family: Family | undefined): string {
  const sfn = family === SRM ? /[?&]SFN=([^]*)$/i.exec(rest)?.[1] : undefined;
  if (sfn !== undefined) return canonicalPath(sfn);
  // In HTTP alone a fragment never reaches the storage; elsewhere a hash may stand in a name.
  const [, path = '', query = ''] = /^([^?]*)([^]*)$/.exec(family === HTTP ? rest.replace(/#.*$/s, '') : rest) ?? [];
  const parameters = query.slice(1).split('&');
  const naming = parameters.filter(
    (parameter) =>
      parameter !== '' && !NAMES_NO_FILE.test(parameter) && (family?.isOpaque !== true || parameter.includes('/')),
  );
  return canonicalPath(path) + (naming.length === 0 ? '' : `?${naming.join('&')}`);
}

/** FTS itself adds the activity where a source may be on tape. */
const NAMES_NO_FILE = /^(?:activity|authz|access_token|signature|x-amz-[\w-]*|xrd\.\w*)(?:=|$)/i;

/** HTTP clients and POSIX storages resolve `..`, and XRootD refuses it: no two files are told apart by it. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of decoded(path).split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

/** What is no percent-encoding, or none of UTF-8, stays, in one case. */
function decoded(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    return decodeUtf8(Buffer.from(run.replaceAll('%', ''), 'hex')) ?? run.toUpperCase();
  });
}
