import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldOnceAtATime, startTogether } from './starts.js';

test('two programs that start at the same instant never both hold the lease', async () => {
  const { held } = await startTogether(60, ['one.example', 'two.example']);
  assert.ok(held > 0);
});

test('a log in which a lease begins before the last has ended is found out', () => {
  assert.equal(heldOnceAtATime('in 1\nout 1\nin 3\nout 3\n'), 2);
  assert.throws(() => heldOnceAtATime('in 1\nin 2\nout 1\nout 2\n'), /line 1 of the log/);
  assert.throws(() => heldOnceAtATime('in 2\nout 2\nin 1\nout 1\n'), /lease 1 was held after 2/);
});
