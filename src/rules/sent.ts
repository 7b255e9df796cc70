/**
 * sent: what is remembered of a list as it was submitted, so that its job's files are known by their `file_index`
 * whatever FTS does to their URLs.
 *
 * Only transfers count: comments, checksums and sizes may be edited in DOING without making it another list.
 */
import { hash as digest } from 'node:crypto';
import type { Transfer } from '../lists/list.js';
import { storedUrl } from '../lists/url.js';

export interface Sent {
  /** How many transfers. */
  readonly count: number;
  /** The hash of all of them, in order: 16 hexadecimal digits. */
  readonly hash: string;
  /** The hash of each of them, in order: `PAIR_BYTES` bytes a transfer. */
  readonly pairHashes: Uint8Array;
}

/** Two of 20,000 transfers are alike by accident once in 10^11 lists. */
const PAIR_BYTES = 8;

export function sentOf(transfers: readonly Transfer[]): Sent {
  const pairHashes = Buffer.from(transfers.map(pairHash).join(''), 'latin1');
  return { count: transfers.length, hash: digest('sha256', pairHashes, 'hex').slice(0, 16), pairHashes };
}

/** Each character a byte: that is three times as quick as a buffer. */
const pairHash = ({ source, destination }: Transfer): string =>
  digest('sha256', `${storedUrl(source)}\n${storedUrl(destination)}`, 'binary').slice(0, PAIR_BYTES);

/** What is written of it into the job. */
export interface SentMetadata {
  readonly sent: number;
  readonly sent_hash: string;
}

export const sentMetadata = ({ count, hash }: Sent): SentMetadata => ({ sent: count, sent_hash: hash });

/**
 * What a job was sent; null where that is not known: of a job of version 1.0, of a repaired row, and of a job that an
 * earlier POST of the same attempt made, from a list that was edited before the next one.
 */
export function knownSent(
  row: { readonly sent: number | null; readonly sentHash: string | null; readonly pairHashes: Uint8Array | null },
  metadata: unknown,
): Sent | null {
  const { sent: count, sentHash: hash, pairHashes } = row;
  if (count === null || hash === null || pairHashes === null) return null;
  const written = metadata as Partial<SentMetadata> | null;
  return written?.sent === count && written.sent_hash === hash ? { count, hash, pairHashes } : null;
}

/** Has the list the transfers that were sent, in their order? */
export const isUnedited = (sent: Sent, transfers: readonly Transfer[]): boolean =>
  sent.count === transfers.length && sentOf(transfers).hash === sent.hash;

/** The place at which each transfer was sent; null: it was not sent. */
export function placesOf(sent: Pick<Sent, 'pairHashes'>, transfers: readonly Transfer[]): (number | null)[] {
  const all = Buffer.from(sent.pairHashes).toString('latin1');
  const hashes = transfers.map(pairHash);
  // Nearly every list is as it was sent.
  if (hashes.join('') === all) return hashes.map((_, place) => place);
  const places = new Map<string, number[]>();
  for (let place = 0; place * PAIR_BYTES < all.length; place += 1) {
    const key = all.slice(place * PAIR_BYTES, (place + 1) * PAIR_BYTES);
    places.set(key, [...(places.get(key) ?? []), place]);
  }
  return hashes.map((hash) => places.get(hash)?.shift() ?? null);
}
