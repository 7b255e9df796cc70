/**
 * submission: which lists go out, in which order, to which server; and what waits, for what.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Campaign, choice, listName } from '../support/campaign.js';
import { faultOn, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

describe('submission', { concurrency: 4 }, () => {
  test('a server that takes us for another VO than before gets nothing, until fts.vo says so', async () => {
    const cern = await rehearsalServer('CERN');
    let ral = await rehearsalServer('RAL');
    const { hostname: host, port } = new URL(ral.url);
    const campaign = new Campaign([choice(ral)]);
    campaign.put('TODO', listName(1));
    await campaign.run('consumer', 0);
    assert.deepEqual(campaign.rows('SELECT * FROM server'), [{ endpoint: ral.url, vo: 'lhcb' }]);

    const otherVo = async (vo: string): Promise<void> => {
      await ral.stop();
      ral = await rehearsalServer('RAL', { host, port: Number(port), vo });
    };
    await otherVo('atlas');
    campaign.put('TODO', listName(2));
    const both =
      /RAL is left out of this run: it takes us for VO "atlas", but the campaign has submitted there as VO "lhcb"/;
    for (const extra of [['--dry-run'], []]) {
      const alone = await campaign.run('consumer', 5, extra);
      assert.match(alone.said, both);
      assert.match(alone.said, /set fts\.vo = "atlas"/);
    }
    assert.deepEqual(campaign.lists('TODO'), [listName(2)]);
    assert.equal(campaign.jobs(ral).length, 0);

    campaign.settings([
      { ...choice(ral), weight: 1000 },
      { ...choice(cern), weight: 1 },
    ]);
    for (const number of [3, 4, 5, 6]) campaign.put('TODO', listName(number));
    const other = await campaign.run('consumer', 3);
    assert.match(other.said, both);
    assert.deepEqual(new Set(other.lists.map(({ server }) => server)), new Set(['CERN']));

    campaign.settings([choice(ral)], { fts: { vo: 'atlas' } });
    campaign.put('TODO', listName(7));
    assert.equal((await campaign.run('consumer', 0)).of(listName(7)).server, 'RAL');
    assert.deepEqual(campaign.rows('SELECT vo FROM server WHERE endpoint = ?', ral.url), [{ vo: 'atlas' }]);
    campaign.settings([choice(ral)]);
    campaign.put('TODO', listName(8));
    assert.equal((await campaign.run('consumer', 0)).of(listName(8)).action, 'submitted');

    campaign.settings([choice(ral)], { fts: { vo: 'lhcb' } });
    campaign.put('TODO', listName(9));
    assert.match((await campaign.run('consumer', 5)).said, /takes us for VO "atlas", but fts\.vo is "lhcb"/);
    await otherVo('');
    campaign.settings([choice(ral)]);
    assert.match((await campaign.run('consumer', 5)).said, /takes us for VO "[^"]+", but .* as VO "atlas"/);
  });

  test('a destination in use, a banned storage: the lists wait, and nobody is bothered', async () => {
    const strict = await rehearsalServer('STRICT', { checkDuplicates: true });
    const campaign = new Campaign([choice(strict)]);
    campaign.put('TODO', listName(1), ['/lhcb/one.dst']);
    await campaign.run('consumer', 0);
    // The same destination from another source: no transfer of ours, but one that FTS refuses.
    const other = `srm://elsewhere.example.org/x  ${campaign.destination}/lhcb/one.dst\n`;
    campaign.write(`TODO/${listName(2)}`, other);
    const busy = await campaign.run('consumer', 0);
    assert.equal(busy.of(listName(2)).action, 'waiting');
    assert.match(busy.said, /another transfer is writing to one of its destinations/);
    assert.ok(campaign.has(`TODO/${listName(2)}`));
    strict.advance(40 * 86_400);
    assert.equal((await campaign.run('consumer', 0)).of(listName(2)).action, 'submitted');

    strict.ban('gsiftp://echo-banned.example.org');
    campaign.settings([choice(strict)], { consumer: { lists_per_run: 1, concurrency: 1 } });
    const banned = [listName(3), listName(4)];
    for (const name of banned)
      campaign.write(`TODO/${name}`, `${campaign.source}/${name}  gsiftp://echo-banned.example.org/${name}\n`);
    campaign.put('TODO', listName(5));
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual(
      [...banned, listName(5)].map((name) => ran.of(name).action),
      ['waiting', 'waiting', 'submitted'],
    );
    assert.match(ran.said, /gsiftp:\/\/echo-banned.example.org is banned/);
    assert.equal(campaign.posts(strict, listName(3)) + campaign.posts(strict, listName(4)), 1);
    strict.unban('gsiftp://echo-banned.example.org');
    campaign.settings([choice(strict)]);
    assert.equal((await campaign.run('consumer', 0)).counts['submitted'], 2);
  });

  test('when one server is down the other gets the lists; when all are down they wait and the exit is 5', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = new Campaign([choice(ral), choice(cern)]);
    const names = Array.from({ length: 5 }, (_, index) => listName(index));
    for (const name of names) campaign.put('TODO', name);
    await ral.down();
    await cern.down();
    const none = await campaign.run('consumer', 5);
    assert.deepEqual(campaign.lists('TODO'), names);
    assert.match(none.said, /RAL is left out of this run: .*refused/);
    assert.match(none.said, /Cannot submit 5 lists: no FTS server is usable in this run; they wait in TODO/);
    await cern.up();
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual(
      new Set(ran.lists.map((list) => [list.action, list.server].join(' '))),
      new Set(['submitted CERN']),
    );
    await ral.up();
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a list that was written down for a server that then turns out to be unusable is not sent there, and is as if new', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { concurrency: 1 } });
    const names = [1, 2, 3].map(listName);
    for (const name of names) campaign.put('TODO', name);
    ral.setFaults([{ name: 'wants a pause', does: 'status', status: 429, when: { method: 'POST', path: /^\/jobs$/ } }]);
    await campaign.run('consumer', 5);
    // All three had been written down.
    assert.deepEqual(
      names.map((name) => campaign.posts(ral, name)),
      [1, 0, 0],
    );
    assert.deepEqual(campaign.rows("SELECT name FROM list WHERE state <> 'WAITING' OR attempt <> 0"), []);
    assert.deepEqual(campaign.rows('SELECT * FROM job'), []);
    ral.setFaults([]);
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual([ran.counts['submitted'], ran.counts['adopted']], [3, 0]);
    assert.deepEqual(campaign.rows('SELECT attempt FROM job WHERE attempt <> 1'), []);
    nothingLostNorTwice(campaign, ral);
  });

  test('no more lists go out than are asked for, however many are refused', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { concurrency: 2 } });
    const names = Array.from({ length: 9 }, (_, index) => listName(index));
    for (const name of names) campaign.put('TODO', name);
    ral.setFaults([faultOn(names[1] ?? '', 'status', { status: 400, times: 1 })]);
    const ran = await campaign.run('consumer', 0, ['--lists', '5']);
    assert.equal(ran.counts['submitted'], 5);
    assert.deepEqual(campaign.lists('DOING'), [names[0], ...names.slice(2, 6)]);
    assert.deepEqual(campaign.lists('TODO'), names.slice(6));
    assert.equal(ran.of(names[1] ?? '').action, 'bad');
    nothingLostNorTwice(campaign, ral);
  });

  test('lists go out the oldest first whatever their format, as many as are asked for, none to weight 0', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = new Campaign([choice(ral, 0), choice(cern)], { consumer: { lists_per_run: 3, concurrency: 2 } });
    // Oldest first: two of the original's (day first), then ours, split and sent-back ones among them.
    const byAge = [
      'FTSList-01032017-120000.txt',
      'Retry-FTSList-02022018-120000.txt',
      'FTSList-20180202-120001-0001.txt',
      'DFTSList-20180202-120001-0002.txt',
      'R-FTSList-20180202-120001-0003.txt',
      'FTSList-20180202-120001-0004.txt',
      'FTSList-03022018-120000.txt',
      'handmade.txt',
    ];
    for (const name of [...byAge].sort().reverse()) campaign.put('TODO', name);
    const doing: string[][] = [];
    const step = async (...args: string[]): Promise<void> => {
      const ran = await campaign.run('consumer', 0, args);
      doing.push(ran.lists.filter((list) => list.action === 'submitted').map((list) => list.list));
    };
    await step();
    await step('--lists', '2');
    campaign.settings([choice(ral, 0), choice(cern)], { consumer: { max_doing: 6 } });
    await step();
    await step();
    assert.deepEqual(doing, [byAge.slice(0, 3), byAge.slice(3, 5), byAge.slice(5, 6), []]);
    assert.equal(campaign.jobs(ral).length, 0);
    assert.equal(campaign.jobs(cern).length, 6);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('lists are drawn for the servers by their weights', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = new Campaign([choice(ral), choice(cern)], { consumer: { lists_per_run: 40, concurrency: 32 } });
    for (let age = 0; age < 40; age += 1) campaign.put('TODO', listName(age), [`/lhcb/${age}.dst`]);
    await campaign.run('consumer', 0);
    const [atRal, atCern] = [campaign.jobs(ral).length, campaign.jobs(cern).length];
    assert.equal(atRal + atCern, 40);
    // Each is drawn with one half; fewer than 5 of 40 happen once in 10 million runs.
    assert.ok(atRal >= 5 && atCern >= 5, `${atRal} at RAL and ${atCern} at CERN`);
  });
});
