/** checksums: one spelt in two ways is one, and two of different algorithms say nothing of each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksumsAgree, checksumInWords, noChecksum, readChecksum, type Kept } from '../../dist/dumps/checksums.js';

function read(text: string): Kept | null {
  const into = noChecksum();
  const bytes = Buffer.from(text);
  if (!readChecksum(bytes, 0, bytes.length, into)) return null;
  const long = Buffer.from(into.digits.subarray(0, into.long)).toString();
  return { algorithm: into.algorithm, digits: into.long > 0 ? long : (into.value >>> 0).toString(16) };
}

const same = (one: string, other: string): boolean | null => {
  const [a, b] = [read(one), read(other)];
  assert.ok(a !== null && b !== null, `${one} ${other}`);
  return checksumsAgree(a, b);
};

const MD5 = '0cc175b9c0f1b6a831c399e269772661';

test('a checksum is the same with its algorithm or without, in any case, with zeros or without', () => {
  for (const other of ['00a1b2c3', 'A1B2C3', 'ADLER32:00A1B2C3', 'adler32:a1b2c3', 'Adler-32:0a1b2c3'])
    assert.equal(same('ADLER32:00a1b2c3', other), true, other);
  assert.equal(same(MD5, `MD5:${MD5.slice(1).toUpperCase()}`), true);
  assert.equal(same('ffffffff', 'FFFFFFFE'), false);
  assert.equal(same('ADLER32:80000000', '80000000'), true);
});

test('those of different algorithms, and those that are not known, say nothing', () => {
  assert.equal(same('CRC32:00a1b2c3', 'ADLER32:00a1b2c4'), null);
  assert.equal(same(MD5, 'a1b2c3'), null);
  assert.equal(same(`MD5:${MD5}`, 'a1b2c3'), null);
  for (const nothing of ['', '-', 'null', 'N/A', 'None']) assert.equal(same(nothing, 'a1b2c3'), null, nothing);
});

test('it is written as lists have it', () => {
  assert.equal(checksumInWords(read('a1b2c3') ?? assert.fail()), 'ADLER32:00a1b2c3');
  assert.equal(checksumInWords(read(`md5:${MD5.slice(1)}`) ?? assert.fail()), `MD5:${MD5}`);
  assert.equal(checksumInWords(read('-') ?? assert.fail()), '-');
});

test('anything else is none', () => {
  for (const text of ['xyz', 'ADLER32:xyz', 'a1b2c3 ', '12 34', 'f'.repeat(200)]) assert.equal(read(text), null, text);
});
