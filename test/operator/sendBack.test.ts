/**
 * sendBack: which transfers a choice means, and what leaves DONE/Bad for TODO.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { formatBadList, parseBadList } from '../../dist/lists/badList.js';
import { returnedName } from '../../dist/lists/names.js';
import { fitsChoice, groupReasons, sendBack, type Choice } from '../../dist/operator/sendBack.js';

const NAME = 'FTSList-20180412-101112-0001.txt';
const SOURCE = 'srm://castor.example.org:8443/srm?SFN=/prod';
const names = { free: (_: string, name: string) => name.replace('.txt', '~2.txt'), fresh: (name: string) => name };

const reasons = [
  { lfn: '/lhcb/data/a', class: 'permanent', meaning: 'the source file is missing', reason: 'SOURCE [2] No such file' },
  { lfn: '/lhcb/data/b', class: 'auth', meaning: 'permission denied', reason: 'DESTINATION [13] Denied' },
  { lfn: '/lhcb/data/c', class: 'permanent', meaning: 'the source file is missing', reason: 'SOURCE [2] gone' },
];
const text = (comments: readonly string[] = []): string =>
  formatBadList(
    { campaign: 'old', from: { lfnList: 'TODO/ListOfLFNs/x', firstByte: 0, lastByte: 9 } },
    reasons.map(({ lfn, ...why }) => ({
      ...why,
      transfer: { source: SOURCE + lfn, destination: `gsiftp://echo/lhcb:prod${lfn}` },
      server: 'RAL',
      jobId: 'id',
      at: new Date(0),
    })),
    comments,
  );
const read = (content: string) => ({
  name: NAME,
  sha256: 'hash',
  parsed: parseBadList(new TextEncoder().encode(content)),
});

describe('fits', () => {
  const CASES: [string, Choice, string[]][] = [
    ['no limit means all', { lfns: [] }, ['a', 'b', 'c']],
    ['a class', { class: 'permanent', lfns: [] }, ['a', 'c']],
    ['a class that no reason has', { class: 'config', lfns: [] }, []],
    ['a part of the reason, whatever its case', { reason: 'no SUCH', lfns: [] }, ['a']],
    ['a part of the meaning', { reason: 'source file', lfns: [] }, ['a', 'c']],
    ['an LFN', { lfns: ['/lhcb/data/b'] }, ['b']],
    ['several LFNs', { lfns: ['/lhcb/data/b', '/lhcb/data/c'] }, ['b', 'c']],
    ['a whole source', { lfns: [`${SOURCE}/lhcb/data/a`] }, ['a']],
    ['a base name means nothing', { lfns: ['a'] }, []],
    ['class and LFN must both fit', { class: 'permanent', lfns: ['/lhcb/data/b'] }, []],
  ];
  for (const [name, choice, expected] of CASES)
    test(name, () => {
      const chosen = read(text()).parsed.entries.filter((entry) => fitsChoice(entry, choice));
      assert.deepEqual(
        chosen.map(({ transfer }) => transfer.source.slice(-1)),
        expected,
      );
    });

  test('a transfer without a reason has no class', () => {
    const [entry] = read('srm://h/a  gsiftp://h/a\n').parsed.entries;
    assert.ok(
      entry !== undefined && fitsChoice(entry, { lfns: [] }) && !fitsChoice(entry, { class: 'transient', lfns: [] }),
    );
  });
});

describe('sendBack', () => {
  test('a whole list: created in TODO without failures, then removed', () => {
    const list = read(text());
    const { transition, created, kept } = sendBack(list, new Set(list.parsed.entries), names, 'new');
    assert.deepEqual(
      transition.steps.map((step) => step.op),
      ['place', 'remove'],
    );
    assert.deepEqual(transition.steps[1], { op: 'remove', path: `DONE/Bad/${NAME}`, sha256: 'hash' });
    assert.deepEqual({ created, kept }, { created: { name: `R-${NAME}`, failures: 0, transfers: 3 }, kept: 0 });
    const [place] = transition.steps;
    assert.ok(place?.op === 'place' && place.path === `TODO/R-${NAME}`);
    assert.deepEqual(place.content.split('\n').slice(0, 4), [
      '# castor2echo 1 new',
      '# from TODO/ListOfLFNs/x bytes 0-9',
      `# split from ${NAME}, failures 0`,
      `${SOURCE}/lhcb/data/a  gsiftp://echo/lhcb:prod/lhcb/data/a`,
    ]);
  });

  test('a part of it: the rest stays under another name, with its reasons', () => {
    const list = read(text(['# bad LFN: x:1: is no LFN: y']));
    const chosen = list.parsed.entries.filter((entry) => fitsChoice(entry, { class: 'permanent', lfns: [] }));
    const { transition, kept } = sendBack(list, new Set(chosen), names, 'new');
    const rest = transition.steps[1];
    assert.ok(rest?.op === 'place' && rest.path === `DONE/Bad/${NAME.replace('.txt', '~2.txt')}`);
    const again = parseBadList(new TextEncoder().encode(rest.content));
    assert.deepEqual(again.others, ['# bad LFN: x:1: is no LFN: y']);
    assert.deepEqual(
      again.entries.map(({ why }) => why?.meaning),
      ['permission denied'],
    );
    assert.equal(kept, 1);
  });

  test('lines that are no transfers stay behind when all transfers go', () => {
    const list = read(text(['# bad LFN: x:1: is no LFN: y']));
    const { transition } = sendBack(list, new Set(list.parsed.entries), names, 'new');
    assert.equal(transition.steps.length, 3);
  });
});

test('groupReasons counts and puts the most frequent first', () => {
  const groups = groupReasons(read(text()).parsed.entries);
  assert.deepEqual(
    groups.map(({ class: reasonClass, count, sample }) => [reasonClass, count, sample.transfer.source.slice(-1)]),
    [
      ['permanent', 2, 'a'],
      ['auth', 1, 'b'],
    ],
  );
});

test('a returned name does not grow without end', () => {
  let name = NAME;
  for (let times = 0; times < 300; times++) name = returnedName(name);
  assert.ok(name.length <= 203 && name.startsWith('R-') && name.endsWith(NAME));
});
