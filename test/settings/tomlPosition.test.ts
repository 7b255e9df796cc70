import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'smol-toml';
import { linesOfSettings } from '../../dist/settings/tomlPosition.js';

const TOML = `# settings
top = 1
[producer]   # [no.table]
lfn_lists = [
  "a]", # not = here
  '''b
[x]'''
]
lists_per_run = 1

[[route]]
match = "a = b"
[[route]]
match = """
[route]
match = 2
\\""" """
source = "x"

[fts]
auth = { a = 1,
  b = 2 }
[[fts.server]]
name = "A"
[[fts.server]]
"name" = "B"
  [fts.server.more]
  'deep' = true
[job]
job_metadata.label = "x"
job_metadata."two words" = "y"
`;

const CASES: readonly [path: readonly (string | number)[], line: number | undefined][] = [
  [['top'], 2],
  [['producer'], 3],
  [['producer', 'lfn_lists'], 4],
  [['producer', 'lfn_lists', 1], 4],
  [['producer', 'lists_per_run'], 9],
  [['route'], 11],
  [['route', 0], 11],
  [['route', 0, 'match'], 12],
  [['route', 1, 'match'], 14],
  [['route', 1, 'source'], 18],
  [['route', 1, 'destination'], 13],
  [['fts', 'auth', 'b'], 21],
  [['fts', 'server', 0, 'name'], 24],
  [['fts', 'server', 1, 'name'], 26],
  [['fts', 'server', 1, 'more', 'deep'], 28],
  [['job', 'job_metadata'], 30],
  [['job', 'job_metadata', 'two words'], 31],
  [['nothing'], undefined],
  [['x'], undefined],
  [[], undefined],
];
for (const [path, line] of CASES) {
  test(`${path.join('.')} stands on line ${line}`, () => {
    assert.equal(linesOfSettings(TOML)(path), line);
  });
}

test('the example of the cases is TOML, and so are its line ends under Windows', () => {
  assert.equal((parse(TOML)['route'] as unknown[]).length, 2);
  assert.equal(linesOfSettings(TOML.replaceAll('\n', '\r\n'))(['fts', 'server', 1, 'name']), 26);
});

test('any text is looked through without an error', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('[', ']', '[[', '"', '"""', "'", '=', '\n', '{', '}', '#', 'a.b', '\\'),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      linesOfSettings(pieces.join(''))(['a', 'b']);
    }),
  );
});
