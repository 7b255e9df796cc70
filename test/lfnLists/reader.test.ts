import assert from 'node:assert/strict';
import { appendFileSync, closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LfnReader, checkLfnList, headOf } from '../../dist/lfnLists/reader.js';
import type { Cursor, LfnLine } from '../../dist/lfnLists/reader.js';
import { NOW, age, lfnList, read, seen, sha256 } from './lfnListFile.js';

test('lines are read with their numbers and their bytes, newline included', () => {
  const { lines, cursor } = read(lfnList('# from the bookkeeping\n/lhcb/a\r\n\nLFN:/lhcb/b ADLER32:1 5\nlhcb/c\n'));
  assert.deepEqual(lines, [
    { kind: 'lfn', lfn: '/lhcb/a', line: 2, start: 23, end: 32 },
    { kind: 'lfn', lfn: '/lhcb/b', checksum: 'ADLER32:1', size: 5, line: 4, start: 33, end: 57 },
    { kind: 'bad', why: 'is no LFN: one begins with a slash', text: 'lhcb/c', line: 5, start: 57, end: 64 },
  ]);
  assert.deepEqual([cursor.offset, cursor.line, cursor.size], [64, 5, 64]);
});

test('reading goes on from the cursor: in any portions the lines are the same, and none is read twice', () => {
  const piece = fc.constantFrom(
    '/lhcb/a\n',
    '\n',
    '# c\r\n',
    'bad\n',
    'LFN:/x\r\n',
    '\xff\n',
    `/${'y'.repeat(30_000)}\n`,
  );
  fc.assert(
    fc.property(fc.array(piece), fc.integer({ min: 1, max: 5 }), (pieces, portion) => {
      const path = lfnList(Buffer.from(pieces.join(''), 'latin1'));
      const whole = read(path);
      const lines: LfnLine[] = [];
      let cursor: Cursor | null = null;
      for (let more = true; more;) {
        const part = read(path, cursor, portion);
        assert.deepEqual(checkLfnList(path, part.cursor), { ok: true, size: part.cursor.size });
        lines.push(...part.lines);
        cursor = part.cursor;
        more = part.lines.length > 0;
      }
      assert.deepEqual(lines, whole.lines);
      assert.deepEqual(cursor, whole.cursor);
    }),
    { numRuns: 50 },
  );
});

test('an empty LFN list has no lines', () => {
  const { lines, cursor } = read(lfnList(''));
  assert.deepEqual(lines, []);
  assert.deepEqual(cursor, { offset: 0, line: 0, size: 0, headLength: 0, headHash: sha256(''), tailHash: sha256('') });
});

test('a last line without a newline is read once the file is a minute old', () => {
  const path = lfnList('/lhcb/a\n/lhcb/b', 59);
  const young = read(path);
  assert.deepEqual(seen(young.lines), ['/lhcb/a']);
  assert.equal(young.cursor.offset, 8);
  age(path, 60);
  assert.deepEqual(seen(read(path, young.cursor).lines), ['/lhcb/b']);
});

test('a time that lies in the future was given to the file: its last line is read all the same', () => {
  for (const ahead of [61, 3600, 86_400, 20 * 365 * 86_400])
    assert.deepEqual(seen(read(lfnList('/lhcb/a\n/lhcb/b', -ahead)).lines), ['/lhcb/a', '/lhcb/b'], `${ahead} s`);
  assert.deepEqual(seen(read(lfnList('/lhcb/a\n/lhcb/b', -59)).lines), ['/lhcb/a']);
});

test('a file that was written just now by a clock that is an hour ahead may still grow', () => {
  const path = lfnList('/lhcb/a\n/lhcb/b');
  appendFileSync(path, 'c');
  const lines = (now: number) => {
    const reader = new LfnReader(path, null, { prefixes: null, now: new Date(now), hasGroups: false });
    try {
      return [reader.next(), reader.next()].flatMap((line) => (line?.kind === 'lfn' ? [line.lfn] : []));
    } finally {
      reader.close();
    }
  };
  assert.deepEqual(lines(Date.now() - 3_600_000), ['/lhcb/a']);
  assert.deepEqual(lines(Date.now() + 61_000), ['/lhcb/a', '/lhcb/bc']);
  assert.deepEqual(lines(Date.now() - 2 * 86_400_000), ['/lhcb/a', '/lhcb/bc']);
});

