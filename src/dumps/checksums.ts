/**
 * checksums: reads checksums as catalogues and storages write them, and compares them.
 *
 * With the algorithm before it or without, in upper or lower case, leading zeros dropped: `ADLER32:00a1b2c3`, `A1B2C3`
 * and `a1b2c3` are one. A bare one fits any algorithm; two of different algorithms say nothing about each other.
 */
import type { Checksum } from './records.js';

const NONE = 0;
const BARE = 1;
const ADLER32 = 2;
const names = ['', '', 'ADLER32'];

/** How many digits each has in full, and what a bare one of so many most likely is. */
const DIGITS: Readonly<Record<string, number>> = {
  ADLER32: 8,
  CRC32: 8,
  CRC32C: 8,
  CRC64: 16,
  MD5: 32,
  SHA1: 40,
  SHA256: 64,
  SHA512: 128,
};
const OF_BARE = ['ADLER32', 'MD5', 'SHA1', 'SHA256', 'SHA512'];

const LONGEST = 128;
const COLON = 0x3a;
const NO_DIGIT = 16;
/** What each byte means in hexadecimal. */
const DIGIT_OF = new Uint8Array(256).fill(NO_DIGIT);
for (let digit = 0; digit < 16; digit++)
  for (const text of [digit.toString(16), digit.toString(16).toUpperCase()]) DIGIT_OF[text.charCodeAt(0)] = digit;
const UNKNOWN = /^(?:-|null|none|n\/a|unknown)?$/i;

export const noChecksum = (): Checksum => ({
  algorithm: NONE,
  value: 0,
  long: 0,
  digits: new Uint8Array(LONGEST),
});

/**
 * Reads a column as nearly all are: up to eight digits, with `ADLER32:` before them or without. Returns where they end;
 * -1: it is to be read by `readChecksum`.
 */
export function readShort(bytes: Uint8Array, from: number, into: Checksum): number {
  const isNamed = bytes[from + NEARLY_ALL.length] === COLON && isAdler32(bytes, from);
  const first = isNamed ? from + NEARLY_ALL.length + 1 : from;
  let at = first;
  let value = 0;
  for (; ; at++) {
    const digit = DIGIT_OF[bytes[at] ?? 0] ?? NO_DIGIT;
    if (digit === NO_DIGIT) break;
    value = (value << 4) | digit;
  }
  if (at === first || at - first > 8) return -1;
  into.algorithm = isNamed ? ADLER32 : BARE;
  into.value = value;
  into.long = 0;
  return at;
}

/** Reads a column. False: it is no checksum. */
export function readChecksum(bytes: Uint8Array, from: number, to: number, into: Checksum): boolean {
  into.algorithm = NONE;
  into.value = 0;
  into.long = 0;
  const digits = afterName(bytes, from, to, into);
  if (digits === to) return UNKNOWN.test(textOf(bytes, from, to)) ? unknown(into) : false;
  let first = digits;
  while (first < to - 1 && bytes[first] === 0x30) first++;
  if (to - first > LONGEST) return false;
  for (let at = first; at < to; at++) {
    const digit = DIGIT_OF[bytes[at] ?? 0] ?? NO_DIGIT;
    if (digit === NO_DIGIT) return UNKNOWN.test(textOf(bytes, from, to)) ? unknown(into) : false;
    into.value = (into.value << 4) | digit;
    into.digits[at - first] = digit < 10 ? 0x30 + digit : 0x57 + digit;
  }
  if (to - first > 8) into.value = 0;
  into.long = to - first > 8 ? to - first : 0;
  return true;
}

function unknown(into: Checksum): true {
  into.algorithm = NONE;
  into.value = 0;
  return true;
}

/** Notes the algorithm; returns where the digits begin. */
function afterName(bytes: Uint8Array, from: number, to: number, into: Checksum): number {
  into.algorithm = BARE;
  if (to - from <= 8) {
    let at = from;
    while (at < to && bytes[at] !== COLON) at++;
    if (at === to) return from;
  }
  if (isAdler32(bytes, from)) {
    into.algorithm = ADLER32;
    return from + 8;
  }
  const colon = bytes.subarray(from, Math.min(to, from + 21)).indexOf(COLON);
  if (colon === -1) return from;
  const name = textOf(bytes, from, from + colon)
    .toUpperCase()
    .replaceAll(/[-_]/g, '');
  const known = names.indexOf(name, ADLER32);
  // As many as a byte can count.
  if (known === -1 && names.length > 255) return to;
  into.algorithm = known === -1 ? names.push(name) - 1 : known;
  return from + colon + 1;
}

/** `ADLER32:`, as nearly all of them begin. */
function isAdler32(bytes: Uint8Array, from: number): boolean {
  for (let at = 0; at < NEARLY_ALL.length; at++)
    if (((bytes[from + at] ?? 0) | 0x20) !== NEARLY_ALL.charCodeAt(at)) return false;
  return bytes[from + NEARLY_ALL.length] === COLON;
}
const NEARLY_ALL = 'adler32';

const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.max(0, to - from)).toString('latin1');

/** A checksum of a record: its algorithm, and its digits without leading zeros. */
export interface Kept {
  readonly algorithm: number;
  readonly digits: string;
}

/** Null: one of them is not known, or they are of different algorithms. */
export function checksumsAgree(one: Kept, other: Kept): boolean | null {
  if (one.algorithm === NONE || other.algorithm === NONE) return null;
  const hasBare = one.algorithm === BARE || other.algorithm === BARE;
  if (one.algorithm !== other.algorithm && !hasBare) return null;
  if (hasBare && DIGITS[nameOf(one)] !== DIGITS[nameOf(other)]) return null;
  return one.digits === other.digits;
}

/** As lists have it: `ADLER32:0a1b2c3d`; `-` where it is not known. */
export function checksumInWords(checksum: Kept): string {
  if (checksum.algorithm === NONE) return '-';
  const name = nameOf(checksum);
  return `${name}:${checksum.digits.padStart(DIGITS[name] ?? 0, '0')}`;
}

function nameOf({ algorithm, digits }: Kept): string {
  if (algorithm !== BARE) return names[algorithm] ?? '';
  return OF_BARE.find((each) => digits.length <= (DIGITS[each] ?? 0)) ?? '';
}
