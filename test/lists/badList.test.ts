import assert from 'node:assert/strict';
import { test } from 'node:test';
import { badLfnComment, badLineComment, formatBadList } from '../../dist/lists/badList.js';
import { parseList } from '../../dist/lists/list.js';

const S = 'srm://se.example.org:8443/srm/managerv2?SFN=/castor/lhcb/a';
const D = 'gsiftp://echo.example.org/lhcb:prod/lhcb/a';

test('a list for DONE/Bad names class, meaning, reason, server, job and time, and is a list like any other', () => {
  const bad = {
    transfer: { source: S, destination: D },
    class: 'permanent',
    meaning: 'the source file is missing',
    reason: 'SOURCE [2] \x1b]0;owned\x07 No such file\nsrm://x/y srm://x/z ',
    server: 'RAL',
    jobId: '1598a5f4-e76e-11f1-931b-02fc00000001',
    at: new Date('2018-04-12T10:11:12.345Z'),
  };
  const text = formatBadList({ failures: 4 }, [bad], [badLineComment(7, 'has one column', 'a\x1bb')]);
  assert.deepEqual(text.split('\n'), [
    '# castor2echo 1',
    '# failures 4',
    '# unreadable line 7: has one column: a\\x1bb',
    '# permanent: the source file is missing | SOURCE [2] \\x1b]0;owned\\x07 No such file\\x0asrm://x/y srm://x/z | RAL 1598a5f4-e76e-11f1-931b-02fc00000001 | 2018-04-12T10:11:12Z',
    `${S}  ${D}`,
    '',
  ]);
  const parsed = parseList(Buffer.from(text));
  assert.deepEqual(parsed.transfers, [{ ...bad.transfer, line: 5 }]);
  assert.deepEqual(parsed.origin, { failures: 4 });
});

test('the comment for a bad LFN names file, line and reason, and stays one line', () => {
  assert.equal(
    badLfnComment('TODO/a.list', 3, 'is no LFN', 'lhcb/a\r'),
    '# bad LFN: TODO/a.list:3: is no LFN: lhcb/a\\x0d',
  );
  assert.equal(badLfnComment('x\ny', 1, 'w', '\u2028'), '# bad LFN: x\\x0ay:1: w: \\u{2028}');
});
