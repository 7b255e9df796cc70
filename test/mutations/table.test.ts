/** table: the mutations fit the programs as they are now. What they turn red, `npm run prove` shows. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { FOUND_BY_CAMPAIGNS } from './campaigns.js';
import { MUTATIONS, mutated } from './table.js';

test('each mutation finds its place exactly once, and changes it', () => {
  for (const mutation of MUTATIONS) {
    const text = readFileSync(new URL(`../../dist/${mutation.file}`, import.meta.url), 'utf8');
    assert.notEqual(mutated(text, mutation), text);
  }
});

test('each mutation names a test that is there', () => {
  for (const { name, red, test: title = '' } of MUTATIONS) {
    const file = new URL(`../${red}.test.js`, import.meta.url);
    assert.ok(existsSync(file), `"${name}": there is no ${red}.test.ts`);
    // The titles of ORDER are made from a scenario's name.
    const texts = [file, new URL('../crash/cronScenarios.js', import.meta.url)].map((each) =>
      readFileSync(each, 'utf8'),
    );
    assert.ok(
      texts.some((text) => text.includes(title)),
      `"${name}": ${red}.test.ts has no test "${title}"`,
    );
  }
});

test('what the campaigns are said to find is a mutation', () => {
  const names = new Set(MUTATIONS.map(({ name }) => name));
  for (const name of FOUND_BY_CAMPAIGNS) assert.ok(names.has(name), name);
});

test('no two mutations are the same', () => {
  assert.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length);
  assert.equal(new Set(MUTATIONS.map(({ file, from, to }) => `${file}\n${from}\n${to}`)).size, MUTATIONS.length);
});
