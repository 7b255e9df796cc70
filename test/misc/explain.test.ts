/**
 * explain: the whole life of LFNs, lists and jobs, as the command tells it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import type { History } from '../../dist/explain/history.js';
import { endJob, loseAnswers, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';
import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { run } from '../support/runProgram.js';

/** What explain says of one thing, as JSON. */
async function explained(campaign: Campaign, what: string, ...args: string[]): Promise<History> {
  const ran = await campaign.run('misc/explain', 0, [what, ...args]);
  const lives = (ran as unknown as { explained: History[] }).explained;
  assert.equal(lives.length, 1, `${what} has ${lives.length} lives`);
  return lives[0] as History;
}

async function told(campaign: Campaign, ...what: string[]): Promise<string> {
  const { exit, stdout, stderr } = await run('misc/explain', { base: campaign.base, args: what, env: campaign.env });
  assert.equal(exit, 0, stdout + stderr);
  return stdout;
}

test('a bad transfer is told from its line in the LFN list to its reason, through every list and job', async () => {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(ral)]);
  campaign.lfns('charm.list', ['# charm', '/lhcb/a.dst', '/lhcb/b.dst', '/lhcb/c.dst']);
  await campaign.run('producer');
  const [list = ''] = campaign.lists('TODO');
  await campaign.run('consumer');
  const first = campaign.job(ral, list).jobId;
  const lost = 'TRANSFER [110] connection lost';
  endJob(ral, first, [['FINISHED'], ['FAILED', lost], ['FAILED', lost]]);
  await campaign.run('monitor');
  await campaign.run('consumer');
  const second = campaign.job(ral, `D${list}`).jobId;
  const gone = 'SOURCE [2] 500 No such file or directory';
  endJob(ral, second, [['FAILED', gone], ['FINISHED']]);
  await campaign.run('monitor');

  const life = await explained(campaign, '/lhcb/b.dst');
  const bytes = readFileSync(campaign.path('TODO/ListOfLFNs/charm.list')).length;
  assert.deepEqual(life.cutFrom, { lfnList: 'TODO/ListOfLFNs/charm.list', firstByte: 0, lastByte: bytes - 1, line: 3 });
  assert.equal(life.transfer?.path, `DONE/Bad/D${list}`);
  assert.equal(life.transfer?.why?.reason, gone);
  assert.deepEqual(
    life.lists.map((each) => [each.list, each.state, each.splitFrom, each.failures]),
    [
      [list, 'SETTLED', null, 1],
      [`D${list}`, 'SETTLED', list, 2],
    ],
  );
  const attempts = life.lists.flatMap((each) => each.attempts);
  assert.deepEqual(
    attempts.map(({ jobId, state, file }) => [jobId, state, file?.reason, file?.class]),
    [
      [first, 'FINISHEDDIRTY', lost, 'transient'],
      [second, 'FINISHEDDIRTY', gone, 'permanent'],
    ],
  );
  assert.equal(attempts[0]?.link, null, 'a rehearsal server has no monitoring pages');
  assert.doesNotMatch(await campaign.text('misc/explain', 0, ['/lhcb/b.dst']), /8449/);
  assert.match(life.next, /^Nothing happens by itself; repeating will not help.*requeue\.js --lfn srm:/);

  const text = await told(campaign, '/lhcb/b.dst');
  for (const part of ['line 3', `DONE/Bad/D${list}, line`, first, second, lost, gone, 'UTC', 'next'])
    assert.ok(text.includes(part), `it does not say "${part}":\n${text}`);
  assert.match((await explained(campaign, '/lhcb/a.dst')).next, /finished/);

  // Where the name was taken, as by a line that was no LFN, it has no row of its own, and the same life.
  const beside = `D${list}`.replace('.txt', '~2.txt');
  campaign.move(`DONE/Bad/D${list}`, `DONE/Bad/${beside}`);
  const { lists } = await explained(campaign, '/lhcb/b.dst');
  assert.deepEqual(
    lists.map((each) => [each.list, each.splitFrom, each.attempts.length]),
    [
      [list, null, 1],
      [`D${list}`, list, 1],
      [beside, `D${list}`, 0],
    ],
  );
  nothingLostNorTwice(campaign, ral);
});

test('a job id and the path of a list lead to the same list, with what was split from it', async () => {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(ral)]);
  const name = listName(1);
  campaign.put('TODO', name);
  await campaign.run('consumer');
  const { jobId } = campaign.job(ral, name);
  const going = await explained(campaign, jobId);
  assert.equal(going.kind, 'job');
  assert.deepEqual(going.lists[0]?.places, ['DOING']);
  assert.match(going.next, /^FTS goes on with it \(rule [46],/);
  endJob(ral, jobId, [['FINISHED'], ['FAILED', 'TRANSFER [110] lost']]);
  const ended = await explained(campaign, `DOING/${name}`);
  assert.equal(ended.lists[0]?.attempts[0]?.state, 'FINISHEDDIRTY');
  assert.deepEqual(
    ended.lists[0]?.attempts[0]?.files.map(({ count }) => count),
    [1, 1],
  );
  assert.match(ended.next, /^The next run of the monitor splits it \(rule 3, FINISHEDDIRTY\)/);
  await campaign.run('monitor');
  const settled = await explained(campaign, name);
  assert.deepEqual(
    settled.lists.map((each) => [each.list, each.places]),
    [
      [name, ['DONE/Okay', 'DONE/Dirty']],
      [`D${name}`, ['TODO']],
    ],
  );
});

