/**
 * dumps: a catalogue and a dump of a storage, of the same files but for a few, in different order.
 *
 * All lines of one of them have the same length; the digits are written over in a block of bytes, as there are a hundred million.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { lfn } from './lfns.js';

/** Of so many files one is lost, and of so many one is dark. */
const LOST_EVERY = 9973;
const DARK_EVERY = 9967;
const LINES_AT_ONCE = 10_000;
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
export function writeDump(path: string, files: number): void {
  write(path, files, BASE, (number) => !isLost(number), 7_368_787);
}

function write(path: string, files: number, before: string, isIn: (number: number) => boolean, stride: number): void {
  const template = Buffer.from(`${before}${lfn(0, 0)};00000000;0000000000\n`);
  const block = Buffer.alloc(template.length * LINES_AT_ONCE);
  for (let at = 0; at < block.length; at += template.length) template.copy(block, at);
  const path0 = before.length;
  const production = lfn(0, 0).indexOf('/000', 10) + 1;
  const places = {
    productions: [path0 + production, path0 + production + 14],
    directory: path0 + production + 9,
    file: path0 + production + 23,
    checksum: template.length - 20,
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
      const inProduction = number % 100_000;
      for (const place of places.productions)
        digits(block, filled + place, 8, 75_000 + 2 * Math.floor(number / 100_000), 10);
      digits(block, filled + places.directory, 4, Math.floor(inProduction / 10_000), 10);
      digits(block, filled + places.file, 8, inProduction, 10);
      digits(block, filled + places.checksum, 8, (number * 2_654_435) % 0xfffffff, 16);
      digits(block, filled + places.size, 10, 1_000_000_000 + number, 10);
      filled += template.length;
      if (filled === block.length) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
}

function digits(block: Buffer, at: number, count: number, value: number, radix: 10 | 16): void {
  let left = value;
  for (let place = at + count - 1; place >= at; place--) {
    block[place] = DIGITS.charCodeAt(left % radix);
    left = Math.floor(left / radix);
  }
}
