/**
 * carried: in a campaign that was taken over from the original scripts, the consumer sends no list for the first time
 * before every server has said what goes to its destinations.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, lfnsOf } from '../support/campaign.js';
import * as original from '../support/originalCampaign.js';
import { endJob, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

const SILENT = { name: 'silent', does: 'refuse', when: {} } as const;
const NO_FILES = { name: 'no files', does: 'status', status: 500, when: { path: /^\/files/ } } as const;

/** How often each server was asked what goes to a destination of this campaign. */
const asked = (campaign: Campaign, ...servers: readonly RehearsalServer[]): number[] =>
  servers.map(
    ({ history }) =>
      history.filter(({ path }) => path.startsWith(`/files?dest_surl=${encodeURIComponent(campaign.destination)}`))
        .length,
  );

interface Taken {
  readonly campaign: Campaign;
  readonly ral: RehearsalServer;
  readonly cern: RehearsalServer;
}

/** A campaign of two servers, with these lists in TODO; `prepare` does what the original did before it was taken over. */
async function taken(
  lists: readonly string[],
  prepare: (taken: Taken) => Promise<void> = async () => {},
): Promise<Taken> {
  const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
  const campaign = new Campaign([choice(ral), choice(cern, 0)]);
  original.makeTable(campaign);
  for (const name of lists) campaign.put('TODO', name);
  await prepare({ campaign, ral, cern });
  await campaign.run('misc/takeOver', 0, ['--yes']);
  return { campaign, ral, cern };
}

/** The original submits a list and dies; a person brings it back to TODO. */
async function submittedUnseen(
  campaign: Campaign,
  server: RehearsalServer,
  name: string,
  submission: original.Submission = {},
): Promise<string> {
  const jobId = await original.submit(campaign, server, name, { ...submission, killed: 'before the row' });
  campaign.move(`DOING/${name}`, `TODO/${name}`);
  return jobId;
}

const [one, two, three, four, five] = [1, 2, 3, 4, 5].map((age) => original.originalName(age)) as [
  string,
  string,
  string,
  string,
  string,
];

