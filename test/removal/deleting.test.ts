/**
 * deleting: how removeDark deletes what it may: in batches, at a pace, until something says stop, and again behind a
 * crash.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';

import { howMany, confirmed } from '../../dist/run/confirm.js';
import { Summary } from '../../dist/run/summary.js';
import { RemovalPace } from '../../dist/removal/batches.js';
import { readRemovals, removeFiles } from '../../dist/storages/remove.js';
import { killUntilSurvives, outcome, start } from '../support/runProgram.js';
import { runWithin } from '../support/runWithin.js';
import { realGfal } from '../support/storages.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';
import { until } from '../support/until.js';
import { headOf, lineOf, many, Removing } from './removing.js';

const sizesOf = (removals: readonly string[]): number[] =>
  removals.map((line) => line.split(' ').filter((word) => word.includes('://')).length);

describe('batches', () => {
  test('of so many files, of which one that fails keeps none of the others', async () => {
    const files = many(7);
    const made = await Removing.with(files);
    const ran = await made.remove(7, '--batch', '3', '--parallel', '1');
    assert.equal(ran.exit, 0, ran.text);
    assert.deepEqual(sizesOf(made.removals()), [3, 3, 1]);
    assert.ok(files.every((tail) => !made.has(tail)));
  });

  test('go on behind a file that fails, and the next run tries that again alone', async () => {
    const files = ['lhcb/dark/0', 'lhcb/stuck/1', 'lhcb/dark/2', 'lhcb/dark/3'];
    const made = await Removing.with(files);
    const ran = await made.remove(4);
    assert.equal(ran.exit, 3, ran.text);
    assert.match(ran.text, /1 file not deleted, such as .*stuck\/1: gfal-rm error: 5 /);
    assert.deepEqual(
      files.map((tail) => made.has(tail)),
      [false, true, false, false],
    );
    assert.match(made.ledger().join('\n'), /^lhcb\/dark\/0 DELETED\nlhcb\/stuck\/1 FAILED: gfal-rm error: 5 .*\n/);
    const again = await made.remove(1);
    assert.match(again.text, /3 are over already/);
    assert.deepEqual(sizesOf(made.removals()), [4, 2, 1]);
  });

  test('end at the first refusal for want of a permission', async () => {
    const files = ['lhcb/locked/0', ...many(9)];
    const made = await Removing.with(files);
    const ran = await made.remove(10, '--batch', '2', '--parallel', '1');
    assert.equal(ran.exit, 3, ran.text);
    assert.match(ran.text, /9 files not tried: the storage does not allow it: gfal-rm error: 13 /);
    assert.ok(files.every((tail) => made.has(tail)));
    assert.equal(made.removals().length, 1);
  });

  test('end after 20 failures in a row', async () => {
    const stuck = Array.from({ length: 25 }, (_, number) => `lhcb/stuck/${number}`);
    const made = await Removing.with([...stuck, ...many(5)]);
    const ran = await made.remove(30, '--parallel', '1');
    assert.equal(ran.exit, 3, ran.text);
    assert.match(ran.text, /20 files not deleted, such as /);
    assert.match(ran.text, /10 files not tried: 20 failures in a row; the same command goes on/);
    assert.ok(many(5).every((tail) => made.has(tail)));
  });

  test('whose gfal-rm hangs are looked at again before anything is said of them', async () => {
    const made = await Removing.with(['lhcb/dark/0', 'lhcb/slow/1', 'lhcb/dark/2']);
    const ran = await made.remove(3, '--timeout', '1', '--parallel', '1');
    assert.equal(ran.exit, 3, ran.text);
    assert.deepEqual(made.ledger(), [
      'lhcb/dark/0 DELETED',
      'lhcb/slow/1 FAILED: no answer within 1 s; it is still there',
      'lhcb/dark/2 FAILED: no answer within 1 s; it is still there',
    ]);
    assert.equal(made.has('lhcb/dark/0'), false);
  });

  test('end when gfal-rm is not installed, and nothing is said to be deleted', async () => {
    const made = await Removing.with(['lhcb/dark/0']);
    const PATH = made.storages.env['PATH']?.split(':')[0] ?? '';
    rmSync(join(PATH, 'gfal-rm'));
    const args = made.arguments('--yes', '--expect', '1');
    const { exit, stderr } = await runWithin('misc/removeDark', args, { env: { ...made.storages.env, PATH } });
    assert.equal(exit, 2, stderr);
    assert.match(stderr, /gfal-rm cannot be started/);
    assert.ok(made.has('lhcb/dark/0'));
    assert.deepEqual(made.ledger(), []);
  });

  test('keep to a pace', async () => {
    const made = await Removing.with(many(4));
    const begun = performance.now();
    assert.equal((await made.remove(4, '--batch', '1', '--per-minute', '120')).exit, 0);
    assert.ok(performance.now() - begun >= 1500, 'the fourth goes a second and a half behind the first');
  });
});

test('a pace counts files, over all batches', () => {
  const pace = new RemovalPace(60);
  assert.deepEqual([pace.reserve(20, 1000), pace.reserve(20, 1000), pace.reserve(1, 90_000)], [1000, 21_000, 90_000]);
  assert.equal(new RemovalPace(Infinity).reserve(20, 5), 5);
});

/** A lease of which nobody wrote down the holder is free after ten seconds. */
function passTime(leases: string): void {
  if (!existsSync(leases)) return;
  for (const each of readdirSync(leases)) utimesSync(join(leases, each), 0, 0);
}

