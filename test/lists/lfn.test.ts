import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseLfnLine } from '../../dist/lists/lfn.js';

const read = (line: string | Buffer, longestPrefix = 50) => parseLfnLine(Buffer.from(line), longestPrefix);
const LFN = '/lhcb/LHCb/Collision18/CHARM.MDST/00075555/0000/00075555_00000027_1.charm.mdst';

const GOOD: readonly [line: string, expected: object][] = [
  [LFN, {}],
  [`${LFN}\r`, {}],
  [`LFN:${LFN}`, {}],
  [`lfn: ${LFN} `, {}],
  [`\ufeff${LFN}`, {}],
  [`\ufeffLFN:${LFN}\r`, {}],
  [`  ${LFN}\t`, {}],
  [`${LFN} ADLER32:0a1b2c3d`, { checksum: 'ADLER32:0a1b2c3d' }],
  [`${LFN}\tADLER32:0a1b2c3d\t1000\r`, { checksum: 'ADLER32:0a1b2c3d', size: 1000 }],
  [`${LFN} - 1000`, { size: 1000 }],
];
for (const [line, expected] of GOOD) {
  test(`an LFN is read from ${JSON.stringify(line).replace(LFN, '/…')}`, () => {
    assert.deepEqual(read(line), { kind: 'lfn', lfn: LFN, ...expected });
  });
}

for (const line of ['', '\r', '  \t', '#', '# LFN:/lhcb/a', ' #/lhcb/a', '\ufeff# bookkeeping', '\ufeff']) {
  test(`a comment or empty line is passed over: ${JSON.stringify(line)}`, () => {
    assert.deepEqual(read(line), { kind: 'comment' });
  });
}
test('a comment need not be UTF-8', () => {
  assert.deepEqual(read(Buffer.from([0x23, 0xff])), { kind: 'comment' });
  assert.deepEqual(read(Buffer.from([0xef, 0xbb, 0xbf, 0x09, 0x23, 0xff])), { kind: 'comment' });
});

const BAD: readonly [line: string | Buffer, why: string][] = [
  ['lhcb/a', 'is no LFN: one begins with a slash'],
  ['LFN:', 'is no LFN: one begins with a slash'],
  ['PFN:/lhcb/a', 'is no LFN: one begins with a slash'],
  ['srm://h/lhcb/a', 'is no LFN: one begins with a slash'],
  ['../lhcb/a', 'is no LFN: one begins with a slash'],
  ['//', 'is no LFN: it names no file'],
  ['/lhcb/my file', 'has a blank inside'],
  ['/lhcb/a 1000', 'has a blank inside'],
  ['/lhcb/a 0a1b2c3d', 'has a checksum without its algorithm: write ADLER32:0a1b2c3d'],
  ['/lhcb/a\t0A1B2C3D 1000', 'has a checksum without its algorithm: write ADLER32:0A1B2C3D'],
  [`/lhcb/a ${'ab'.repeat(16)} 1000`, `has a checksum without its algorithm: write MD5:${'ab'.repeat(16)}`],
  [`/lhcb/a ${'ab'.repeat(20)}`, `has a checksum without its algorithm: write SHA1:${'ab'.repeat(20)}`],
  ['/lhcb/a ADLER32:0a1b2c3d 1000 more', 'has a blank inside'],
  ['/lhcb/a ADLER32:xyz', 'has a bad checksum, one like ADLER32:0a1b2c3d (or - for none) is needed'],
  ['/lhcb/a ADLER32:0a1b2c3d -5', 'has a bad size, a number of bytes is needed'],
  ['/lhcb/\x1b[2Ja', 'has a control or invisible character'],
  ['/lhcb/a\0', 'has a control or invisible character'],
  ['/lhcb/a\r/lhcb/b', 'has a control or invisible character'],
  ['/lhcb/\u202ea', 'has a control or invisible character'],
  [Buffer.from('/lhcb/\xe9', 'latin1'), 'is not UTF-8'],
];
const UNKNOWN = (algorithm: string, cure: string) =>
  `has a checksum of an algorithm that storages do not know, "${algorithm}": ${cure}`;
