/**
 * repair: after a lost or damaged database the campaign goes on as if nothing had happened.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { killRepair } from '../crash/killedRepair.js';
import { Campaign, choice } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';
import { nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';
import { runWithin } from '../support/runWithin.js';

const SETTINGS = { producer: { lfns_per_list: 3, lists_per_run: 2 }, consumer: { lists_per_run: 2 } };
const DATABASE = 'sqlite_c2e.db';

const lfns = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `/lhcb/data/${from + index}.dst`);

/** Two lists in DOING (one job dirty), two in TODO; the LFN list has a comment, a bad line and a duplicate. */
async function campaignOf(...servers: RehearsalServer[]): Promise<Campaign> {
  const campaign = new Campaign(
    servers.map((server) => choice(server)),
    SETTINGS,
  );
  const [first = '', ...others] = lfns(20);
  campaign.lfns('a.list', ['# a comment', first, 'no LFN', first, ...others]);
  await campaign.run('producer');
  await campaign.run('consumer');
  await campaign.run('producer');
  return campaign;
}

const lose = (campaign: Campaign): void => rmSync(campaign.path(DATABASE));

/** Overwrites the middle of the file, where the tables are. */
function damage(campaign: Campaign): void {
  const bytes = readFileSync(campaign.path(DATABASE));
  bytes.fill(0x5a, 4096, 12_288);
  writeFileSync(campaign.path(DATABASE), bytes);
}

const cursors = (campaign: Campaign): unknown[] => campaign.rows('SELECT * FROM lfn_list');

