/**
 * dumps: a catalogue and a dump of a storage, of the same files but for a few, in different order.
 *
 * A catalogue spells alike what it has; storages do not. Of an untidy dump, of a hundred lines, five have checksums
 * that were printed as numbers, without leading zeros, and two have them in upper case (for both DIRAC compares
 * Adler-32 checksums as numbers, `compareAdler` in its Core/Utilities/Adler.py), and one path begins with a slash, as
 * in the LFNs. The digits are written over in a copy of one line, as there are a hundred million.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { lfn } from './lfns.js';

/** Of so many files one is lost, and of so many one is dark. */
const LOST_EVERY = 9973;
const DARK_EVERY = 9967;
const LINES_AT_ONCE = 10_000;
/** From the beginning of a checksum to the end of its line. */
const CHECKSUM_TO_END = 20;
const ZERO = 0x30;
const DIGITS = '0123456789abcdef';

export const ELEMENT = 'RAL-DST';
export const BASE = 'prod';

export const isLost = (number: number): boolean => number % LOST_EVERY === 1;
export const isDark = (number: number): boolean => number % DARK_EVERY === 2;

/** Of so many files those that are in it, in the order of their numbers. */
export function writeCatalogue(path: string, files: number): void {
  const before = `${ELEMENT};`;
  write(path, files, before, (number) => !isDark(number), 1);
}

/** The others, in an order in which no two neighbours are together. */
export function writeDump(path: string, files: number, isTidy: boolean): void {
  write(path, files, BASE, (number) => !isLost(number), 7_368_787, isTidy ? undefined : spellOtherwise);
}

/** Spells a line in the block otherwise, by its number; returns how long it is then. */
type Spelling = (block: Buffer, at: number, length: number, number: number) => number;

function write(
  path: string,
  files: number,
  before: string,
  isIn: (number: number) => boolean,
  stride: number,
  spell: Spelling = (_block, _at, length) => length,
): void {
  const template = Buffer.from(`${before}${lfn(0, 0)};00000000;0000000000\n`);
  const block = Buffer.alloc((template.length + 1) * LINES_AT_ONCE);
  const path0 = before.length;
  const production = lfn(0, 0).indexOf('/000', 10) + 1;
  const places = {
    productions: [path0 + production, path0 + production + 14],
    directory: path0 + production + 9,
    file: path0 + production + 23,
    checksum: template.length - CHECKSUM_TO_END,
    size: template.length - 11,
  };
  const file = openSync(path, 'w');
  let filled = 0;
  const flush = (): void => {
    for (let written = 0; written < filled;) written += writeSync(file, block, written, filled - written);
    filled = 0;
  };
  try {
    for (let index = 0; index < files; index++) {
      const number = (index * stride) % files;
      if (!isIn(number)) continue;
      template.copy(block, filled);
      const inProduction = number % 100_000;
      for (const place of places.productions)
        digits(block, filled + place, 8, 75_000 + 2 * Math.floor(number / 100_000), 10);
      digits(block, filled + places.directory, 4, Math.floor(inProduction / 10_000), 10);
      digits(block, filled + places.file, 8, inProduction, 10);
      digits(block, filled + places.checksum, 8, (number * 2_654_435) % 0xfffffff, 16);
      digits(block, filled + places.size, 10, 1_000_000_000 + number, 10);
      filled += spell(block, filled, template.length, number);
      if (filled + template.length >= block.length) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
}

const spellOtherwise: Spelling = (block, at, length, number) => {
  const checksum = at + length - CHECKSUM_TO_END;
  const which = number % 100;
  if (which < 5) {
    let zeros = 0;
    while (zeros < 7 && block[checksum + zeros] === ZERO) zeros++;
    block.copyWithin(checksum, checksum + zeros, at + length);
    return length - zeros;
  }
  if (which < 7) block.write(block.toString('latin1', checksum, checksum + 8).toUpperCase(), checksum, 'latin1');
  if (which !== 7) return length;
  block.copyWithin(at + 1, at, at + length);
  block.write('/', at, 'latin1');
  return length + 1;
};

function digits(block: Buffer, at: number, count: number, value: number, radix: 10 | 16): void {
  let left = value;
  for (let place = at + count - 1; place >= at; place--) {
    block[place] = DIGITS.charCodeAt(left % radix);
    left = Math.floor(left / radix);
  }
}
