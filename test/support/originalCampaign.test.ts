/** originalCampaign: the campaign that the fixture writes is the one that the original scripts left. */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { describe, test } from 'node:test';

import { Campaign, choice, lfnsOf } from './campaign.js';
import * as original from './originalCampaign.js';
import { rehearsalServer } from './rehearsed.js';

const [one, two, three] = [original.originalName(1), original.originalName(2, 'u'), original.originalName(3, 'D')];
const ID = 'f3bb4464-1a1d-4f2e-9c5a-0123456789ab';

function rowsOf(campaign: Campaign, file = 'sqlite_c2e.db'): unknown[][] {
  const db = new Sqlite(campaign.path(file), { readonly: true });
  try {
    return db.prepare('SELECT * FROM FTSJobMap ORDER BY 1').raw().all() as unknown[][];
  } finally {
    db.close();
  }
}

describe('the campaign of the original scripts', () => {
  test('its table is read back in each of its versions', () => {
    const campaign = new Campaign([]);
    const row = { list: one, jobId: ID, status: 'ACTIVE', looks: 7, server: 'https://fts3.example.org:8446' };
    for (const [version, cells] of [
      ['two columns', [one, `${ID}\n`]],
      ['no server', [one, ID, 'ACTIVE', 7]],
      ['server', [one, ID, 'ACTIVE', 7, row.server]],
    ] as const) {
      original.makeTable(campaign, version, `${version}.db`);
      original.putRow(campaign, row, `${version}.db`);
      assert.deepEqual(rowsOf(campaign, `${version}.db`), [cells]);
    }
    const declared = campaign.path('server.db');
    const db = new Sqlite(declared, { readonly: true });
    const [key] = db.pragma('table_info("FTSJobMap")') as unknown[];
    db.close();
    assert.deepEqual(key, { cid: 0, name: 'FTS file name', type: 'VARCHAR(250)', notnull: 1, dflt_value: null, pk: 1 });
  });

  test('a list that is sent again has the id of its new job beside the server of the old one', async () => {
    const [ral, cern] = [await rehearsalServer('RAL'), await rehearsalServer('CERN')];
    const campaign = new Campaign([choice(ral)]);
    original.makeTable(campaign);
    campaign.put('TODO', one);
    const first = await original.submit(campaign, ral, one);
    campaign.move(`DOING/${one}`, `TODO/${one}`);
    const second = await original.submit(campaign, cern, one);
    assert.deepEqual(rowsOf(campaign), [[one, second, 'submitted', 0, ral.url]]);
    assert.deepEqual(
      [ral, cern].map((server) => campaign.jobs(server).map(({ jobId }) => jobId)),
      [[first], [second]],
    );
    for (const id of [first, second]) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
    assert.deepEqual(campaign.lists('DOING'), [one]);
  });

  test('a job may be of another time, user and VO, without a row, and without the sources that were missing', async () => {
    let clock = Date.parse('2018-04-05T10:00:00Z');
    const ral = await rehearsalServer('RAL', { now: () => clock });
    const campaign = new Campaign([choice(ral)]);
    original.makeTable(campaign);
    for (const name of [one, two]) campaign.put('TODO', name);
    assert.equal(await original.submit(campaign, ral, one, { killed: 'before the submission' }), '');
    const [missing = '', there = ''] = lfnsOf(two);
    const id = await original.submit(campaign, ral, two, {
      missing: [missing],
      killed: 'before the row',
      dn: '/CN=Somebody',
      vo: 'atlas',
    });
    clock += 86_400_000;
    assert.deepEqual(rowsOf(campaign), []);
    assert.equal(campaign.read('DONE/badFileList.txt'), `${campaign.line(missing)}\n`);
    const headers = { 'x-rehearsal-vo': 'atlas' };
    const answer = await fetch(`${ral.url}/files?dest_surl=${encodeURIComponent(campaign.destination + there)}`, {
      headers,
    });
    const files = (await answer.json()) as { job_id: string }[];
    assert.deepEqual(
      files.map(({ job_id }) => job_id),
      [id],
    );
    const job = (await (await fetch(`${ral.url}/jobs/${id}`, { headers })).json()) as Record<string, unknown>;
    assert.deepEqual([job['submit_time'], job['user_dn']], ['2018-04-05T10:00:00', '/CN=Somebody']);
    assert.equal(campaign.jobs(ral).length, 1);
  });

  test('its LFN list gets shorter as it is cut, or keeps what was cut beside a file of sed', () => {
    const campaign = new Campaign([]);
    campaign.lfns('USER.list', ['/lhcb/a.dst', '/lhcb/b.dst', '/lhcb/c.dst', '/lhcb/d.dst', '/lhcb/e.dst']);
    original.cut(campaign, 'USER.list', one);
    assert.equal(campaign.read(`TODO/${one}`), `${campaign.line('/lhcb/a.dst')}\n${campaign.line('/lhcb/b.dst')}\n`);
    assert.equal(campaign.read('TODO/ListOfLFNs/USER.list'), '/lhcb/c.dst\n/lhcb/d.dst\n/lhcb/e.dst\n');
    original.cutAndDie(campaign, 'USER.list', two);
    assert.equal(campaign.read(`TODO/${two}`), `${campaign.line('/lhcb/c.dst')}\n${campaign.line('/lhcb/d.dst')}\n`);
    assert.equal(campaign.read('TODO/ListOfLFNs/USER.list'), '/lhcb/c.dst\n/lhcb/d.dst\n/lhcb/e.dst\n');
    assert.equal(campaign.read('TODO/ListOfLFNs/sedAbC123'), '/lhcb/e.dst\n');
  });

  test('what its monitor makes of lists, and what lies about', () => {
    const campaign = new Campaign([]);
    for (const name of [one, two, three]) campaign.put('DOING', name);
    const [failed = '', missing = ''] = lfnsOf(one);
    original.split(campaign, one, { failed: [failed], missing: [missing] });
    assert.equal(campaign.read(`DONE/Okay/${one}`), `${campaign.line(missing)}\n`);
    assert.equal(campaign.read(`DONE/Bad/M${one}`), `${campaign.line(missing)}\n`);
    assert.equal(campaign.read(`TODO/D${one}`), `${campaign.line(failed)}\n`);
    assert.equal(original.retry(campaign, two), `u${two}`);
    original.moveAway(campaign, three, 'DOING/RALSpecific');
    original.leaveFiles(campaign, lfnsOf(three));
    assert.deepEqual(campaign.lists('TODO'), [`D${one}`, 'getNextFileSet.py', `u${two}`]);
    assert.deepEqual(campaign.lists('DOING'), ['RALSpecific', 'checkAndSubmitJob.py']);
    assert.ok(campaign.has(`DOING/RALSpecific/${three}`));
    for (const name of ['monitorFTSStatus.py', 'status.log', 'temp1.txt', 'temp2.txt'])
      assert.ok(campaign.has(`DONE/${name}`), name);
  });
});
