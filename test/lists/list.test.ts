import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatList, parseList } from '../../dist/lists/list.js';
import type { Origin, Transfer } from '../../dist/lists/list.js';
import { readIfJust } from '../../dist/lists/scanList.js';

const S = 'srm://se.example.org:8443/srm/managerv2?SFN=/castor/lhcb/a';
const D = 'gsiftp://echo.example.org/lhcb:prod/lhcb/a';
const bytes = (text: string) => Buffer.from(text);
const lines = (text: string) => parseList(bytes(text));

test('a list reads as the original wrote it: two URLs and two blanks', () => {
  const { transfers, unreadable, duplicates, origin } = lines(`${S}  ${D}\n`);
  assert.deepEqual(transfers, [{ source: S, destination: D, line: 1 }]);
  assert.deepEqual([unreadable, duplicates, origin], [[], [], {}]);
});

test('comments, empty lines, CRLF, tabs, a byte order mark and a missing last newline are fine', () => {
  const { transfers, unreadable } = lines(`\ufeff# made by hand\r\n\r\n \t\n ${S}\t${D} \r\n#${S} ${D}\n${S}b  ${D}b`);
  assert.deepEqual(unreadable, []);
  assert.deepEqual(transfers, [
    { source: S, destination: D, line: 4 },
    { source: `${S}b`, destination: `${D}b`, line: 6 },
  ]);
});

test('a checksum and a size are read, and a size without a checksum stands after a dash', () => {
  const { transfers } = lines(
    `${S}  ${D}  ADLER32:0a1b2c3d  1000\n${S}2  ${D}2  md5:00112233445566778899aabbccddeeff\n${S}3  ${D}3  -  0\n`,
  );
  assert.deepEqual(
    transfers.map(({ checksum, size }) => [checksum, size]),
    [
      ['ADLER32:0a1b2c3d', 1000],
      ['md5:00112233445566778899aabbccddeeff', undefined],
      [undefined, 0],
    ],
  );
  assert.match(formatList({}, [{ source: S, destination: D, size: 7 }]), / {2}- {2}7\n$/);
});

const URL_OF_1100 = `gsiftp://h/${'x'.repeat(1089)}`;
const UNREADABLE: readonly [line: string | Buffer, why: string][] = [
  [S, 'has one column, a source and a destination are needed'],
  [`${S} ${D} ADLER32:1 2 3`, 'has 5 columns, at most source, destination, checksum and size'],
  [`${S} ${D} 1234`, 'has a bad checksum, one like ADLER32:0a1b2c3d (or - for none) is needed'],
  [`${S} ${D} ADLER32:0a1b2c3d4`, 'has a bad checksum, one like ADLER32:0a1b2c3d (or - for none) is needed'],
  [`${S} ${D} ADLER32:xyz 1`, 'has a bad checksum, one like ADLER32:0a1b2c3d (or - for none) is needed'],
  [`${S} ${D} ADLER32 1`, 'has a bad checksum, one like ADLER32:0a1b2c3d (or - for none) is needed'],
  [`${S} ${D} - -1`, 'has a bad size, a number of bytes is needed'],
  [`${S} ${D} - 1e3`, 'has a bad size, a number of bytes is needed'],
  [`${S} ${D} - 9007199254740993`, 'has a bad size, a number of bytes is needed'],
  [`/lhcb/a ${D}`, 'has a bad source: it has no scheme like gsiftp://'],
  [`srm:/h/a ${D}`, 'has a bad source: it has no scheme like gsiftp://'],
  [`${S} gsiftp:///lhcb/a`, 'has a bad destination: it has no host'],
  [`${S} gsiftp://:2811/lhcb/a`, 'has a bad destination: it has no host'],
  [`${S} gsiftp://h.example.org`, 'has a bad destination: it has no path'],
  [`${S} gsiftp://h.example.org/`, 'has a bad destination: it has no path'],
  [`${S} gsiftp://h.example.org/?`, 'has a bad destination: it has no path'],
  [`file:///data/a ${D}`, 'has a bad source: it is a local file, FTS copies between storages only'],
  [`FILE://h/data/a ${D}`, 'has a bad source: it is a local file, FTS copies between storages only'],
  [`${S}\x1b[2J ${D}`, 'has a bad source: it has a control or invisible character'],
  [`${S}\r${D} ${D}`, 'has a bad source: it has a control or invisible character'],
  [`${S}\u202e ${D}`, 'has a bad source: it has a control or invisible character'],
  [`${URL_OF_1100}y ${D}`, 'has a bad source: it has 1101 characters, FTS takes 1100'],
  [Buffer.from([0x73, 0xff, 0x20, 0x64]), 'is not UTF-8'],
];

