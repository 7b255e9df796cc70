/**
 * storages: what a storage can bear: lists that wait for one that is held, full or broken cost nothing, and the others
 * go.
 */
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { storageOf } from '../../dist/lists/url.js';
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
      [`${listName(9)} submitted`],
    );
    assert.deepEqual(campaign.lists('DOING'), [listName(9)]);
    assert.deepEqual(campaign.rows("SELECT name FROM list WHERE state <> 'SUBMITTED'"), []);
    assert.match(
      await campaign.text('consumer', 0, []),
      /8 lists \(FTSList-20180412-100001-0001\.txt, .* and 5 more\) wait in TODO: storage "gsiftp:\/\/echo\d+\.example\.org" is held by the settings, until hold = true is taken out of them/,
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
    assert.deepEqual(campaign.lists('TODO'), [listName(2)]);
    assert.equal(campaign.posts(ral, listName(2)), posts);
    setStorages(campaign, ral);
    await campaign.run('consumer', 0);
    nothingLostNorTwice(campaign, ral);
  });
});

/** The files to the other storage arrive in a second; of those of the campaign's own, `fails` says why they do not. */
const brokenServer = (fails: { reason: string | null }): Promise<RehearsalServer> =>
  rehearsalServer('RAL', {
    script: ({ destination }) =>
      destination.startsWith(OTHER) || fails.reason === null
        ? { state: 'FINISHED' }
        : { state: 'FAILED', reason: fails.reason },
  });

/** As the monitor does. */
const setBroken = (campaign: Campaign, url: string): void =>
  campaign.leave(
    "INSERT INTO storage (name, outcomes, broken_since, reason) VALUES (?, ?, 1000, 'timed out')",
    storageOf(url),
    't'.repeat(50),
  );

const TWENTY = Array.from({ length: 20 }, (_, file) => `/lhcb/broken/${file}.dst`);

