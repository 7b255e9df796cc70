/** groups: with producer.group_by a list holds what stands in one directory, or has the same in the fourth column. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';

import { Campaign } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';

const nobody = [{ name: 'RAL', endpoint: 'http://127.0.0.1:1' }];

const cut = (campaign: Campaign): string[] =>
  campaign.lists('TODO').map((name) =>
    campaign
      .read(`TODO/${name}`)
      .split('\n')
      .filter((line) => line.startsWith('srm'))
      .map((line) => line.split('  ')[0]?.slice(campaign.source.length) ?? '')
      .join(' '),
  );

test('a list ends where the directory changes, in one run and over several', async () => {
  const campaign = new Campaign(nobody, { producer: { group_by: 'directory', lfns_per_list: 2 } });
  const lines = ['/a/1', '/a/2', '/a/3', '# comment', 'no LFN', '/b/1', '', '/a/4', '/b/2', '/b/3'];
  campaign.lfns('a.list', lines);
  await campaign.run('producer', 0, ['--lists', '2']);
  assert.deepEqual(cut(campaign), ['/a/1 /a/2', '/a/3']);
  for (let run = 0; run < 3; run++) await campaign.run('producer', 0);
  assert.deepEqual(cut(campaign), ['/a/1 /a/2', '/a/3', '/b/1', '/a/4', '/b/2 /b/3']);
  assert.match(await campaign.text('producer', 0), /no LFNs remain/);
  everyTransferOnce(campaign.base);
  const audit = await campaign.run('misc/audit', 0);
  assert.equal(audit.exit, 0, audit.said);
  rmSync(campaign.path('sqlite_c2e.db'));
  const { stderr } = await campaign.run('misc/repair', 0, ['--without', 'RAL', '--yes']);
  assert.match(stderr, /a\.list: goes on at byte \d+, behind line 10/);
});

test('a list ends where the fourth column changes, and without that setting the column is a blank inside', async () => {
  const lines = ['/a/1 ADLER32:1 5 T1', '/b/2 - - T1', '/c/3 - 7 T2', '/c/4 - 7', '/c/5 - 7 T2'];
  const campaign = new Campaign(nobody, { producer: { group_by: 'column', lists_per_run: 9 } });
  campaign.lfns('a.list', lines);
  await campaign.run('producer', 0);
  assert.deepEqual(cut(campaign), ['/a/1 /b/2', '/c/3', '/c/4', '/c/5']);
  assert.match(campaign.read(`TODO/${campaign.lists('TODO')[0] ?? ''}`), /1 {2}5\n[^\n]*\/b\/2\n$/);
  assert.equal((await campaign.run('misc/audit', 0)).exit, 0);
  assert.match(await campaign.text('misc/explain', 0, ['/b/2']), /cut from +TODO\/ListOfLFNs\/a\.list, line 2/);
  const other = new Campaign(nobody);
  other.lfns('a.list', ['/a/0', ...lines]);
  await other.run('producer', 0);
  assert.match(other.read(`DONE/Bad/${other.lists('DONE/Bad')[0] ?? ''}`), /a\.list:2: has a blank inside/);
});
