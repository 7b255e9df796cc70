/**
 * placesOfFiles: files whose URLs FTS has rewritten beyond recognition are known by the place at which they were sent.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Campaign, listName, type Ran } from '../support/campaign.js';
import { before, type Entry } from '../support/front.js';
import { endJob, rehearsalServer } from '../support/rehearsed.js';

const NAME = listName(1);
const LFNS = ['/a', '/b', '/c'];

interface Served {
  readonly campaign: Campaign;
  readonly monitor: (exit: number) => Promise<Ran>;
}

let says: (entry: Entry) => Entry = (entry) => entry;
const ral = await rehearsalServer('RAL');
const front = await before({ after: (fn) => after(fn as () => void) }, ral, (entries) =>
  entries.map((entry) => says(entry)),
);
const submitted = new Campaign([{ name: 'RAL', endpoint: front.endpoint }]);
submitted.put('TODO', NAME, LFNS);
await submitted.run('consumer');
const { jobId } = submitted.job(ral, NAME);

/** A list of three in DOING, of which the second has failed for ever; the server says all URLs otherwise. */
function rewritten(change: (entry: Entry) => Entry): Served {
  says = change;
  const campaign = submitted.copy();
  endJob(ral, jobId, [['FINISHED'], ['FAILED', 'SOURCE [2] No such file or directory'], ['FINISHED']]);
  return { campaign, monitor: (exit) => campaign.run('monitor', exit) };
}

/** FTS in a version to come: other URLs, files in another order. */
const otherwise = (entry: Entry): Entry => ({
  ...entry,
  ...(entry.files === undefined
    ? {}
    : {
        files: entry.files
          .map((file) => ({ ...file, source_surl: `x://${String(file['file_index'])}`, dest_surl: 'x://same' }))
          .reverse(),
      }),
});

const lines = (campaign: Campaign, path: string): string[] =>
  campaign
    .read(path)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

test('a list that nobody has edited is settled by file_index', async () => {
  const { campaign, monitor } = rewritten(otherwise);
  await monitor(0);
  assert.deepEqual(lines(campaign, `DONE/Okay/${NAME}`), [campaign.line('/a'), campaign.line('/c')]);
  assert.deepEqual(lines(campaign, `DONE/Bad/${NAME}`), [campaign.line('/b')]);
  assert.deepEqual(campaign.lists('TODO'), []);
});

test('comments, checksums and sizes that were edited in DOING do not make it another list', async () => {
  const { campaign, monitor } = rewritten(otherwise);
  const edited = ['# looked at', ...LFNS.map((lfn) => `${campaign.line(lfn)}  ADLER32:0a1b2c3d  7`)];
  campaign.write(`DOING/${NAME}`, `${edited.join('\n')}\n`);
  await monitor(0);
  assert.equal(lines(campaign, `DONE/Okay/${NAME}`).length, 2);
});

test('of a list that was edited each line is known by its own hash, and what was added goes to TODO, with a failure', async () => {
  const { campaign, monitor } = rewritten(otherwise);
  campaign.write(`DOING/${NAME}`, ['/c', '/new', '/a'].map((lfn) => `${campaign.line(lfn)}\n`).join(''));
  await monitor(0);
  assert.deepEqual(lines(campaign, `DONE/Okay/${NAME}`), [campaign.line('/c'), campaign.line('/a')]);
  assert.deepEqual(lines(campaign, `TODO/R-${NAME}`), [campaign.line('/new')]);
  assert.deepEqual(campaign.rows('SELECT failures FROM list WHERE name = ?', `R-${NAME}`), [{ failures: 1 }]);
});

test('a list that nobody has edited and of which a file is missing stays, with both texts', async () => {
  const strange = (entry: Entry): Entry => ({
    ...entry,
    ...(entry.files === undefined
      ? {}
      : {
          files: entry.files.map((file) =>
            file['file_index'] === 2 ? { ...file, file_index: 7, dest_surl: 'x://c' } : file,
          ),
        }),
  });
  const { campaign, monitor } = rewritten(strange);
  for (let run = 0; run < 2; run += 1) {
    const ran = await monitor(3);
    assert.ok(ran.said.includes(`"${campaign.source}/c ${campaign.destination}/c"`), ran.said);
    assert.match(ran.said, /x:\/\/c"/);
    assert.deepEqual(campaign.lists('DOING'), [NAME]);
  }
});

test('without a record of what was sent (version 1.0) only URLs count', async () => {
  const { campaign, monitor } = rewritten(otherwise);
  campaign.leave('UPDATE job SET sent = NULL, sent_hash = NULL, pair_hashes = NULL');
  const ran = await monitor(3);
  assert.match(ran.said, /its files are not those of the list/);
  assert.deepEqual(campaign.lists('DOING'), [NAME]);
});

test('what a job itself says to have been sent must be what the row says', async () => {
  const { monitor, campaign } = rewritten((entry) => ({
    ...otherwise(entry),
    job_metadata: { ...(entry['job_metadata'] as object), sent_hash: '0000000000000000' },
  }));
  await monitor(3);
  assert.deepEqual(campaign.lists('DOING'), [NAME]);
});

test('a cancelled job that does not fit is named with both texts, too', async () => {
  const { campaign, monitor } = rewritten(otherwise);
  campaign.leave('UPDATE job SET sent = NULL, sent_hash = NULL, pair_hashes = NULL');
  ral.setJob(jobId, 'CANCELED');
  assert.match(
    (await monitor(3)).said,
    /the first line without a file is .* the first file of the job without a line is/,
  );
  ral.setJob(jobId, null);
});

test('a job that is lost counts as a failure of its list', async () => {
  const ral = await rehearsalServer('RAL');
  const campaign = new Campaign([{ name: 'RAL', endpoint: ral.url }]);
  campaign.put('TODO', NAME);
  await campaign.run('consumer');
  ral.forget();
  await campaign.run('monitor', 3);
  campaign.leave('UPDATE job SET missing_since = missing_since - 3600000');
  await campaign.run('monitor', 0);
  assert.deepEqual(campaign.lists('TODO'), [NAME]);
  assert.deepEqual(campaign.rows('SELECT failures FROM list'), [{ failures: 1 }]);
});
