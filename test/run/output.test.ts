/**
 * output: a stdout that is full or that nobody reads breaks no command, and no run of one.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { run } from '../support/runProgram.js';
import { rehearsalServer } from '../support/rehearsed.js';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
/** One of each kind: a frame for all programs, and the commands that have one of their own. */
const FRAMES = ['monitor', 'misc/doctor', 'misc/unlock', 'rehearsal/rehearse'];
const LOST = /Cannot write to stdout: ENOSPC.*; what was to be said is not complete: free some space there/;

/** Starts a command whose stdout is a full disk, or a pipe that nobody reads. */
function into(
  sink: 'full disk' | 'closed pipe',
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
) {
  // The reader has gone before the command begins.
  const node = '"$0" "$@"';
  const script =
    sink === 'full disk' ? `${node} >/dev/full` : `exec 3>&1; { sleep 0.2; ${node} >&4; echo $? >&3; } 4>&1 | :`;
  const given = [process.execPath, join(DIST, `${command}.js`), ...args];
  const { PATH = '' } = process.env;
  return new Promise<{ exit: number; stderr: string }>((resolve, reject) => {
    const child = spawn('sh', ['-c', script, ...given], { env: { PATH, HOME: '/nowhere', TZ: 'UTC', ...env } });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ exit: sink === 'full disk' ? (code ?? -1) : Number(stdout), stderr }));
  });
}

describe('output', { concurrency: 4 }, () => {
  for (const command of FRAMES)
    test(`${command} --help into a full disk says so and ends with 4, and into a closed pipe with 0`, async () => {
      const full = await into('full disk', command, ['--help']);
      assert.match(full.stderr, LOST);
      assert.equal(full.stderr.trimEnd().split('\n').length, 1);
      assert.equal(full.exit, 4);
      assert.deepEqual(await into('closed pipe', command, ['--help']), { exit: 0, stderr: '' });
    });

  test('what only says something ends with 4 when it cannot', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.lfns('input.list', lfnsOf('x'));
    await campaign.run('producer');
    const readers: [string, ...string[]][] = [
      ['status'],
      ['misc/audit', '--json'],
      ['misc/unlock'],
      ['misc/unlock', '--json'],
      ['consumer', '--dry-run', '--json'],
    ];
    for (const [command, ...more] of readers) {
      const args = ['--base', campaign.base, ...more];
      const full = await into('full disk', command, args);
      assert.match(full.stderr, LOST);
      assert.doesNotMatch(full.stderr, /\n +at /);
      assert.equal(full.exit, 4, command);
      assert.deepEqual(await into('closed pipe', command, args), { exit: 0, stderr: '' }, command);
    }
    // The doctor finds no credential and no crontab here, so that its own status is another.
    const doctor = await into('closed pipe', 'misc/doctor', ['--base', campaign.base]);
    assert.deepEqual(doctor, { exit: doctor.exit, stderr: '' });
    assert.equal((await into('full disk', 'misc/doctor', ['--base', campaign.base, '--json'])).exit, 4);
  });

  for (const sink of ['full disk', 'closed pipe'] as const)
    test(`a run that does something does all of it, and ends as it would (${sink})`, async () => {
      const ral = await rehearsalServer('RAL', { script: () => ({ state: 'FINISHED', seconds: 3600 }) });
      const campaign = new Campaign([choice(ral)]);
      const ended = async (command: string, ...args: string[]) => {
        const { exit, stderr } = await into(sink, command, ['--base', campaign.base, ...args]);
        if (sink === 'full disk') assert.match(stderr, LOST);
        assert.doesNotMatch(stderr, /\n +at |EPIPE/);
        return exit;
      };
      campaign.put('TODO', listName(1));
      assert.equal(await ended('consumer', '--verbose'), 0);
      assert.deepEqual(campaign.lists('DOING'), [listName(1)]);
      assert.equal(await ended('misc/cancel', '--all', '--yes'), 0);
      // The files end some seconds after their job.
      ral.advance(60);
      assert.equal(await ended('monitor'), 3);
      assert.deepEqual(campaign.jobs(ral)[0]?.state, 'CANCELED');
    });

  test('a summary that is cut short by its reader ends quietly, also when it is long', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    for (let number = 1; number <= 1500; number += 1) campaign.put('DONE/Okay', listName(number));
    const script = 'exec 3>&1; { "$0" "$@"; echo $? >&3; } | head -c 10 >&2';
    const given = [process.execPath, join(DIST, 'misc/audit.js'), '--base', campaign.base, '--json', '--most', '9999'];
    const { stdout, stderr } = spawnSync('sh', ['-c', script, ...given], { encoding: 'utf8' });
    assert.equal(stderr.length, 10);
    assert.match(stdout, /^[03]\n$/);
  });

  test('the rehearsal server says when its address cannot be said, and ends', async () => {
    const { exit, stderr } = await into('full disk', 'rehearsal/serve', []);
    assert.match(stderr, LOST);
    assert.equal(exit, 4);
  });

  test('a log that is full is said once, and the summary comes', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.lfns('input.list', lfnsOf('x'));
    fs.symlinkSync('/dev/full', campaign.path('castor2echo.log'));
    const { exit, stdout } = await run('producer', { base: campaign.base });
    assert.equal(exit, 0);
    assert.match(stdout, /1 cut/);
  });
});