describe('a broken storage', { concurrency: 4 }, () => {
  for (const [kind, reason, cure] of [
    ['time-outs', 'DESTINATION [110] Connection timed out', /ask its operators whether it is down or overloaded/],
    ['auth', 'DESTINATION [13] Permission denied', /renew the credential, or have the rights there mended/],
    ['config', 'DESTINATION [28] No space left on device', /have it mended by its operators/],
  ] as const)
    test(`(${kind}) keeps its lists waiting at no cost but for one probe a run, until the first file arrives`, async () => {
      const fails: { reason: string | null } = { reason };
      const ral = await brokenServer(fails);
      const campaign = new Campaign([choice(ral)], { monitor: { quarantine_minutes: 0 } });
      campaign.put('TODO', listName(1), TWENTY);
      await campaign.run('consumer', 0);
      ral.advance(60);
      const closing = await campaign.run('monitor', 3);
      assert.match(closing.said, /Storage gsiftp:\/\/echo\d+\.example\.org is broken: .* \(20 of the last 20 by/);
      assert.match(closing.said, cure);
      assert.doesNotMatch(closing.said, /srm:/, 'the source is not to blame');
      for (let age = 2; age <= 9; age++) campaign.put('TODO', listName(age));
      putElsewhere(campaign, listName(10));
      const probes: string[] = [];
      for (let run = 0; run < 6; run++) {
        const consumed = await campaign.run('consumer', 3);
        const sent = consumed.lists.filter(({ action }) => action === 'submitted').map(({ list }) => list);
        const own = sent.filter((list) => list !== listName(10));
        assert.equal(own.length, 1, 'one list goes as a probe');
        assert.match(
          consumed.said,
          new RegExp(`8 lists \\(.* and 5 more\\) wait in TODO for storage .*list "${own[0]}" goes as a probe`),
        );
        assert.equal(sent.includes(listName(10)), run === 0, 'the other storage is not held up');
        probes.push(...own);
        ral.advance(60);
        await campaign.run('monitor', 0);
      }
      assert.equal(new Set(probes).size, 6, 'each time another one');
      assert.deepEqual(
        campaign.rows('SELECT name FROM list WHERE failures > 1 OR (failures = 1 AND name <> ?)', listName(1)),
        [],
      );

      fails.reason = null;
      await campaign.run('consumer', 3);
      ral.advance(60);
      assert.match(await campaign.text('monitor', 0, []), /storage gsiftp:\S+ works again/);
      await campaign.run('consumer', 0, ['--lists', '20']);
      assert.deepEqual(campaign.lists('TODO'), []);
      nothingLostNorTwice(campaign, ral);
    });

  test('is said to be one by a dry run too, which sends no probe', async () => {
    const ral = await brokenServer({ reason: 'DESTINATION [13] Permission denied' });
    const campaign = await broken(ral);
    const posts = ral.submissions.length;
    const ran = await campaign.run('consumer', 3, ['--dry-run']);
    assert.match(ran.said, /1 list \(FTSList\S+\) waits in TODO for storage gsiftp:\S+, broken since \d/);
    assert.equal(ral.submissions.length, posts);
  });

  test('is shown by status, the page and the metrics, as is one that a person holds', async () => {
    const ral = await brokenServer({ reason: 'DESTINATION [13] Permission denied' });
    const campaign = await broken(ral);
    const storage = campaign.destination.replace(/\/lhcb.*/, '');
    appendFileSync(campaign.path('castor2echo.toml'), `\n[[storage]]\nmatch = "${OTHER}/lhcb"\nhold = true\n`);
    const whole = JSON.parse(await campaign.text('status', 0, ['--json'])) as { storages: Record<string, unknown>[] };
    const { storages } = whole;
    const [first, second] = storages;
    assert.deepEqual(
      storages.map((each) => [each['storage'], each['state'], each['finished'], each['failed']]),
      [
        [storage, 'broken', 0, 20],
        [`${OTHER}/lhcb`, 'held', 0, 0],
      ],
    );
    assert.match(String(first?.['why']), /such as "DESTINATION \[13\] Permission denied"; renew the credential/);
    assert.match(String(first?.['since']), /^\d{4}-\d\d-\d\dT/);
    assert.match(
      await campaign.text('misc/explain', 0, [listName(9)]),
      /Storage gsiftp:\S+ is broken since[^]* Then: [^]*submits it/,
    );
    assert.match(String(second?.['why']), /"gsiftp:\/\/other\.example\.org\/lhcb" is held by the settings/);
    const [page, metrics] = [campaign.path('page.html'), campaign.path('campaign.prom')];
    await campaign.run('monitor', 0, ['--report', page, '--metrics', metrics]);
    assert.match(
      campaign.read('page.html'),
      /<b>gsiftp:\/\/echo\d+\.example\.org<\/b>[^]*broken since 20[^]*Permission denied/,
    );
    assert.match(campaign.read('campaign.prom'), new RegExp(`castor2echo_storage_up\\{.*,storage="${storage}"\\} 0`));

    for (const match of [
      storage.toUpperCase().replace('GSIFTP', 'gsiftp'),
      `${campaign.source}/part`,
      campaign.destination,
    ])
      appendFileSync(campaign.path('castor2echo.toml'), `\n[[storage]]\nmatch = "${match}"\nhold = true\n`);
    const again = JSON.parse(await campaign.text('status', 0, ['--json'])) as typeof whole;
    assert.deepEqual(
      again.storages.map((each) => [each['storage'], each['state'], each['since'] !== null]),
      [
        [storage, 'broken', true],
        [campaign.destination, 'held', false],
        [`${OTHER}/lhcb`, 'held', false],
        [`${campaign.source}/part`, 'held', false],
      ],
      'a hold of a part is its own, and a broken storage stays broken',
    );
    assert.match(String(again.storages[0]?.['why']), /is held by the settings.*most of its transfers fail/);
  });

  test('of which no list is left needs nobody: status says so, and its metric is absent until one comes', async () => {
    const ral = await quickServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    await campaign.run('monitor', 0);
    setBroken(campaign, campaign.destination);
    const up = async (): Promise<string | undefined> => {
      await campaign.run('monitor', 0, ['--metrics', campaign.path('campaign.prom')]);
      return /castor2echo_storage_up\{.*\} (.*)/.exec(campaign.read('campaign.prom'))?.[1];
    };
    const shown = async (): Promise<string> => (await campaign.text('status', 0)).replaceAll(/\s+/g, ' ');
    assert.equal(await up(), undefined);
    assert.match(await shown(), /broken since .* no list of it is in TODO or DOING, and the next one goes as a probe/);
    campaign.put('TODO', listName(1));
    assert.equal(await up(), '0');
    assert.match(await shown(), /broken since .*; its next list goes as a probe/);
  });

  test('gets another probe when the first one cannot go after all', async () => {
    const ral = await brokenServer({ reason: 'DESTINATION [13] Permission denied' });
    const cern = await rehearsalServer('CERN');
    const campaign = await broken(ral);
    campaign.settings([choice(ral), choice(cern)], { monitor: { quarantine_minutes: 0 } });
    campaign.leave('UPDATE list SET pinned = ?', cern.url);
    await cern.down();
    const ran = await campaign.run('consumer', 3);
    assert.equal(ran.of(listName(1)).action, 'waiting', 'the oldest would be the probe, and its server is silent');
    assert.equal(ran.of(listName(9)).action, 'submitted');
    assert.match(ran.said, new RegExp(`list "${listName(9)}" goes as a probe`));
  });

  test('and a server that is down: each list is said to wait for one of them', async () => {
    const ral = await brokenServer({ reason: 'DESTINATION [13] Permission denied' });
    const campaign = await broken(ral);
    putElsewhere(campaign, listName(10));
    await ral.down();
    for (const args of [[], ['--dry-run']]) {
      const { said } = await campaign.run('consumer', 5, args);
      assert.match(said, /Cannot submit 2 lists: no FTS server is usable/, args.join());
      assert.match(said, new RegExp(`1 list \\(${listName(9)}\\) waits in TODO for storage gsiftp`), args.join());
    }
  });

  test('counts a failure of a probe that is none of its own', async () => {
    const fails = { reason: 'DESTINATION [13] Permission denied' };
    const ral = await brokenServer(fails);
    const campaign = await broken(ral);
    fails.reason = 'SOURCE [5] Connection reset by peer';
    await campaign.run('consumer', 3);
    ral.advance(60);
    await campaign.run('monitor', 0);
    assert.deepEqual(campaign.rows('SELECT failures FROM list ORDER BY name'), [{ failures: 2 }]);
  });

  test('takes no place of a list of another storage with its probe', async () => {
    const ral = await brokenServer({ reason: 'DESTINATION [13] Permission denied' });
    const campaign = await broken(ral);
    putElsewhere(campaign, listName(10));
    putElsewhere(campaign, listName(11));
    campaign.settings([choice(ral)], { consumer: { lists_per_run: 1 } });
    const ran = await campaign.run('consumer', 3);
    assert.deepEqual(campaign.lists('DOING'), [1, 10].map(listName));
    assert.match(ran.said, /1 list \(\S+-100009-\S+\) waits in TODO for .*list "\S+-100001-\S+" goes as a probe, and/);
  });

  test('is probed by a list of which no other storage is broken', async () => {
    const ral = await brokenServer({ reason: 'DESTINATION [13] Permission denied' });
    const campaign = await broken(ral);
    setBroken(campaign, campaign.source);
    const lines = lfnsOf(listName(12)).map((lfn) => `srm://well.example.org${lfn}  ${campaign.destination}${lfn}`);
    campaign.write(`TODO/${listName(12)}`, lines.map((line) => `${line}\n`).join(''));
    noteTransfers(campaign.base, lines);
    const ran = await campaign.run('consumer', 3);
    assert.deepEqual(campaign.lists('DOING'), [1, 12].map(listName), 'the other one has the oldest list of both');
    assert.match(ran.said, new RegExp(`for storage gsiftp:\\S+, broken .*list "${listName(12)}" goes as a probe`));
    assert.match(ran.said, new RegExp(`for storage srm:\\S+, broken .*list "${listName(1)}" goes as a probe`));
    assert.deepEqual(
      campaign.rows('SELECT list FROM job WHERE probe = 1 ORDER BY list').map((row) => Object.values(row)[0]),
      [1, 12].map(listName),
    );
  });

  test('is said to be one where no list was looked at beside its probe, and where DOING is full', async () => {
    const ral = await brokenServer({ reason: 'DESTINATION [13] Permission denied' });
    const campaign = await broken(ral);
    putElsewhere(campaign, listName(5));
    campaign.settings([choice(ral)], { consumer: { lists_per_run: 1 } });
    assert.match(
      (await campaign.run('consumer', 3)).said,
      new RegExp(`List "${listName(1)}" goes as a probe of storage gsiftp:\\S+, broken since`),
    );
    campaign.settings([choice(ral)], { consumer: { max_doing: 1 } });
    assert.match(
      (await campaign.run('consumer', 3)).said,
      new RegExp(`1 list \\(${listName(9)}\\) waits in TODO for storage gsiftp:\\S+, broken`),
    );
  });

  test('gets one repeated submission as its probe, of the lists whose answers were lost', async () => {
    const ral = await brokenServer({ reason: null });
    const campaign = new Campaign([choice(ral)]);
    const [one, two, three] = [1, 2, 3].map(listName) as [string, string, string];
    for (const name of [one, two, three]) campaign.put('TODO', name);
    await loseAnswers(campaign, ral, { [one]: 'cut-before', [two]: 'cut-before', [three]: 'cut-after' });
    setBroken(campaign, campaign.destination);
    campaign.put('TODO', listName(4));
    const ran = await campaign.run('consumer', 3);
    assert.deepEqual(campaign.lists('DOING'), [one, three], 'what is found there is adopted all the same');
    assert.deepEqual(campaign.rows('SELECT list FROM job WHERE probe = 1'), [{ list: one }]);
    assert.match(ran.said, /2 lists \(\S+-100002-\S+, \S+-100004-\S+\) wait in TODO for storage/);
    ral.advance(60);
    await campaign.run('monitor', 0);
    await campaign.run('consumer', 0);
    nothingLostNorTwice(campaign, ral);
  });

  /** A campaign whose destination is broken, with the list that has shown it and another in TODO. */
  async function broken(ral: RehearsalServer): Promise<Campaign> {
    const campaign = new Campaign([choice(ral)], { monitor: { quarantine_minutes: 0 } });
    campaign.put('TODO', listName(1), TWENTY);
    await campaign.run('consumer', 0);
    ral.advance(60);
    await campaign.run('monitor', 3);
    campaign.put('TODO', listName(9));
    return campaign;
  }
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
