/** storageFile: texts that name one file of one storage, and texts that do not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isOneFile, storageFile } from '../../dist/lists/storageFile.js';

const SAME: readonly (readonly [what: string, ...urls: string[]])[] = [
  ['the same text', 'root://se.example.org//a/f', 'root://se.example.org//a/f'],
  ['several slashes', 'root://e//a/f', 'root://e/a/f', 'root://e///a//f', 'root://e//a/f/'],
  [
    'dots',
    'davs://e/a/f',
    'davs://e/./a/f',
    'davs://e/a/./f',
    'davs://e/a/x/../f',
    'davs://e/../a/f',
    'davs://e/a/f/.',
  ],
  [
    'the family of HTTP',
    'https://e/a',
    'davs://e/a',
    'dav://e/a',
    'http://e:80/a',
    'https://e:443/a',
    'davs://e:443//a',
  ],
  ['S3 is HTTP', 's3s://b.e/k', 's3://b.e/k', 'https://b.e/k', 's3s://b.e:443/k'],
  ['the family of XRootD', 'root://e//a', 'roots://e//a', 'xroot://e//a', 'root://e:1094//a', 'XRoots://e:01094/a'],
  ['default ports', 'gsiftp://e/a', 'gsiftp://e:2811/a', 'gsiftp://e:/a', 'gsiftp://e:0/a'],
  ['dcap', 'gsidcap://e:22128/a', 'gsidcap://e/a'],
  ['a port of one’s own', 'https://e:8443/a', 'davs://e:8443/a'],
  ['SRM', 'srm://e/a', 'srm://e:8443/a', 'srm://e:8443/srm/managerv2?SFN=/a', 'srm://e/srm/managerv1?SFN=//a'],
  [
    'SRM without a service',
    'srm://e:8443/?SFN=/a/b',
    'srm://e?SFN=/a/b',
    'srm://e/a/b',
    'srm://e/srm/v2/server?SFN=/a/b/',
  ],
  ['the host', 'root://SE.Example.org//a', 'ROOT://se.example.org.//a', 'root://se.example.org//a'],
  ['addresses', 'https://[::1]/a', 'https://[0:0::1]:443/a', 'https://[0000::0001]/a'],
  ['percent-encoding', 'https://e/a/%66', 'https://e/%61/f', 'https://e/a%2Ff', 'https://e/a%2ff', 'https://e/a/f'],
  ['encoded dots', 'https://e/a/f', 'https://e/a/%2e/f', 'https://e/a/x/%2E%2e/f'],
  ['UTF-8', 'davs://e/é', 'davs://e/%C3%A9', 'davs://e/%c3%a9'],
  ['no percent-encoding', 'davs://e/a%zz%e9', 'davs://e/a%zz%E9'],
  ['who asks', 'root://user:pw@e//a', 'root://e//a', 'root://other@e//a'],
  [
    'opaque information',
    'root://e//a?activity=default',
    'root://e//a',
    'root://e//a?svcClass=x&authz=y',
    'root://e//a?',
  ],
  [
    'signed URLs',
    'https://e/a?X-Amz-Signature=0a/b&X-Amz-Date=1',
    'https://e/a',
    'https://e/a?authz=MDA&x=1',
    'https://e/a#x',
  ],
  ['a lost semicolon', 'https://e/a;', 'https://e/a', 'davs://e/a'],
  ['activity', 'gsiftp://e/a?activity=default', 'gsiftp://e/a'],
];
for (const [what, first = '', ...others] of SAME)
  test(`one file: ${what}`, () => {
    for (const other of others) assert.equal(storageFile(other), storageFile(first), other);
  });

const DIFFERENT: readonly (readonly [what: string, one: string, other: string])[] = [
  ['another name', 'root://e//a/f', 'root://e//a/g'],
  ['another case of the name', 'root://e//a/f', 'root://e//a/F'],
  ['another host', 'root://e//a', 'root://f//a'],
  ['another port', 'root://e:1094//a', 'root://e:1095//a'],
  ['another family', 'root://e//a', 'gsiftp://e//a'],
  ['a longer name', 'root://e//a', 'root://e//a/a'],
  ['a leading dot', 'root://e//a/.f', 'root://e//a/f'],
  ['two SFNs', 'srm://e:8443/srm/managerv2?SFN=/a', 'srm://e:8443/srm/managerv2?SFN=/b'],
  ['a query with a path', 'https://e/webdav?path=/a', 'https://e/webdav?path=/b'],
  ['the mock’s query', 'mock://e/?size=1', 'mock://e/?size=2'],
  ['a hash in a name', 'root://e//a#1', 'root://e//a#2'],
  ['bytes that are no UTF-8', 'davs://e/%e9', 'davs://e/%e8'],
  ['a plus', 'https://e/a+b', 'https://e/a%20b'],
  ['a segment with a colon', 'gsiftp://e/lhcb:user/a', 'gsiftp://e/lhcb:prod/a'],
];
for (const [what, one, other] of DIFFERENT)
  test(`two files: ${what}`, () => {
    assert.notEqual(storageFile(one), storageFile(other));
    assert.ok(!isOneFile({ source: one, destination: other }));
  });

test('whatever the text is, it is one file with itself and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('', 'root://', 'https://h/', 'srm://h?SFN='), (text, start) => {
      assert.equal(storageFile(start + text), storageFile(start + text));
    }),
  );
});

test('the short way and the long way come to the same', () => {
  const segment = fc.stringMatching(/^[A-Za-z0-9:_-]{1,8}$/);
  fc.assert(
    fc.property(
      fc.constantFrom('root', 'https', 'srm', 'mock'),
      fc.array(segment, { minLength: 1 }),
      (scheme, path) => {
        const name = path.join('/');
        assert.equal(
          storageFile(`${scheme}://h.example.org/${name}`),
          storageFile(`${scheme}://H.example.org//${name}/`),
        );
      },
    ),
  );
});
