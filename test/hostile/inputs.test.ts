/**
 * inputs: settings, LFN lists and lists with anything in them: a wrong setting ends with 2, a wrong line goes to
 * DONE/Bad, and the others go on.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

import fc from 'fast-check';

import { parseList } from '../../dist/lists/list.js';
import { readHead, scanList } from '../../dist/lists/scanList.js';
import { loadSettings } from '../../dist/settings/settings.js';
import { UsageError } from '../../dist/errors.js';
import { auditOf } from '../misc/auditing.js';
import { rehearsalServer } from '../support/rehearsed.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { EVIL, fellOnItsFeet, times, tried } from './rubbish.js';

const EXAMPLE = readFileSync(fileURLToPath(new URL('../../castor2echo.example.toml', import.meta.url)), 'utf8');

test('settings with anything in them are read or refused, never a bug, and are quoted escaped', (t) => {
  const file = join(temporaryDirectory(), 'castor2echo.toml');
  // To read what nests deep takes a tenth of a second: it comes now and then.
  const deep = fc.constantFrom(
    `x = ${'['.repeat(20_000)}`,
    `x = ${'{ a = '.repeat(20_000)}`,
    `${'a.'.repeat(20_000)}b = 1\n`,
  );
  const rubbish = fc.oneof(
    { weight: 1, arbitrary: deep },
    {
      weight: 10,
      arbitrary: fc.constantFrom(
        '"',
        "'''",
        '[[',
        ']',
        '=',
        '\n',
        '{',
        'inf',
        'nan',
        '-1',
        '1e99',
        '"\\u0000"',
        '__proto__ = 1\n',
        EVIL,
      ),
    },
    {
      weight: 10,
      arbitrary: fc.constantFrom(
        '[fts.server]\n',
        '[[route]]\n',
        '[constructor]\n',
        '[route.x]\n',
        'prototype.x = 1\n',
        '2018-04-12',
      ),
    },
    { weight: 10, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  );
  const damage = fc.tuple(fc.nat(EXAMPLE.length), fc.nat(40), rubbish);
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
      let toml = EXAMPLE;
      for (const [at, gone, put] of damages) toml = toml.slice(0, at) + put + toml.slice(at + gone);
      writeFileSync(file, toml);
      try {
        loadSettings(file, {});
      } catch (error) {
        assert.ok(error instanceof UsageError, `${String((error as Error).stack)}\n${toml.slice(0, 200)}`);
      }
    }),
    { numRuns: times(300) },
  );
  tried(t, times(300), 'settings');
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false);
});

const url = fc.constantFrom(
  'srm://a.example.org/x',
  'gsiftp://b.example.org:2811/y',
  'GSIFTP://b.example.org/z?',
  'root://c//d',
  'file:///etc/passwd',
  'srm://',
  '../../x',
  `srm://a/${'x'.repeat(1100)}`,
  'srm://a/\u202e',
);
const line = fc.oneof(
  fc.tuple(url, fc.constantFrom('  ', ' ', '\t', ''), url).map((parts) => parts.join('')),
  fc
    .tuple(url, url, fc.constantFrom('ADLER32:0a1b2c3d', 'ADLER32:', '-', EVIL), fc.constantFrom('17', '-1', '1e9', ''))
    .map((parts) => parts.join('  ')),
  fc.constantFrom(
    '',
    '#',
    `# ${EVIL}`,
    '# from ../../../etc/passwd bytes 0-99999999999999',
    '# castor2echo 1 x',
    '\ufeff',
  ),
  fc.constantFrom('# from TODO/ListOfLFNs/a.list bytes 5-2', '# split from ../x.txt, failures 99999999999999999'),
  fc.string({ unit: 'binary', maxLength: 60 }),
);
const listText = fc
  .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom('\n', '\r\n'))
  .map(([lines, end]) => lines.join(end));

test('an audit reads the same transfers of any list as the programs do', (t) => {
  const route = { source: 'srm://a.example.org', destination: 'gsiftp://b.example.org' };
  const bytes = fc.oneof(
    listText.map((text) => Buffer.from(text)),
    fc
      .array(fc.constantFrom('/x', '/y z', '/\u00e9', ''))
      .map((lfns) => Buffer.from(lfns.map((lfn) => `${route.source}${lfn}  ${route.destination}${lfn}\n`).join(''))),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      const parsed = parseList(given);
      const scanned = scanList(given);
      const pairs = scanned.transfers.map(({ source, destination }) => `${source} ${destination}`);
      const expected = [...parsed.transfers, ...parsed.duplicates].map(
        ({ source, destination }) => `${source} ${destination}`,
      );
      assert.deepEqual(pairs.sort(), expected.sort());
      assert.equal(scanned.unreadable, parsed.unreadable.length);
      assert.deepEqual(scanned.origin, parsed.origin);
      assert.deepEqual(readHead(given).origin, parsed.origin);
    }),
    { numRuns: times(1000) },
  );
  tried(t, times(1000), 'lists, read by an audit');
});

test('a campaign of lists and LFN lists with anything in them goes on, and loses nothing', async (t) => {
  const server = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(server)], {
    consumer: { lists_per_run: 10_000 },
    producer: { lists_per_run: 100 },
  });
  const texts = fc.sample(listText, { numRuns: times(40), seed: 42 });
  texts.forEach((text, age) => campaign.write(`TODO/${listName(age)}`, text));
  const wanted = texts.flatMap((text) => parseList(Buffer.from(text)).transfers.map(({ destination }) => destination));
  fellOnItsFeet(await runUnharmed('consumer', { base: campaign.base, args: ['--verbose'] }), [0, 3, 5]);
  fellOnItsFeet(await runUnharmed('monitor', { base: campaign.base, args: ['--verbose'] }), [0, 3]);
  const standing = ['TODO', 'DOING', 'DONE/Bad'].flatMap((place) =>
    campaign.lists(place).map((name) => campaign.read(`${place}/${name}`)),
  );
  for (const destination of wanted)
    assert.ok(
      standing.some((text) => text.includes(destination)),
      destination,
    );
  for (const name of campaign.lists('DONE/Bad'))
    assert.doesNotMatch(campaign.read(`DONE/Bad/${name}`), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
  assert.ok([0, 3].includes((await auditOf(campaign.base)).exit));
  tried(t, texts.length, 'lists, submitted and looked at');
});

test('LFN lists with anything in them are cut, every line accounted for', async (t) => {
  const campaign = new Campaign([{ name: 'RAL', endpoint: 'http://127.0.0.1:9' }]);
  const lfn = fc.oneof(
    fc.constantFrom(
      '/lhcb/a',
      'LFN:/lhcb/b',
      '/lhcb/c d',
      '',
      '# x',
      '/',
      '//',
      `/${EVIL}`,
      '/x?',
      '/x#',
      '\ufeff/y',
      '/lhcb/a',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\n', '')),
    fc.nat(1200).map((length) => `/${'l'.repeat(length)}`),
  );
  const files = fc.sample(fc.array(lfn, { minLength: 3, maxLength: 30 }), { numRuns: times(12), seed: 7 });
  // Without one LFN at the beginning a file would not be cut at all.
  files.forEach((lines, index) =>
    campaign.write(`TODO/ListOfLFNs/${index}.list`, `/lhcb/${index}\n${lines.join('\n')}\n`),
  );
  fellOnItsFeet(await runUnharmed('producer', { base: campaign.base, args: ['--lists', '10000', '--lfns', '5'] }), [0]);
  const audit = await auditOf(campaign.base);
  assert.deepEqual(
    audit.findings.filter(({ kind }) => kind !== 'same LFN'),
    [],
  );
  assert.equal(audit.balanced, true);
  for (const name of readdirSync(campaign.path('DONE/Bad')))
    assert.doesNotMatch(campaign.read(`DONE/Bad/${name}`), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
  everyTransferOnce(campaign.base);
  tried(t, files.flat().length, 'lines of LFN lists');
});
