/**
 * lfns: LFNs of the shape that LHCb's bookkeeping gives, by their number, and LFN lists of them.
 *
 * All have the same length, so line n of a list begins at byte n × BYTES_PER_LINE. They follow from the seed alone:
 * it chooses the first production.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

const FILES_PER_PRODUCTION = 100_000;
const FILES_PER_DIRECTORY = 10_000;

const digits = (value: number, count: number): string => String(value).padStart(count, '0');

/** The LFN of that number, counted from 0. */
export function lfn(seed: number, number: number): string {
  const production = digits(75_000 + (seed % 1000) + 2 * Math.floor(number / FILES_PER_PRODUCTION), 8);
  const file = number % FILES_PER_PRODUCTION;
  const directory = digits(Math.floor(file / FILES_PER_DIRECTORY), 4);
  return `/lhcb/LHCb/Collision18/CHARM.MDST/${production}/${directory}/${production}_${digits(file, 8)}_1.charm.mdst`;
}

export const BYTES_PER_LINE = lfn(0, 0).length + 1;

/** Writes an LFN list of so many lines: a block of one directory is made once, and its numbers are written over. */
export function writeLfnList(path: string, seed: number, lines: number): void {
  const file = openSync(path, 'w');
  try {
    const texts = Array.from({ length: FILES_PER_DIRECTORY }, (_, number) => `${lfn(seed, number)}\n`);
    const block = Buffer.from(texts.join(''));
    for (let first = 0; first < lines; first += FILES_PER_DIRECTORY) {
      renumber(block, texts[0] ?? '', `${lfn(seed, first)}\n`);
      writeWhole(file, block.subarray(0, Math.min(FILES_PER_DIRECTORY, lines - first) * BYTES_PER_LINE));
    }
  } finally {
    closeSync(file);
  }
}

/**
 * Makes the block that of the directory whose first LFN is `wanted`. Only the digits differ, and the last four of the
 * file's number are those of the line in the block already.
 */
function renumber(block: Buffer, template: string, wanted: string): void {
  const own = template.lastIndexOf('_1.') - 4;
  const places = [...template.matchAll(/\d/g)].map((digit) => digit.index).filter((place) => place < own);
  for (const place of places) {
    const digit = wanted.charCodeAt(place);
    for (let at = place; at < block.length; at += BYTES_PER_LINE) block[at] = digit;
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}
