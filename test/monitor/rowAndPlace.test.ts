/**
 * rowAndPlace: what the programs do with a list by its row and by where it stands, cell by cell.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { describe, test } from 'node:test';

import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { forgetTransfers } from '../support/everyTransferOnce.js';
import { endJob, loseAnswers, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';

const FAILED: readonly [string, string] = ['FAILED', 'TRANSFER [110] Connection timed out'];

type Seven = [string, string, string, string, string, string, string];
const listNames = (): Seven => Array.from({ length: 7 }, (_, age) => listName(age)) as Seven;

/** A person takes a list away. */
function takeAway(campaign: Campaign, path: string, name: string): void {
  rmSync(campaign.path(`${path}/${name}`));
  forgetTransfers(
    campaign.base,
    lfnsOf(name).map((lfn) => campaign.line(lfn)),
  );
}

const loseRow = (campaign: Campaign, name: string): void => {
  campaign.leave('DELETE FROM list WHERE name = ?', name);
  campaign.leave('DELETE FROM job WHERE list = ?', name);
};

describe('row and place', { concurrency: 4 }, () => {
  test('in TODO: new and returned lists are submitted, a lost answer is looked for, a job is not made twice', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const [fresh, returned, arrived, gone, moved, sentBack] = listNames();
    const jobs = await submitted(campaign, ral, {
      [returned]: lfnsOf(returned),
      [moved]: lfnsOf(moved),
      [sentBack]: lfnsOf(sentBack),
    });
    endJob(ral, jobs[returned] ?? '', [FAILED, FAILED]);
    endJob(ral, jobs[sentBack] ?? '', [FAILED, FAILED]);
    campaign.leave('UPDATE list SET failures = 3 WHERE name = ?', sentBack);
    await campaign.run('monitor', 0);
    assert.deepEqual([campaign.state(returned), campaign.state(sentBack)], ['WAITING', 'SETTLED']);
    campaign.move(`TODO/${returned}`, returned);
    for (const name of [arrived, gone]) campaign.put('TODO', name);
    await loseAnswers(campaign, ral, { [arrived]: 'cut-after', [gone]: 'cut-before' });
    campaign.move(returned, `TODO/${returned}`);
    campaign.move(`DOING/${moved}`, `TODO/${moved}`);
    campaign.move(`DONE/Bad/${sentBack}`, `TODO/${sentBack}`);
    campaign.put('TODO', fresh);

    const ran = await campaign.run('consumer', 0, ['--lists', '20']);
    assert.deepEqual(
      [fresh, returned, arrived, gone, moved, sentBack].map((name) => ran.of(name).action),
      ['submitted', 'submitted', 'adopted', 'submitted', 'moved', 'submitted'],
    );
    assert.match(ran.said, new RegExp(`Moved list "${moved}" back to DOING: FTS has its job already`));
    assert.deepEqual(campaign.rows('SELECT name, state, attempt, failures FROM list ORDER BY name'), [
      { name: fresh, state: 'SUBMITTED', attempt: 1, failures: 0 },
      { name: returned, state: 'SUBMITTED', attempt: 2, failures: 1 },
      { name: arrived, state: 'SUBMITTED', attempt: 1, failures: 0 },
      { name: gone, state: 'SUBMITTED', attempt: 1, failures: 0 },
      { name: moved, state: 'SUBMITTED', attempt: 1, failures: 0 },
      { name: sentBack, state: 'SUBMITTED', attempt: 2, failures: 0 },
    ]);
    assert.equal(campaign.lists('DOING').length, 6);
    assert.equal(campaign.jobs(ral).length, 8);
    nothingLostNorTwice(campaign, ral);
  });

  test('in DOING: a job is looked for before anything else, and what FTS has not got goes to TODO', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = new Campaign([choice(cern)]);
    const [orphan, never, waiting, arrived, gone, sentBack, running] = listNames();
    // The orphan fails twice and runs a third time, the last of the servers in the settings; then its row is lost.
    campaign.put('TODO', orphan);
    for (let failures = 0; failures < 2; failures += 1) {
      await campaign.run('consumer');
      endJob(cern, campaign.jobs(cern).at(-1)?.jobId ?? '', [FAILED, FAILED]);
      await campaign.run('monitor', 0);
    }
    const jobs = await submitted(campaign, cern, {
      [waiting]: lfnsOf(waiting),
      [sentBack]: lfnsOf(sentBack),
      [running]: lfnsOf(running),
    });
    const third = campaign.jobs(cern).find(({ sid }) => sid?.endsWith(`:${orphan}:3`))?.jobId;
    loseRow(campaign, orphan);
    for (const name of [waiting, sentBack]) endJob(cern, jobs[name] ?? '', [FAILED, FAILED]);
    campaign.leave('UPDATE list SET failures = 3 WHERE name = ?', sentBack);
    campaign.move(`DOING/${orphan}`, orphan);
    await campaign.run('monitor', 0);
    campaign.move(orphan, `DOING/${orphan}`);
    campaign.move(`TODO/${waiting}`, waiting);
    for (const name of [arrived, gone]) campaign.put('TODO', name);
    await loseAnswers(campaign, cern, { [arrived]: 'cut-after', [gone]: 'cut-before' });
    campaign.move(waiting, `DOING/${waiting}`);
    for (const name of [arrived, gone]) campaign.move(`TODO/${name}`, `DOING/${name}`);
    campaign.move(`DONE/Bad/${sentBack}`, `DOING/${sentBack}`);
    campaign.put('DOING', never);

    campaign.settings([choice(ral), choice(cern)]);
    const ran = await campaign.run('monitor', 0);
    const seen = [orphan, never, waiting, arrived, gone, sentBack, running].map((name) => ran.of(name));
    assert.deepEqual(
      seen.map(({ action, rule }) => [action, rule === 4 || rule === 6 ? 'it goes on' : rule]),
      [
        ['kept', 'it goes on'],
        ['moved', 1],
        ['moved', null],
        ['kept', 'it goes on'],
        ['moved', null],
        ['moved', null],
        ['kept', 'it goes on'],
      ],
    );
    assert.equal(ran.of(orphan).jobId, third);
    assert.deepEqual(campaign.rows('SELECT name, state, attempt, failures FROM list ORDER BY name'), [
      { name: orphan, state: 'SUBMITTED', attempt: 3, failures: 2 },
      { name: waiting, state: 'WAITING', attempt: 1, failures: 1 },
      { name: arrived, state: 'SUBMITTED', attempt: 1, failures: 0 },
      { name: gone, state: 'SUBMITTING', attempt: 1, failures: 0 },
      { name: sentBack, state: 'WAITING', attempt: 1, failures: 0 },
      { name: running, state: 'SUBMITTED', attempt: 1, failures: 0 },
    ]);
    assert.deepEqual(campaign.lists('TODO'), [never, waiting, gone, sentBack].sort());

    // What was looked for and not found is repeated with the same sid, at the same server.
    const [{ sid }] = campaign.rows<{ sid: string }>('SELECT sid FROM job WHERE list = ?', gone) as [{ sid: string }];
    await campaign.run('consumer');
    assert.equal(campaign.job(cern, gone).sid, sid);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('in neither: a running job is named with the command that cancels it, the others once', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const [waiting, arrived, lost, accepted, settled] = listNames();
    const jobs = await submitted(campaign, ral, {
      [waiting]: lfnsOf(waiting),
      [accepted]: lfnsOf(accepted),
      [settled]: lfnsOf(settled),
    });
    endJob(ral, jobs[waiting] ?? '', [FAILED, FAILED]);
    endJob(ral, jobs[settled] ?? '');
    await campaign.run('monitor', 0);
    takeAway(campaign, 'TODO', waiting);
    takeAway(campaign, 'DOING', accepted);
    takeAway(campaign, 'DONE/Okay', settled);
    for (const name of [arrived, lost]) campaign.put('TODO', name);
    await loseAnswers(campaign, ral, { [arrived]: 'cut-after', [lost]: 'cut-before' });
    for (const name of [arrived, lost]) takeAway(campaign, 'TODO', name);

    const first = await campaign.run('monitor', 3);
    const { jobId } = campaign.job(ral, arrived);
    for (const name of [waiting, arrived, lost, accepted])
      assert.match(first.said, new RegExp(`List "${name}" is neither in TODO nor in DOING`));
    assert.ok(first.said.includes(`FTS has its job ${jobs[accepted]} on RAL`), first.said);
    const command = `cancel the job: fts-rest-transfer-cancel -s ${ral.url} ${jobId}`;
    assert.ok(first.said.includes(command), first.said);
    assert.ok(!first.said.includes(settled), first.said);

    const second = await campaign.run('monitor', 3);
    assert.equal(second.warnings.length, 1, second.said);
    assert.ok(second.said.includes(command));
    endJob(ral, jobId);
    await campaign.run('monitor', 3);
    assert.deepEqual((await campaign.run('monitor', 0)).warnings, []);
  });

  test('in TODO and in DOING: neither is touched, it is named, and the exit is 3', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const [none, waiting, submitting, accepted, settled] = listNames();
    const jobs = await submitted(campaign, ral, {
      [waiting]: lfnsOf(waiting),
      [accepted]: lfnsOf(accepted),
      [settled]: lfnsOf(settled),
    });
    endJob(ral, jobs[waiting] ?? '', [FAILED, FAILED]);
    endJob(ral, jobs[settled] ?? '');
    await campaign.run('monitor', 0);
    campaign.move(`TODO/${waiting}`, waiting);
    campaign.put('TODO', submitting);
    await loseAnswers(campaign, ral, { [submitting]: 'cut-before' });
    const all = [none, waiting, submitting, accepted, settled];
    for (const name of all) {
      campaign.write(`TODO/${name}`, `# one\n${campaign.line('/in/todo')}\n`);
      campaign.write(`DOING/${name}`, `# other\n${campaign.line('/in/doing')}\n`);
    }
    const before = campaign.rows('SELECT * FROM list ORDER BY name');
    const posts = ral.history.filter(({ method }) => method === 'POST').length;
    for (const program of ['consumer', 'monitor', 'consumer']) {
      const ran = await campaign.run(program, 3);
      for (const name of all) {
        assert.equal(ran.of(name).action, 'skipped');
        assert.match(ran.said, new RegExp(`List "${name}" stands in TODO and in DOING: neither is touched`));
        assert.ok(campaign.read(`TODO/${name}`).startsWith('# one\n'));
        assert.ok(campaign.read(`DOING/${name}`).startsWith('# other\n'));
      }
    }
    assert.deepEqual(campaign.rows('SELECT * FROM list ORDER BY name'), before);
    assert.equal(ral.history.filter(({ method }) => method === 'POST').length, posts);
  });

  test('a list without a row stays in DOING while a server cannot be asked, or has two jobs of it', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = new Campaign([choice(ral), choice(cern, 0)]);
    const [name, other] = [listName(1), listName(2)];
    await submitted(campaign, ral, { [name]: lfnsOf(name) });
    loseRow(campaign, name);
    campaign.put('DOING', other);
    cern.setFaults([{ name: 'forbidden', does: 'status', status: 403, when: { path: /whoami/ } }]);
    const unsure = await campaign.run('monitor', 3);
    for (const list of [name, other])
      assert.match(
        unsure.said,
        new RegExp(`Cannot tell whether FTS has list "${list}" in DOING: CERN cannot be asked`),
      );
    assert.deepEqual(campaign.lists('DOING'), [name, other]);

    cern.setFaults([]);
    const posted = ral.history.find(({ method, body }) => method === 'POST' && body.includes(campaign.source));
    await fetch(`${cern.url}/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: posted?.body ?? '',
    });
    const twice = await campaign.run('monitor', 3);
    assert.match(twice.said, new RegExp(`Cannot tell whether FTS has list "${name}" in DOING: it has several jobs`));
    assert.deepEqual(twice.of(other).to, [`TODO/${other}`]);
    assert.deepEqual(campaign.lists('DOING'), [name]);
  });
});
