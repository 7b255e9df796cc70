/**
 * lineCount: every line that is neither empty nor a comment counts once, wherever a chunk ends.
 */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';

import { LineCount } from '../../dist/lfnLists/lineCount.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const file = join(temporaryDirectory(), 'list.txt');
const naive = (text: string): number => text.split('\n').filter((line) => !/^[ \t\r]*(#|$)/.test(line)).length;

test('counts as a person would', () => {
  const line = fc.oneof(
    fc.constantFrom('', ' ', '\r', '\t', '#', ' # x', 'a  b', ' a', 'a#b\r'),
    fc.string({ maxLength: 5 }),
  );
  const text = fc.array(line, { maxLength: 20 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, fc.nat(30), (content, from) => {
      writeFileSync(file, content);
      const bytes = Buffer.from(content);
      assert.equal(new LineCount().countLines(file), naive(bytes.toString('latin1')));
      assert.equal(new LineCount().scan(file, from, Infinity).lines, naive(bytes.subarray(from).toString('latin1')));
    }),
  );
});

test('lines, comments and blanks that lie across the end of a chunk', () => {
  for (const around of ['a  b\n', '# x y\n', '\n\n\n', '      a\n', '     #\n'])
    for (const before of [-3, -2, -1, 0, 1]) {
      const content = `${'x'.repeat(1024 * 1024 + before - 1)}\n${around}c\n`;
      writeFileSync(file, content);
      assert.equal(new LineCount().countLines(file), naive(content), JSON.stringify([around, before]));
    }
});

test('a file that has grown is counted again, one that has gone is nothing', () => {
  const count = new LineCount();
  writeFileSync(file, 'a\n');
  assert.equal(count.countLines(file), 1);
  appendFileSync(file, 'b\n');
  assert.equal(count.countLines(file), 2);
  assert.equal(count.countLines(`${file}.gone`), 0);
});

test('no more than what is asked for is read', () => {
  writeFileSync(file, 'a\nb\nc\nd\n');
  assert.deepEqual(new LineCount().scan(file, 2, 4), { lines: 2, bytes: 4 });
});
