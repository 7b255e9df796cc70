/**
 * batches: what is looked at once more before a batch is deleted, and what a ledger is after a crash.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { LeaseError } from '../../dist/errors.js';
import { Batches } from '../../dist/removal/batches.js';
import { RemovalLedger } from '../../dist/removal/ledger.js';
import { standingOf } from '../../dist/removal/standing.js';
import { Progress } from '../../dist/run/progress.js';
import { Storages } from '../support/storages.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const [A, B] = ['root://eos.example.org//prod/a', 'root://eos.example.org//prod/b'];
const MINUTE = 60_000;
const OPTIONS = { batch: 20, parallel: 2, timeout: 20 };

function made(check: () => void = () => {}) {
  const storages = new Storages();
  for (const url of [A, B]) storages.put(url, 'hi\n');
  const directory = temporaryDirectory();
  const ledger = new RemovalLedger(join(directory, 'dark.list'), Buffer.from('the list'));
  ledger.load();
  ledger.open();
  const progress = new Progress(
    () => {},
    () => null,
  );
  const run = { env: storages.env, now: () => new Date(), mustStop: () => null, progress };
  const look = async (url: string) => standingOf({ url, size: 3 }, null, { timeoutSeconds: 20, env: storages.env });
  const linesOf = () => readFileSync(ledger.file, 'utf8').split('\n').slice(1, -1);
  return { storages, ledger, linesOf, batches: new Batches(run, OPTIONS, ledger, check, look) };
}

test('what was seen over ten minutes ago is looked at once more, and stays when it is another by now', async () => {
  const { storages, linesOf, batches } = made();
  storages.put(A, 'anew');
  const seen = Date.now() - 11 * MINUTE;
  const { deleted, left } = await batches.remove([A, B].map((url) => ({ url, seen })));
  assert.equal(deleted, 1);
  assert.deepEqual([...left], [[A, 'it has another size than it had']]);
  assert.deepEqual([storages.has(A), storages.has(B)], [true, false]);
  assert.match(linesOf().join('\n'), /^\S+Z\troot:\/\/eos\.example\.org\/\/prod\/b\tDELETED$/);
});

test('nothing is deleted any more when another run has taken the lease', async () => {
  const { storages, batches } = made(() => {
    throw new LeaseError('lost');
  });
  await assert.rejects(batches.remove([A, B].map((url) => ({ url, seen: Date.now() }))), LeaseError);
  assert.deepEqual([storages.has(A), storages.has(B), storages.asked()], [true, true, []]);
});

test('a ledger that was cut off within a line goes on behind it, and the line counts for nothing', () => {
  const list = join(temporaryDirectory(), 'dark.list');
  const open = (): RemovalLedger => {
    const ledger = new RemovalLedger(list, Buffer.from('the list'));
    ledger.load();
    return ledger;
  };
  const first = open();
  first.open();
  first.add(new Date(), new Map([[A, 'DELETED'] as const]));
  first.close();
  const whole = readFileSync(first.file, 'utf8');
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(first.file, whole.slice(0, length));
    const again = open();
    assert.deepEqual([...again.done.keys()], [], `after ${length} bytes`);
    again.open();
    again.add(new Date(), new Map([[B, 'MISSING'] as const]));
    again.close();
    const { done } = open();
    assert.equal(done.get(B), 'MISSING', `after ${length} bytes`);
    // All of it but its end may be there: then it is true.
    assert.ok(!done.has(A) || length === whole.length - 1);
  }
});

test('a ledger is that of its list alone', () => {
  const list = join(temporaryDirectory(), 'dark.list');
  const ledger = new RemovalLedger(list, Buffer.from('the list'));
  ledger.load();
  ledger.open();
  ledger.close();
  assert.throws(() => new RemovalLedger(list, Buffer.from('another')).load(), /is that of another list/);
});
