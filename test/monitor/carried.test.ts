/**
 * carried: in a campaign that was taken over from the original scripts, no list without a submission of ours goes from
 * DOING to TODO before every server has said what goes to its destinations.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, lfnsOf } from '../support/campaign.js';
import * as original from '../support/originalCampaign.js';
import { endJob, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

const SILENT = { name: 'silent', does: 'refuse', when: {} } as const;
const NO_FILES = { name: 'no files', does: 'status', status: 500, when: { path: /^\/files/ } } as const;
const NOWHERE = 'f3bb4464-1a1d-4f2e-9c5a-0123456789ab';

interface Servers {
  readonly ral: RehearsalServer;
  readonly cern: RehearsalServer;
}

/** A campaign of the original, of two servers. */
async function campaignOf(): Promise<Servers & { readonly campaign: Campaign }> {
  const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
  const campaign = new Campaign([choice(ral), choice(cern, 0)]);
  original.makeTable(campaign);
  return { campaign, ral, cern };
}

/** The original submits a list and dies before it has noted the job. */
async function submittedUnseen(
  campaign: Campaign,
  server: RehearsalServer,
  name: string,
  submission: original.Submission = {},
): Promise<string> {
  campaign.put('TODO', name);
  return original.submit(campaign, server, name, { ...submission, killed: 'before the row' });
}

const takeOver = (campaign: Campaign, exit = 0): Promise<unknown> => campaign.run('misc/takeOver', exit, ['--yes']);

/** The jobs that are gone have been for an hour. */
const anHourLater = (campaign: Campaign): void =>
  campaign.leave('UPDATE job SET missing_since = missing_since - 3600000 WHERE missing_since IS NOT NULL');

const names = (count: number): string[] => Array.from({ length: count }, (_, age) => original.originalName(age));
const [one, two, three, four] = [1, 2, 3, 4].map((age) => original.originalName(age)) as [
  string,
  string,
  string,
  string,
];

