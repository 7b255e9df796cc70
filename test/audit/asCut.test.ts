/** asCut: a list counts as just cut only if it is, byte by byte, what the producer writes for its bytes. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { AsCut } from '../../dist/audit/asCut.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const ROUTE = { source: 'srm://a.example.org/data', destination: 'gsiftp://b.example.org/data' };
const path = join(temporaryDirectory(), 'some.list');
const asCut = new AsCut();
after(() => asCut.close());

const HEAD = '# castor2echo 1\n';
const lineOf = (lfn: string, rest = '', { source, destination } = ROUTE): string =>
  `${source}${lfn}  ${destination}${lfn}${rest}\n`;

/** Of an LFN list with this content and a list with this body, which says that it was cut from these bytes of it. */
function count(
  content: string,
  body: string | Buffer,
  { first = 0, last = Buffer.byteLength(content) - 1, route = ROUTE } = {},
): number {
  writeFileSync(path, content);
  const list = Buffer.concat([Buffer.from(HEAD), Buffer.from(body)]);
  return asCut.count({ path, why: null, route }, list, HEAD.length, { first, last });
}

const [a, b, c] = ['/lhcb/a', '/lhcb/b', '/lhcb/c'].map((lfn) => lineOf(lfn)) as [string, string, string];
const ABC = '/lhcb/a\n/lhcb/b\n/lhcb/c\n';

test('what the producer writes is known again: at both ends and within, with checksum and size, with any letters', () => {
  assert.equal(count(ABC, a + b + c), 3);
  assert.equal(count(ABC, a, { last: 7 }), 1);
  assert.equal(count(ABC, b + c, { first: 8 }), 2);
  assert.equal(
    count(
      'LFN:/lhcb/a  ADLER32:0a1b2c3d  17\r\n/lhcb/één\n',
      lineOf('/lhcb/a', '  ADLER32:0a1b2c3d  17') + lineOf('/lhcb/één'),
    ),
    2,
  );
  const route = { source: 'srm://a.example.org/één', destination: 'gsiftp://b.example.org/x' };
  assert.equal(count('/lhcb/a\n', lineOf('/lhcb/a', '', route), { route }), 1);
});

const OTHERS: [string, string, string | Buffer, Parameters<typeof count>[2]?][] = [
  ['another order', ABC, b + a + c],
  ['one transfer less', ABC, a + b],
  ['one more', ABC, a + b + c + lineOf('/lhcb/d')],
  ['a letter that is another', ABC, a + b + c.replaceAll('/c', '/d')],
  ['one destination of another LFN', ABC, a + b + c.replace(/c\n$/, 'b\n')],
  ['a comment behind', ABC, `${a}${b}${c}# bad\n`],
  ['an end without a newline', ABC, (a + b + c).trimEnd()],
  ['a duplicate that stands twice', '/lhcb/a\n/lhcb/a\n', a + a],
  ['two texts of one file', '/lhcb/a\n/lhcb//a\n', a + lineOf('/lhcb//a')],
  ['a line that is no LFN', '/lhcb/a\nno\n', a],
  ['a comment in the LFN list', '# no\n/lhcb/a\n', a],
  ['a beginning within a line', ABC, lineOf('/b') + c, { first: 13 }],
  ['an end within a line', ABC, lineOf('/lhcb'), { last: 4 }],
  ['an end behind the end', ABC, a + b + c, { last: 24 }],
  ['other prefixes', ABC, a + b + c, { route: { ...ROUTE, source: 'srm://c.example.org/data' } }],
  [
    'bytes that are not UTF-8',
    '/lhcb/a\n',
    Buffer.from(lineOf('/lhcb/a', '', { ...ROUTE, source: 'srm://a.example.org/é' }), 'latin1'),
    { route: { ...ROUTE, source: 'srm://a.example.org/é' } },
  ],
];
for (const [what, content, body, options] of OTHERS)
  test(`a list is to be compared: ${what}`, () => assert.equal(count(content, body, options), 0));
