/**
 * surl: the URLs of a transfer, read as FTS reads and stores them.
 *
 * FTS takes any scheme but file://, needs a host and a path, and allows 1,100 characters. It stores the scheme in lower
 * case and drops a `?` or `#` that nothing follows. Refuses with 400.
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

function split(text: string): { scheme: string; authority: string | null; rest: string } {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?(.*)$/.exec(text);
  if (match === null) return { scheme: '', authority: null, rest: text };
  const [, scheme = '', authority, rest = ''] = match;
  return { scheme: scheme.toLowerCase(), authority: authority ?? null, rest: withoutEmptyParts(rest) };
}

/** `path?#` is stored as `path`, `path?#x` as `path#x`. */
function withoutEmptyParts(rest: string): string {
  const [beforeFragment = '', ...fragment] = rest.split('#');
  const [path = '', ...query] = beforeFragment.split('?');
  const search = query.join('?');
  const hash = fragment.join('#');
  return `${path}${search === '' ? '' : `?${search}`}${hash === '' ? '' : `#${hash}`}`;
}

function hostname(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const bracket = /^\[([^\]]*)\]/.exec(host)?.[1];
  return (bracket ?? host.split(':')[0] ?? '').toLowerCase();
}