for (const [line, why] of UNREADABLE) {
  test(`a line is unreadable that ${why}: ${JSON.stringify(line.toString('latin1')).slice(0, 60)}`, () => {
    const list = Buffer.concat([bytes(`${S}1 ${D}1\n`), Buffer.from(line), bytes(`\n${S}2 ${D}2\n`)]);
    const { transfers, unreadable } = parseList(list);
    assert.deepEqual(
      transfers.map((transfer) => transfer.line),
      [1, 3],
    );
    assert.deepEqual(
      unreadable.map((bad) => [bad.line, bad.why]),
      [[2, why]],
    );
  });
}

test('URLs that FTS takes are taken: 1,100 characters, a query alone, any storage', () => {
  const urls = [URL_OF_1100, 'mock://h/?size=1', 'davs://h:443/a', 'root://h//a', 's3s://b.h/a', 'https://[::1]:2/ü'];
  const text = urls.map((url, index) => `${url} ${D}${index}`).join('\n');
  assert.deepEqual(lines(text).unreadable, []);
  assert.equal(lines(text).transfers.length, urls.length);
});

test('the text of an unreadable line is kept, to be escaped by whoever shows it', () => {
  assert.equal(lines('one\x07column\n').unreadable[0]?.text, 'one\x07column');
  assert.equal(parseList(Buffer.from([0x2f, 0xfe])).unreadable[0]?.text, '/\\xfe');
});

test('of one transfer twice, and of two lines with one destination, the later is a duplicate', () => {
  const text = `${S} ${D}\n${S} ${D}\n${S}2 ${D}\nsrm://other.example.org/a ${D.replace('gsiftp', 'GSIFTP')}#\n${S} ${D}2\n`;
  const { transfers, duplicates } = lines(text);
  assert.deepEqual(
    transfers.map(({ line }) => line),
    [1, 5],
  );
  assert.deepEqual(
    duplicates.map(({ line, why }) => [line, why]),
    [
      [2, 'is the same transfer as line 1'],
      [3, 'has the destination of line 1'],
      [4, 'has the destination of line 1'],
    ],
  );
});

test('an empty list is no transfers', () => {
  for (const text of ['', '\n', '# nothing', ' ']) {
    assert.deepEqual(lines(text), { origin: {}, transfers: [], unreadable: [], duplicates: [] });
  }
});

test('the header is written as the documentation shows it', () => {
  const origin: Origin = {
    route: 'tape',
    found: { by: 'the dump of 2018-04-12T10:11:12Z', at: '2018-04-13T10:11:12Z' },
    campaign: '0b0f1f6e-7c7d-4f3c-8a39-5a4d1f0b9a11',
    from: { lfnList: 'TODO/ListOfLFNs/input.list', firstByte: 1600, lastByte: 3199 },
    splitFrom: 'FTSList-20180412-101112-0001.txt',
    failures: 2,
  };
  const text = [
    '# castor2echo 1 0b0f1f6e-7c7d-4f3c-8a39-5a4d1f0b9a11',
    '# from TODO/ListOfLFNs/input.list bytes 1600-3199',
    '# route tape',
    '# split from FTSList-20180412-101112-0001.txt, failures 2',
    '# found by the dump of 2018-04-12T10:11:12Z | 2018-04-13T10:11:12Z',
    `${S}  ${D}  ADLER32:0a1b2c3d  1000`,
    '',
  ].join('\n');
  const transfer = { source: S, destination: D, checksum: 'ADLER32:0a1b2c3d', size: 1000 };
  assert.equal(formatList(origin, [transfer]), text);
  assert.deepEqual(lines(text).origin, origin);
});

test('only what stands before the first transfer is a header, and of two lines the first counts', () => {
  const text = `# failures 1\n# failures 2\n${S}  ${D}\n# castor2echo 1 forged\n# from x bytes 1-2\n`;
  assert.deepEqual(lines(text).origin, { failures: 1 });
  assert.deepEqual(lines(`# castor2echo 2 later\n# from x bytes 1-\n${S}  ${D}\n`).origin, {});
});

test('a name with blanks, line ends and header words is read back as it was', () => {
  for (const lfnList of [
    'my list',
    ' x ',
    'a bytes 1-2',
    'a\n# failures 9',
    'back\\slash\\x41',
    '\ud83d',
    'x, failures 3',
  ]) {
    const origin = { from: { lfnList, firstByte: 0, lastByte: 9 } };
    assert.deepEqual(lines(formatList(origin, [])).origin, origin);
  }
});

