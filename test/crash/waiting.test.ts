/**
 * waiting: a run that waits for the lease of another goes on as soon as that one is killed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';

import { outcome, start, type Child } from '../support/runProgram.js';
import { until } from '../support/until.js';
import { ending } from './footprint.js';
import { holdsAfterKill, holdsAfterNextRun, nothingTwice } from './invariants.js';
import { discard, lists, stopAll } from './scene.js';
import { submitted } from './scenarios.js';
import { Trial } from './trial.js';

after(stopAll);

/** Far below the ten seconds after which a half-taken lease, and the hour after which another host's, is replaced. */
const AT_ONCE_MS = 8000;

const prepared = Trial.prepare(submitted, { remember: true });

for (const [where, call] of [
  ['before its POST', /^request POST/],
  ['when its POST has arrived and is not recorded', /^answer POST/],
  ['between its last commits', /^fsyncSync BASE\/DOING$/],
] as const)
  test(`a consumer that waits for one that is killed ${where} goes on at once, and the list is submitted once`, async () => {
    const trial = await prepared;
    const scene = await trial.play();
    const at = trial.callLike(call);
    const first = start('consumer', { base: scene.base, crash: { at, signal: 'SIGSTOP' } });
    const firstEnds = outcome(first, 'the consumer that is killed');
    await until('the first consumer has stopped', () => isStopped(first));

    const second = start('consumer', { base: scene.base, args: ['--wait', '60'] });
    let waits = false;
    second.stderr.on('data', (text: Buffer) => (waits ||= String(text).includes('consumer waits up to 60 s')));
    const secondEnds = outcome(second, 'the consumer that waits', 60_000);
    await until('the second consumer waits', () => waits);
    holdsAfterKill(scene);

    const killed = performance.now();
    first.kill('SIGKILL');
    assert.equal((await firstEnds).signal, 'SIGKILL');
    const { exit, stdout, stderr } = await secondEnds;
    assert.equal(exit, 0, stdout + stderr);
    assert.ok(performance.now() - killed < AT_ONCE_MS, 'it waited for longer than the first one lived');

    holdsAfterNextRun(scene);
    nothingTwice(scene);
    assert.equal(scene.servers.flatMap((server) => server.submissions).length, 1);
    assert.deepEqual([lists(scene, 'TODO').length, lists(scene, 'DOING').length], [0, 1]);
    assert.equal(ending(scene).filter((line) => line.endsWith(' unknown')).length, 0, 'a job that no row knows');
    await discard(scene);
  });

/** The state in /proc: T is stopped by a signal. */
function isStopped({ pid }: Child): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}
