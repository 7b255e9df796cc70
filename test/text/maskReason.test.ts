/**
 * maskReason: reasons that tell of one trouble read alike, those that tell of two do not.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';

import { gist } from '../../dist/text/maskReason.js';
import { OBSERVED } from '../rules/observedReasons.js';

describe('reasons as FTS3 writes them', () => {
  const CASES: readonly (readonly [reason: string, expected: string])[] = [
    ['', ''],
    ['SOURCE [2] No such file or directory', 'SOURCE [2] No such file or directory'],
    [
      'SOURCE [2] globus_ftp_client: the server responded with an error 550 550-GlobusError: v=1 c=PATH_NOT_FOUND  550-GridFTP-Errno: 2  550-GridFTP-Reason: System error in stat  550-GridFTP-Error-String: No such file or directory  550 End.   ',
      'SOURCE [2] globus_ftp_client: the server responded with an error 550 550-GlobusError: v=1 c=PATH_NOT_FOUND 550-GridFTP-Errno: 2 550-GridFTP-Reason: System error in stat 550-GridFTP-Error-String: No such file or directory 550 End.',
    ],
    [
      'TRANSFER [5] TRANSFER CHECKSUM MISMATCH USER_DEFINE and SRC checksums are different. deadbeef != 74d39c90',
      'TRANSFER [5] TRANSFER CHECKSUM MISMATCH USER_DEFINE and SRC checksums are different. N != N',
    ],
    [
      'TRANSFER [5] SOURCE CHECKSUM MISMATCH Source and user-defined ADLER32 do not match (74d39c90 != deadbeef)',
      'TRANSFER [5] SOURCE CHECKSUM MISMATCH Source and user-defined ADLER32 do not match (N != N)',
    ],
    [
      'SOURCE [70] globus_xio: Unable to connect to localhost:2999 globus_xio: System error in connect: Connection refused',
      'SOURCE [70] globus_xio: Unable to connect to <host> globus_xio: System error in connect: Connection refused',
    ],
    [
      'SOURCE [70] globus_xio: Unable to connect to nosuch.example.invalid:2811 globus_xio: globus_libc_getaddrinfo failed.',
      'SOURCE [70] globus_xio: Unable to connect to <host> globus_xio: globus_libc_getaddrinfo failed.',
    ],
    [
      'TRANSFER [13] Error on XrdCl::CopyProcess::Run(): [ERROR] Server responded with an error: [3010] Unable to create /data/noperm/x; permission denied\\x00 (destination)\n',
      'TRANSFER [13] Error on XrdCl::CopyProcess::Run(): [ERROR] Server responded with an error: [3010] Unable to create <path>; permission denied (destination)',
    ],
    [
      'SOURCE [2] Result HTTP 404 : File not found  after 1 attempts',
      'SOURCE [2] Result HTTP 404 : File not found after N attempts',
    ],
    [
      'TRANSFER [17] TRANSFER ERROR: Copy failed (3rd pull, 3rd push, streamed). Last attempt: HTTP 403 : Permission refused  (destination)',
      'TRANSFER [17] TRANSFER ERROR: Copy failed (3rd pull, 3rd push, streamed). Last attempt: HTTP 403 : Permission refused (destination)',
    ],
    [
      'DESTINATION [5] write to davs://echo.example.org:1094/lhcb/a.dst?x=1 failed after 12.5 MB, 88 s',
      'DESTINATION [5] write to <url> failed after N MB, N s',
    ],
    ['[112] no answer of 192.0.2.7:8443 at 2018-04-12T10:00:00Z', '[112] no answer of <host> at <time>'],
    ['[112] no answer of [2001:db8::7]:8443 at Thu Apr 12 10:00:00 2018', '[112] no answer of <host> at <time>'],
    ['job c0ffee00-e76e-11f1-aa11-02fc00000001 of 20971520 bytes: no', 'job <id> of N bytes: no'],
    ['the proxy of /DC=ch/OU=Users/CN=Ann Other 12 has expired', 'the proxy of <name> has expired'],
    ['\u001b[2Jclear\u0000 \r\n me', '[2Jclear me'],
  ];
  for (const [reason, expected] of CASES)
    test(`"${reason.slice(0, 60).replaceAll(/[^ -~]/g, '?')}"`, () => assert.equal(gist(reason), expected));
});

test('troubles that were seen on a real FTS3 are told apart as before', () => {
  const reasons = [...new Set(OBSERVED.map(([, , reason]) => reason.trim()))];
  assert.equal(new Set(reasons.map(gist)).size, reasons.length);
  for (const reason of reasons) assert.ok(gist(reason).length > 10, reason);
});

test('the same trouble of two transfers reads alike', () => {
  const trouble = (n: number): string =>
    `SOURCE [70] gsiftp://gridftp${n}.example.org:281${n}/lhcb/file${n}.dst: job 15a805bc-e76e-11f1-aa11-02fc0000000${n} ` +
    `timed out on disk${n}.example.org after ${n * 17} seconds, ${n * 1234567} of ${n * 7654321} bytes, at 2018-04-1${n} 1${n}:00:0${n}`;
  assert.equal(new Set([1, 2, 3, 4].map((n) => gist(trouble(n)))).size, 1);
});

test('whatever a server says is one line of at most 240 characters', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6000 }),
    fc
      .array(fc.constantFrom('/', 'a', '.', '-', ':', '0', ' ', '[', '\\x00', '=', 'CN=', '://'), { maxLength: 4000 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(anything, (reason) => {
      const text = gist(reason);
      assert.ok(text.length <= 240);
      assert.doesNotMatch(text, /[\p{Cc}\n]/u);
    }),
  );
});
