/**
 * requeue: what a person sends back goes back once, and only when nothing can still carry it out.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { everyTransferOnce, noteTransfers } from '../support/everyTransferOnce.js';
import { run } from '../support/runProgram.js';
import { endJob, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

const LFNS = ['/lhcb/a', '/lhcb/b', '/lhcb/c'];

/** A list in DOING whose job was cancelled after its first transfer had finished. */
async function cancelledList(server: RehearsalServer): Promise<{ campaign: Campaign; name: string; jobId: string }> {
  const campaign = new Campaign([choice(server)]);
  const name = listName(1);
  campaign.put('TODO', name, LFNS);
  await campaign.run('consumer');
  const { jobId } = campaign.job(server, name);
  endJob(server, jobId, [['FINISHED'], ['CANCELED'], ['CANCELED']]);
  await campaign.run('monitor', 3);
  assert.ok(campaign.has(`DOING/${name}`));
  return { campaign, name, jobId };
}

/** A list in DONE/Bad: a permanent reason for the first transfer, another for the others, and a line that was none. */
function badList(campaign: Campaign, name: string, lfns: readonly string[] = LFNS): void {
  const reasons = lfns.map((_, index) =>
    index === 0
      ? 'permanent: the source file is missing | SOURCE [2] gone'
      : 'auth: permission denied | DESTINATION [13] no',
  );
  const lines = lfns.map(
    (lfn, index) => `# ${reasons[index]} | RAL id | 2018-04-12T10:11:12Z\n${campaign.line(lfn)}\n`,
  );
  campaign.write(
    `DONE/Bad/${name}`,
    `# castor2echo 1 ${'0'.repeat(8)}\n# unreadable line 9: has one column: y\n${lines.join('')}`,
  );
  noteTransfers(
    campaign.base,
    lfns.map((lfn) => campaign.line(lfn)),
  );
}

const bad = async (): Promise<Campaign> => {
  const campaign = new Campaign([choice(await rehearsalServer('RAL'))]);
  badList(campaign, listName(1));
  return campaign;
};

describe('requeue of cancelled lists', { concurrency: 4 }, () => {
  test('sends again what was cancelled, and not what had finished', async () => {
    const ral = await rehearsalServer('RAL');
    const { campaign, name } = await cancelledList(ral);
    const ran = await campaign.run('misc/requeue', 0, [name, '--yes']);
    assert.deepEqual(ran.of(name).to, [`DONE/Okay/${name}`, `TODO/D${name}`, `DONE/Dirty/${name}`]);
    assert.deepEqual(campaign.lists('DOING'), []);
    assert.match(ran.stderr, /1 of 3 transfers finished, 2 go back to TODO/);
    const consumed = await campaign.run('consumer', 0);
    assert.equal(consumed.counts['transfers'], 2);
    nothingLostNorTwice(campaign, ral);
  });

  test('refuses while a file of the job may still be copied, and says to try again', async () => {
    const ral = await rehearsalServer('RAL');
    const { campaign, name, jobId } = await cancelledList(ral);
    ral.setFile(jobId, 2, 'ACTIVE');
    ral.setJob(jobId, 'CANCELED');
    const ran = await campaign.run('misc/requeue', 3, [name, '--yes']);
    assert.match(ran.said, /is CANCELED, but 1 transfer of it not yet; try again in a minute/);
    assert.ok(campaign.has(`DOING/${name}`));
    nothingLostNorTwice(campaign, ral);
  });

  test('refuses a list whose job goes on', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.put('TODO', listName(1));
    await campaign.run('consumer');
    const ran = await campaign.run('misc/requeue', 3, [listName(1), '--yes']);
    assert.match(ran.said, /not CANCELED; cancel it first, or wait for its end/);
    nothingLostNorTwice(campaign, ral);
  });

  test('a cancelled job that is gone from FTS: the whole list goes back', async () => {
    const ral = await rehearsalServer('RAL');
    const { campaign, name, jobId } = await cancelledList(ral);
    ral.forget(jobId);
    const ran = await campaign.run('misc/requeue', 0, [name, '--yes']);
    assert.deepEqual(ran.of(name).to, [`TODO/${name}`]);
    await campaign.run('consumer');
    assert.deepEqual(
      campaign.jobs(ral).map(({ metadata }) => (metadata as { attempt: number }).attempt),
      [1, 2],
    );
    // Nobody can say any more what had finished, so all of it is copied again.
    everyTransferOnce(campaign.base);
  });

  test('a server that is down: nothing moves, exit 5', async () => {
    const ral = await rehearsalServer('RAL');
    const { campaign, name } = await cancelledList(ral);
    await ral.down();
    const ran = await campaign.run('misc/requeue', 5, [name, '--yes']);
    assert.match(ran.said, /RAL cannot be asked/);
    assert.ok(campaign.has(`DOING/${name}`));
  });

  test('--all finds cancelled lists by itself', async () => {
    const ral = await rehearsalServer('RAL');
    const { campaign, name } = await cancelledList(ral);
    const ran = await campaign.run('misc/requeue', 0, ['--all', '--yes']);
    assert.equal(ran.of(name).action, 'split');
    nothingLostNorTwice(campaign, ral);
  });
});

