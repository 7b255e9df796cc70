/**
 * fingerprint: tells millions of texts apart in eight bytes each.
 *
 * A fingerprint is a whole number below 2^53, so that it fits into a Float64Array, which sorts natively. Among ten million
 * texts two have the same one with a chance of about 1 in 200; among fifty million, 1 in 7. Whoever reports something by
 * a fingerprint therefore looks at the texts themselves first.
 */

/** Where a fingerprint begins: equal texts under different seeds have nothing in common. */
export interface Seed {
  readonly high: number;
  readonly low: number;
}

/** 2^53: all fingerprints are below it. */
export const FINGERPRINTS = 2 ** 53;

/** The seed for two whole numbers, such as the number of a file and a position in it. */
export function seedOf(first: number, second: number): Seed {
  const upper = Math.floor(second / 2 ** 32);
  const high = scatter(scatter(first ^ 0x2545f491) ^ upper ^ 0x5bd1e995);
  return { high: scatter(high ^ (second >>> 0)), low: scatter(Math.imul(high, 31) ^ scatter(second >>> 0)) };
}

export function fingerprint(text: string, seed: Seed): number {
  let { high, low } = seed;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(((low << 7) | (low >>> 25)) ^ unit, 0x2c1b3c6d);
  }
  // 21 bits of one half and all 32 of the other.
  return (scatter(high ^ text.length) >>> 11) * 2 ** 32 + (scatter(low ^ high) >>> 0);
}

/** Each bit of the number moves about half of the bits of the result. */
function scatter(number: number): number {
  let mixed = number ^ (number >>> 16);
  mixed = Math.imul(mixed, 0x7feb352d);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x3c6ef372 | 1);
  return mixed ^ (mixed >>> 16);
}