describe('a run that is killed', () => {
  test('wherever it was, leaves what the next one ends, and nothing that was not listed is gone', async () => {
    const files = many(3);
    let made: Removing | null = null;
    const prepare = async () => {
      made = await Removing.with(files);
      made.put('lhcb/other');
      const args = made.arguments('--yes', '--expect', '3', '--batch', '2', '--parallel', '1');
      return { base: made.campaign.base, env: made.storages.env, args, made };
    };
    const points = await killUntilSurvives('misc/removeDark', prepare, async (_base, _point, { made: each }) => {
      assert.ok(each.has('lhcb/other'));
      // What is there no more was deleted, or is found missing; what is there is deleted now.
      for (const directory of [each.campaign.base, each.directory]) passTime(join(directory, '.lease'));
      const rest = files.filter((tail) => each.has(tail)).length;
      const ran = await each.remove(rest);
      assert.equal(ran.exit, 0, ran.text);
      const over = each.ledger().map((line) => line.replace(/ (?:DELETED|MISSING)$/, ''));
      assert.deepEqual(over.sort(), files);
      assert.ok(files.every((tail) => !each.has(tail)));
    });
    assert.ok(points > 10);
  });

  test('between gfal-rm and the ledger finds its batch missing the next time', async () => {
    const made = await Removing.with(['lhcb/dark/0', 'lhcb/slow/1']);
    const child = start('misc/removeDark', {
      base: made.campaign.base,
      env: made.storages.env,
      args: made.arguments('--yes', '--expect', '2'),
    });
    child.stdin.end();
    await until('the first one is deleted', () => !made.has('lhcb/dark/0'));
    child.kill('SIGKILL');
    await outcome(child);
    assert.deepEqual(made.ledger(), []);
    const ran = await made.run('--dry-run');
    assert.match(ran.text, /: 1 file, 3 B:/);
    assert.match(ran.text, /1 are not there any more/);
  });

  test('by Ctrl-C ends its batch, and says how to go on', async () => {
    const made = await Removing.with(many(4));
    const child = start('misc/removeDark', {
      base: made.campaign.base,
      env: made.storages.env,
      args: made.arguments('--yes', '--expect', '4', '--batch', '1', '--parallel', '1', '--per-minute', '30'),
    });
    child.stdin.end();
    await until('one is in the ledger', () => made.ledger().length > 0);
    child.kill('SIGINT');
    const { exit, stdout } = await outcome(child);
    assert.equal(exit, 3, stdout);
    assert.match(stdout, /files? not tried: the run was asked to stop \(SIGINT\); the same command goes on behind/);
    const rest = many(4).filter((tail) => made.has(tail));
    assert.ok(rest.length > 0 && rest.length < 4);
    assert.equal((await made.remove(rest.length)).exit, 0);
  });

  test('leaves a ledger that another list does not use', async () => {
    const made = await Removing.with(many(2));
    assert.equal((await made.remove(2)).exit, 0);
    made.put('lhcb/dark/new');
    made.write('dark-prod.list', [...headOf(), lineOf('lhcb/dark/new')]);
    const ran = await made.remove(1);
    assert.equal(ran.exit, 3, ran.text);
    assert.match(ran.text, /removed-dark-prod\.tsv is that of another list; move it away/);
    assert.ok(made.has('lhcb/dark/new'));
  });
});

test('the number is typed, and any other answer does nothing', async () => {
  const ask = async (typed: string): Promise<boolean> => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const output = Object.assign(new PassThrough(), { isTTY: true });
    input.end(typed);
    const context = { stdout: () => {}, stderr: () => {}, dryRun: false, summary: new Summary('removeDark', false) };
    const terminal = { show: () => {}, input, output };
    return confirmed(context, [], {}, terminal, howMany(12, 'files'));
  };
  const answers = ['12\n', ' 12 \n', 'yes\n', 'y\n', '1\n', '112\n', '12 files\n', '\n', ''];
  assert.deepEqual(await Promise.all(answers.map(ask)), [true, true, ...answers.slice(2).map(() => false)]);
});

