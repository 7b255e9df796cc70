import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { classify } from '../../dist/rules/reasons.js';
import { loadReasons, reasonsOf } from '../../dist/settings/reasonTable.js';
import { UsageError } from '../../dist/errors.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

test('without a table of its own a campaign has the one that comes with the package', () => {
  const table = loadReasons(temporaryDirectory());
  assert.ok(table.length > 100);
  assert.equal(classify('No such file or directory', table).class, 'permanent');
});

test("the campaign's own rows are asked first", () => {
  const base = temporaryDirectory();
  writeFileSync(join(base, 'reasons.tsv'), '# at our site\ntransient\tNo such file\tthe name server is ill again\n');
  const table = loadReasons(base);
  assert.deepEqual(classify('No such file or directory', table), {
    class: 'transient',
    meaning: 'the name server is ill again',
  });
  assert.equal(classify('Permission denied', table).class, 'auth');
});

test('a wrong row is an error of usage, with file and line', () => {
  const base = temporaryDirectory();
  const file = join(base, 'reasons.tsv');
  writeFileSync(file, '# at our site\nfatal\tx\ty\n');
  const message = `${file}:2: class "fatal": must be permanent, transient, auth, config`;
  assert.throws(() => loadReasons(base), new UsageError(message));
});

test('a wrong row is said before any reason is asked about', () => {
  const base = temporaryDirectory();
  writeFileSync(join(base, 'reasons.tsv'), 'fatal\tx\ty\n');
  assert.throws(() => reasonsOf(base), UsageError);
});

test('a table that cannot be read is an error of usage', () => {
  const base = temporaryDirectory();
  mkdirSync(join(base, 'reasons.tsv'));
  const message = `Cannot read the campaign's table of reasons ${join(base, 'reasons.tsv')}: EISDIR`;
  assert.throws(() => loadReasons(base), new UsageError(message));
});
