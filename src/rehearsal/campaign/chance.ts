/**
 * chance: what looks like chance in a rehearsal, and is the same for the same seed.
 *
 * Every draw is a hash of the seed and of what it is drawn for, so that it depends neither on the order of the draws
 * nor on how often the dice were thrown before.
 */
import { createHash } from 'node:crypto';

/** A number from 0 (included) to 1 (not included), always the same for the same seed and purpose. */
export function chance(seed: number, ...purpose: readonly (string | number)[]): number {
  const hash = createHash('sha256').update(JSON.stringify([seed, ...purpose]));
  return hash.digest().readUInt32BE(0) / 2 ** 32;
}

/** One of the items, all of them equally likely. Throws if there is none. */
export function oneOf<Item>(items: readonly Item[], seed: number, ...purpose: readonly (string | number)[]): Item {
  const item = items[Math.floor(chance(seed, ...purpose) * items.length)];
  if (item === undefined) throw new Error('Cannot draw one of nothing');
  return item;
}
