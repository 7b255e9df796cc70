import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { storedUrl, whyBadUrl } from '../../dist/lists/url.js';

const piece = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', '/', ':', '?', '#', '.', '_', '-', '%', '"', '~', ' ', '\u0001', 'é', '\u200b'),
  maxLength: 8,
});
const scheme = fc.constantFrom('srm', 'GsiFTP', 's3', 'file', 'File', 'x_y', '1a', '');
const host = fc.constantFrom('h', 'host.example.org', 'h:8443', 'h:', '', 'h_x');

test('whyBadUrl says the same of a URL with and without a user, which takes the longer look', () => {
  fc.assert(
    fc.property(scheme, host, piece, (of, at, rest) => {
      const [quick, long] = [whyBadUrl(`${of}://${at}/${rest}`), whyBadUrl(`${of}://u@${at}/${rest}`)];
      assert.equal(quick, long);
    }),
    { numRuns: 5000 },
  );
});

test('whyBadUrl takes URLs as they are in use, and names what FTS refuses', () => {
  const good = [
    'srm://se.example.org:8443/srm/managerv2?SFN=/castor/f',
    'gsiftp://se/lhcb:prod/f',
    'davs://[::1]:443/f',
  ];
  for (const url of good) assert.equal(whyBadUrl(url), null, url);
  const bad = {
    'file:///etc/passwd': 'local',
    'FILE://host/f': 'local',
    'srm://se/': 'no path',
    'srm://se/?': 'no path',
  };
  for (const [url, why] of Object.entries(bad)) assert.match(whyBadUrl(url) ?? '', new RegExp(why), url);
  assert.match(whyBadUrl(`srm://se/${'x'.repeat(1100)}`) ?? '', /1109 characters/);
});

test('storedUrl changes only the case of the scheme, an empty query and an empty fragment', () => {
  assert.equal(storedUrl('SRM://Se/A?b#c'), 'srm://Se/A?b#c');
  assert.equal(storedUrl('srm://se/a?'), 'srm://se/a');
  assert.equal(storedUrl('srm://se/a#'), 'srm://se/a');
  assert.equal(storedUrl('srm://se/a?#'), 'srm://se/a');
  assert.equal(storedUrl('srm://se/a?#b'), 'srm://se/a#b');
  assert.equal(storedUrl('no scheme?'), 'no scheme');
});
