/** lfnListFile: LFN lists on the disk for tests, of a known age, and what a reader sees in them. */
import { createHash } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LfnReader } from '../../dist/lfnLists/reader.js';
import type { Cursor, LfnLine } from '../../dist/lfnLists/reader.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

export const NOW = new Date('2018-04-12T10:11:12Z');
/** Of 100 characters. */
export const PREFIXES = { source: 'gsiftp://host.example.org/'.padEnd(100, 'x'), destination: 'root://a.example.org/' };
export const directory = temporaryDirectory();
let made = 0;

/** A new LFN list, as old as said. */
export function lfnList(content: string | Buffer, ageSeconds = 3600): string {
  const path = join(directory, `${++made}.list`);
  writeFileSync(path, content);
  age(path, ageSeconds);
  return path;
}

export function age(path: string, seconds: number): void {
  const time = NOW.getTime() / 1000 - seconds;
  utimesSync(path, time, time);
}

export function read(
  path: string,
  cursor: Cursor | null = null,
  most = Infinity,
): { lines: LfnLine[]; cursor: Cursor } {
  const reader = new LfnReader(path, cursor, { prefixes: PREFIXES, now: NOW, hasGroups: false });
  try {
    const lines: LfnLine[] = [];
    for (let line; lines.length < most && (line = reader.next()) !== null;) lines.push(line);
    return { lines, cursor: reader.cursor() };
  } finally {
    reader.close();
  }
}

export const seen = (lines: readonly LfnLine[]) => lines.map((line) => (line.kind === 'lfn' ? line.lfn : line.why));
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
export const lfns = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `/lhcb/${from + index}\n`).join('');
