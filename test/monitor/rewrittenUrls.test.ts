/**
 * rewrittenUrls: jobs whose files FTS stores under other URLs than those of the list, and jobs that do not fit theirs
 * at all.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { endJob, rehearsalServer } from '../support/rehearsed.js';

const [one, two] = [listName(1), listName(2)];

describe('rewritten URLs', { concurrency: 4 }, () => {
  for (const job of [{ bring_online: 3600 }, { copy_pin_lifetime: 600 }])
    test(`with ${Object.keys(job)[0]} a finished list of root sources is done, and submitted once`, async () => {
      const ral = await rehearsalServer('RAL');
      const campaign = new Campaign([choice(ral)], { job });
      const lines = ['/a', '/b?k=a%20b&x', '/c?activity=old#f'].map(
        (path, index) => `root://tape.example.org/${path}  ${campaign.destination}/${index}`,
      );
      campaign.write(`TODO/${one}`, `${lines.join('\n')}\n`);
      await finished(campaign, ral, [one]);
      await campaign.run('consumer');
      assert.equal(posts(ral, one), 1);
    });

  test('an https destination that ends in a semicolon is stored without it: done all the same', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.write(`TODO/${one}`, `${campaign.source}/a  https://echo.example.org/a;\n`);
    campaign.write(`TODO/${two}`, `${campaign.source}/b  https://echo.example.org/b;?k=v\n`);
    await finished(campaign, ral, [one, two]);
  });

  for (const state of ['FINISHED', 'FAILED', 'FINISHEDDIRTY'])
    test(`a ${state} job of which no file fits the list: the list stays, with both texts, and nothing is repeated`, async () => {
      const ral = await rehearsalServer('RAL');
      const campaign = new Campaign([choice(ral)]);
      campaign.write(`TODO/${one}`, `${campaign.source}/a  ${campaign.destination}/a\n`);
      campaign.write(`TODO/${two}`, `${campaign.source}/b  ${campaign.destination}/b\n`);
      await campaign.run('consumer', 0, ['--lists', '9']);
      campaign.write(`DOING/${one}`, `${campaign.source}/other  ${campaign.destination}/other\n`);
      const outcome = state === 'FINISHED' ? 'FINISHED' : 'FAILED';
      endJob(ral, jobOf(ral, one), [[outcome, state === 'FINISHED' ? '' : 'TRANSFER [5] x']]);
      if (state === 'FINISHEDDIRTY') ral.setJob(jobOf(ral, one), state);
      endJob(ral, jobOf(ral, two));
      for (let run = 0; run < 2; run += 1) {
        const ran = await campaign.run('monitor', 3);
        assert.ok(ran.said.includes(`"${campaign.source}/other ${campaign.destination}/other"`), ran.said);
        assert.ok(ran.said.includes(`"${campaign.source}/a ${campaign.destination}/a"`), ran.said);
        assert.equal(ran.of(one).action, 'kept');
        assert.deepEqual(campaign.lists('DOING'), [one]);
        await campaign.run('consumer');
      }
      assert.deepEqual(campaign.lists('DONE/Okay'), [two]);
      assert.equal(posts(ral, one), 1);
      // A person gives the list the lines of its job again.
      campaign.write(`DOING/${one}`, `${campaign.source}/a  ${campaign.destination}/a\n`);
      await campaign.run('monitor', 0);
      assert.ok(!campaign.has(`DOING/${one}`));
    });
});

const jobOf = (ral: RehearsalServer, list: string): string =>
  ral.submissions.find(({ metadata }) => (metadata as { list?: string }).list === list)?.jobId ?? '';

const posts = (ral: RehearsalServer, list: string): number =>
  ral.history.filter(({ method, path, body }) => method === 'POST' && path === '/jobs' && body.includes(`"${list}"`))
    .length;

async function finished(campaign: Campaign, ral: RehearsalServer, names: readonly string[]): Promise<void> {
  await campaign.run('consumer', 0, ['--lists', '9']);
  for (const name of names) endJob(ral, jobOf(ral, name));
  const ran = await campaign.run('monitor', 0);
  for (const name of names) {
    assert.deepEqual(ran.of(name).to, [`DONE/Okay/${name}`]);
    assert.equal(posts(ral, name), 1);
  }
  for (const place of ['TODO', 'DOING', 'DONE/Dirty']) assert.deepEqual(campaign.lists(place), []);
}
