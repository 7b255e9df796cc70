/**
 * storages: what a storage can bear: lists that wait for one that is held or full cost nothing, and the others go.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, listName, lfnsOf } from '../support/campaign.js';
import { noteTransfers } from '../support/everyTransferOnce.js';
import { loseAnswers, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

/** Its copies take a second. */
const quickServer = (name: string): Promise<RehearsalServer> =>
  rehearsalServer(name, { script: () => ({ state: 'FINISHED' }) });

/** Writes the settings anew, with these storages. */
function setStorages(campaign: Campaign, server: RehearsalServer, ...storages: readonly string[]): void {
  campaign.settings([choice(server)]);
  appendFileSync(campaign.path('castor2echo.toml'), storages.map((lines) => `\n[[storage]]\n${lines}\n`).join(''));
}

const OTHER = 'gsiftp://other.example.org';

/** A list in TODO whose files go to another storage. */
function putElsewhere(campaign: Campaign, name: string): void {
  const lines = lfnsOf(name).map((lfn) => `${campaign.source}${lfn}  ${OTHER}${lfn}`);
  campaign.write(`TODO/${name}`, lines.map((line) => `${line}\n`).join(''));
  noteTransfers(campaign.base, lines);
}

describe('a storage that a person holds', { concurrency: 4 }, () => {
  test('keeps its lists in TODO at no cost, and the lists behind them go', async () => {
    const ral = await quickServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    setStorages(campaign, ral, `match = "${campaign.destination.replace(/\/lhcb.*/, '')}"\nhold = true`);
    for (let age = 1; age <= 8; age++) campaign.put('TODO', listName(age));
    putElsewhere(campaign, listName(9));
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual(
      ran.lists.map(({ list, action }) => `${list} ${action}`),
      [...[1, 2, 3, 4, 5, 6, 7, 8].map((age) => `${listName(age)} waiting`), `${listName(9)} submitted`],
    );
    assert.deepEqual(campaign.lists('DOING'), [listName(9)]);
    assert.deepEqual(campaign.rows("SELECT name FROM list WHERE state <> 'SUBMITTED'"), []);
    assert.match(
      await campaign.text('consumer', 0, []),
      /8 lists wait in TODO: storage "gsiftp:\/\/echo\d+\.example\.org" is held by the settings, until hold = true is taken out of them/,
    );
    setStorages(campaign, ral);
    await campaign.run('consumer', 0, ['--lists', '9']);
    nothingLostNorTwice(campaign, ral);
    assert.deepEqual(campaign.lists('TODO'), []);
  });

  test('is held until its time only, and as a source as well', async () => {
    const ral = await quickServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const match = `match = "${campaign.source}"`;
    setStorages(campaign, ral, `${match}\nhold = true\nuntil = 2999-12-01T09:00+01:00`);
    campaign.put('TODO', listName(1));
    assert.match(await campaign.text('consumer', 0, []), /is held by the settings, until 2999-12-01T08:00:00\.000Z/);
    setStorages(campaign, ral, `${match}\nhold = true\nuntil = 2020-12-01T08:00Z`);
    assert.equal((await campaign.run('consumer', 0)).of(listName(1)).action, 'submitted');
  });

  test('gets no repeated submission either: its lost answer is looked for, and then the list waits', async () => {
    const ral = await quickServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.put('TODO', listName(1));
    campaign.put('TODO', listName(2));
    await loseAnswers(campaign, ral, { [listName(1)]: 'cut-after', [listName(2)]: 'cut-before' });
    const posts = campaign.posts(ral, listName(2));
    setStorages(campaign, ral, `match = "${campaign.source}"\nhold = true`);
    const ran = await campaign.run('consumer', 0);
    assert.equal(ran.of(listName(1)).action, 'adopted');
    assert.equal(ran.of(listName(2)).action, 'waiting');
    assert.equal(campaign.posts(ral, listName(2)), posts);
    setStorages(campaign, ral);
    await campaign.run('consumer', 0);
    nothingLostNorTwice(campaign, ral);
  });
});

test('a storage has no more lists in DOING than it may have, whichever route they come by, and the others pass', async () => {
  const ral = await quickServer('RAL');
  const campaign = new Campaign([choice(ral)]);
  setStorages(campaign, ral, `match = "${campaign.destination}"\nmax_doing = 2`);
  for (let age = 1; age <= 4; age++) campaign.put('TODO', listName(age));
  putElsewhere(campaign, listName(5));
  await campaign.run('consumer', 0);
  assert.deepEqual(campaign.lists('DOING'), [1, 2, 5].map(listName));
  assert.match(
    await campaign.text('consumer', 0, []),
    /2 lists of storage "gsiftp:\/\/echo\d+\.example\.org\/lhcb:prod" wait in TODO: its max_doing of 2 is reached/,
  );
  ral.advance(60);
  await campaign.run('monitor', 0);
  await campaign.run('consumer', 0);
  nothingLostNorTwice(campaign, ral);
  assert.deepEqual(campaign.lists('TODO'), []);
});
