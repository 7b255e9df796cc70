/**
 * databaseMidRun: a damaged page of the database that the opening does not read, and a program then meets.
 *
 * Of a large database that nothing has touched the opening reads little (databaseNote), so a disk that alters it behind
 * the file system's back is found out by whoever meets the page: exit 4 with the command to run, and every list where
 * it stood. Here each program that writes meets one, the consumer loses the whole file while its POSTs are on the wire,
 * and an index does not fit its table, which no opening looks for.
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { noteChecked, SMALL_BYTES } from '../../dist/database/note.js';
import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { endJob, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';
import { Campaign, choice, type Ran } from '../support/campaign.js';

const DATABASE = 'sqlite_c2e.db';
const NOTE = '.checked';
const PAGE = 4096;
/** Four lists that are cut, and one that is not. */
const LFNS = 15;
const SETTINGS = { producer: { lfns_per_list: 3, lists_per_run: 2 }, consumer: { lists_per_run: 2 } };

const DAMAGED =
  /Cannot go on with the database .*: it is damaged \(database disk image is malformed\); .*; run node dist\/misc\/repair\.js --base '/;

interface Site {
  readonly ral: RehearsalServer;
  readonly campaign: Campaign;
}

/** Two lists with FTS, two in TODO, LFNs that remain, and a database that is not read from end to end at each start. */
async function site(): Promise<Site> {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([choice(ral)], SETTINGS);
  campaign.lfns(
    'a.list',
    Array.from({ length: LFNS }, (_, index) => `/lhcb/data/${index}.dst`),
  );
  for (const program of ['producer', 'consumer', 'producer'] as const) await campaign.run(program);
  campaign.leave(
    "INSERT INTO failure VALUES ('config', 'long', 1, 1, 1, 'x', 'x', replace(hex(zeroblob(?)), '0', 'x'), '', '')",
    SMALL_BYTES / 2,
  );
  assert.ok(statSync(campaign.path(DATABASE)).size > SMALL_BYTES);
  return { ral, campaign };
}

/** Zeroes the first page of a table or index, as a disk does that says nothing of it: the note still fits. */
function damage(campaign: Campaign, name: string): void {
  const db = new Sqlite(campaign.path(DATABASE), { readonly: true });
  const root = db.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').pluck().get(name) as number;
  db.close();
  const bytes = readFileSync(campaign.path(DATABASE)).fill(0, (root - 1) * PAGE, root * PAGE);
  writeFileSync(campaign.path(DATABASE), bytes);
  noteChecked(campaign.base, campaign.path(DATABASE), Date.now());
}

const bytesOf = (campaign: Campaign): Buffer => readFileSync(campaign.path(DATABASE));

/** All lists, with their places. */
const spool = (campaign: Campaign): string[] =>
  ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'].flatMap((place) =>
    campaign.lists(place).map((name) => `${place}/${name}: ${campaign.read(`${place}/${name}`)}`),
  );

/** The program meets the damage: it says so, and has moved nothing and changed nothing. */
async function meets(program: string, campaign: Campaign): Promise<Ran> {
  const [lists, bytes] = [spool(campaign), bytesOf(campaign)];
  const ran = await campaign.run(program, 4);
  assert.match(ran.said, DAMAGED);
  assert.doesNotMatch(ran.stderr, /\n {4}at |a bug/);
  assert.deepEqual(spool(campaign), lists, 'the lists stay where they are');
  assert.ok(bytesOf(campaign).equals(bytes), 'the database is as it was');
  return ran;
}

const readsAll = (campaign: Campaign): void =>
  assert.equal(existsSync(campaign.path(NOTE)), false, 'the next opening reads all of it');

/** The next runs are refused at their start, until the repair. */
async function goesOn({ ral, campaign }: Site): Promise<void> {
  readsAll(campaign);
  const damaged = bytesOf(campaign);
  for (const program of ['producer', 'consumer', 'monitor'])
    assert.match(
      (await campaign.run(program, 4)).said,
      /is damaged .*it was not changed; run node dist\/misc\/repair/s,
    );
  assert.ok(bytesOf(campaign).equals(damaged));
  await repaired({ ral, campaign });
}

