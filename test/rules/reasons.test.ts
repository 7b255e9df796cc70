import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BadReasonTable, classify, parseReasons } from '../../dist/rules/reasons.js';
import { whyUnboundedPattern } from '../../dist/rules/pattern.js';
import { OBSERVED } from './observedReasons.js';

const SHIPPED = readFileSync(new URL('../../data/reasons.tsv', import.meta.url), 'utf8');
const TABLE = parseReasons(SHIPPED, 'reasons.tsv');

for (const [fault, expected, reason] of OBSERVED) {
  test(`seen on FTS3 3.13, ${fault}: ${expected}`, () => assert.equal(classify(reason, TABLE).class, expected));
}

/** `class|class⇥reason` a line: texts of the field, and more of their kinds. */
const judged = (file: string): [classes: string, reason: string][] =>
  readFileSync(`test/rules/${file}`, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('class\t'))
    .map((line) => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]);
for (const file of ['fieldReasons.tsv', 'kindsOfReasons.tsv'])
  for (const [classes, reason] of judged(file))
    test(`${file}: "${reason}" is ${classes}`, () => {
      const found = classify(reason, TABLE);
      assert.ok(classes.split('|').includes(found.class), `it is ${found.class}: ${found.meaning}`);
    });

test('rows below a heading are asked about reasons of that side alone', () => {
  const table = parseReasons(
    'config\tnot yet\tof any\n[destination]\nauth\tgone\tthere\n[ Source ]\npermanent\tgone\there\n',
    't',
  );
  const meaning = (reason: string) => classify(reason, table).meaning;
  assert.equal(meaning('SOURCE [2] gone'), 'here');
  assert.equal(meaning('STAGING [2] gone'), 'here');
  assert.equal(meaning('DESTINATION [2] gone'), 'there');
  assert.equal(meaning('TRANSFER [2] MAKE_PARENT gone'), 'there');
  assert.equal(meaning('TRANSFER [2] gone (source)'), 'here');
  assert.match(meaning('TRANSFER [2] gone'), /does not know/);
  assert.equal(meaning('SOURCE [2] not yet gone'), 'of any');
  assert.throws(() => parseReasons('[target]\n', 't.tsv'), {
    message: 't.tsv:1: heading [target]: must be any, source, destination, staging, archiving',
  });
});

const KNOWN: readonly [reason: string, expected: string, meaning: RegExp][] = [
  ['TRANSFER [70] HTTP 507 : Insufficient Storage', 'config', /full/],
  ['TRANSFER [2] Copy failed. Last attempt: HTTP 404 : File not found  (destination)', 'config', /destination/],
  ['DESTINATION [2] No such file or directory', 'config', /destination/],
  ['SOURCE [2] /data/DESTINATION/x: No such file or directory', 'permanent', /source file is missing/],
  ['Job has been stayed in the queue for too long', 'transient', /queue/],
  ['Job canceled by the user', 'permanent', /cancelled/],
  ['a proxy has expired', 'auth', /proxy/],
  ['mock://x.example.org is banned', 'config', /banned/],
  ['', 'transient', /no reason/],
  [' \n ', 'transient', /no reason/],
  ['something\nnobody has ever\nseen', 'transient', /does not know/],
];
for (const [reason, expected, meaning] of KNOWN) {
  test(`${JSON.stringify(reason)} is ${expected}`, () => {
    const found = classify(reason, TABLE);
    assert.equal(found.class, expected);
    assert.match(found.meaning, meaning);
  });
}

test('every row that is shipped has its source, a short meaning of its own, and can be reached', () => {
  const rows = SHIPPED.split('\n').filter((line) => /^(permanent|transient|auth|config)\t/.test(line));
  assert.equal(rows.length, TABLE.length);
  for (const row of rows) assert.match(row, /^\w+\t[^\t]+\t[^\t]{8,100}\t[^\t]+$/);
  // A row for everything ends the table, or the rows of its side.
  const all = TABLE.findIndex(({ pattern, sides }) => pattern.source === '.*' && sides.includes('unknown'));
  assert.equal(all, TABLE.length - 1);
});

test('without a row that matches, a reason is transient and said to be unknown', () => {
  assert.deepEqual(classify('x', []), {
    class: 'transient',
    meaning: 'a reason that the table of reasons does not know',
  });
});

test('the first row that matches decides, and case does not count', () => {
  const table = parseReasons(
    'class\tpattern\tmeaning\n# ours\n\nauth\tDENIED\tfirst\r\nconfig\tdenied here\tsecond\n',
    't',
  );
  assert.deepEqual(classify('Denied here', table), { class: 'auth', meaning: 'first' });
});

const BAD_ROWS: readonly [row: string, message: string][] = [
  ['fatal\tx\ty', 't.tsv:2: class "fatal": must be permanent, transient, auth, config'],
  ['permanent', 't.tsv:2: no meaning: a row is class, pattern and meaning, separated by tabs'],
  ['permanent  x  y', 't.tsv:2: class "permanent  x  y": must be permanent, transient, auth, config'],
  ['auth\t\ty', 't.tsv:2: pattern "": must not be empty (.* matches everything)'],
  ['auth\tx\t ', 't.tsv:2: no meaning: a row is class, pattern and meaning, separated by tabs'],
  [`auth\tx\t${'y'.repeat(101)}`, 't.tsv:2: the meaning has 101 characters: at most 100'],
  ['auth\t(x+)+$\ty', 't.tsv:2: pattern "(x+)+$": must not repeat a group (with *, + or {})'],
  ['auth\t(x)\\1\ty', 't.tsv:2: pattern "(x)\\\\1": must not refer back to a group'],
  [
    'auth\t.*x.*(y|z.*)w\ty',
    't.tsv:2: pattern ".*x.*(y|z.*)w": must not repeat (with *, + or {}) more than 2 times in one alternative',
  ],
];
for (const [row, message] of BAD_ROWS) {
  test(`a table is refused: ${message.slice(0, 80)}`, () => {
    assert.throws(() => parseReasons(`# one\n${row}\n`, 't.tsv'), new BadReasonTable(message));
  });
}

test('a pattern that is no regular expression is refused with its place', () => {
  assert.throws(() => parseReasons('auth\t(x\ty', 't.tsv'), {
    name: 'BadReasonTable',
    message: /^t\.tsv:1: pattern "\(x": /,
  });
});

test('a pattern may repeat characters, in each alternative anew, and make groups optional', () => {
  for (const fine of ['a.*b.*c|d.*e.*f', 'proxy (has )?expired', '[*+(]{3}\\)\\*', 'x.{0,40}(y|z)', '(?=.*a).*b']) {
    assert.equal(whyUnboundedPattern(fine), null, fine);
  }
});

test('a long hostile reason is classified in no time', () => {
  for (const piece of [
    'a',
    'DESTINATION ',
    '426 ',
    'java.',
    'certificate',
    ' ',
    'Source and destination ',
    '530 530-',
  ]) {
    const started = process.cpuUsage().user;
    classify(piece.repeat(1_000_000 / piece.length), TABLE);
    assert.ok(process.cpuUsage().user - started < 2_000_000, piece);
  }
});

test('any reason has a class and a meaning', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (reason) => {
      assert.ok(classify(reason, TABLE).meaning.length > 0);
    }),
  );
});
