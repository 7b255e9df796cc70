/**
 * lostAnswers: whatever becomes of the answers, a list is submitted once; judged by the servers' own record.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Campaign, choice, listName, type Settings } from '../support/campaign.js';
import { noteTransfers } from '../support/everyTransferOnce.js';
import { faultOn, loseAnswers, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

/** Many lists in one run, so that one run meets many faults. */
const MANY: Settings = { consumer: { lists_per_run: 20, concurrency: 20 }, fts: { timeout_seconds: 1 } };

describe('lost answers', { concurrency: 4 }, () => {
  test('an answer that is lost once, in any way, costs no second job and no second run', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], MANY);
    const kinds = [
      'cut-before',
      'cut-after',
      'cut-within',
      'hang',
      'hang-after',
      'html',
      'half-json',
      'wrong-job',
      'status',
    ] as const;
    const names = kinds.map((_, index) => listName(index));
    for (const name of names) campaign.put('TODO', name);
    ral.setFaults(kinds.map((does, index) => faultOn(names[index] ?? '', does)));

    const ran = await campaign.run('consumer', 0);

    const posts = kinds.map((kind, index) => [kind, campaign.posts(ral, names[index] ?? '')]);
    assert.deepEqual(posts, [
      ['cut-before', 2],
      ['cut-after', 1],
      ['cut-within', 1],
      ['hang', 2],
      ['hang-after', 1],
      ['html', 2],
      ['half-json', 1],
      ['wrong-job', 1],
      ['status', 2],
    ]);
    for (const name of names) {
      const job = campaign.job(ral, name);
      assert.deepEqual(ran.of(name).to, [`DOING/${name}`]);
      assert.equal(ran.of(name).jobId, job.jobId);
      assert.deepEqual(campaign.rows('SELECT job_id FROM job WHERE list = ?', name), [{ job_id: job.jobId }]);
    }
    assert.deepEqual(campaign.lists('TODO'), []);
    nothingLostNorTwice(campaign, ral);
  });

  // With time for each answer: a look that is given up would show the job to the next one, and spare the second POST.
  test('a job that the first look does not show yet is not made twice by a second POST', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const name = listName(1);
    campaign.put('TODO', name);
    ral.setFaults([faultOn(name, 'commit-late')]);
    const ran = await campaign.run('consumer', 0);
    assert.equal(campaign.posts(ral, name), 2);
    const { jobId } = campaign.job(ral, name);
    assert.deepEqual(ran.of(name).to, [`DOING/${name}`]);
    assert.equal(ran.of(name).jobId, jobId);
    assert.deepEqual(campaign.rows('SELECT job_id FROM job WHERE list = ?', name), [{ job_id: jobId }]);
    nothingLostNorTwice(campaign, ral);
  });

  test('a POST that arrives after its own repetition makes no second job', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], MANY);
    const name = listName(1);
    campaign.put('TODO', name);
    ral.setFaults([faultOn(name, 'arrive-late')]);
    const ran = await campaign.run('consumer', 0);
    assert.equal(ran.of(name).action, 'submitted');
    assert.equal(campaign.posts(ral, name), 2);
    assert.equal(campaign.job(ral, name).jobId, ran.of(name).jobId);
    nothingLostNorTwice(campaign, ral);
  });

  test('a list whose every answer is lost waits for its server, also when that has left the settings', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = new Campaign([choice(ral)], MANY);
    const [cut, hidden, silent] = [listName(1), listName(2), listName(3)];
    for (const name of [cut, hidden, silent]) campaign.put('TODO', name);
    const ran = await loseAnswers(campaign, ral, {
      [cut]: 'cut-before',
      [hidden]: 'commit-late',
      [silent]: 'cut-after',
    });
    for (const name of [cut, hidden, silent]) {
      assert.equal(ran.of(name).action, 'waiting');
      assert.match(ran.said, new RegExp(`whether list "${name}" reached RAL: .*it waits in TODO`));
    }

    campaign.settings([choice(cern)], MANY);
    const next = await campaign.run('consumer', 0);
    assert.deepEqual(
      [cut, hidden, silent].map((name) => [next.of(name).action, campaign.has(`DOING/${name}`)]),
      [
        ['submitted', true],
        ['adopted', true],
        ['adopted', true],
      ],
    );
    assert.equal(campaign.jobs(cern).length, 0);
    const seen = await campaign.run('monitor', 0);
    assert.deepEqual(
      seen.lists.map((list) => list.jobId),
      [cut, hidden, silent].map((name) => campaign.job(ral, name).jobId),
    );
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('after a lost answer a refusal proves nothing: the list stays with its server', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = new Campaign([choice(ral), choice(cern)], MANY);
    const statuses = [400, 403, 419];
    const names = statuses.map((_, index) => listName(index));
    for (const name of names) campaign.put('TODO', name);
    const faults = statuses.flatMap((status, index) => [
      faultOn(names[index] ?? '', 'commit-late', { seconds: 3600 }),
      faultOn(names[index] ?? '', 'status', { status, times: 9 }),
    ]);
    ral.setFaults(faults);
    campaign.settings([choice(ral), choice(cern, 0)], MANY);
    await campaign.run('consumer', 3);
    assert.deepEqual(
      names.map((name) => campaign.state(name)),
      ['SUBMITTING', 'SUBMITTING', 'SUBMITTING'],
    );

    ral.setFaults([]);
    campaign.settings([choice(ral, 0), choice(cern)], MANY);
    const next = await campaign.run('consumer', 0);
    assert.deepEqual(
      names.map((name) => next.of(name).action),
      ['adopted', 'adopted', 'adopted'],
    );
    assert.equal(campaign.jobs(cern).length, 0);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a lost answer is not repeated under a credential of another VO', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], MANY);
    const name = listName(1);
    campaign.put('TODO', name);
    await loseAnswers(campaign, ral, { [name]: 'cut-before' });
    campaign.leave("UPDATE job SET vo = 'atlas', job_id = '00000000-0000-5000-8000-000000000000'");
    const posts = campaign.posts(ral, name);
    const ran = await campaign.run('consumer', 3);
    assert.equal(campaign.posts(ral, name), posts);
    assert.match(ran.said, /as VO "atlas" and the credential is now of VO "lhcb"/);
    assert.equal(ran.of(name).action, 'waiting');
    nothingLostNorTwice(campaign, ral);
  });

  test('two lists whose answers were lost, and whose storage is banned now, wait: the run does not go round with them', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], MANY);
    const names = [listName(1), listName(2)];
    for (const name of names) {
      const line = `${campaign.source}/${name}  gsiftp://echo-banned.example.org/${name}`;
      campaign.write(`TODO/${name}`, `${line}\n`);
      noteTransfers(campaign.base, [line]);
    }
    await loseAnswers(campaign, ral, Object.fromEntries(names.map((name) => [name, 'cut-before' as const])));
    ral.ban('gsiftp://echo-banned.example.org');
    campaign.settings([choice(ral)], { consumer: { lists_per_run: 2, concurrency: 1 } });
    const before = names.map((name) => campaign.posts(ral, name));
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual(
      names.map((name) => ran.of(name).action),
      ['waiting', 'waiting'],
    );
    const posts = names.map((name, index) => campaign.posts(ral, name) - (before[index] ?? 0));
    assert.deepEqual(posts, [1, 0]);
    ral.unban('gsiftp://echo-banned.example.org');
    await campaign.run('consumer', 0);
    assert.deepEqual(campaign.lists('TODO'), []);
    nothingLostNorTwice(campaign, ral);
  });

  test("a job with our id and somebody else's metadata is not touched", async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], MANY);
    const name = listName(1);
    campaign.put('TODO', name);
    await loseAnswers(campaign, ral, { [name]: 'cut-before' });
    const [{ sid }] = campaign.rows<{ sid: string }>('SELECT sid FROM job') as [{ sid: string }];
    await fetch(`${ral.url}/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        files: [{ sources: ['srm://else.example.org/f'], destinations: ['gsiftp://else.example.org/f'] }],
        params: { id_generator: 'deterministic', sid },
      }),
    });
    const posts = campaign.posts(ral, name);
    const ran = await campaign.run('consumer', 3);
    assert.match(ran.said, /is not ours by its metadata/);
    assert.equal(campaign.posts(ral, name), posts);
    assert.equal(campaign.state(name), 'SUBMITTING');
    nothingLostNorTwice(campaign, ral);
  });
});
