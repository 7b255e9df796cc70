/**
 * parseBadList: what is written into DONE/Bad is read back, whatever reasons hold and people add.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';

import { badLfnComment, formatBadList, formatRest, parseBadList } from '../../dist/lists/badList.js';
import { escapeText } from '../../dist/text/escape.js';

const transfer = (name: string) => ({
  source: `srm://castor.example.org/${name}`,
  destination: `gsiftp://echo/${name}`,
});
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const at = new Date('2018-04-12T10:11:12Z');
const because = { server: 'RAL', jobId: 'c2a5b3b8-0000-4000-8000-000000000001', at };

describe('parseBadList', () => {
  test('gives back what formatBadList was given', () => {
    const reason = fc.string({ unit: 'binary', maxLength: 60 });
    const bad = fc.record({
      class: fc.constantFrom('permanent', 'transient', 'auth', 'config'),
      meaning: fc.constantFrom('the source file is missing', 'somebody cancelled it', 'a: b, c'),
      reason,
      server: fc.constantFrom('RAL', 'my FTS', 'CERN'),
    });
    fc.assert(
      fc.property(fc.array(bad, { maxLength: 5 }), (list) => {
        const written = list.map((one, index) => ({ ...because, ...one, transfer: transfer(String(index)) }));
        const { entries, others } = parseBadList(bytes(formatBadList({ campaign: 'c' }, written)));
        assert.deepEqual(others, []);
        assert.deepEqual(
          entries.map(({ transfer: { source }, why }) => ({ source, why })),
          written.map((one) => ({
            source: one.transfer.source,
            why: {
              class: one.class,
              meaning: one.meaning,
              reason: escapeText(one.reason.trim()).trim(),
              server: one.server,
              jobId: one.jobId,
              at: '2018-04-12T10:11:12Z',
            },
          })),
        );
      }),
    );
  });

  test('a reason may hold bars, colons and what looks like another comment', () => {
    const reason = 'SOURCE [2] a | b: c | RAL x | 2018-04-12T10:11:12Z # permanent: no';
    const text = formatBadList({}, [{ ...because, class: 'auth', meaning: 'm', reason, transfer: transfer('a') }]);
    assert.equal(parseBadList(bytes(text)).entries[0]?.why?.reason, reason);
  });

  test('lines that were no transfers are among the others, wherever they stand', () => {
    const comment = badLfnComment('TODO/ListOfLFNs/x', 3, 'is no LFN', 'rubbish');
    const text = formatBadList(
      { campaign: 'c' },
      [{ ...because, class: 'auth', meaning: 'm', reason: 'r', transfer: transfer('a') }],
      [comment],
    );
    assert.deepEqual(parseBadList(bytes(text)).others, [comment]);
    const below = text.replace('\nsrm:', `\n${comment}\nsrm:`);
    const { entries, others } = parseBadList(bytes(below));
    assert.deepEqual(others, [comment, comment]);
    assert.equal(entries[0]?.why?.class, 'auth');
  });

  test('a transfer that a person put there has no reason, and a line that is none becomes a comment', () => {
    const { entries, others } = parseBadList(bytes('# look at this\nsrm://h/a  gsiftp://h/a\nhalf a line\n'));
    assert.deepEqual(
      entries.map(({ why, comments }) => ({ why, comments })),
      [{ why: null, comments: [] }],
    );
    assert.deepEqual(others[0], '# look at this');
    assert.match(others[1] ?? '', /^# unreadable line 3: .*half a line$/);
  });

  test('the same destination twice is two entries: nothing is dropped while reading', () => {
    const { entries } = parseBadList(bytes('srm://h/a  gsiftp://h/a\nsrm://h/a  gsiftp://h/a\n'));
    assert.equal(entries.length, 2);
  });

  test('bytes that are not UTF-8 are kept as escapes', () => {
    const { entries, others } = parseBadList(Buffer.from('# caf\xe9\n\xff\xfe\n', 'latin1'));
    assert.deepEqual(entries, []);
    assert.equal(others[0], '# caf\\xe9');
    assert.match(others[1] ?? '', /not UTF-8: \\xff\\xfe$/);
  });
});

test('formatRest keeps the reasons and notes of what stays', () => {
  const one = { ...because, class: 'auth', meaning: 'm', reason: 'r' };
  const text = formatBadList({ campaign: 'c', splitFrom: 'x' }, [
    { ...one, transfer: transfer('a') },
    { ...one, transfer: transfer('b') },
  ]).replace('\nsrm://castor.example.org/b', '\n# asked the site\nsrm://castor.example.org/b');
  const { origin, entries, others } = parseBadList(bytes(text));
  const rest = formatRest(origin, entries.slice(1), others);
  assert.equal(
    rest,
    [
      '# castor2echo 1 c',
      '# split from x',
      `# auth: m | r | RAL ${because.jobId} | 2018-04-12T10:11:12Z`,
      '# asked the site',
      'srm://castor.example.org/b  gsiftp://echo/b',
      '',
    ].join('\n'),
  );
});
