/**
 * originalTable: a campaign of the original scripts is taken over with its lists, its jobs and its database.
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { test } from 'node:test';

import { Campaign, choice, lfnsOf } from '../support/campaign.js';
import { endJob, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

const [okay, failed, running, sentBack, settled, unknown] = [
  'FTSList-05042018-100000.txt',
  'DFTSList-05042018-110000.txt',
  'uFTSList-05042018-120000.txt',
  'Retry-FTSList-05042018-130000.txt',
  'FTSList-04042018-100000.txt',
  'FTSList-05042018-140000.txt',
] as const;

test("the original's table and lists are taken over, and its jobs are not submitted again", async () => {
  const ral = await rehearsalServer('RAL');
  const cern = await rehearsalServer('CERN');
  const campaign = new Campaign([choice(ral)]);
  const jobs: Record<string, string> = {};
  for (const list of [okay, failed, running, sentBack, settled])
    jobs[list] = await submittedBefore(campaign, cern.url, list);
  for (const list of [okay, failed, running, unknown]) campaign.put('DOING', list);
  campaign.put('TODO', sentBack);
  endJob(cern, jobs[okay] ?? '');
  for (const list of [failed, sentBack])
    endJob(cern, jobs[list] ?? '', [
      ['FAILED', 'Timed out'],
      ['FAILED', 'Timed out'],
    ]);
  endJob(cern, jobs[settled] ?? '');

  const db = new Sqlite(campaign.path('sqlite_c2e.db'));
  db.exec(`CREATE TABLE FTSJobMap ("FTS file name" TEXT, "FTS job ID" TEXT, "FTS job status" TEXT,
    "Number of non-successful times" INTEGER, "FTS server" TEXT)`);
  const insert = db.prepare('INSERT INTO FTSJobMap VALUES (?, ?, ?, ?, ?)');
  // Its counter counted looks, so it says nothing of failures.
  insert.run(okay, jobs[okay], 'ACTIVE', 12, cern.url);
  insert.run(failed, jobs[failed], 'ACTIVE', 40, `${cern.url}/`);
  insert.run(running, jobs[running]?.toUpperCase(), 'SUBMITTED', 3, cern.url);
  insert.run(sentBack, jobs[sentBack], 'FAILED', 4, cern.url);
  insert.run(settled, jobs[settled], 'FINISHED', 0, cern.url);
  insert.run('no list at all', null, null, null, null);
  db.close();

  const ran = await campaign.run('monitor', 0);
  assert.deepEqual(
    [okay, failed, running, unknown].map((list) => [ran.of(list).rule, ...ran.of(list).to]),
    [
      [2, `DONE/Okay/${okay}`],
      [5, `TODO/${failed}`],
      [ran.of(running).state === 'ACTIVE' ? 4 : 6],
      [1, `TODO/${unknown}`],
    ],
  );
  assert.equal(ran.of(running).jobId, jobs[running]);
  assert.deepEqual(campaign.rows('SELECT name, state, attempt, failures FROM list ORDER BY name'), [
    { name: failed, state: 'WAITING', attempt: 1, failures: 1 },
    { name: settled, state: 'SETTLED', attempt: 1, failures: 0 },
    { name: okay, state: 'SETTLED', attempt: 1, failures: 0 },
    { name: sentBack, state: 'WAITING', attempt: 1, failures: 0 },
    { name: running, state: 'SUBMITTED', attempt: 1, failures: 0 },
  ]);
  assert.equal(campaign.rows('SELECT * FROM FTSJobMap').length, 6);

  const sent = await campaign.run('consumer', 0);
  assert.deepEqual(
    sent.lists.map(({ list, action, server }) => [list, action, server].join(' ')),
    [failed, sentBack, unknown].map((list) => `${list} submitted RAL`),
  );
  assert.deepEqual(campaign.lists('DOING'), [failed, sentBack, unknown, running].sort());
  nothingLostNorTwice(campaign, ral, cern);
});

/** A job as the original submitted it: without an id of our making. Returns its id. */
async function submittedBefore(campaign: Campaign, url: string, list: string): Promise<string> {
  const files = lfnsOf(list).map((lfn) => ({
    sources: [campaign.source + lfn],
    destinations: [campaign.destination + lfn],
  }));
  const answer = await fetch(`${url}/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ files, params: { overwrite: true } }),
  });
  return ((await answer.json()) as { job_id: string }).job_id;
}
