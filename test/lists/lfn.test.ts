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
  ['/lhcb/a ADLER32:0a1b2c3d 1000 more', 'has a blank inside'],
  ['/lhcb/a ADLER32:xyz', 'has a bad checksum, one like ADLER32:0a1b2c3d (or - for none) is needed'],
  ['/lhcb/a ADLER32:0a1b2c3d -5', 'has a bad size, a number of bytes is needed'],
  ['/lhcb/\x1b[2Ja', 'has a control or invisible character'],
  ['/lhcb/a\0', 'has a control or invisible character'],
  ['/lhcb/a\r/lhcb/b', 'has a control or invisible character'],
  ['/lhcb/\u202ea', 'has a control or invisible character'],
  [Buffer.from('/lhcb/\xe9', 'latin1'), 'is not UTF-8'],
];
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
