/**
 * quarantine: after the end of a transfer whose copy may still be going on no program sends it before the time is over,
 * whichever way the list has gone.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { endJob, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';

const HOUR_MS = 3_600_000;
const [one, two, three] = [listName(1), listName(2), listName(3)];
const STALLED = 'No FTS server has updated the transfer status the last 900 seconds. Probably stalled';

/** The time goes by. */
const anHourLater = (campaign: Campaign): void =>
  campaign.leave('UPDATE list SET hold_until = hold_until - ? WHERE hold_until IS NOT NULL', HOUR_MS);

async function sendsNothingYet(campaign: Campaign, name: string): Promise<void> {
  const ran = await campaign.run('consumer', 0, ['--lists', '9']);
  assert.equal(ran.of(name).action, 'waiting');
  const said = await campaign.text('consumer', 0, ['--lists', '9']);
  assert.match(said, new RegExp(`list "${name}" waits in TODO until \\d{4}-.*earlier copy`));
}

describe('quarantine', { concurrency: 4 }, () => {
  test('a list that goes back to TODO whole waits, and does not count; others go on', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { consumer: { lists_per_run: 1 } });
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two) });
    endJob(ral, jobs[one] ?? '', [
      ['FAILED', STALLED],
      ['FAILED', 'x'],
    ]);
    endJob(ral, jobs[two] ?? '', [
      ['FAILED', 'x'],
      ['FAILED', 'TRANSFER [110] Connection timed out'],
    ]);
    const before = Date.now();
    await campaign.run('monitor', 0);
    const [row] = campaign.rows<{ until: number }>('SELECT hold_until AS until FROM list WHERE name = ?', one);
    assert.ok(row !== undefined && row.until >= before + HOUR_MS && row.until <= Date.now() + HOUR_MS);
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual([ran.of(one).action, ran.of(two).action], ['waiting', 'submitted']);
    assert.match(await campaign.text('status', 0), /TODO .* 1 held until/);
    assert.match(await campaign.text('misc/explain', 0, [one]), /no\s+program\s+sends\s+it\s+before/);
    await sendsNothingYet(campaign, one);
    anHourLater(campaign);
    assert.equal((await campaign.run('consumer', 0)).of(one).action, 'submitted');
    nothingLostNorTwice(campaign, ral);
  });

  test('many lists that wait are told in one note, with the first names and the last time', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const names = [1, 2, 3, 4, 5].map((number) => listName(number));
    const jobs = await submitted(campaign, ral, Object.fromEntries(names.map((name) => [name, lfnsOf(name)])));
    for (const name of names)
      endJob(ral, jobs[name] ?? '', [
        ['FAILED', STALLED],
        ['FAILED', 'x'],
      ]);
    await campaign.run('monitor', 0);
    campaign.leave('UPDATE list SET hold_until = hold_until - 60000 WHERE name <> ?', two);
    const [last] = campaign.rows<{ until: number }>('SELECT max(hold_until) AS until FROM list');
    const until = new Date(last?.until ?? 0).toISOString();
    const ran = await campaign.run('consumer', 0);
    for (const name of names) assert.equal(ran.of(name).action, 'waiting');
    const said = await campaign.text('consumer', 0);
    assert.ok(said.includes(`5 lists wait in TODO, the last until ${until}: earlier copies of their transfers`), said);
    assert.match(said, new RegExp(`: ${names.slice(0, 3).join(', ')} and 2 more$`, 'm'));
    assert.equal(said.match(/waits? in TODO/g)?.length, 1);
  });

  test('of a dirty list that part is held which has such a transfer', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: ['/a', '/b', '/c'] });
    endJob(ral, jobs[one] ?? '', [['FINISHED'], ['FAILED', STALLED]]);
    // The one that is bad anyway has the stall: what is retried need not wait.
    endJob(ral, jobs[two] ?? '', [
      ['FINISHED'],
      ['CANCELED', 'Job canceled because it was stalled by the user'],
      ['FAILED', 'x'],
    ]);
    await campaign.run('monitor', 0);
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual([ran.of(`D${one}`).action, ran.of(`D${two}`).action], ['waiting', 'submitted']);
    anHourLater(campaign);
    assert.equal((await campaign.run('consumer', 0)).of(`D${one}`).action, 'submitted');
    nothingLostNorTwice(campaign, ral);
  });

  test('what comes back from DONE/Bad is under the same rule: by requeue, by mv, under the name of a taken one', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { monitor: { max_failures: 0 } });
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one), [two]: lfnsOf(two), [three]: lfnsOf(three) });
    campaign.write(`DONE/Bad/${three}`, '# here before\n');
    for (const name of [one, two, three])
      endJob(ral, jobs[name] ?? '', [
        ['FAILED', STALLED],
        ['FAILED', 'x'],
      ]);
    await campaign.run('monitor', 0);
    const beside = three.replace('.txt', '~2.txt');
    await campaign.run('misc/requeue', 0, [one, '--yes']);
    campaign.move(`DONE/Bad/${two}`, `TODO/${two}`);
    campaign.move(`DONE/Bad/${beside}`, `TODO/${beside}`);
    const held = await campaign.run('consumer', 0);
    for (const name of [`R-${one}`, two, beside]) assert.equal(held.of(name).action, 'waiting', name);
    assert.equal(campaign.jobs(ral).length, 3);
    anHourLater(campaign);
    const ran = await campaign.run('consumer', 0);
    for (const name of [`R-${one}`, two, beside]) assert.equal(ran.of(name).action, 'submitted', name);
    nothingLostNorTwice(campaign, ral);
  });

  test('moveServer and checkSources do not lose it', async () => {
    const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
    const campaign = new Campaign([choice(ral), choice(cern, 0)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one) });
    endJob(ral, jobs[one] ?? '', [
      ['FAILED', STALLED],
      ['FAILED', STALLED],
    ]);
    await campaign.run('misc/moveServer', 0, [one, '--to', 'CERN', '--yes']);
    await sendsNothingYet(campaign, one);
    await campaign.run('misc/moveServer', 0, [one, '--to', 'RAL', '--yes']);
    await sendsNothingYet(campaign, one);
    anHourLater(campaign);
    assert.equal((await campaign.run('consumer', 0)).of(one).action, 'submitted');
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('with quarantine_minutes = 0 nothing waits', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)], { monitor: { quarantine_minutes: 0 } });
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one) });
    endJob(ral, jobs[one] ?? '', [
      ['FAILED', STALLED],
      ['FAILED', STALLED],
    ]);
    await campaign.run('monitor', 0);
    assert.equal((await campaign.run('consumer', 0)).of(one).action, 'submitted');
    nothingLostNorTwice(campaign, ral);
  });

  test('what a clock that was ahead has written counts from now on', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    const jobs = await submitted(campaign, ral, { [one]: lfnsOf(one) });
    endJob(ral, jobs[one] ?? '', [
      ['FAILED', STALLED],
      ['FAILED', 'x'],
    ]);
    await campaign.run('monitor', 0);
    campaign.leave('UPDATE list SET hold_until = hold_until + ?', 1000 * HOUR_MS);
    await sendsNothingYet(campaign, one);
    anHourLater(campaign);
    assert.equal((await campaign.run('consumer', 0)).of(one).action, 'submitted');
    nothingLostNorTwice(campaign, ral);
  });
});
