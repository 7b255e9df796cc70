/** reader: read piece by piece, an LFN list has the same lines as the producer has cut. */
import assert from 'node:assert/strict';
import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import fc from 'fast-check';

import type { Range } from '../../dist/audit/cuts.js';
import { LfnReader } from '../../dist/lfnLists/reader.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { PREFIXES } from './lfnListFile.js';

const path = join(temporaryDirectory(), 'some.list');

interface Read {
  readonly lfn: string | null;
  readonly line: number;
  readonly start: number;
}

/** What the producer reads in runs of at most `lines` lines, and the bytes of each run. */
function cut(lines: number): { read: Read[]; pieces: Range[] } {
  const read: Read[] = [];
  const pieces: Range[] = [];
  for (let cursor = null, more = true; more;) {
    const reader: LfnReader = new LfnReader(path, cursor, { prefixes: PREFIXES, now: new Date(), hasGroups: false });
    const first: number = pieces.at(-1)?.last ?? -1;
    let end = first + 1;
    for (let count = 0; count < lines; count++) {
      const line = reader.next();
      more = line !== null;
      if (line === null) break;
      read.push({ lfn: line.kind === 'lfn' ? line.lfn : null, line: line.line, start: line.start });
      end = line.end;
    }
    cursor = reader.cursor();
    reader.close();
    if (end > first + 1) pieces.push({ first: first + 1, last: end - 1 });
  }
  return { read, pieces };
}

function inPieces(pieces: readonly Range[]): Read[] {
  const read: Read[] = [];
  const reader = new LfnReader(path, null, { prefixes: PREFIXES, now: new Date(), hasGroups: false });
  for (const { last } of pieces)
    reader.readTo(last + 1, (one) =>
      read.push({ lfn: one.kind === 'lfn' ? one.lfn : null, line: one.line, start: one.start }),
    );
  reader.close();
  return read;
}

const write = (content: string | Buffer): void => {
  writeFileSync(path, content);
  const longAgo = new Date('2018-04-12');
  utimesSync(path, longAgo, longAgo);
};

test('of any file it reads the lines that the producer reads', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      '/lhcb/a',
      '/lhcb/a b',
      '# no',
      ' LFN:/lhcb/b',
      '/lhcb/c  ADLER32:0a1b2c3d  17',
      '\ufeff/lhcb/d',
    ),
    fc.string().map((text) => `/lhcb/${text}`),
    fc.string({ unit: 'binary' }),
    fc.integer({ min: 950, max: 1050 }).map((length) => `/${'x'.repeat(length)}`),
  );
  const ends = fc.constantFrom('\n', '\r\n');
  fc.assert(
    fc.property(fc.array(line), ends, fc.boolean(), fc.integer({ min: 1, max: 5 }), (lines, end, last, perCut) => {
      write(lines.join(end) + (last ? end : ''));
      const { read, pieces } = cut(perCut);
      assert.deepEqual(inPieces(pieces), read);
    }),
  );
});

test('of any bytes it reads the lines that the producer reads', () => {
  const bytes = fc.array(fc.constantFrom(0, 9, 10, 10, 13, 32, 35, 47, 47, 97, 0xc3, 0xff), { maxLength: 60 });
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 3 }), (given, perCut) => {
      write(Buffer.from(given));
      const { read, pieces } = cut(perCut);
      assert.deepEqual(inPieces(pieces), read);
    }),
  );
});

test('lines across chunks and lines longer than a chunk are read like any other', () => {
  const lines = Array.from({ length: 9000 }, (_, index) => `/lhcb/${'y'.repeat(index % 90)}/${index}`);
  write(
    [...lines.slice(0, 8000), `/${'z'.repeat(600_000)}`, `# ${'w'.repeat(300_000)}`, ...lines.slice(8000)].join('\n'),
  );
  const { read, pieces } = cut(200);
  assert.equal(read.length, 9001);
  assert.deepEqual(inPieces(pieces), read);
});

test('a line that was cut before its end was written, and what was written behind it', () => {
  write('/lhcb/first\n/lhcb/half');
  const { pieces } = cut(5);
  appendFileSync(path, 'other half\n/lhcb/last\n');
  const end = '/lhcb/first\n/lhcb/halfother half\n/lhcb/last\n'.length;
  const start = (pieces.at(-1)?.last ?? 0) + 1;
  assert.deepEqual(inPieces([...pieces, { first: start, last: end - 1 }]), [
    { lfn: '/lhcb/first', line: 1, start: 0 },
    { lfn: '/lhcb/half', line: 2, start: 12 },
    { lfn: null, line: 2, start: 22 },
    { lfn: '/lhcb/last', line: 3, start: 33 },
  ]);
});

test('behind whole lines that were passed over it goes on like behind those that it has read', () => {
  write('/lhcb/a\n/lhcb/b\n\n/lhcb/c\n/lhcb/d');
  const reader = new LfnReader(path, null, { prefixes: PREFIXES, now: new Date(), hasGroups: false });
  const read: [number, number][] = [];
  reader.readTo(8, ({ line, start }) => read.push([line, start]));
  reader.skipTo(17, 2);
  reader.readTo(31, ({ line, start }) => read.push([line, start]));
  reader.close();
  assert.deepEqual(read, [
    [1, 0],
    [4, 17],
    [5, 25],
  ]);
});
