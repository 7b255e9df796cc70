/**
 * look: asks a storage for a file: is it there, how large is it, what is its checksum. By `gfal-stat` and `gfal-sum`.
 */
import { gfal, isMissing, failureOf, type CommandEnd, type GfalOptions } from './gfal.js';

export type Stat =
  /** `size`: in bytes, `modified`: when it was last written, in ms; null: it was not said. */
  | {
      readonly kind: 'there';
      readonly size: number | null;
      readonly modified: number | null;
      readonly isDirectory: boolean;
    }
  | { readonly kind: 'missing'; readonly reason: string }
  /** The storage could not say. */
  | { readonly kind: 'unknown'; readonly reason: string };

export type Sum =
  /** In hexadecimal digits, as the storage writes it. */
  | { readonly kind: 'sum'; readonly digits: string }
  | { readonly kind: 'missing'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export const statFile = async (url: string, options: GfalOptions): Promise<Stat> =>
  readStat(await gfal('gfal-stat', [url], options));

/** `algorithm`: `ADLER32`, as the storage knows it. */
export const sumFile = async (url: string, algorithm: string, options: GfalOptions): Promise<Sum> =>
  readSum(await gfal('gfal-sum', [url, algorithm], options));

/** `  Size: 3	regular file`, and `Modify: 2018-04-12 10:00:00.000000`; of 1970 it is where the storage knows no time. */
export function readStat(ended: CommandEnd): Stat {
  if (ended.exit !== 0) return failed(ended);
  const [, size, kind = ''] = /^\s*Size: (\d{1,15})\s+(.*)$/m.exec(ended.stdout) ?? [];
  const [, day = '', clock = ''] = /^Modify: (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/m.exec(ended.stdout) ?? [];
  const modified = Date.parse(`${day}T${clock}Z`) || null;
  return { kind: 'there', size: size === undefined ? null : Number(size), modified, isDirectory: kind === 'directory' };
}

/** `file:///data/f1 021700dc` */
export function readSum(ended: CommandEnd): Sum {
  if (ended.exit !== 0) return failed(ended);
  const digits = /\s([0-9a-fA-F]+)\s*$/.exec(ended.stdout)?.[1];
  if (digits !== undefined) return { kind: 'sum', digits: digits.toLowerCase() };
  return { kind: 'unknown', reason: `gfal-sum gave no checksum: ${ended.stdout.trim().slice(0, 200)}` };
}

function failed(ended: CommandEnd): { readonly kind: 'missing' | 'unknown'; readonly reason: string } {
  return { kind: isMissing(ended) ? 'missing' : 'unknown', reason: failureOf(ended) };
}