describe('requeue of DONE/Bad', { concurrency: 4 }, () => {
  test('a whole list goes back under a new name; what was no transfer stays', async () => {
    const campaign = await bad();
    await campaign.run('misc/requeue', 0, [listName(1), '--yes']);
    assert.deepEqual(campaign.lists('TODO'), [`R-${listName(1)}`]);
    const rest = campaign.lists('DONE/Bad');
    assert.equal(rest.length, 1);
    assert.match(campaign.read(`DONE/Bad/${rest[0]}`), /# unreadable line 9/);
    assert.equal(campaign.state(`R-${listName(1)}`), 'WAITING');
    await campaign.run('consumer');
    assert.deepEqual(campaign.lists('DOING'), [`R-${listName(1)}`]);
  });

  const CHOICES: [string, string[], number][] = [
    ['by class', ['--class', 'permanent'], 1],
    ['by a part of the reason', ['--reason', 'PERMISSION'], 2],
    ['by LFN', ['--lfn', '/lhcb/b', '--lfn', '/lhcb/c'], 2],
    ['by path and class', [`DONE/Bad/${listName(1)}`, '--class', 'auth'], 2],
  ];
  for (const [name, args, transfers] of CHOICES)
    test(`single transfers, ${name}; the rest keeps its reasons`, async () => {
      const campaign = await bad();
      const ran = await campaign.run('misc/requeue', 0, [...args, '--yes']);
      assert.equal(ran.counts['transfers'], transfers);
      const [rest = ''] = campaign.lists('DONE/Bad');
      const kept = campaign.read(`DONE/Bad/${rest}`);
      assert.equal(kept.match(/^srm:/gm)?.length, 3 - transfers);
      assert.equal(kept.match(/^# (permanent|auth): /gm)?.length, 3 - transfers);
      nothingLostNorTwice(campaign);
    });

  test('shows the reasons, and does nothing without --yes where nobody can be asked', async () => {
    const campaign = await bad();
    const { exit, stdout, stderr } = await run('misc/requeue', { base: campaign.base, args: ['--all'] });
    assert.equal(exit, 2);
    assert.match(stdout, /all 3 transfers/);
    assert.match(stdout, /auth: permission denied: 2 transfers, such as/);
    assert.match(stderr, /no terminal to ask on; say --yes/);
    assert.deepEqual(campaign.lists('DONE/Bad'), [listName(1)]);
    assert.deepEqual(campaign.lists('TODO'), []);
  });

  test('without a choice it says what there is', async () => {
    const campaign = await bad();
    const { exit, stdout } = await run('misc/requeue', { base: campaign.base });
    assert.equal(exit, 0);
    assert.match(stdout, /^requeue: nothing was chosen: name lists, or say/);
    assert.match(stdout, /permanent: the source file is missing: 1 transfer/);
  });

  test('without a choice and with nothing to choose from it says so', async () => {
    const campaign = new Campaign([choice(await rehearsalServer('RAL'))]);
    const { exit, stdout } = await run('misc/requeue', { base: campaign.base });
    assert.equal(exit, 0);
    assert.equal(stdout, 'requeue: DONE/Bad is empty, no list in DOING was cancelled, and none in TODO stays back\n');
  });

  test('--dry-run says it and writes nothing', async () => {
    const campaign = await bad();
    await campaign.run('consumer');
    const before = campaign.read(`DONE/Bad/${listName(1)}`);
    const ran = await campaign.run('misc/requeue', 0, ['--all', '--dry-run']);
    assert.deepEqual(ran.of(listName(1)).to.slice(0, 1), [`TODO/R-${listName(1)}`]);
    assert.deepEqual(campaign.lists('TODO'), []);
    assert.equal(campaign.read(`DONE/Bad/${listName(1)}`), before);
  });

  test('refuses a list that somebody moved there while its job goes on', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.put('TODO', listName(1));
    await campaign.run('consumer');
    campaign.move(`DOING/${listName(1)}`, `DONE/Bad/${listName(1)}`);
    const ran = await campaign.run('misc/requeue', 3, [listName(1), '--yes']);
    assert.match(ran.said, /may still carry it out; put the list back into DOING/);
    assert.ok(campaign.has(`DONE/Bad/${listName(1)}`));
  });

  test('a list that is nowhere is named', async () => {
    const campaign = await bad();
    const ran = await campaign.run('misc/requeue', 3, ['nowhere.txt', '--yes']);
    assert.match(ran.said, /"nowhere.txt": it stands neither in DOING nor in DONE\/Bad/);
  });
});
