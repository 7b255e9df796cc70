/**
 * surl: the URLs of a transfer, read as FTS reads and stores them.
 *
 * FTS takes any scheme but file://, needs a host and a path, and allows 1,100 characters. It stores the scheme in lower
 * case and drops a `?` or `#` that nothing follows, of some schemes also a `;`. A root source that may be on tape gets
 * the activity into its query. Refuses with 400.
 */
import { invalidValue } from './answer.js';

const MAX_LENGTH = 1100;

export interface Surl {
  /** As FTS stores it. */
  readonly url: string;
  /** The storage: "srm://host", without the port. */
  readonly se: string;
}

export function readSurl(text: string): Surl {
  const { scheme, authority, rest } = split(text.trim().replace(/[\t\r\n]/g, ''));
  const url = scheme === '' ? text : `${scheme}:${authority === null ? '' : `//${authority}`}${rest}`;
  if (scheme === '') throw invalidValue(`Missing scheme (${text})`);
  if (scheme === 'file') throw invalidValue(`Can not transfer local files (${url})`);
  const path = rest.split(/[?#]/)[0] ?? '';
  if (path === '' || (path === '/' && !rest.includes('?'))) throw invalidValue(`Missing path (${url})`);
  const host = hostname(authority ?? '');
  if (host === '') throw invalidValue(`Missing host (${url})`);
  if (url.length > MAX_LENGTH) throw invalidValue(`The URL exceeds ${MAX_LENGTH} characters (${url.slice(0, 80)}…)`);
  return { url, se: `${scheme}://${host}` };
}

/** The source of a job that stages: of scheme root, with the activity in a query that is written anew. */
export function staged(url: string, activity: string): string {
  const [whole = '', ...fragment] = url.split('#');
  if (!whole.startsWith('root://')) return url;
  const [path = '', ...query] = whole.split('?');
  const given = [...new URLSearchParams(query.join('?'))].filter(([, value]) => value !== '');
  const form = new URLSearchParams([...given, ['activity', activity]]).toString();
  const written = form.replaceAll('*', '%2A').replaceAll('%7E', '~');
  return `${path}?${written}${fragment.length === 0 ? '' : `#${fragment.join('#')}`}`;
}

function split(text: string): { scheme: string; authority: string | null; rest: string } {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?(.*)$/.exec(text);
  if (match === null) return { scheme: '', authority: null, rest: text };
  const [, scheme = '', authority, rest = ''] = match;
  const known = scheme.toLowerCase();
  return { scheme: known, authority: authority ?? null, rest: withoutEmptyParts(rest, WITH_PARAMETERS.has(known)) };
}

/** Schemes whose path may end in `;parameters`; those known to Python's urllib that are storages. */
const WITH_PARAMETERS: ReadonlySet<string> = new Set(['http', 'https', 'ftp', 'sftp']);

/** `path?#` is stored as `path`, `path?#x` as `path#x`; with parameters `path;` as `path`. */
function withoutEmptyParts(rest: string, parameters: boolean): string {
  const [beforeFragment = '', ...fragment] = rest.split('#');
  const [path = '', ...query] = beforeFragment.split('?');
  const search = query.join('?');
  const hash = fragment.join('#');
  const last = path.slice(path.lastIndexOf('/'));
  const stored = parameters && last.indexOf(';') === last.length - 1 ? path.replace(/;$/, '') : path;
  return `${stored}${search === '' ? '' : `?${search}`}${hash === '' ? '' : `#${hash}`}`;
}

function hostname(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const bracket = /^\[([^\]]*)\]/.exec(host)?.[1];
  return (bracket ?? host.split(':')[0] ?? '').toLowerCase();
}
