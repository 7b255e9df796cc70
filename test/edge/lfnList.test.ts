import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync, truncateSync } from 'node:fs';
import { utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { LfnReader, UNREAD_SUFFIXES, checkLfnList, headOf, sameHead } from '../../dist/edge/lfnList.js';
import type { Cursor, LfnLine } from '../../dist/edge/lfnList.js';
import { SpoolError } from '../../dist/errors.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const NOW = new Date('2018-04-12T10:11:12Z');
const directory = temporaryDirectory();
let made = 0;

/** A new LFN list, as old as said. */
function lfnList(content: string | Buffer, ageSeconds = 3600): string {
  const path = join(directory, `${++made}.list`);
  writeFileSync(path, content);
  age(path, ageSeconds);
  return path;
}

function age(path: string, seconds: number): void {
  const time = NOW.getTime() / 1000 - seconds;
  utimesSync(path, time, time);
}

function read(path: string, cursor: Cursor | null = null, most = Infinity): { lines: LfnLine[]; cursor: Cursor } {
  const reader = new LfnReader(path, cursor, { longestPrefix: 100, now: NOW });
  try {
    const lines: LfnLine[] = [];
    for (let line; lines.length < most && (line = reader.next()) !== null;) lines.push(line);
    return { lines, cursor: reader.cursor() };
  } finally {
    reader.close();
  }
}

const seen = (lines: readonly LfnLine[]) => lines.map((line) => (line.kind === 'lfn' ? line.lfn : line.why));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const lfns = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `/lhcb/${from + index}\n`).join('');

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
  const reader = new LfnReader(path, null, { longestPrefix: 0, now: NOW });
  assert.equal(reader.next()?.end, 8);
  assert.equal(reader.next(), null);
  appendFileSync(path, 'b\n/lhcb/c');
  const line = reader.next();
  assert.deepEqual([line?.kind === 'lfn' && line.lfn, line?.line], ['/lhcb/b', 2]);
  assert.equal(reader.next(), null);
  assert.equal(reader.remaining(), 7);
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
  const reader = new LfnReader(path, null, { longestPrefix: 0, now: NOW });
  assert.equal(reader.meanLineBytes(), 26 / 3);
  reader.next();
  assert.equal(reader.meanLineBytes(), 10);
  const later = new LfnReader(path, reader.cursor(), { longestPrefix: 0, now: NOW });
  assert.equal(later.meanLineBytes(), 10);
  assert.equal(later.remaining(), 16);
  const empty = new LfnReader(lfnList(''), null, { longestPrefix: 0, now: NOW });
  assert.equal(empty.meanLineBytes(), 1);
  for (const open of [reader, later, empty]) open.close();
});

const CHANGES: readonly [what: string, change: (path: string) => void, why: RegExp | null][] = [
  ['grows at its end', (path) => appendFileSync(path, '/lhcb/more\n'), null],
  ['is touched', (path) => age(path, 1), null],
  ['shrinks', (path) => truncateSync(path, 1000), /^has shrunk from 2590 to 1000 bytes since it was read$/],
  ['is emptied', (path) => truncateSync(path, 0), /^has shrunk/],
  [
    'gets a line at its beginning',
    (path) => writeFileSync(path, `/lhcb/new\n${lfns(100, 359)}`),
    /^has other content than when it was read: its first 2590 bytes have changed$/,
  ],
  ['is replaced', (path) => writeFileSync(path, lfns(500, 900)), /^has other content/],
  ['is removed', (path) => execFileSync('rm', [path]), /^is not there$/],
  ['becomes a directory', (path) => execFileSync('sh', ['-c', 'rm "$0"; mkdir "$0"', path]), /^is not a regular file$/],
  ['becomes a FIFO', (path) => execFileSync('sh', ['-c', 'rm "$0"; mkfifo "$0"', path]), /^is not a regular file$/],
];
for (const [what, change, why] of CHANGES) {
  test(`an LFN list that ${what} is ${why === null ? 'read on' : 'not read'}`, () => {
    const path = lfnList(lfns(100, 359));
    const { cursor } = read(path, null, 100);
    change(path);
    const checked = checkLfnList(path, cursor);
    if (why === null) assert.equal(checked.ok, true);
    else assert.match(checked.ok ? '' : checked.why, why);
  });
}

test('a change beyond the first 64 KiB and right before the cursor is seen', () => {
  const content = lfns(100_000, 120_000);
  const path = lfnList(content);
  const { cursor } = read(path, null, 15_000);
  const fd = openSync(path, 'r+');
  writeSync(fd, 'X', cursor.offset - 4096);
  closeSync(fd);
  assert.deepEqual(checkLfnList(path, cursor), {
    ok: false,
    why: `has other content than when it was read: the bytes before ${cursor.offset} have changed`,
  });
});

test('a file shorter than 64 KiB may grow beyond them', () => {
  const path = lfnList('/lhcb/a\n');
  const { cursor } = read(path);
  assert.equal(cursor.headLength, 8);
  appendFileSync(path, lfns(0, 20_000));
  assert.equal(checkLfnList(path, cursor).ok, true);
  assert.equal(read(path, cursor).cursor.headLength, 65_536);
});

test('without a cursor a regular file is all that is asked for, also behind a symlink', () => {
  const path = lfnList('/lhcb/a\n');
  const link = join(directory, 'link.list');
  symlinkSync(path, link);
  assert.deepEqual(checkLfnList(link, null), { ok: true, size: 8 });
  assert.deepEqual(seen(read(link).lines), ['/lhcb/a']);
  const fifo = join(directory, 'fifo.list');
  execFileSync('mkfifo', [fifo]);
  mkdirSync(join(directory, 'd.list'));
  for (const other of [fifo, join(directory, 'd.list'), '/dev/null']) {
    assert.deepEqual(checkLfnList(other, null), { ok: false, why: 'is not a regular file' });
    assert.throws(() => read(other), SpoolError);
  }
});

test('opening an LFN list that is not there says so', () => {
  const path = join(directory, 'none.list');
  assert.throws(() => read(path), new SpoolError(`Cannot read the LFN list ${path}: it is not there`));
});

test('a copy of an LFN list has the same head; another list, a beginning of it and an empty one have not', () => {
  const { cursor: short } = read(lfnList(lfns(0, 100)), null, 1);
  assert.equal(sameHead(lfnList(lfns(0, 100)), short), true);
  assert.equal(sameHead(lfnList(lfns(0, 101)), short), false);
  assert.equal(sameHead(lfnList(lfns(0, 99)), short), false);
  assert.equal(sameHead(lfnList(lfns(1, 101)), short), false);

  const { cursor: long } = read(lfnList(lfns(0, 10_000)), null, 1);
  assert.equal(sameHead(lfnList(lfns(0, 20_000)), long), true);
  assert.equal(sameHead(lfnList(lfns(0, 1000)), long), false);

  const { cursor: empty } = read(lfnList(''));
  assert.equal(sameHead(lfnList(''), empty), false);
});

test('the head is the first 64 KiB, or as much as asked for, or all there is', () => {
  const content = lfns(0, 10_000);
  const path = lfnList(content);
  assert.deepEqual(headOf(path), { length: 65_536, hash: sha256(content.slice(0, 65_536)) });
  assert.deepEqual(headOf(path, 10), { length: 10, hash: sha256(content.slice(0, 10)) });
  assert.deepEqual(headOf(lfnList('abc')), { length: 3, hash: sha256('abc') });
});

test('what editors leave behind is not read', () => {
  assert.deepEqual(UNREAD_SUFFIXES, ['~', '.bak', '.orig', '.swp', '.tmp', '.gz']);
});
