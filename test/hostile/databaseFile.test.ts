/**
 * databaseFile: the file of the database cut short, zeroed, with bits turned over, of a newer version, or an old copy.
 *
 * Each is seen at the opening, exit 4 with the command to run, and the file is not changed; after `repair`, which keeps
 * it, the campaign ends as if nothing had happened. (Rubbish in single columns: see database. Lost, or no database at
 * all: see repair.)
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { openReadOnly } from '../../dist/database/database.js';
import { SpoolError } from '../../dist/errors.js';
import { nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';
import { Campaign, choice } from '../support/campaign.js';
import { tried } from './rubbish.js';

const DATABASE = 'sqlite_c2e.db';
const WRITING = ['producer', 'consumer', 'monitor'];
const SETTINGS = { producer: { lfns_per_list: 3, lists_per_run: 2 }, consumer: { lists_per_run: 2 } };

/** Two lists with FTS, two in TODO, and LFNs that remain. */
async function campaignOf(...servers: Parameters<typeof choice>[0][]): Promise<Campaign> {
  const campaign = new Campaign(
    servers.map((server) => choice(server)),
    SETTINGS,
  );
  campaign.lfns(
    'a.list',
    Array.from({ length: 20 }, (_, index) => `/lhcb/data/${index}.dst`),
  );
  for (const program of ['producer', 'consumer', 'producer'] as const) await campaign.run(program);
  return campaign;
}

const bytesOf = (campaign: Campaign): Buffer => readFileSync(campaign.path(DATABASE));

/** The programs refuse it with this, and leave it as it is. */
async function isRefused(campaign: Campaign, said: RegExp, programs: readonly string[] = WRITING): Promise<void> {
  const before = bytesOf(campaign);
  for (const program of programs) assert.match((await campaign.run(program, 4)).said, said);
  assert.deepEqual(bytesOf(campaign), before, 'it was not changed');
}

/** Repairs, and finishes what is under way. The database from before the repair is kept. */
async function goesOn(campaign: Campaign): Promise<void> {
  const before = bytesOf(campaign);
  await campaign.run('misc/repair', 0, ['--yes']);
  const kept = campaign.lists('.').filter((name) => name.startsWith(`${DATABASE}.damaged-`));
  assert.deepEqual(
    kept.map((name) => readFileSync(campaign.path(name))),
    [before],
  );
  for (const program of ['monitor', 'consumer', 'producer'] as const) await campaign.run(program);
}

const DAMAGES: readonly [what: string, damage: (bytes: Buffer) => Buffer][] = [
  ['cut short in the middle of a page', (bytes) => bytes.subarray(0, 4096 * 3 + 100)],
  ['cut to its first page', (bytes) => bytes.subarray(0, 4096)],
  ['cut within its header', (bytes) => bytes.subarray(0, 60)],
  ['of zeroes', (bytes) => Buffer.alloc(bytes.length)],
  ['with a page of zeroes', (bytes) => Buffer.from(bytes).fill(0, 4096, 8192)],
  ['with a header of zeroes', (bytes) => Buffer.from(bytes).fill(0, 0, 100)],
];

describe('a database', { concurrency: 2 }, () => {
  for (const [what, damage] of DAMAGES)
    test(`${what} is refused and kept, and repaired`, async () => {
      const ral = await rehearsalServer('RAL');
      const campaign = await campaignOf(ral);
      campaign.write(DATABASE, damage(bytesOf(campaign)));
      await isRefused(campaign, /is damaged \(.*\); it was not changed; run node dist\/misc\/repair\.js --base/s, [
        'monitor',
      ]);
      await goesOn(campaign);
      nothingLostNorTwice(campaign, ral);
    });

  test('with any one bit turned over is refused with a message, or is opened; it is never a bug', async (t) => {
    const campaign = await campaignOf(await rehearsalServer('RAL'));
    const sound = bytesOf(campaign);
    let [refused, inputs] = [0, 0];
    // Every 211th byte: of the header, of the heads of pages, and of rows of every table.
    for (let at = 0; at < sound.length; at += 211) {
      inputs += 1;
      const bytes = Buffer.from(sound);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      writeFileSync(campaign.path(DATABASE), bytes);
      try {
        openReadOnly(campaign.base, []).db.close();
      } catch (error) {
        assert.ok(error instanceof SpoolError, `bit ${at % 8} of byte ${at}: ${String((error as Error).stack)}`);
        refused += 1;
      }
      assert.deepEqual(bytesOf(campaign), bytes);
    }
    assert.ok(refused > 8, `${refused} were refused`);
    tried(t, inputs, 'bits of the database turned over');
  });

  test('of a newer version is refused, by the repair too, which would lose what that version has written', async () => {
    const campaign = await campaignOf(await rehearsalServer('RAL'));
    campaign.leave('PRAGMA user_version = 99');
    await isRefused(campaign, /a newer castor2echo made it \(schema 99, .*\); run that version, or update this one/);
    const before = bytesOf(campaign);
    assert.match((await campaign.run('misc/repair', 4, ['--yes'])).said, /a newer castor2echo made it/);
    assert.deepEqual(bytesOf(campaign), before);
  });

  test('brought back from yesterday is refused: what was cut since would be cut and sent again', async () => {
    const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
    const campaign = await campaignOf(ral, cern);
    const yesterday = bytesOf(campaign);
    for (const program of ['consumer', 'producer'] as const) await campaign.run(program);
    const cursors = campaign.rows('SELECT name, offset, transfers FROM lfn_list');
    campaign.write(DATABASE, yesterday);
    await isRefused(
      campaign,
      /is older than TODO\/FTSList-.*, which was cut behind its cursor.*; run node dist\/misc\/r/,
    );
    assert.match((await campaign.run('producer', 4, ['--dry-run'])).said, /is older than TODO/);
    assert.match(await campaign.text('status', 0), /TODO/);

    await goesOn(campaign);
    assert.notDeepEqual(campaign.rows('SELECT name, offset, transfers FROM lfn_list'), cursors, 'the producer went on');
    nothingLostNorTwice(campaign, ral, cern);
    const lfns = [ral, cern].flatMap((server) =>
      campaign.jobs(server).flatMap(({ transfers }) => transfers.map(({ source }) => source)),
    );
    assert.equal(new Set(lfns).size, lfns.length, 'no LFN was sent twice');
  });

  test('brought back from yesterday with a change half done: that is long over, and is not done again', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    const [name = ''] = campaign.lists('DOING');
    const steps = [{ op: 'place', path: `TODO/${name}`, content: campaign.read(`DOING/${name}`) }];
    const db = new Sqlite(campaign.path(DATABASE));
    db.prepare('INSERT INTO transition (list, steps) VALUES (?, ?)').run(name, JSON.stringify(steps));
    db.close();
    const yesterday = bytesOf(campaign);
    campaign.leave('DELETE FROM transition');
    await campaign.run('producer');
    campaign.write(DATABASE, yesterday);
    await goesOn(campaign);
    assert.equal(campaign.jobs(ral).filter(({ metadata }) => (metadata as { list: string }).list === name).length, 1);
    nothingLostNorTwice(campaign, ral);
  });
});
