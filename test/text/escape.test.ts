import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeUtf8, escapeName, escapeText, hasUnsafe, textOfBytes, unescapeName } from '../../dist/text/escape.js';

const CASES: readonly [text: string, escaped: string][] = [
  ['plain, ünïcode, 文件, 🚀', 'plain, ünïcode, 文件, 🚀'],
  ['clear\x1b[2J', 'clear\\x1b[2J'],
  ['two\r\nlines', 'two\\x0d\\x0alines'],
  ['tab\there', 'tab\\x09here'],
  ['nul\0, del\x7f, csi\x9b', 'nul\\x00, del\\x7f, csi\\x9b'],
  ['exe\u202Etxt', 'exe\\u{202e}txt'],
  ['a\u2066b\u2028c\u200bd\ufeffe', 'a\\u{2066}b\\u{2028}c\\u{200b}d\\u{feff}e'],
  ['no\u00a0break', 'no\\xa0break'],
  ['half \ud83d pair', 'half \\u{d83d} pair'],
  ['other half \ude80', 'other half \\u{de80}'],
];

for (const [text, escaped] of CASES) {
  test(`escapeText gives ${escaped}`, () => assert.equal(escapeText(text), escaped));
}

test('escapeText leaves nothing unsafe, and escaping again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const escaped = escapeText(text);
      assert.equal(hasUnsafe(escaped), false);
      assert.equal(escapeText(escaped), escaped);
      assert.equal(hasUnsafe(text), escaped !== text);
    }),
  );
});

test('unescapeName gives back what escapeName was given', () => {
  const names = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\\xu{}0-9a-f]*$/));
  fc.assert(fc.property(names, (name) => assert.equal(unescapeName(escapeName(name)), name)));
});

test('bytes that are not UTF-8 are shown as hexadecimal, and the rest of the line as it is', () => {
  const bytes = Buffer.from([0xef, 0xbb, 0xbf, 0x2f, 0xff, 0x61, 0x09]);
  assert.equal(decodeUtf8(bytes), null);
  assert.equal(textOfBytes(bytes), '/\\xffa\t');
});
