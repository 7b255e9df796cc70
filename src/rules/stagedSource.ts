/**
 * stagedSource: how FTS stores a source that it may have to bring from tape.
 *
 * With `bring_online` or `copy_pin_lifetime` FTS appends `activity=…` to the query of every source whose scheme is
 * `root`, and writes what stood in the query anew as Python's `urlencode(parse_qsl(…))` does (seen on FTS3 3.13):
 * `root://h//f?a=b%20c&k` is stored as `root://h//f?a=b+c&activity=default`.
 */
import { storedUrl } from '../lists/url.js';

const ROOT = /^(root:\/\/[^?#]*)(?:\?([^#]*))?(#[^]*)?$/;

/** The activity at the end of a query, as FTS appends it: nothing in it stands unescaped. */
const APPENDED = /^(?:([^]*)&)?activity=[^&]*$/;

/** A source of a list as a staged job has it, but for the activity; null: FTS stages no source of this scheme so. */
export function stagedLine(source: string): string | null {
  const [, before, query = '', fragment = ''] = ROOT.exec(storedUrl(source)) ?? [];
  return before === undefined ? null : join(before, rewritten(query), fragment);
}

/** A job's source without the activity that FTS has appended; null: none was. */
export function stagedFile(source: string): string | null {
  const [, before, query, fragment = ''] = ROOT.exec(storedUrl(source)) ?? [];
  if (before === undefined || query === undefined) return null;
  const appended = APPENDED.exec(query);
  return appended === null ? null : join(before, appended[1] ?? '', fragment);
}

const join = (before: string, query: string, fragment: string): string =>
  `${before}${query === '' ? '' : `?${query}`}${fragment}`;

/** Parameters without a value are dropped; names and values are decoded and encoded again. */
function rewritten(query: string): string {
  return query
    .split('&')
    .flatMap((parameter) => {
      const at = parameter.indexOf('=');
      if (at < 0 || at === parameter.length - 1) return [];
      return [`${encode(decode(parameter.slice(0, at)))}=${encode(decode(parameter.slice(at + 1)))}`];
    })
    .join('&');
}

/** As UTF-8; a `%` that two hexadecimal digits do not follow stands for itself. */
const decode = (text: string): string =>
  text
    .replaceAll('+', ' ')
    .replace(/(?:%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'));

const encode = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
