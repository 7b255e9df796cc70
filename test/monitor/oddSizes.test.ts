/** oddSizes: sizes that no file has, in lists and in FTS's answers, are nobody's trouble. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { endJob, nothingLostNorTwice, rehearsalServer, submitted } from '../support/rehearsed.js';

const ODD: readonly unknown[] = [1000.5, 2 ** 60, -1, '1000', true, [], 0, Number.MAX_SAFE_INTEGER];
const lfns = ODD.map((_, index) => `/lhcb/${index}`);

describe('odd sizes', { concurrency: 4 }, () => {
  test('of FTS are unknown: the list is settled, and its bytes are those that can be', async () => {
    const ral = await rehearsalServer('RAL', {
      script: ({ source }) => ({ state: 'FINISHED', seconds: 1e6, size: (ODD[Number(source.at(-1))] ?? 7) as number }),
    });
    const campaign = new Campaign([choice(ral)]);
    const [one, two] = [listName(1), listName(2)];
    const jobs = await submitted(campaign, ral, { [one]: lfns, [two]: lfnsOf(two) });
    for (const id of Object.values(jobs)) endJob(ral, id);
    const ran = await campaign.run('monitor', 0);
    for (const list of [one, two]) assert.deepEqual(ran.of(list).to, [`DONE/Okay/${list}`]);
    nothingLostNorTwice(campaign, ral);
    for (const program of ['status', 'misc/audit']) await campaign.text(program, 0);
  });

  test('of lists, as version 1.0 has cut them, do not add up to more than can be counted', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    for (const round of [1, 2, 3]) {
      const list = listName(round);
      const jobs = await submitted(campaign, ral, { [list]: [`/lhcb/${round}a`, `/lhcb/${round}b`] });
      campaign.write(`DOING/${list}`, campaign.read(`DOING/${list}`).replace(/(?<=[ab])$/gm, '  -  9007199254740991'));
      endJob(ral, jobs[list] ?? '');
      assert.deepEqual((await campaign.run('monitor', 0)).of(list).to, [`DONE/Okay/${list}`]);
    }
    assert.deepEqual(campaign.rows('SELECT transfers, bytes FROM hourly'), [{ transfers: 6, bytes: 2 ** 53 - 1 }]);
    // Further hours, as months would have left them.
    const many = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)';
    campaign.leave(
      `INSERT INTO hourly (hour, outcome, transfers, bytes) ${many} SELECT i * 3600000, 'finished', 1, 9007199254740991 FROM n`,
    );
    for (const [program, args] of [
      ['status', []],
      ['misc/report', [campaign.path('page.html')]],
      ['monitor', ['--metrics', campaign.path('c.prom'), '--report', campaign.path('c.html')]],
    ] as const)
      await campaign.text(program, 0, args);
    // 2,001 hours of 9 PB: what is told is none of them alone.
    const all = 2001 * (2 ** 53 - 1);
    assert.match(campaign.read('c.prom'), new RegExp(`finished_bytes_total\\{.*\\} ${all}\\n`));
    assert.equal((JSON.parse(await campaign.text('status', 0, ['--json'])) as { bytes: number }).bytes, all);
    assert.match(await campaign.text('status', 0), / 18023 PB have arrived/);
    assert.match(campaign.read('page.html'), / 18023 PB so far/);
  });

  test('in an LFN list and in a list are bad lines', async () => {
    const ral = await rehearsalServer('RAL');
    const campaign = new Campaign([choice(ral)]);
    campaign.lfns('a.list', ['/a - 9007199254740991', '/b - 9007199254740991', '/c - 1000000000000001', '/d - 1000']);
    await campaign.run('producer');
    const [list = ''] = campaign.lists('TODO');
    assert.equal(campaign.read(`DONE/Bad/${list}`).match(/a size that no storage can have/g)?.length, 3);
    campaign.write(`TODO/${list}`, `${campaign.read(`TODO/${list}`)}${campaign.line('/e')}  -  9007199254740991\n`);
    await campaign.run('consumer');
    assert.equal(campaign.job(ral, list).transfers.length, 1);
    assert.match(campaign.read(`DONE/Bad/${list.replace('.txt', '~2.txt')}`), /config: its size cannot be \| line \d/);
  });
});
