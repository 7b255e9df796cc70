/**
 * order: in which order each kind of transition changes the disk.
 *
 * A kill is no power cut: what the kernel had not written yet survives a kill. So the order itself is recorded: a list
 * is written and synced under a draft's name before it gets its own, its directory is synced before anything is taken
 * away, a list leaves its old place last, and between the two commits of the journal stands all of it.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { run, type Crash } from '../support/runProgram.js';
import { runWatched } from '../support/watched.js';
import { pending, readBooks } from './books.js';
import { discard, stopAll } from './scene.js';
import * as scenarios from './scenarios.js';
import { optionsOf, said, type Scenario } from './trial.js';

after(stopAll);

/** The steps by which a list comes to stand under its name, whole or not at all. */
function place(path: string): string[] {
  const draft = path.replace(/[^/]+$/, '.$&.draft');
  return ['rm', 'open', 'fchmod', 'writeFile', 'fsync']
    .map((call) => `${call} ${draft}`)
    .concat(`rename ${draft} -> ${path}`);
}

const COMMIT = 'commit COMMIT';
const POST = ['request POST /jobs', 'request sent POST /jobs', 'answer POST /jobs'];

/** From the first commit to the last one: what a run changes beside lease and log. */
const ORDERS: readonly (readonly [Scenario, readonly string[]])[] = [
  [
    scenarios.cut,
    [COMMIT, ...place('DONE/Bad/LIST.txt'), ...place('TODO/LIST.txt'), 'fsync DONE/Bad', 'fsync TODO', COMMIT],
  ],
  [
    scenarios.submitted,
    [COMMIT, ...POST, COMMIT, 'rename TODO/LIST.txt -> DOING/LIST.txt', 'fsync DOING', 'fsync TODO', COMMIT],
  ],
  [
    scenarios.editedInTodo,
    [
      COMMIT,
      ...POST,
      COMMIT,
      ...place('DONE/Bad/LIST.txt'),
      ...place('DOING/LIST.txt'),
      'fsync DONE/Bad',
      'fsync DOING',
      'unlink TODO/LIST.txt',
      'fsync TODO',
      COMMIT,
    ],
  ],
  [
    scenarios.dirty,
    [
      COMMIT,
      ...place('DONE/Okay/LIST.txt'),
      ...place('DONE/Bad/LIST.txt'),
      ...place('TODO/DLIST.txt'),
      'fsync DONE/Okay',
      'fsync DONE/Bad',
      'fsync TODO',
      'rename DOING/LIST.txt -> DONE/Dirty/LIST.txt',
      'fsync DONE/Dirty',
      'fsync DOING',
      COMMIT,
    ],
  ],
  [
    scenarios.finished,
    [COMMIT, 'rename DOING/LIST.txt -> DONE/Okay/LIST.txt', 'fsync DONE/Okay', 'fsync DOING', COMMIT],
  ],
  [scenarios.failed, [COMMIT, 'rename DOING/LIST.txt -> TODO/LIST.txt', 'fsync TODO', 'fsync DOING', COMMIT]],
  [
    scenarios.pathological,
    [COMMIT, ...place('DONE/Bad/LIST.txt'), 'fsync DONE/Bad', 'unlink DOING/LIST.txt', 'fsync DOING', COMMIT],
  ],
];

/** Every call of a run, in short, without those of lease and log. */
function inShort(calls: readonly string[]): string[] {
  return calls
    .filter((call) => !/BASE\/(\.lease|castor2echo\.log)|PRAGMA/.test(call))
    .map((call) => call.replaceAll('BASE/', '').replace(/^(\w+)Sync /, '$1 '))
    .map((call) => call.replaceAll(/FTSList-\d{8}-\d{6}-\d{4}/g, 'LIST'));
}

describe('the order in which the disk is changed', () => {
  for (const [scenario, order] of ORDERS)
    test(`${scenario.program}: ${scenario.name}`, async () => {
      const scene = await (await scenario.prepare()).play();
      const { outcome, calls } = await runWatched(scenario.program, { base: scene.base });
      assert.equal(outcome.exit, 0, said(outcome));
      assert.deepEqual(inShort(calls), order);
      await discard(scene);
    });

  test('consumer: of each batch its rows come before its POSTs, and their answers before its moves', async () => {
    const scene = await (await scenarios.twoBatches.prepare()).play();
    const watched = await runWatched('consumer', { base: scene.base, ...optionsOf(scenarios.twoBatches) });
    assert.equal(watched.outcome.exit, 0, said(watched.outcome));
    const calls = inShort(watched.calls);
    await discard(scene);

    const moved = ['rename TODO/LIST.txt -> DOING/LIST.txt', 'fsync DOING', 'fsync TODO'];
    const refused = [...place('DONE/Bad/LIST.txt'), 'fsync DONE/Bad', 'unlink TODO/LIST.txt', 'fsync TODO'];
    const [begun, , answered] = POST as [string, string, string];
    const first = [COMMIT, begun, begun, COMMIT, ...moved];
    // The first is struck off in the commit that writes the second down.
    const second = [COMMIT, begun, COMMIT, ...moved, COMMIT];
    assert.deepEqual(
      calls.filter((call) => call !== POST[1] && call !== answered),
      [...first, ...second, COMMIT, ...refused, COMMIT],
    );
    const nth = (call: string, n: number): number =>
      calls.map((each, at) => (each === call ? at : -1)).filter((at) => at >= 0)[n - 1] ?? NaN;
    assert.ok(nth(answered, 2) < nth(COMMIT, 2) && nth(answered, 3) < nth(COMMIT, 4), 'answers before (c)');
  });

  test('a split is journalled with its rows before its first step, and struck off after its last', async () => {
    const moment = await scenarios.dirty.prepare();
    const killed = async (crash: Crash) => {
      const scene = await moment.play();
      await run('monitor', { base: scene.base, crash });
      const books = readBooks(scene.base);
      await discard(scene);
      return {
        transitions: pending(books).length,
        rows: (books['list'] ?? []).map(({ state }) => String(state)).sort(),
      };
    };
    const scene = await moment.play();
    const { calls } = await runWatched('monitor', { base: scene.base });
    await discard(scene);
    const [first, last] = [calls.indexOf(COMMIT) + 1, calls.lastIndexOf(COMMIT) + 1];

    assert.deepEqual(await killed({ at: first }), { transitions: 0, rows: ['SUBMITTED'] });
    assert.deepEqual(await killed({ after: first }), { transitions: 1, rows: ['SETTLED', 'WAITING'] });
    assert.deepEqual(await killed({ at: last }), { transitions: 1, rows: ['SETTLED', 'WAITING'] });
    assert.deepEqual(await killed({ after: last }), { transitions: 0, rows: ['SETTLED', 'WAITING'] });
  });
});
