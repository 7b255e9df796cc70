/**
 * checksum: `ALGORITHM:HEX`, as FTS takes it and the storages understand it.
 *
 * FTS hands the algorithm on to the storages as it is written, and keeps the whole in a column of 100 characters (seen
 * on FTS3 3.13: a longer one makes every submission of the list an HTTP 500). Lists that were written before anybody
 * looked so closely are read all the same (`isChecksum`); what is to be submitted must be usable
 * (`whyUselessChecksum`).
 */

/** The least and the most hexadecimal digits of the algorithms that storages use. (Leading zeros of the short ones are often lost.) */
const DIGITS: ReadonlyMap<string, readonly [least: number, most: number]> = new Map([
  ['adler32', [1, 8]],
  ['crc32', [1, 8]],
  ['crc32c', [1, 8]],
  ['crc64', [1, 16]],
  ['crc64nvme', [1, 16]],
  ['md4', [32, 32]],
  ['md5', [32, 32]],
  ['sha1', [40, 40]],
  ['sha224', [56, 56]],
  ['sha256', [64, 64]],
  ['sha384', [96, 96]],
  ['sha512', [128, 128]],
]);

/** As bookkeeping systems, archives and other tools call them. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['ad', 'ADLER32'],
  ['ad32', 'ADLER32'],
  ['adler', 'ADLER32'],
  ['crc', 'CRC32'],
  ['sha', 'SHA1'],
]);

const FORM = /^([a-z][a-z0-9_-]{0,19}):([0-9a-f]{1,128})$/i;
/** FTS's column. */
const LONGEST = 100;

/** Is this `ALGORITHM:HEX`, with as many digits as that algorithm has? Of an unknown algorithm any number will do. */
export function isChecksum(text: string): boolean {
  const [, algorithm = '', hex = ''] = FORM.exec(text) ?? [];
  if (hex === '') return false;
  const name = algorithm.toLowerCase();
  const [least, most] = (COUNTED_BEFORE.has(name) ? DIGITS.get(name) : undefined) ?? [1, 128];
  return hex.length >= least && hex.length <= most;
}

/** What version 1.0 counted the digits of: what it has written must stay readable. */
const COUNTED_BEFORE: ReadonlySet<string> = new Set(['adler32', 'crc32', 'crc32c', 'md5', 'sha1', 'sha256']);

/** Why nobody can verify this checksum, as a phrase to follow "the line", with what to write; null if it can be. */
export function whyUselessChecksum(text: string): string | null {
  const [, algorithm = '', hex = ''] = FORM.exec(text) ?? [];
  if (hex === '') return whyNoChecksum(text);
  const digits = DIGITS.get(algorithm.toLowerCase());
  if (digits === undefined) {
    const meant = knownName(algorithm);
    const cure = meant === null ? 'say one like ADLER32:0a1b2c3d, or - for none' : `say ${meant}:${hex}`;
    return `has a checksum of an algorithm that storages do not know, "${algorithm}": ${cure}`;
  }
  const [least, most] = digits;
  if (hex.length < least || hex.length > most)
    return `has a bad checksum: ${algorithm} has ${most} hexadecimal digits, not ${hex.length}`;
  if (text.length > LONGEST)
    return `has a checksum of ${text.length} characters, FTS takes ${LONGEST}: write - for none, or one of another algorithm`;
  return null;
}

/** Why this is none at all. */
export function whyNoChecksum(text: string): string {
  const algorithm = /^[0-9a-f]+$/i.test(text) ? ALGORITHM_OF[text.length] : undefined;
  if (algorithm !== undefined) {
    const size = /^\d+$/.test(text) ? ` (or, if it is the size, - ${text})` : '';
    return `has a checksum without its algorithm: write ${algorithm}:${text}${size}`;
  }
  return 'has a bad checksum, one like ADLER32:0a1b2c3d (or - for none) is needed';
}

/** What a bare checksum of so many digits most likely is. */
const ALGORITHM_OF: Readonly<Record<number, string>> = { 8: 'ADLER32', 32: 'MD5', 40: 'SHA1', 64: 'SHA256' };

/** `Adler-32`, `SHA_256`, `AD`: the name that storages know, or null. */
function knownName(algorithm: string): string | null {
  const plain = algorithm.toLowerCase().replace(/[-_]/g, '').replace(/sum$/, '');
  return OTHER_NAMES.get(plain) ?? (DIGITS.has(plain) ? plain.toUpperCase() : null);
}

/** Is this a checksum as people write one, with its algorithm or without? */
export function looksLikeChecksum(text: string): boolean {
  return FORM.test(text) || (/^[0-9a-f]+$/i.test(text) && ALGORITHM_OF[text.length] !== undefined);
}

/** Are these the same, whatever the case and the leading zeros? Both are `ALGORITHM:HEX`. */
export function isSameChecksum(one: string, other: string): boolean {
  return plainly(one) === plainly(other);
}

const plainly = (checksum: string): string => checksum.toLowerCase().replace(/:0+(?=.)/, ':');