const CSV = 'looks like CSV: blanks or tabs separate LFN, checksum and size';
const USELESS: readonly [line: string, why: string][] = [
  ['/lhcb/f AD:0a1b2c3d', UNKNOWN('AD', 'say ADLER32:0a1b2c3d')],
  ['/lhcb/f adler-32:0a1b2c3d 7', UNKNOWN('adler-32', 'say ADLER32:0a1b2c3d')],
  ['/lhcb/f SHA-256:0a', UNKNOWN('SHA-256', 'say SHA256:0a')],
  ['/lhcb/f WHIRL:0a1b2c3d', UNKNOWN('WHIRL', 'say one like ADLER32:0a1b2c3d, or - for none')],
  ['/lhcb/f constructor:0a1b2c3d', UNKNOWN('constructor', 'say one like ADLER32:0a1b2c3d, or - for none')],
  [
    `/lhcb/f SHA512:${'0a'.repeat(64)}`,
    'has a checksum of 135 characters, FTS takes 100: write - for none, or one of another algorithm',
  ],
  ['/lhcb/f SHA512:0a', 'has a bad checksum: SHA512 has 128 hexadecimal digits, not 2'],
  ['/lhcb/f - 9007199254740991', 'has a size that no storage can have: 9007199254740991 bytes'],
  ['/lhcb/f,0a1b2c3d,100', CSV],
  ['/lhcb/f,ADLER32:0a1b2c3d,100', CSV],
  ['/lhcb/f,100,0a1b2c3d', CSV],
  ['/lhcb/f;0a1b2c3d;100', CSV],
  ['/lhcb/f|0a1b2c3d', CSV],
  ['/lhcb/f,,100', CSV],
  ['/lhcb/f,', CSV],
  ['/lhcb/f,/lhcb/g', CSV],
];
for (const [line, why] of USELESS)
  test(`a line is of no use to anybody that ${why}: ${line.slice(0, 40)}`, () => {
    const lfn = line.split(' ')[0];
    assert.deepEqual(read(line), { kind: 'bad', why, text: line, formerly: lfn });
  });

test('a checksum without its algorithm is no blank inside an LFN', () => {
  const why = (line: string) => {
    const parsed = read(line);
    return parsed.kind === 'bad' ? parsed.why : null;
  };
  assert.equal(why('/lhcb/f 0a1b2c3d'), 'has a checksum without its algorithm: write ADLER32:0a1b2c3d');
  assert.equal(why('/lhcb/f 0a1b2c3d 100'), 'has a checksum without its algorithm: write ADLER32:0a1b2c3d');
  assert.equal(
    why('/lhcb/f 12345678'),
    'has a checksum without its algorithm: write ADLER32:12345678 (or, if it is the size, - 12345678)',
  );
  assert.match(why(`/lhcb/f ${'0a'.repeat(16)}`) ?? '', /write MD5:0a0a/);
  assert.match(why(`/lhcb/f ${'0a'.repeat(20)}`) ?? '', /write SHA1:0a0a/);
  assert.match(why(`/lhcb/f ${'0a'.repeat(32)}`) ?? '', /write SHA256:0a0a/);
});

test('commas, semicolons and bars may stand in a name, and known checksums are taken in any case', () => {
  for (const lfn of ['/lhcb/a,b', '/lhcb/run,100', '/lhcb/a;v=1', '/lhcb/x|y.dst', '/lhcb/a,b/c.dst'])
    assert.deepEqual(read(lfn), { kind: 'lfn', lfn });
  for (const checksum of [
    'ADLER32:1',
    'adler32:0A1B2C3D',
    'CRC32C:0a1b2c3d',
    `md5:${'0'.repeat(32)}`,
    `SHA256:${'f'.repeat(64)}`,
  ])
    assert.deepEqual(read(`/lhcb/a ${checksum} 1000000000000000`), {
      kind: 'lfn',
      lfn: '/lhcb/a',
      checksum,
      size: 1e15,
    });
});

for (const [line, why] of BAD) {
  test(`a line is no LFN that ${why}: ${JSON.stringify(line.toString('latin1'))}`, () => {
    const parsed = read(line);
    assert.equal(parsed.kind === 'bad' && parsed.why, why);
  });
}

test('an LFN may be as long as its URL may be: 1,100 characters with the longest prefix', () => {
  const lfn = `/${'x'.repeat(1049)}`;
  assert.equal(read(lfn, 50).kind, 'lfn');
  assert.deepEqual(read(lfn, 51), {
    kind: 'bad',
    why: 'is too long: 1101 characters with its prefix, FTS takes 1100',
    text: lfn,
  });
});

test('a bad line is kept as it stands', () => {
  const parsed = read('lhcb/\x07 a');
  assert.equal(parsed.kind === 'bad' && parsed.text, 'lhcb/\x07 a');
  const latin = read(Buffer.from([0x2f, 0xe9, 0x20, 0x62]));
  assert.equal(latin.kind === 'bad' && latin.text, '/\\xe9 b');
});

test('whatever the bytes are, an LFN that is accepted holds no blank and no control character', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('', '/', 'LFN:/'), (bytes, start) => {
      const parsed = read(Buffer.concat([Buffer.from(start), bytes.filter((byte) => byte !== 0x0a)]));
      if (parsed.kind === 'lfn') assert.match(parsed.lfn, /^\/[^\s\p{Cc}]+$/u);
    }),
  );
});
