import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUnread } from '../../dist/lfnLists/unreadNames.js';

test('what editors, copying and packing leave behind is not read', () => {
  const left = ['input.list~', 'a.bak', 'a.orig', 'a.old', 'a.swp', 'a.tmp', 'a.part', 'a.filepart', 'a.save', 'a.gz'];
  for (const name of [...left, '#input.list#', '##', 'sedAbC123', 'sed000000'])
    assert.ok(isUnread(`TODO/${name}`), name);
});

test('other names are read, whatever they hold', () => {
  for (const name of [
    'input.list',
    '#input.list',
    'a.party',
    'sediment',
    'sed12345',
    'used123456',
    'old',
    'a.save.list',
  ])
    assert.ok(!isUnread(`TODO/ListOfLFNs.bak/${name}`), name);
});