describe('what FTS carries already', { concurrency: 2 }, () => {
  test('lists without a row: one whose job runs is adopted and seen by the rules, another goes to TODO', async () => {
    const { campaign, ral, cern } = await campaignOf();
    campaign.put('TODO', four);
    await takeOver(campaign);
    // Parked, and brought back; or sent by a cron job that nobody has switched off.
    const jobId = await submittedUnseen(campaign, cern, one);
    campaign.put('DOING', two);
    const dry = await campaign.run('monitor', 0, ['--dry-run']);
    assert.deepEqual([dry.of(one).action, dry.of(two).action], ['adopted', 'moved']);
    assert.deepEqual([campaign.state(one), campaign.lists('DOING')], [undefined, [one, two]]);

    const ran = await campaign.run('monitor', 0);
    assert.ok(ran.said.includes(`Adopted job ${jobId} on CERN for list "${one}" in DOING`), ran.said);
    const { action, jobId: seen, server, rule } = ran.of(one);
    assert.deepEqual([action, seen, server, rule === 4 || rule === 6], ['kept', jobId, 'CERN', true]);
    assert.deepEqual([ran.of(two).action, ran.of(two).rule], ['moved', 1]);
    assert.deepEqual(campaign.rows('SELECT state, attempt FROM list WHERE name = ?', one), [
      { state: 'SUBMITTED', attempt: 1 },
    ]);
    endJob(cern, jobId);
    await campaign.run('monitor', 0);
    assert.ok(campaign.has(`DONE/Okay/${one}`));
    assert.deepEqual(campaign.jobs(ral), []);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('lists that a person has moved to DOING, or that had no job at the take-over, likewise', async () => {
    const { campaign, ral, cern } = await campaignOf();
    campaign.put('TODO', one);
    for (const name of [two, three]) campaign.put('DOING', name);
    await takeOver(campaign);
    assert.deepEqual(
      [one, two, three].map((name) => campaign.state(name)),
      ['WAITING', 'WAITING', 'WAITING'],
    );
    const jobs: string[] = [];
    campaign.move(`DOING/${two}`, `TODO/${two}`);
    for (const name of [one, two]) jobs.push(await original.submit(campaign, cern, name, { killed: 'before the row' }));
    const dry = await campaign.run('monitor', 0, ['--dry-run']);
    assert.deepEqual(
      [one, two, three].map((name) => dry.of(name).action),
      ['adopted', 'adopted', 'moved'],
    );
    const ran = await campaign.run('monitor', 0);
    assert.deepEqual(
      [one, two, three].map((name) => ran.of(name).action),
      ['kept', 'kept', 'moved'],
    );
    assert.deepEqual([ran.of(one).jobId, ran.of(two).jobId], jobs);
    assert.deepEqual([campaign.lists('DOING'), campaign.lists('TODO')], [[one, two], [three]]);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a job of the table that no server has is a warning, then rule 1 after the hour: no brake, no failure', async () => {
    const { campaign, ral, cern } = await campaignOf();
    const lists = names(8).map((name, age) => (age === 0 ? `u${name}` : name));
    for (const list of lists) {
      campaign.put('DOING', list);
      original.putRow(campaign, { list, jobId: NOWHERE.replace(/.$/, String(lists.indexOf(list))), server: ral.url });
    }
    await takeOver(campaign);
    const first = await campaign.run('monitor', 0);
    assert.deepEqual(new Set(lists.map((name) => first.of(name).action)), new Set(['kept']));
    assert.equal(first.warnings.length, 8);
    assert.match(
      first.said,
      /is gone from RAL, from its archive too; if it is still gone in an hour, the list goes back/,
    );
    const failures = campaign.rows('SELECT name, failures FROM list ORDER BY name');
    anHourLater(campaign);
    // One of them was sent again later, at a server that its row does not name.
    const [, again = ''] = lists;
    campaign.move(`DOING/${again}`, `TODO/${again}`);
    const jobId = await original.submit(campaign, cern, again, { killed: 'before the row' });
    const ran = await campaign.run('monitor', 0);
    const others = lists.filter((name) => name !== again);
    for (const name of others) assert.deepEqual([ran.of(name).action, ran.of(name).rule], ['moved', 1]);
    assert.deepEqual([ran.of(again).action, ran.of(again).jobId], ['kept', jobId]);
    assert.deepEqual([campaign.lists('TODO'), campaign.lists('DOING')], [others.sort(), [again]]);
    assert.deepEqual(campaign.rows('SELECT name, failures FROM list ORDER BY name'), failures);
    assert.deepEqual(campaign.rows('SELECT failures FROM list WHERE name = ?', lists[0]), [{ failures: 1 }]);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('jobs of ours that are gone are braked as ever beside them', async () => {
    const { campaign, ral } = await campaignOf();
    const [theirs, ...ours] = names(9);
    campaign.put('DOING', theirs ?? '');
    original.putRow(campaign, { list: theirs ?? '', jobId: NOWHERE, server: ral.url });
    for (const name of ours) campaign.put('TODO', name);
    await takeOver(campaign);
    await campaign.run('consumer', 0, ['--lists', '20']);
    campaign.leave("UPDATE job SET job_id = '00000000' || substr(job_id, 9) WHERE sid <> ''");
    await campaign.run('monitor', 3);
    anHourLater(campaign);
    const ran = await campaign.run('monitor', 3);
    assert.match(ran.said, /8 lists of 8 in DOING have no job in FTS: so many at once/);
    assert.deepEqual([campaign.lists('TODO'), campaign.lists('DOING')], [[theirs], ours]);
  });

  test('a job that is not just this list is named, exit 3, and the list stays', async () => {
    const { campaign, ral, cern } = await campaignOf();
    campaign.put('DOING', two);
    await takeOver(campaign);
    const other = await submittedUnseen(campaign, ral, one, { dn: '/CN=Somebody Else' });
    campaign.move(`DOING/${two}`, `TODO/${two}`);
    await original.submit(campaign, cern, two, { killed: 'before the row' });
    campaign.write(`DOING/${two}`, `${campaign.line(lfnsOf(two)[0] ?? '')}\n`);
    for (let look = 0; look < 2; look += 1) {
      const ran = await campaign.run('monitor', 3);
      assert.deepEqual([ran.of(one).action, ran.of(two).action], ['skipped', 'skipped']);
      assert.match(ran.said, new RegExp(`List "${one}" in DOING is not sent: job ${other} .* is another user's`));
      assert.match(ran.said, new RegExp(`List "${two}" in DOING is not sent: .* has 1 transfer that the list has not`));
      assert.deepEqual([campaign.lists('DOING'), campaign.lists('TODO')], [[one, two], []]);
    }
  });

  for (const [what, fault] of [
    ['is silent', SILENT],
    ['answers 500 to /files', NO_FILES],
  ] as const)
    test(`while one server ${what} the lists stay in DOING, exit 3`, async () => {
      const { campaign, ral, cern } = await campaignOf();
      campaign.put('DOING', one);
      campaign.put('DOING', two);
      original.putRow(campaign, { list: two, jobId: NOWHERE, server: ral.url });
      await takeOver(campaign);
      await campaign.run('monitor', 0);
      campaign.move(`TODO/${one}`, `DOING/${one}`);
      anHourLater(campaign);
      cern.setFaults([fault]);
      const ran = await campaign.run('monitor', 3);
      assert.match(ran.said, /2 lists stay where they are: CERN cannot be asked/);
      assert.deepEqual([campaign.lists('DOING'), campaign.lists('TODO')], [[one, two], []]);
      cern.setFaults([]);
      await campaign.run('monitor', 0);
      assert.deepEqual([campaign.lists('DOING'), campaign.lists('TODO')], [[], [one, two]]);
    });

  test('while the take-over is not complete, lists without a known job stay in DOING, and the others go on', async () => {
    const { campaign, ral, cern } = await campaignOf();
    campaign.put('TODO', one);
    const known = await original.submit(campaign, ral, one);
    for (const name of [two, three]) campaign.put('DOING', name);
    cern.setFaults([SILENT]);
    await takeOver(campaign, 3);
    cern.setFaults([]);
    endJob(ral, known);
    const ran = await campaign.run('monitor', 3);
    assert.match(
      ran.said,
      /2 lists wait without a job that is known: .* run it again: node dist\/misc\/takeOver\.js --base '/,
    );
    assert.deepEqual([campaign.lists('DONE/Okay'), campaign.lists('DOING')], [[one], [two, three]]);
    await takeOver(campaign);
    await campaign.run('monitor', 0);
    assert.deepEqual(campaign.lists('TODO'), [two, three]);
    nothingLostNorTwice(campaign, ral, cern);
  });
});