test('a server that is silent is said, and what was last seen of its jobs is told; --offline asks nobody', async () => {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(ral)], { fts: { timeout_seconds: 1 } });
  campaign.put('TODO', listName(1));
  await campaign.run('consumer');
  const asked = ral.history.length;
  const offline = await explained(campaign, listName(1), '--offline');
  assert.equal(offline.lists[0]?.attempts[0]?.source, 'recorded');
  assert.equal(ral.history.length, asked);
  await ral.down();
  const silent = await explained(campaign, listName(1));
  assert.match(JSON.stringify(silent.lists[0]?.attempts[0]?.source), /refused/);
  await ral.up();
});

test('an LFN that is not cut yet, and a list whose answer was lost, say what they wait for', async () => {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(ral)], { producer: { lfns_per_list: 2 }, fts: { timeout_seconds: 1 } });
  campaign.lfns('charm.list', ['/lhcb/a.dst', '/lhcb/b.dst', '/lhcb/c.dst', '/lhcb/d.dst']);
  await campaign.run('producer');
  const life = await explained(campaign, 'LFN:/lhcb/d.dst');
  assert.equal(life.cutFrom?.line, 4);
  assert.match(life.next, /^It is not cut yet: 1 line of TODO\/ListOfLFNs\/charm\.list stands before it/);
  const [list = ''] = campaign.lists('TODO');
  assert.match((await explained(campaign, '/lhcb/a.dst')).next, /^The next run of the consumer submits it\./);
  await loseAnswers(campaign, ral, { [list]: 'cut-before' });
  assert.match((await explained(campaign, '/lhcb/a.dst')).next, /^The answer of RAL was lost: .* looks for job/);
  campaign.leave('UPDATE job SET submitting_at = 0');
  assert.match((await explained(campaign, list)).next, /moveServer\.js .* --abandon$/);
});

test('an LFN is found in its cuts also where those are out of order, and in lists of people with --everywhere', async () => {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(ral)], { producer: { lfns_per_list: 1, lists_per_run: 20 } });
  const lfns = (of: string): string[] => Array.from({ length: 9 }, (_, index) => `/lhcb/${of}${index}.dst`);
  campaign.lfns('b.list', [...lfns('b'), '/lhcb/b4.dst']);
  await campaign.run('producer');
  // Cut later, it stands before the other by its name.
  campaign.lfns('a.list', lfns('a'));
  await campaign.run('producer');
  const lives = async (...args: string[]) =>
    ((await campaign.run('misc/explain', 0, args)) as unknown as { explained: History[] }).explained;
  const all = [...lfns('a'), ...lfns('b')];
  const told = await lives(...all);
  for (const lfn of all) {
    const found = told.filter(({ asked }) => asked === lfn);
    assert.equal(found.length, lfn === '/lhcb/b4.dst' ? 2 : 1, lfn);
    for (const { transfer } of found) assert.equal(transfer?.source, `${campaign.source}${lfn}`);
  }
  assert.equal((await explained(campaign, `${campaign.source}/lhcb/b3.dst`)).cutFrom?.line, 4);

  const [list = ''] = campaign.lists('TODO');
  campaign.write('TODO/copy.txt', campaign.read(`TODO/${list}`));
  assert.equal((await lives('/lhcb/b0.dst')).length, 1);
  assert.equal((await lives('/lhcb/b0.dst', '--everywhere')).length, 2);
});

test('what nobody knows is said, and explain changes nothing', async () => {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(ral)]);
  campaign.put('TODO', listName(1));
  await campaign.run('consumer');
  const before = readFileSync(campaign.path('sqlite_c2e.db'));
  const ran = await campaign.run('misc/explain', 3, ['/lhcb/unknown', 'ab28ef08-b0c5-11e8-9b3e-000000000000']);
  assert.match(ran.said, /"\/lhcb\/unknown": no list/);
  assert.match(ran.said, /Cannot explain job ab28ef08/);
  await explained(campaign, lfnsOf(listName(1))[0] ?? '');
  assert.ok(readFileSync(campaign.path('sqlite_c2e.db')).equals(before));
  assert.equal((await run('misc/explain', { base: campaign.base })).exit, 2);
});

test('escape sequences in reasons do not reach the terminal', async () => {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(ral)]);
  campaign.put('TODO', listName(1));
  await campaign.run('consumer');
  endJob(ral, campaign.job(ral, listName(1)).jobId, [['FAILED', 'TRANSFER [1] \u001b[2Jwiped']]);
  const text = await told(campaign, lfnsOf(listName(1))[0] ?? '');
  assert.ok(text.includes('\\x1b[2Jwiped') && !text.includes('\u001b'), text);
});