describe('what FTS carries already', { concurrency: 2 }, () => {
  test('a list whose destinations nothing goes to is submitted, after each server was asked about each of them', async () => {
    const { campaign, ral, cern } = await taken([one]);
    const ran = await campaign.run('consumer', 0);
    assert.deepEqual([ran.of(one).action, ...asked(campaign, ral, cern)], ['submitted', 2, 2]);
    const [files, post] = ['/files', '/jobs'].map((path) =>
      ral.history.findLastIndex(
        (entry) => entry.path.startsWith(path) && (path === '/files' || entry.method === 'POST'),
      ),
    );
    assert.ok((files ?? 0) < (post ?? 0));
    // Sent once, it is known by the ids that we give: it is asked about no more.
    endJob(ral, campaign.job(ral, one).jobId, [
      ['FAILED', 'TRANSFER x'],
      ['FAILED', 'TRANSFER x'],
    ]);
    await campaign.run('monitor', 0);
    assert.equal((await campaign.run('consumer', 0)).of(one).action, 'submitted');
    assert.deepEqual(asked(campaign, ral, cern), [2, 2]);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a campaign that was never taken over asks for no destination', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.put('TODO', one);
    await campaign.run('consumer', 0);
    assert.deepEqual(asked(campaign, ral), [0]);
  });

  test('a job of the list, or of a part of it, is adopted at whichever server it runs', async () => {
    const jobs: string[] = [];
    const { campaign, ral, cern } = await taken([one, two, three], async ({ campaign, ral, cern }) => {
      jobs.push(await submittedUnseen(campaign, cern, one));
      jobs.push(await submittedUnseen(campaign, ral, two));
    });
    const dry = await campaign.run('consumer', 0, ['--dry-run']);
    assert.deepEqual(
      [one, two, three].map((name) => dry.of(name).action),
      ['adopted', 'adopted', 'submitted'],
    );
    assert.deepEqual([campaign.lists('DOING'), campaign.state(one)], [[], 'WAITING']);

    const ran = await campaign.run('consumer', 0);
    assert.deepEqual(
      [one, two, three].map((name) => ran.of(name).action),
      ['adopted', 'adopted', 'submitted'],
    );
    assert.deepEqual([ran.of(one).jobId, ran.of(two).jobId], jobs);
    assert.deepEqual([ran.of(one).server, ran.of(two).server], ['CERN', 'RAL']);
    assert.ok(ran.said.includes(`Adopted job ${jobs[0]} on CERN for list "${one}" in TODO`), ran.said);
    assert.deepEqual(campaign.lists('DOING'), [one, two, three].sort());
    assert.deepEqual(campaign.rows('SELECT state, attempt FROM list WHERE name = ?', one), [
      { state: 'SUBMITTED', attempt: 1 },
    ]);
    assert.deepEqual([campaign.jobs(ral).length, campaign.jobs(cern).length], [2, 1]);
    const seen = await campaign.run('monitor', 0);
    assert.deepEqual(
      [one, two].map((name) => seen.of(name).jobId),
      jobs,
    );
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('an adopted list keeps the failures of its name, and lines that its job lacks go to TODO when it ends', async () => {
    const name = original.originalName(7, 'uu');
    const { campaign, ral, cern } = await taken([name], async ({ campaign, ral }) => {
      const [, missing = ''] = lfnsOf(name);
      await submittedUnseen(campaign, ral, name, { missing: [missing] });
      campaign.write('DONE/badFileList.txt', '');
    });
    assert.equal((await campaign.run('consumer', 0)).of(name).action, 'adopted');
    assert.deepEqual(campaign.rows('SELECT failures FROM list WHERE name = ?', name), [{ failures: 2 }]);
    endJob(ral, campaign.jobs(ral)[0]?.jobId ?? '');
    await campaign.run('monitor', 0);
    assert.ok(campaign.has(`DONE/Okay/${name}`));
    assert.equal(campaign.lists('TODO').length, 1);
    nothingLostNorTwice(campaign, ral, cern);
  });

  test('a job that is not just this list is named, exit 3, and others go on', async () => {
    const { campaign, ral, cern } = await taken([one, two, three, four], async ({ campaign, ral, cern }) => {
      await submittedUnseen(campaign, ral, one, { dn: '/CN=Somebody Else' });
      await submittedUnseen(campaign, ral, two);
      await submittedUnseen(campaign, cern, two);
      await submittedUnseen(campaign, ral, three);
      campaign.write(`TODO/${three}`, `${campaign.line(lfnsOf(three)[0] ?? '')}\n`);
    });
    const posts = campaign.jobs(ral).length;
    for (const of of [posts + 1, posts + 1]) {
      const ran = await campaign.run('consumer', 3);
      assert.deepEqual(
        [one, two, three].map((name) => ran.of(name).action),
        ['skipped', 'skipped', 'skipped'],
      );
      assert.match(ran.said, new RegExp(`List "${one}" in TODO is not sent: job .* is another user's`));
      assert.match(ran.said, new RegExp(`List "${two}" in TODO is not sent: several jobs are carrying its transfers`));
      assert.match(
        ran.said,
        new RegExp(`List "${three}" in TODO is not sent: job .* has 1 transfer that the list has not`),
      );
      assert.deepEqual([campaign.lists('TODO'), campaign.lists('DOING')], [[one, two, three].sort(), [four]]);
      assert.equal(campaign.jobs(ral).length, of);
    }
    assert.equal(campaign.jobs(cern).length, 1);
  });

  test("a job of ours, and one of the original's that is another list's, are adopted by no second list", async () => {
    const { campaign, ral } = await taken([one, two], async ({ campaign, ral }) => {
      await original.submit(campaign, ral, two);
    });
    await campaign.run('consumer', 0);
    for (const [copy, of] of [
      [three, one],
      [four, two],
    ] as const)
      campaign.write(`TODO/${copy}`, campaign.read(`DOING/${of}`));
    const ran = await campaign.run('consumer', 3);
    assert.match(ran.said, new RegExp(`List "${three}" in TODO is not sent: .* is that of list "${one}"`));
    assert.match(ran.said, new RegExp(`List "${four}" in TODO is not sent: .* is that of list "${two}"`));
    assert.equal(campaign.jobs(ral).length, 2);
  });

  test('what our producer cuts once more, as sed was killed, is not sent while the job of the original runs', async () => {
    const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
    const campaign = new Campaign([choice(ral), choice(cern)]);
    original.makeTable(campaign);
    campaign.lfns('USER.list', ['/lhcb/a.dst', '/lhcb/b.dst', '/lhcb/c.dst']);
    original.cutAndDie(campaign, 'USER.list', one);
    await original.submit(campaign, cern, one);
    // It says so, and nobody listens.
    assert.match(
      (await campaign.run('misc/takeOver', 3, ['--yes'])).said,
      /begins with 2 lines that stand in lists already/,
    );
    const cut = await campaign.run('producer', 0);
    assert.deepEqual([cut.counts['cut'], campaign.has('TODO/ListOfLFNs/sedAbC123')], [1, true]);
    const ran = await campaign.run('consumer', 3);
    assert.match(
      ran.said,
      new RegExp(`is not sent: job .* at CERN is carrying transfers of it, and is that of list "${one}"`),
    );
    const sent = [ral, cern].flatMap((server) => campaign.jobs(server)).flatMap(({ transfers }) => transfers);
    assert.equal(sent.filter(({ source }) => source.endsWith('/a.dst')).length, 1);
  });

  for (const [what, fault] of [
    ['is silent', SILENT],
    ['answers 500 to /files', NO_FILES],
  ] as const)
    test(`while one server ${what} a list waits, exit 3`, async () => {
      const { campaign, ral, cern } = await taken([one, two]);
      cern.setFaults([fault]);
      const ran = await campaign.run('consumer', 3);
      assert.deepEqual(
        [one, two].map((name) => ran.of(name).action),
        ['waiting', 'waiting'],
      );
      assert.match(
        ran.said,
        /2 lists stay where they are: CERN cannot be asked \(.*nothing is sent for the first time/,
      );
      assert.deepEqual([campaign.jobs(ral), campaign.lists('DOING')], [[], []]);
      cern.setFaults([]);
      await campaign.run('consumer', 0);
      assert.equal(campaign.jobs(ral).length, 2);
      nothingLostNorTwice(campaign, ral, cern);
    });

  test('a server that answers about no list is not asked about all of them', async () => {
    const names = Array.from({ length: 9 }, (_, age) => original.originalName(age));
    const { campaign, cern } = await taken(names);
    cern.setFaults([NO_FILES]);
    const ran = await campaign.run('consumer', 3, ['--lists', '20']);
    assert.match(ran.said, /9 lists stay where they are/);
    const about = new Set(
      cern.history
        .filter(({ fault }) => fault === 'no files')
        .map(({ path }) => /FTSList[^/]*\.txt/.exec(decodeURIComponent(path))?.[0]),
    );
    assert.equal(about.size, 5);
  });

  test('while the take-over is not complete, lists without a known job wait, and the others go on', async () => {
    const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
    const campaign = new Campaign([choice(ral), choice(cern, 0)]);
    original.makeTable(campaign);
    for (const name of [one, two, three]) campaign.put('TODO', name);
    const failed = await original.submit(campaign, ral, one);
    campaign.put('DOING', five);
    cern.setFaults([SILENT]);
    await campaign.run('misc/takeOver', 3, ['--yes']);
    cern.setFaults([]);
    endJob(ral, failed, [
      ['FAILED', 'TRANSFER x'],
      ['FAILED', 'TRANSFER x'],
    ]);
    await campaign.run('monitor', 3);
    const ran = await campaign.run('consumer', 3);
    assert.deepEqual(
      [one, two, three].map((name) => ran.of(name).action),
      ['submitted', 'waiting', 'waiting'],
    );
    assert.match(
      ran.said,
      /2 lists wait without a job that is known: .* run it again: node dist\/misc\/takeOver\.js --base '/,
    );
    await campaign.run('misc/takeOver', 0, ['--yes']);
    const then = await campaign.run('consumer', 0);
    assert.deepEqual(
      [two, three].map((name) => then.of(name).action),
      ['submitted', 'submitted'],
    );
    await campaign.run('monitor', 0);
    nothingLostNorTwice(campaign, ral, cern);
  });
});