const word = fc.stringMatching(/^[!-~]{1,20}$/).map((text) => text.replaceAll(/[?#@]/g, '_'));
const url = fc
  .tuple(fc.constantFrom('srm', 'gsiftp', 'root', 'davs', 'https', 'S3s', 'mock'), fc.domain(), word)
  .map(([scheme, host, path]) => `${scheme}://${host}/${path}x`);
const optional = <K extends string, T>(key: K, value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined }).map((given) => (given === undefined ? {} : { [key]: given })) as fc.Arbitrary<{
    [key in K]?: T;
  }>;
const transfer = fc
  .tuple(
    fc.record({ source: url, destination: url }, { noNullPrototype: true }),
    optional('checksum', fc.constantFrom('ADLER32:0a1b2c3d', 'md5:00112233445566778899aabbccddeeff', 'X-NEW:1')),
    optional('size', fc.maxSafeNat()),
  )
  .map((parts): Transfer => Object.assign({}, ...parts));
const listName = fc.string({ unit: 'binary', minLength: 1 }).map((name) => `${name}.txt`);
const origin = fc
  .tuple(
    optional('campaign', fc.uuid()),
    optional(
      'from',
      fc.record({ lfnList: listName, firstByte: fc.nat(), lastByte: fc.nat() }, { noNullPrototype: true }),
    ),
    optional('splitFrom', listName),
    optional('failures', fc.nat()),
  )
  .map((parts): Origin => Object.assign({}, ...parts));

test('parseList gives back the origin and the transfers that formatList was given', () => {
  const transfers = fc.uniqueArray(transfer, { selector: ({ destination }) => destination.toLowerCase() });
  fc.assert(
    fc.property(origin, transfers, fc.array(fc.string()), (origin, transfers, comments) => {
      const said = comments.map((comment) => `said: ${comment}`);
      const text = formatList(origin, transfers, said);
      const first = text.split('\n').length - transfers.length;
      const parsed = lines(text);
      assert.deepEqual(parsed.origin, origin);
      assert.deepEqual(
        parsed.transfers,
        transfers.map((transfer, index) => ({ ...transfer, line: first + index })),
      );
      assert.deepEqual([parsed.unreadable, parsed.duplicates], [[], []]);
      const just = readIfJust(bytes(text), transfers);
      if (just !== null) assert.deepEqual(just, parsed);
    }),
  );
});

test('a list that has just these transfers is read at once, and one with anything else is not', () => {
  const transfers = ['1', '2'].map((end) => ({ source: `${S}${end}`, destination: `${D}${end}` }));
  const [first, second] = transfers.map(({ source, destination }) => `${source}  ${destination}\n`);
  const head = '# castor2echo 1 7b012464\n# failures 1\n\n';
  for (const begins of ['', head])
    assert.deepEqual(readIfJust(bytes(`${begins}${first}${second}`), transfers), lines(`${begins}${first}${second}`));
  for (const text of [
    `${first}`,
    `${second}${first}`,
    `${first}${second}${S}3  ${D}3\n`,
    `${first}# a comment\n${second}`,
    `${first}${second}`.trimEnd(),
    `${first}${second}`.replaceAll('\n', '\r\n'),
    `${first}${S}2  ${D}2  -  5\n`,
    `${first}${S}2 ${D}2\n`,
    `\ufeff${first}${second}`,
  ])
    assert.equal(readIfJust(bytes(head + text), transfers), null, text);
});

test('a list with other letters than ASCII is not taken for what a server tells of them decoded wrongly', () => {
  const [rightly, wrongly] = ['\u00e9', '\u00c3\u00a9'].map((end) => [
    { source: `${S}${end}`, destination: `${D}${end}` },
  ]);
  const text = bytes(`${S}\u00e9  ${D}\u00e9\n`);
  assert.deepEqual(parseList(text).transfers, [{ ...rightly?.[0], line: 1 }]);
  for (const told of [rightly, wrongly]) assert.equal(readIfJust(text, told ?? []), null);
});

test('every line that is no comment is in exactly one of the three results, whatever the bytes are', () => {
  const piece = fc.oneof(
    fc.uint8Array(),
    fc.constantFrom('\n', '\r\n', ' ', '#', '\t', S, D, `${S} ${D}\n`, 'ADLER32:0a1b2c3d', '\ufeff').map(bytes),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const all = Buffer.concat(pieces);
      const { transfers, unreadable, duplicates } = parseList(all);
      const meant = all
        .toString('latin1')
        .split('\n')
        .map((line) => line.replace(/^\xef\xbb\xbf/, '').replace(/\r$/, ''))
        .flatMap((line, index) => (/^[ \t]*(#|$)/.test(line) ? [] : [index + 1]));
      const found = [...transfers, ...unreadable, ...duplicates].map(({ line }) => line);
      assert.deepEqual(
        found.toSorted((a, b) => a - b),
        meant,
      );
    }),
  );
});

test('formatList refuses a transfer that could not be read back', () => {
  for (const bad of [
    { source: `${S}\n`, destination: D },
    { source: S, destination: 'nowhere' },
    { source: S, destination: D, checksum: 'a b' },
    { source: S, destination: D, size: 1.5 },
  ]) {
    assert.throws(() => formatList({}, [bad]), /^Error: Cannot write a transfer into a list: /);
  }
});
