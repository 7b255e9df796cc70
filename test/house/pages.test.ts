/**
 * pages: the pages of docs/ name only files that are there.
 */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = ['docs/INTERNALS.md', 'docs/PERFORMANCE.md', 'docs/OPERATING.md', 'docs/PROOF.md', 'README.md'];

/** `rules/rules.ts`, `database/`, `src/rules`, `misc/audit.js`: what stands in backticks and looks like a file of ours. */
function namedIn(page: string): string[] {
  const text = fs.readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/`((?:[A-Za-z0-9]+\/)*[A-Za-z0-9]+\.ts|src\/[A-Za-z0-9/.]+)`/g)].map(
    ([, name = '']) => name,
  );
}

/** A file may be called by its path, by its path in src, or, where one room is spoken of, by its name alone. */
function isThere(name: string, sources: readonly string[]): boolean {
  if (fs.existsSync(join(ROOT, name)) || fs.existsSync(join(ROOT, 'src', name))) return true;
  return !name.includes('/') && sources.some((source) => basename(source) === name);
}

for (const page of PAGES)
  test(`every file that ${page} names is there`, () => {
    const sources = fs.readdirSync(join(ROOT, 'src'), { recursive: true }).map(String);
    assert.deepEqual(
      namedIn(page).filter((name) => !isThere(name, sources)),
      [],
    );
  });

test('INTERNALS names files at all, and each room has a line in its table', () => {
  assert.ok(namedIn('docs/INTERNALS.md').length > 20);
  const text = fs.readFileSync(join(ROOT, 'docs/INTERNALS.md'), 'utf8');
  const rooms = fs.readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(
    rooms.map(({ name }) => name).filter((name) => !new RegExp(`^\\|.*\`${name}/\``, 'm').test(text)),
    [],
  );
});