test('on a terminal the wrong number deletes nothing, and the right one all', async () => {
  const made = await Removing.with(many(2));
  const program = new URL('../../dist/misc/removeDark.js', import.meta.url).pathname;
  const command = [process.execPath, program, ...made.arguments()].map((word) => `'${word}'`).join(' ');
  const onTerminal = async (typed: string): Promise<string> => {
    const script = join(temporaryDirectory(), 'run');
    writeFileSync(script, `exec script -qec "${command}" /dev/null\n`);
    const child = spawn('/bin/sh', [script], { env: made.storages.env, stdio: 'pipe' });
    let [said, isTyped] = ['', false];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (!isTyped && said.includes('Type the number')) {
        isTyped = true;
        child.stdin.write(typed);
      }
    });
    await new Promise((resolve) => child.on('close', resolve));
    return said;
  };
  assert.match(await onTerminal('1\n'), /nothing was done: the answer was not 2/);
  assert.deepEqual([made.has('lhcb/dark/0000'), made.removals()], [true, []]);
  assert.match(await onTerminal('2\n'), /2 files deleted/);
  assert.ok(!made.has('lhcb/dark/0000'));
});

describe('gfal-rm', () => {
  const said = (exit: number | null, stdout: string, stderr = '') =>
    readRemovals(['a://b/1', 'a://b/2', 'a://b/3'], { command: 'gfal-rm', exit, stdout, stderr, lateAfter: null });
  const kinds = (...answer: Parameters<typeof said>) => {
    const { ended, untried } = said(...answer);
    return [[...ended].map(([url, { outcome: each }]) => `${url.slice(-1)} ${each}`), untried.length];
  };

  test('ends at the first failure, and what it did not come to is to be given again', () => {
    const lines = 'a://b/1\tDELETED\na://b/2\tFAILED\n';
    assert.deepEqual(kinds(5, lines, 'gfal-rm error: 5 (Input/output error) - x'), [['1 DELETED', '2 FAILED'], 1]);
    assert.deepEqual(kinds(5, 'a://b/1\tMISSING\na://b/2\tFAILED: why\n'), [['1 MISSING', '2 FAILED'], 1]);
  });

  test('has no line for a directory, which counts as a failure', () => {
    const error = 'gfal-rm error: 21 (Is a directory) - x\n';
    assert.deepEqual(kinds(21, 'a://b/1\tDELETED\n', error), [['1 DELETED', '2 FAILED'], 1]);
    assert.deepEqual(said(21, '', error).ended.get('a://b/1'), {
      outcome: 'FAILED',
      reason: error.trim(),
      isForbidden: false,
    });
  });

  test('believes no half line, no line of another file, and no silence', () => {
    assert.deepEqual(kinds(0, 'a://b/1\tDELETED'), [['1 FAILED'], 2]);
    assert.deepEqual(kinds(0, 'a://b/12\tDELETED\n'), [['1 FAILED'], 2]);
    assert.deepEqual(kinds(0, ''), [['1 FAILED'], 2]);
  });

  const env = realGfal('file');
  test(
    'that is real does what is believed of it',
    { skip: env === null && 'gfal2-util and its plugin for files are not installed' },
    async () => {
      const directory = temporaryDirectory();
      const made = `${directory}/prod`;
      mkdirSync(`${made}/lhcb/dark`, { recursive: true });
      for (const name of ['a', 'b']) writeFileSync(`${made}/lhcb/dark/${name}`, 'hi\n');
      const options = { timeoutSeconds: 20, env: env ?? {} };
      const url = (tail: string): string => `file://${made}/lhcb/${tail}`;
      const { ended, untried } = await removeFiles([url('dark/no'), url('dark'), url('dark/a')], options);
      assert.deepEqual(ended.get(url('dark/no')), { outcome: 'MISSING' });
      assert.equal(ended.get(url('dark'))?.outcome, 'FAILED');
      assert.deepEqual(untried, [url('dark/a')]);
      assert.ok(existsSync(`${made}/lhcb/dark/a`));
      const rest = await removeFiles(untried, options);
      assert.deepEqual(rest.ended.get(url('dark/a')), { outcome: 'DELETED' });
      assert.deepEqual([existsSync(`${made}/lhcb/dark/a`), existsSync(`${made}/lhcb/dark/b`)], [false, true]);
    },
  );
});
