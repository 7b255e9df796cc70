/**
 * failing: a list on which the server always fails is that list's trouble; an outage is no list's.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { FaultKind, RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, listName, type Settings } from '../support/campaign.js';
import { faultOn, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

const ONE_BY_ONE: Settings = { consumer: { concurrency: 1 }, fts: { timeout_seconds: 2 } };
const BAD = listName(1);

/** A campaign whose oldest list always fails in a way, and three younger ones. */
function campaignWith(server: RehearsalServer, does: FaultKind, status?: number): Campaign {
  const campaign = new Campaign([choice(server)], ONE_BY_ONE);
  for (const age of [1, 2, 3, 4]) campaign.put('TODO', listName(age));
  server.setFaults([faultOn(BAD, does, { times: 99, ...(status === undefined ? {} : { status }) })]);
  return campaign;
}

describe('a list that always fails', { concurrency: 4 }, () => {
  for (const [what, does, status] of [
    ['a 500 in JSON', 'status', 500],
    ['a 413 of the web server', 'html', 413],
    ['a cut connection', 'cut-before', undefined],
    ['a 502 of the web server', 'html', 502],
  ] as const)
    test(`${what} leaves the server to the others, with one at a time too`, async () => {
      const ral = await rehearsalServer('RAL');
      const campaign = campaignWith(ral, does, status);
      const ran = await campaign.run('consumer', 3);
      assert.deepEqual(campaign.lists('DOING'), [listName(2), listName(3), listName(4)]);
      assert.match(ran.said, /Cannot tell whether list "FTSList-20180412-100001-0001.txt" reached RAL/);
      assert.doesNotMatch(ran.said, /left out/);
      nothingLostNorTwice(campaign, ral);
    });

  test('it goes to the end of the queue, and stays back after three runs in which it failed alone', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = campaignWith(ral, 'status', 500);
    const runsAlone = (): unknown => campaign.rows('SELECT failed_alone AS runs FROM list WHERE name = ?', BAD);
    await campaign.run('consumer', 3, ['--lists', '1']);
    assert.deepEqual(runsAlone(), [{ runs: 1 }]);
    // It is behind the two that were there when it failed: one of them goes first, and the limit of one list is reached.
    await campaign.run('consumer', 0, ['--lists', '1']);
    assert.equal(campaign.posts(ral, BAD), 3);
    await campaign.run('consumer', 3);
    assert.deepEqual(runsAlone(), [{ runs: 2 }]);
    // What comes later queues behind it.
    campaign.put('TODO', 'FTSList-20990101-000000-0001.txt');
    await campaign.run('consumer', 3);
    assert.deepEqual(runsAlone(), [{ runs: 3 }]);
    const posts = campaign.posts(ral, BAD);

    const back = await campaign.run('consumer', 3);
    assert.match(back.said, /List "FTSList-20180412-100001-0001.txt" stays back in TODO: .*requeue\.js/);
    assert.equal(back.of(BAD).action, 'waiting');
    assert.equal(campaign.posts(ral, BAD), posts);
    assert.match(await campaign.text('misc/explain', 0, [BAD]), /stays back in TODO/);

    ral.setFaults([]);
    await campaign.run('misc/requeue', 0, [BAD, '--yes']);
    assert.equal((await campaign.run('consumer', 0)).of(BAD).action, 'submitted');
    assert.deepEqual(campaign.rows('SELECT failed_alone AS runs, failed_at AS at FROM list WHERE name = ?', BAD), [
      { runs: 0, at: null },
    ]);
    nothingLostNorTwice(campaign, ral);
  });

  test('an outage in which only whoami answers costs no list anything', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], ONE_BY_ONE);
    const names = [1, 2, 3].map((age) => listName(age));
    for (const name of names) campaign.put('TODO', name);
    ral.setFaults(names.map((name) => faultOn(name, 'status', { times: 99, status: 500 })));
    for (let run = 0; run < 4; run += 1) await campaign.run('consumer', 3);
    assert.deepEqual(campaign.rows('SELECT sum(failed_alone) AS runs FROM list'), [{ runs: 0 }]);
    ral.setFaults([]);
    await campaign.run('consumer', 0);
    assert.deepEqual(campaign.lists('DOING'), names);
    nothingLostNorTwice(campaign, ral);
  });

  test('a server that fails on twenty lists and accepts none gets no more of those that are written down already', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { concurrency: 16, lists_per_run: 50 } });
    const names = Array.from({ length: 50 }, (_, age) => listName(age));
    for (const name of names) campaign.put('TODO', name);
    ral.setFaults([{ name: 'fails', does: 'status', status: 500, when: { method: 'POST', path: /^\/jobs$/ } }]);
    const ran = await campaign.run('consumer', 5);
    assert.match(ran.said, /RAL is left out of this run: it failed on \d+ lists and accepted none/);
    // Those on the wire beside the twentieth have been begun.
    const posted = names.filter((name) => campaign.posts(ral, name) > 0);
    assert.ok(posted.length >= 20 && posted.length < 20 + 16, `${posted.length} lists were posted`);
    assert.deepEqual(posted, names.slice(0, posted.length));
    assert.deepEqual(
      campaign.rows("SELECT name FROM list WHERE state = 'SUBMITTING' ORDER BY name"),
      posted.map((name) => ({ name })),
    );
    ral.setFaults([]);
    assert.equal((await campaign.run('consumer', 0)).counts['submitted'], 50);
    assert.deepEqual(campaign.rows('SELECT sum(failed_alone) AS runs FROM list'), [{ runs: 0 }]);
    nothingLostNorTwice(campaign, ral);
  });

  test('bad requests at the head of the queue do not cost the server that accepts what is on the wire beside them', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { concurrency: 8, lists_per_run: 20 } });
    const names = Array.from({ length: 16 }, (_, age) => listName(age));
    for (const name of names) campaign.put('TODO', name);
    const bad = names.slice(0, 5);
    // The good ones on the wire are answered later than the bad ones.
    ral.setFaults([
      ...bad.map((name) => faultOn(name, 'status', { times: 99, status: 400 })),
      ...names.slice(5, 8).map((name) => faultOn(name, 'delay', { seconds: 0.5 })),
    ]);
    const ran = await campaign.run('consumer', 0);
    assert.doesNotMatch(ran.said, /left out/);
    assert.deepEqual(campaign.lists('DOING'), names.slice(5));
    assert.deepEqual(campaign.lists('DONE/Bad'), bad);
    nothingLostNorTwice(campaign, ral);
  });

  test('five bad requests at the head of the queue do not stop those behind them for ever', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { concurrency: 1, lists_per_run: 1 } });
    const bad = [1, 2, 3, 4, 5].map((age) => listName(age));
    for (const name of [...bad, listName(6)]) campaign.put('TODO', name);
    ral.setFaults(bad.map((name) => faultOn(name, 'status', { times: 99, status: 400 })));
    await campaign.run('consumer', 5);
    await campaign.run('consumer', 0);
    assert.deepEqual(campaign.lists('DOING'), [listName(6)]);
  });

  test('what FTS cannot store is refused with 500, as by its database', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], ONE_BY_ONE);
    campaign.put('TODO', BAD, ['/lhcb/日本']);
    campaign.put('TODO', listName(2));
    const ran = await campaign.run('consumer', 3);
    assert.match(ran.said, /500 Internal Server Error/);
    assert.deepEqual(campaign.lists('DOING'), [listName(2)]);
  });
});