/** The repair keeps the damaged file, and all ends right. */
async function repaired({ ral, campaign }: Site): Promise<void> {
  const damaged = bytesOf(campaign);
  await campaign.run('misc/repair', 0, ['--yes']);
  const kept = campaign.lists('.').filter((name) => name.startsWith(`${DATABASE}.damaged-`));
  assert.ok(kept.length === 1 && readFileSync(campaign.path(kept[0] ?? '')).equals(damaged), 'it is kept');
  for (let round = 0; round < 2; round += 1) {
    for (const program of ['consumer', 'producer'] as const) await campaign.run(program);
    for (const { jobId, state } of campaign.jobs(ral)) if (state !== 'FINISHED') endJob(ral, jobId);
    await campaign.run('monitor');
  }
  assert.deepEqual([campaign.lists('TODO'), campaign.lists('DOING'), campaign.lists('DONE/Bad')], [[], [], []]);
  assert.equal(campaign.jobs(ral).flatMap(({ transfers }) => transfers).length, LFNS, 'each LFN was sent once');
  nothingLostNorTwice(campaign, ral);
}

describe('a page that only a statement in the middle of a run reads, damaged', { concurrency: 2 }, () => {
  test('the producer cuts nothing', async () => {
    const { campaign } = await site();
    damage(campaign, 'cut');
    await meets('producer', campaign);
    readsAll(campaign);
  });

  test('the consumer submits nothing', async () => {
    const { ral, campaign } = await site();
    damage(campaign, 'job_id');
    await meets('consumer', campaign);
    assert.equal(campaign.jobs(ral).length, 2);
    await goesOn({ ral, campaign });
  });

  test('the monitor moves no list, of which FTS has said that its job has finished', async () => {
    const { ral, campaign } = await site();
    for (const { jobId } of campaign.jobs(ral)) endJob(ral, jobId);
    damage(campaign, 'hourly');
    await meets('monitor', campaign);
    readsAll(campaign);
  });

  test('those that only read say so too, and write nothing', async () => {
    const { campaign } = await site();
    damage(campaign, 'hourly');
    const note = campaign.read(NOTE);
    await meets('status', campaign);
    assert.equal(campaign.read(NOTE), note);
  });
});

test('a database overwritten while POSTs are on the wire: their jobs are found again, and not submitted twice', async () => {
  const { ral, campaign } = await site();
  const lists = spool(campaign);
  ral.setFaults([
    {
      name: 'the disk forgets',
      does: 'delay',
      seconds: 0,
      when: ({ method, path }) => {
        if (method === 'POST' && path === '/jobs') overwrite(campaign);
        return false;
      },
    },
  ]);
  const ran = await campaign.run('consumer', 4);
  ral.setFaults([]);
  assert.match(ran.said, DAMAGED);
  assert.deepEqual(spool(campaign), lists, 'the lists stay in TODO');
  assert.equal(campaign.jobs(ral).length, 4, 'FTS has their jobs');
  await goesOn({ ral, campaign });
});

test('an index that does not fit its table, which the check of each opening does not see: the repair does', async () => {
  const { ral, campaign } = await site();
  const db = new Sqlite(campaign.path(DATABASE));
  db.unsafeMode();
  db.pragma('writable_schema = ON');
  const hidden = db.prepare("SELECT * FROM sqlite_master WHERE name = 'list_since'").raw().get();
  db.exec("DELETE FROM sqlite_master WHERE name = 'list_since'; PRAGMA writable_schema = RESET");
  db.exec('UPDATE list SET since = since - 1');
  db.pragma('writable_schema = ON');
  db.prepare('INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)').run(hidden);
  db.close();
  await meets('consumer', campaign);
  await repaired({ ral, campaign });
});

/** All but the head of the file, which says that somebody has committed. */
function overwrite(campaign: Campaign): void {
  const bytes = bytesOf(campaign).fill(0, PAGE);
  bytes.writeUInt32BE(bytes.readUInt32BE(24) + 1, 24);
  writeFileSync(campaign.path(DATABASE), bytes);
}
