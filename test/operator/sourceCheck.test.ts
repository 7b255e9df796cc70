/** sourceCheck: what is left of a list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseList } from '../../dist/lists/list.js';
import { removeMissing } from '../../dist/operator/sourceCheck.js';
import type { Stat } from '../../dist/storages/look.js';

const GONE = 'gfal-stat error: 2 (No such file or directory) - not there';

const names = { free: (_: string, name: string) => name, fresh: (name: string) => `${name}~2` };
const context = { campaign: 'C', now: new Date(0) };
const list = (text: string) => ({ name: 'L.txt', sha256: 'x', parsed: parseList(Buffer.from(text)), failures: 2 });
const missing = (...sources: string[]): Map<string, Stat> =>
  new Map(sources.map((source) => [source, { kind: 'missing', reason: GONE }]));

test('of a list without missing sources nothing is planned, also when some were not asked about', () => {
  assert.equal(removeMissing(list('srm://s/a  srm://d/a\n'), new Map(), names, context), null);
  assert.equal(removeMissing(list(''), missing('srm://s/a'), names, context), null);
});

test('the rest keeps its lineage, its failures and every line, duplicates too', () => {
  const text = '# from x bytes 0-9\nsrm://s/a  srm://d/a\nsrm://s/b  srm://d/b  ADLER32:1  7\nsrm://s/c  srm://d/b\n';
  const removal = removeMissing(list(text), missing('srm://s/a'), names, context);
  assert.deepEqual(removal?.created, { name: 'L.txt~2', failures: 2, transfers: 2 });
  const [bad, rest, gone] = removal?.transition.steps ?? [];
  assert.ok(bad?.op === 'place' && rest?.op === 'place' && gone?.op === 'remove');
  assert.match(bad.content, /# permanent: the source file is missing \| .* \| gfal-stat - \|.*\nsrm:\/\/s\/a/);
  assert.match(rest.content, /# from x bytes 0-9\n# split from L\.txt, failures 2\n.*ADLER32:1 {2}7\nsrm:\/\/s\/c/);
  assert.deepEqual([bad.path, rest.path, gone.path], ['DONE/Bad/L.txt', 'TODO/L.txt~2', 'TODO/L.txt']);
});

test('a duplicate whose own source is there survives the first with that destination', () => {
  const removal = removeMissing(
    list('srm://s/a  srm://d/x\nsrm://s/b  srm://d/x\n'),
    missing('srm://s/a'),
    names,
    context,
  );
  assert.equal(removal?.bad.length, 1);
  assert.equal(removal?.created?.transfers, 1);
});