test('the newline that such a line gets later begins no line', () => {
  for (const newline of ['\n', '\r\n', '\t \n']) {
    const path = lfnList('/lhcb/a\n/lhcb/b');
    const first = read(path);
    appendFileSync(path, `${newline}/lhcb/c\n`);
    const { lines, cursor } = read(path, first.cursor);
    assert.deepEqual([seen(lines), lines[0]?.line, cursor.line], [['/lhcb/c'], 3, 3]);
  }
});

test('what is written right behind such a line is the rest of it, and no LFN', () => {
  const path = lfnList('/lhcb/a\n/lhcb/b');
  const first = read(path);
  appendFileSync(path, '/lhcb/c\n/lhcb/d\n');
  const { lines } = read(path, first.cursor);
  assert.deepEqual(seen(lines), ['continues the line before, which was read without its end', '/lhcb/d']);
  assert.deepEqual(
    lines.map(({ line }) => line),
    [2, 3],
  );
});

test('a line of megabytes is bad and is passed over, and a comment of that length is a comment', () => {
  const long = `/lhcb/${'x'.repeat(3_000_000)}`;
  const { lines } = read(lfnList(`/lhcb/a\n${long}\n#${long}\n/lhcb/b\n`));
  assert.deepEqual(seen(lines), ['/lhcb/a', `is too long: ${long.length + 1} bytes`, '/lhcb/b']);
  const [, bad, last] = lines;
  assert.equal(bad?.kind === 'bad' && bad.text, long.slice(0, 2000));
  assert.deepEqual([last?.line, last?.start], [4, 8 + 2 * long.length + 3]);
});

test('lines that lie across the chunks that are read are whole', () => {
  const names = Array.from({ length: 5000 }, (_, index) => `/lhcb/${'x'.repeat(index % 97)}${index}`);
  assert.deepEqual(seen(read(lfnList(`${names.join('\n')}\n`)).lines), names);
});

test('a file that grows while it is read gives whole lines only', () => {
  const path = lfnList('/lhcb/a\n/lhcb/', 0);
  const reader = new LfnReader(path, null, { prefixes: null, now: NOW, hasGroups: false });
  assert.equal(reader.next()?.end, 8);
  assert.equal(reader.next(), null);
  appendFileSync(path, 'b\n/lhcb/c');
  age(path, 0);
  const line = reader.next();
  assert.deepEqual([line?.kind === 'lfn' && line.lfn, line?.line], ['/lhcb/b', 2]);
  assert.equal(reader.next(), null);
  assert.equal(reader.remaining(), 7);
  reader.close();
});

test('a last line without a newline that goes on while the file is read is told from a new line', () => {
  const path = lfnList('/lhcb/a');
  const reader = new LfnReader(path, null, { prefixes: null, now: NOW, hasGroups: false });
  assert.equal(reader.next()?.line, 1);
  appendFileSync(path, '\n/lhcb/b\n');
  assert.equal(reader.next()?.line, 2);
  reader.close();
});

test('the end of a file of terabytes is reached at once', () => {
  const path = lfnList('');
  const fd = openSync(path, 'r+');
  const end = 2 ** 41;
  ftruncateSync(fd, end);
  writeSync(fd, '\n/lhcb/last\n', end - 1);
  closeSync(fd);
  const head = headOf(path);
  const cursor = { offset: end, line: 5e7, size: end, headLength: head.length, headHash: head.hash, tailHash: '' };
  const { lines, cursor: after } = read(path, cursor);
  assert.deepEqual(lines, [{ kind: 'lfn', lfn: '/lhcb/last', line: 5e7 + 1, start: end, end: end + 11 }]);
  assert.deepEqual(checkLfnList(path, after), { ok: true, size: end + 11 });
});

test('the mean length of a line is that of what was returned, else of what stands before the cursor, else of a sample', () => {
  const path = lfnList('/lhcb/aaa\n/lhcb/a\n/lhcb/a\n');
  const reader = new LfnReader(path, null, { prefixes: null, now: NOW, hasGroups: false });
  assert.equal(reader.meanLineBytes(), 26 / 3);
  reader.next();
  assert.equal(reader.meanLineBytes(), 10);
  const later = new LfnReader(path, reader.cursor(), { prefixes: null, now: NOW, hasGroups: false });
  assert.equal(later.meanLineBytes(), 10);
  assert.equal(later.remaining(), 16);
  const empty = new LfnReader(lfnList(''), null, { prefixes: null, now: NOW, hasGroups: false });
  assert.equal(empty.meanLineBytes(), 1);
  for (const open of [reader, later, empty]) open.close();
});
