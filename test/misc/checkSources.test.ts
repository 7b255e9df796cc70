/**
 * checkSources: missing sources leave the lists in TODO, and nothing else does.
 *
 * A script in the place of gfal-stat speaks its words (as gfal2-util 1.8 was seen to), so that these run everywhere;
 * where gfal2 with its mock plugin is installed, the same is asked of the real one.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { loseAnswers, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';
import { Campaign, listName } from '../support/campaign.js';
import { everyTransferOnce, noteTransfers } from '../support/everyTransferOnce.js';
import { run } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const [A, B] = [listName(1), listName(2)];
const SYSTEM = '/usr/bin:/bin';

/** By what stands in the URL. Each call leaves its start and end in a log, so that those at a time can be counted. */
const GFAL_STAT = `#!/bin/sh
echo begin >>"$STAT_LOG"
case "$3" in
  *missing*) echo "gfal-stat error: 2 (No such file or directory) - srm-ls: not found" >&2; code=2 ;;
  *denied*) echo "gfal-stat error: 13 (Permission denied) - no" >&2; code=13 ;;
  *misused*) echo "usage: gfal-stat [-h] file" >&2; code=2 ;;
  *hangs*) exec sleep 60 ;;
  *) sleep 0.05; code=0 ;;
esac
echo end >>"$STAT_LOG"
exit $code
`;

function campaignWith(lists: Readonly<Record<string, readonly string[]>>, endpoint = 'http://127.0.0.1:1'): Campaign {
  const campaign = new Campaign([{ name: 'RAL', endpoint }], { fts: { timeout_seconds: 1 } });
  const bin = temporaryDirectory();
  writeFileSync(join(bin, 'gfal-stat'), GFAL_STAT, { mode: 0o755 });
  Object.assign(campaign.env, { PATH: `${bin}:${SYSTEM}`, STAT_LOG: join(bin, 'log') });
  for (const [list, lfns] of Object.entries(lists)) campaign.put('TODO', list, lfns);
  return campaign;
}

describe('checkSources', { concurrency: 4 }, () => {
  test('what is missing goes to DONE/Bad, and the rest of the list goes on under a new name', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = campaignWith({ [A]: ['/lhcb/a', '/lhcb/missing', '/lhcb/c'], [B]: ['/lhcb/d'] }, ral.url);
    const ran = await campaign.run('misc/checkSources', 0, ['--yes']);
    const rest = A.replace('.txt', '~2.txt');
    assert.deepEqual(ran.of(A).to, [`DONE/Bad/${A}`, `TODO/${rest}`]);
    assert.deepEqual(campaign.lists('TODO'), [rest, B].sort());
    assert.match(
      campaign.read(`DONE/Bad/${A}`),
      /# permanent: the source file is missing \| gfal-stat error: 2 .*srm-ls: not found \| gfal-stat - \| .*Z\n.*\/lhcb\/missing/,
    );
    assert.match(campaign.read(`TODO/${rest}`), new RegExp(`# split from ${A}, failures 0\n`));
    assert.equal((await campaign.run('consumer', 0)).counts['transfers'], 3);
    nothingLostNorTwice(campaign, ral);
  });

  test('what is missing is counted as a failure, in status and on the page', async () => {
    const campaign = campaignWith({ [A]: ['/lhcb/there', '/lhcb/missing1', '/lhcb/missing2'] });
    await campaign.run('misc/checkSources', 0, ['--yes']);
    const { stdout } = await runUnharmed('status', { base: campaign.base, env: campaign.env, args: ['--json'] });
    const { failures, rates } = JSON.parse(stdout) as {
      failures: Record<string, unknown>[];
      rates: { failed: number }[];
    };
    assert.deepEqual(
      failures.map(({ class: name, meaning, count, lfn, server, link }) => [name, meaning, count, lfn, server, link]),
      [['permanent', 'the source file is missing', 2, '/lhcb/missing2', 'gfal-stat', null]],
    );
    assert.equal(rates[0]?.failed, 2);
    const page = join(campaign.base, 'page.html');
    assert.equal((await runUnharmed('misc/report', { base: campaign.base, env: campaign.env, args: [page] })).exit, 0);
    assert.match(readFileSync(page, 'utf8'), /the source file is missing[^]*gfal-stat/);
  });

  test('any other answer leaves the transfer where it is, and is said once for all that have it', async () => {
    const campaign = campaignWith({ [A]: ['/lhcb/denied1', '/lhcb/denied2', '/lhcb/misused', '/lhcb/missing'] });
    const ran = await campaign.run('misc/checkSources', 3, ['--yes']);
    assert.match(ran.said, /Cannot check 2 sources, such as srm.*denied\d: .*13 \(Permission denied\)/);
    assert.match(ran.said, /Cannot check 1 source, .*usage: gfal-stat/);
    const [rest = ''] = campaign.lists('TODO');
    assert.match(campaign.read(`TODO/${rest}`), /denied1[^]*denied2[^]*misused/);
    everyTransferOnce(campaign.base);
  });

  test('a list of which every source is missing goes to DONE/Bad whole, with its unreadable lines', async () => {
    const campaign = campaignWith({ [A]: ['/lhcb/missing'] });
    campaign.write(`TODO/${A}`, `${campaign.read(`TODO/${A}`)}rubbish\n`);
    await campaign.run('misc/checkSources', 0, [`TODO/${A}`, '--yes']);
    assert.deepEqual(campaign.lists('TODO'), []);
    assert.match(campaign.read(`DONE/Bad/${A}`), /# unreadable line 2: has one column.*: rubbish/);
    everyTransferOnce(campaign.base);
  });

  test('a storage that is silent is waited for no longer than it is allowed', async () => {
    const campaign = campaignWith({ [A]: ['/lhcb/hangs'] });
    const before = performance.now();
    const ran = await campaign.run('misc/checkSources', 3, ['--timeout', '1', '--yes']);
    assert.match(ran.said, /no answer within 1 s; what cannot be checked stays in TODO/);
    assert.ok(performance.now() - before < 30_000);
  });

  test('several are asked for at a time, and no more than that', async () => {
    const campaign = campaignWith({ [A]: Array.from({ length: 30 }, (_, index) => `/lhcb/${index}`) });
    await campaign.run('misc/checkSources', 0, ['--parallel', '3', '--yes']);
    let [now, most] = [0, 0];
    const log = spawnSync('cat', [campaign.env['STAT_LOG'] ?? ''], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n');
    for (const event of log) {
      now += event === 'begin' ? 1 : -1;
      most = Math.max(most, now);
    }
    assert.ok(most > 1 && most <= 3, `${most} at a time`);
    assert.equal(log.length, 60);
  });

  test('a list that FTS may have is left alone', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = campaignWith({ [A]: ['/lhcb/missing'] }, ral.url);
    await loseAnswers(campaign, ral, { [A]: 'cut-after' });
    const ran = await campaign.run('misc/checkSources', 3, [A, B, '--yes']);
    assert.match(ran.said, new RegExp(`"${A}": FTS may have it; run the consumer first`));
    assert.match(ran.said, new RegExp(`"${B}": it does not stand in TODO`));
    assert.deepEqual(campaign.lists('TODO'), [A]);
    assert.deepEqual((await campaign.run('misc/checkSources', 0)).counts['split'], 0);
  });
});