describe('repair', { concurrency: 4 }, () => {
  test('on a terminal it shows how far it is; when it is to stop it changes nothing, and says what to do', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    lose(campaign);
    const given = { env: campaign.env, terminalColumns: () => 80 };
    const args = ['--base', campaign.base, '--yes'];
    const onStop = (act: (signal: string) => void): void => act('SIGINT');
    const stopped = await runWithin('misc/repair', args, { ...given, onStop });
    assert.equal(stopped.exit, 3);
    assert.match(stopped.stdout, /Nothing was done: .*SIGINT.*; repair again/);
    assert.equal(existsSync(campaign.path(DATABASE)), false);
    const { exit, stderr } = await runWithin('misc/repair', args, given);
    assert.equal(exit, 0);
    assert.match(stderr, /\rreading the lists: 1 lists.*\r.*\rasking the servers: 0 lists/s);
  });

  test('a lost database: cursors, waiting lists and running jobs are as before', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = await campaignOf(ral, cern);
    const before = { cursors: cursors(campaign), jobs: campaign.rows('SELECT list, job_id FROM job ORDER BY list') };
    const stamp = campaign.rows('SELECT * FROM campaign');
    lose(campaign);
    assert.match((await campaign.run('consumer', 4)).said, /repair.js --base/);

    const ran = await campaign.run('misc/repair', 0, ['--yes']);
    assert.match(ran.stderr, /sqlite_c2e.db is missing: a new one is made/);
    assert.match(ran.stderr, /what begins anew: charts, .* which storages are broken; hold those that are known to be/);
    assert.match(ran.stderr, /a.list: goes on at byte \d+, behind line 15/);
    assert.match(ran.stderr, /2 lists in TODO: 0 with a job at a server, 2 without/);
    assert.deepEqual(cursors(campaign), before.cursors);
    assert.deepEqual(campaign.rows('SELECT * FROM campaign'), stamp);

    await campaign.run('monitor');
    assert.deepEqual(campaign.rows('SELECT list, job_id FROM job ORDER BY list'), before.jobs);
    await campaign.run('consumer');
    await campaign.run('producer');
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a list in TODO whose job is running is not submitted again', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = await campaignOf(ral, cern);
    const [name = ''] = campaign.lists('DOING');
    campaign.move(`DOING/${name}`, `TODO/${name}`);
    lose(campaign);
    const ran = await campaign.run('misc/repair', 0, ['--yes']);
    assert.match(ran.stderr, /3 lists in TODO: 1 with a job at a server, 2 without/);
    assert.equal(campaign.state(name), 'SUBMITTED');
    const consumed = await campaign.run('consumer', 0);
    assert.deepEqual(consumed.of(name).to, [`DOING/${name}`]);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a server that cannot be asked: exit 5, nothing changed; --without goes on', async () => {
    const ral = await rehearsalServer('RAL');
    const cern = await rehearsalServer('CERN');
    const campaign = await campaignOf(ral, cern);
    lose(campaign);
    await cern.down();
    const ran = await campaign.run('misc/repair', 5, ['--yes']);
    assert.match(ran.said, /Cannot tell whether list .* has a job at CERN.*--without CERN/);
    assert.ok(!campaign.has(DATABASE));
    await campaign.run('misc/repair', 0, ['--yes', '--without', 'CERN']);
    assert.ok(campaign.has(DATABASE));
    await campaign.run('misc/repair', 2, ['--without', 'NOBODY']);
  });

  test('a damaged database is kept, and what can be read of it is taken over', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    const jobs = campaign.rows('SELECT list, job_id FROM job ORDER BY list');
    const before = cursors(campaign);
    damage(campaign);
    const bytes = readFileSync(campaign.path(DATABASE));
    assert.match((await campaign.run('monitor', 4)).said, /is damaged/);

    await campaign.run('misc/repair', 0, ['--yes']);
    const [kept = ''] = campaign.lists('.').filter((name) => name.startsWith(`${DATABASE}.damaged-`));
    assert.deepEqual(readFileSync(campaign.path(kept)), bytes);
    assert.deepEqual(cursors(campaign), before);
    await campaign.run('monitor');
    assert.deepEqual(campaign.rows('SELECT list, job_id FROM job ORDER BY list'), jobs);
    await campaign.run('consumer');
    nothingLostNorTwice(campaign, ral);
  });

  test('a list that may not be sent yet stays held, whether the database is damaged or an old copy', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    const [name = ''] = campaign.lists('TODO');
    const until = Date.now() + 3_600_000;
    const held = (): unknown[] => campaign.rows('SELECT name, hold_until FROM list WHERE hold_until IS NOT NULL');
    campaign.leave('UPDATE list SET hold_until = ? WHERE name = ?', until, name);
    const copy = readFileSync(campaign.path(DATABASE));
    await campaign.run('producer');
    writeFileSync(campaign.path(DATABASE), copy);
    assert.match((await campaign.run('misc/repair', 0, ['--yes'])).stderr, /an old copy/);
    assert.deepEqual(held(), [{ name, hold_until: until }]);
    campaign.leave('DROP TABLE cut');
    assert.match((await campaign.run('misc/repair', 0, ['--yes'])).stderr, /damaged/);
    assert.deepEqual(held(), [{ name, hold_until: until }]);
  });

  test('a file that is no database at all is repaired like a lost one', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    campaign.write(DATABASE, 'rubbish'.repeat(1000));
    await campaign.run('misc/repair', 0, ['--yes']);
    await campaign.run('monitor');
    await campaign.run('consumer');
    nothingLostNorTwice(campaign, ral);
  });

  test('an unfinished change that can still be read is finished by the next run', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    const [name = ''] = campaign.lists('DOING');
    // A split that was killed before its last step: the rest stands in TODO, and the list still in DOING.
    campaign.write(`TODO/D${name}`, `# split from ${name}, failures 1\n${campaign.read(`DOING/${name}`)}`);
    const steps = [{ op: 'move', from: `DOING/${name}`, to: `DONE/Dirty/${name}` }];
    campaign.leave('INSERT INTO transition (list, steps) VALUES (?, ?)', name, JSON.stringify(steps));
    campaign.leave("UPDATE list SET state = 'SETTLED' WHERE name = ?", name);
    campaign.leave("INSERT INTO hourly VALUES (3600000, 'finished', 7, 700)");
    campaign.leave('DROP TABLE cut');
    await campaign.run('misc/repair', 0, ['--yes']);
    assert.deepEqual(campaign.rows('SELECT * FROM hourly'), [
      { hour: 3_600_000, outcome: 'finished', transfers: 7, bytes: 700 },
    ]);
    await campaign.run('monitor');
    assert.deepEqual(campaign.lists('DONE/Dirty'), [name]);
    assert.deepEqual(campaign.rows('SELECT * FROM transition'), []);
    everyTransferOnce(campaign.base);
  });

  test('a list that a cut-off change left twice is named, and nothing is done', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    const [name = ''] = campaign.lists('DOING');
    const content = campaign.read(`DOING/${name}`);
    campaign.write(`TODO/D${name}`, content.replace(/^# from.*$/m, `$&\n# split from ${name}, failures 1`));
    lose(campaign);
    const ran = await campaign.run('misc/repair', 3, ['--yes']);
    assert.match(ran.said, new RegExp(`3 transfers of TODO/D${name} also in DOING/${name}`));
    assert.ok(!campaign.has(DATABASE));
    rmSync(campaign.path(`TODO/D${name}`));
    await campaign.run('misc/repair', 0, ['--yes']);
    nothingLostNorTwice(campaign, ral);
  });

  test('an LFN list that was changed before the point up to which it is cut: nothing is done', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    lose(campaign);
    const whole = campaign.read('TODO/ListOfLFNs/a.list');
    truncateSync(campaign.path('TODO/ListOfLFNs/a.list'), 100);
    assert.match((await campaign.run('misc/repair', 3, ['--yes'])).said, /no line of it ends there: nothing was done/);
    assert.ok(!campaign.has(DATABASE));
    campaign.write('TODO/ListOfLFNs/a.list', whole);
    await campaign.run('misc/repair', 0, ['--yes']);
  });

  test('an LFN list that is missing is not read from its beginning when it comes back', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    lose(campaign);
    campaign.move('TODO/ListOfLFNs/a.list', 'a.list');
    assert.match((await campaign.run('misc/repair', 0, ['--yes'])).stderr, /a.list is missing: if it is to be read on/);
    campaign.move('a.list', 'TODO/ListOfLFNs/a.list');
    assert.match((await campaign.run('producer', 3)).said, /a.list" is not read/);
  });

  test('an LFN list that no list names is mentioned when it stands before one that is cut', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    lose(campaign);
    campaign.lfns('0.list', lfns(3, 100));
    campaign.lfns('z.list', lfns(3, 200));
    assert.match(
      (await campaign.run('misc/repair', 3, ['--yes'])).said,
      /cut from TODO\/ListOfLFNs\/0.list: the producer/,
    );
  });

  test('without .campaign the lists say which campaign it is', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    const uuid = campaign.uuid();
    lose(campaign);
    rmSync(campaign.path('.campaign'));
    await campaign.run('misc/repair', 0, ['--yes']);
    await campaign.run('monitor');
    assert.equal(campaign.uuid(), uuid);
    await campaign.run('consumer');
    nothingLostNorTwice(campaign, ral);
  });

  test("another campaign's database is set aside; a wrong .campaign is not believed against the lists", async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    const uuid = campaign.uuid();
    campaign.write('.campaign', '00000000-0000-4000-8000-000000000000\n');
    assert.match((await campaign.run('misc/repair', 3, ['--yes'])).said, /nothing was done; write the right one/);
    campaign.write('.campaign', `${uuid}\n`);
    campaign.leave("UPDATE campaign SET uuid = '00000000-0000-4000-8000-000000000000'");
    await campaign.run('misc/repair', 0, ['--yes']);
    await campaign.run('monitor');
    await campaign.run('consumer');
    nothingLostNorTwice(campaign, ral);
  });

  test('a whole database and an empty directory are left alone; --dry-run and a missing --yes write nothing', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = await campaignOf(ral);
    await campaign.run('misc/repair', 0, ['--yes']);
    assert.ok(!campaign.lists('.').some((name) => name.includes('damaged')));
    lose(campaign);
    await campaign.run('misc/repair', 0, ['--dry-run']);
    await campaign.run('misc/repair', 2);
    assert.ok(!existsSync(campaign.path(DATABASE)));
    await new Campaign([choice(ral)]).run('misc/repair', 0, ['--yes']);
  });

  test('killed before a change of the database or its files, the next repair goes on', async () => {
    const { kills, calls } = await killRepair(await rehearsalServer('RAL'), (call) =>
      /^(openSync|fsyncSync|renameSync) BASE\/sqlite_c2e/.test(call),
    );
    assert.equal(kills, 4, calls.join('\n'));
  });
});
