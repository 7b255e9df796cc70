import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hideSecrets } from '../../dist/text/hideSecrets.js';

const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkbSJ9.c2lnbmF0dXJl';

/** The text, and what is left of it. */
const HIDDEN: readonly (readonly [string, string])[] = [
  [
    'https://s3.example.org/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F2026%2Fs3&X-Amz-Date=20261124T0000Z&X-Amz-Signature=0a1b2c',
    'https://s3.example.org/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=…&X-Amz-Date=20261124T0000Z&X-Amz-Signature=…',
  ],
  [
    's3s://h/b/k?AWSAccessKeyId=AKIAEXAMPLE&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D&Expires=1141889120',
    's3s://h/b/k?AWSAccessKeyId=…&Signature=…&Expires=1141889120',
  ],
  [
    'https://a.blob.core.windows.net/c/f?sv=2024-11-04&sr=b&sig=Z%2FRHIX5%3D&se=2026',
    'https://a.blob.core.windows.net/c/f?sv=2024-11-04&sr=b&sig=…&se=2026',
  ],
  [`root://e//a/f?authz=Bearer%20${JWT}&xrd.wantprot=unix`, 'root://e//a/f?authz=…&xrd.wantprot=unix'],
  ['davs://d/f?authz=MDAxY2xvY2F0aW9uIE9wdGlvbgo', 'davs://d/f?authz=…'],
  ['https://h/f?access_token=abc.def-ghi#end', 'https://h/f?access_token=…#end'],
  ['https://h/f?X-GOOG-SIGNATURE=1f&token=2', 'https://h/f?X-GOOG-SIGNATURE=…&token=…'],
  ['HTTP 403 for <https://h/f?sig=abc>: denied', 'HTTP 403 for <https://h/f?sig=…>: denied'],
  ['{"url":"https://h/f?a=1&sig=abc","next":1}', '{"url":"https://h/f?a=1&sig=…","next":1}'],
  ['{"text":"\\"https://h/f?sig=abc\\" is gone"}', '{"text":"\\"https://h/f?sig=…\\" is gone"}'],
  ['to=https%3A%2F%2Fh%2Ff%3Fa%3D1%26sig%3Dabc%26b%3D2', 'to=https%3A%2F%2Fh%2Ff%3Fa%3D1%26sig%3D…%26b%3D2'],
  ['<a href="https://h/f?a=1&amp;sig=abc">', '<a href="https://h/f?a=1&amp;sig=…">'],
  ['Authorization: Bearer abcdefghijkl', 'Authorization: Bearer …'],
  [`the token ${JWT} has expired`, 'the token … has expired'],
  ['https://user:secret@h/f', 'https://user:…@h/f'],
];

test('signatures, tokens and passwords are hidden, and what they belong to stays', () => {
  for (const [text, left] of HIDDEN) {
    assert.equal(hideSecrets(text), left);
    assert.equal(hideSecrets(left), left, 'twice is once');
  }
});

test('what signs nothing stays', () => {
  for (const text of [
    'srm://h:8443/srm/managerv2?SFN=/lhcb/design=new&spacetoken=LHCb-Tape',
    '/lhcb/sig=1/token.dst',
    'davs://h/f?activity=default&copy_mode=push',
    'the token in "/tmp/bt_u1" expired; run htgettoken',
    'at 12:30:15 UTC, root://e:1094//f@2',
  ])
    assert.equal(hideSecrets(text), text);
});
