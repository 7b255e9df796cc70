import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkLfnList, headOf, sameHead } from '../../dist/lfnLists/reader.js';
import { SpoolError } from '../../dist/errors.js';
import { age, directory, lfnList, lfns, read, seen, sha256 } from './lfnListFile.js';

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