test('nothing is moved in a dry run, without --yes, or without gfal-stat', async () => {
  const campaign = campaignWith({ [A]: ['/lhcb/missing'] });
  const { base, env } = campaign;
  const dry = await runUnharmed('misc/checkSources', { base, env, args: ['--dry-run'] });
  assert.equal(dry.exit, 0);
  assert.match(dry.stdout, /1 transfer of 1 list whose sources are missing/);
  assert.equal((await run('misc/checkSources', { base, env })).exit, 2);
  const lacking = await runUnharmed('misc/checkSources', { base, env: { ...env, PATH: '/nowhere' }, args: ['--yes'] });
  assert.equal(lacking.exit, 2);
  assert.match(lacking.stderr, /gfal-stat cannot be started \(ENOENT\); install gfal2-util/);
  assert.deepEqual(campaign.lists('TODO'), [A]);
});

const hasGfal2 = spawnSync('gfal-stat', ['mock://castor.example.org/a?size=7'], { env: { PATH: SYSTEM } }).status === 0;

if (hasGfal2)
  test('the real gfal-stat tells the missing from the others', async () => {
    const campaign = campaignWith({});
    campaign.env['PATH'] = SYSTEM;
    const lines = ['a?size=7', 'gone?errno=2', 'secret?errno=13', 'late?errno=110'].map(
      (path) => `mock://castor.example.org/${path}  gsiftp://echo.example.org/${path.split('?')[0]}`,
    );
    campaign.write(`TODO/${A}`, `${lines.join('\n')}\n`);
    noteTransfers(campaign.base, lines);
    const ran = await campaign.run('misc/checkSources', 3, ['--yes']);
    assert.deepEqual((ran as unknown as { sources: object }).sources, {
      there: 1,
      missing: 1,
      unknown: 2,
      notAsked: 0,
    });
    assert.match(ran.said, /error: 13 \(Permission denied\)/);
    assert.match(campaign.read(`DONE/Bad/${A}`), /No such file[^]*castor\.example\.org\/gone\?errno=2/);
    everyTransferOnce(campaign.base);
  });
