import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { RULES } from '../../dist/rules/rules.js';
import { EXIT_STATUS } from '../../dist/run/options.js';

const readme = readFileSync('README.md', 'utf8');

test('the README lists the seven rules under the headings of the code, in the same order', () => {
  const headings = [...readme.matchAll(/^\d\. \*\*(.+?)\*\*:/gm)].map((found) => found[1]);
  assert.deepEqual(
    headings,
    RULES.map((rule) => rule.heading),
  );
});

test('the README and --help name the same exit statuses', () => {
  const section = /## Exit statuses\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
  const inReadme = [...section.matchAll(/^\| (\d) \|/gm)].map((found) => found[1]);
  assert.deepEqual(
    inReadme,
    [...EXIT_STATUS.matchAll(/^ {2}(\d) /gm)].map((found) => found[1]),
  );
  assert.equal(inReadme.length, 7);
});
