/**
 * existing: what FTS refuses as its destination exists is looked at (monitor.adopt_existing): the right file is done,
 * another is named.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';
import { rehearsalServer } from '../support/rehearsed.js';
import { Storages } from '../support/storages.js';

const [A, B] = [listName(1), listName(2)];
/** The checksum and size of `hi\n`. */
const HI = '  ADLER32:021700dc  3';
const EXISTS = 'DESTINATION [17] Destination file exists and overwrite is not enabled';

/** FTS refuses every LFN with `exists` in it; copies take a second. */
const refusing = (): Promise<RehearsalServer> =>
  rehearsalServer('RAL', {
    script: ({ destination }) =>
      /exists/.test(destination) ? { state: 'FAILED', reason: EXISTS, recoverable: false } : { state: 'FINISHED' },
  });

interface Half {
  readonly campaign: Campaign;
  readonly storages: Storages;
  readonly ral: RehearsalServer;
  readonly to: (lfn: string) => string;
}

/** A list of these LFNs, each with what stands behind it on its line, that was submitted and has ended. */
async function ended(lfns: Readonly<Record<string, string>>, route = '', name = A): Promise<Half> {
  const ral = await refusing();
  const campaign = new Campaign([choice(ral)], { monitor: { adopt_existing: true }, job: { overwrite: false } });
  if (route !== '')
    campaign.write(
      'castor2echo.toml',
      campaign.read('castor2echo.toml').replace('[[route]]\n', `[[route]]\n${route}\n`),
    );
  const storages = new Storages();
  Object.assign(campaign.env, storages.env);
  campaign.put('TODO', name, Object.keys(lfns));
  const head = route === '' ? '' : '# route own\n';
  campaign.write(
    `TODO/${name}`,
    head +
      Object.entries(lfns)
        .map(([lfn, rest]) => `${campaign.line(lfn)}${rest}\n`)
        .join(''),
  );
  await campaign.run('consumer', 0);
  ral.advance(60);
  return { campaign, storages, ral, to: (lfn) => `${campaign.destination}${lfn}` };
}

describe('a destination that exists', { concurrency: 4 }, () => {
  test('with the right file is done, "found", beside what FTS has brought', async () => {
    const { campaign, storages, to } = await ended({ '/lhcb/exists/1': HI, '/lhcb/copied': HI, '/lhcb/exists/2': HI });
    for (const lfn of ['/lhcb/exists/1', '/lhcb/exists/2']) storages.put(to(lfn), 'hi\n');
    const ran = await campaign.run('monitor', 0);
    const second = A.replace('.txt', '~2.txt');
    assert.deepEqual(ran.of(A).to, [`DONE/Okay/${A}`, `DONE/Okay/${second}`, `DONE/Dirty/${A}`]);
    assert.match(campaign.read(`DONE/Okay/${A}`), /^# castor2echo[^\n]*\nsrm[^\n]*copied[^\n]*\n$/);
    assert.match(
      campaign.read(`DONE/Okay/${second}`),
      /\n# found by gfal-sum \| \d{4}-.*Z\nsrm.*exists\/1.*\nsrm.*exists\/2/,
    );
    assert.deepEqual(campaign.rows('SELECT transfers FROM okay ORDER BY name'), [{ transfers: 1 }, { transfers: 2 }]);
    everyTransferOnce(campaign.base);
    assert.equal((await campaign.run('misc/audit', 0)).exit, 0);
  });

  test('is done in a FAILED job as well, and no failure is repeated', async () => {
    const { campaign, storages, to } = await ended({ '/lhcb/exists/1': HI, '/lhcb/exists/2': HI });
    for (const lfn of ['/lhcb/exists/1', '/lhcb/exists/2']) storages.put(to(lfn), 'hi\n');
    const ran = await campaign.run('monitor', 0);
    assert.equal(ran.of(A).state, 'FAILED');
    assert.deepEqual(ran.of(A).to, [`DONE/Okay/${A}`, `DONE/Dirty/${A}`]);
    assert.deepEqual(campaign.lists('TODO'), []);
  });

  test('with another file goes to DONE/Bad with both values', async () => {
    const { campaign, storages, to } = await ended({ '/lhcb/exists/1': HI, '/lhcb/copied': HI });
    storages.put(to('/lhcb/exists/1'), 'hello\n');
    await campaign.run('monitor', 0);
    assert.match(
      campaign.read(`DONE/Bad/${A}`),
      /# permanent: another file is at the destination \| 6 bytes there, ADLER32:021700dc, 3 bytes expected; DESTINATION \[17\]/,
    );
    const counted = campaign.rows<{ meaning: string; reason: string }>('SELECT meaning, reason FROM failure');
    assert.deepEqual(
      counted.map(({ meaning }) => meaning),
      ['another file is at the destination'],
    );
    assert.match(counted[0]?.reason ?? '', /^6 bytes there, ADLER32:021700dc, 3 bytes expected; DESTINATION \[17\]/);
    everyTransferOnce(campaign.base);
  });

  test('with another file is written over, once it was looked at, where its route says so', async () => {
    const route = 'name = "own"\noverwrite_different = true';
    const { campaign, storages, to, ral } = await ended({ '/lhcb/exists/1': HI, '/lhcb/exists/2': HI }, route);
    storages.put(to('/lhcb/exists/1'), 'ho\n');
    storages.put(to('/lhcb/exists/2'), 'hi\n');
    await campaign.run('monitor', 0);
    assert.deepEqual(campaign.lists('TODO'), [`D${A}`]);
    assert.match(campaign.read(`TODO/D${A}`), /# route own\n# split from .*\n# overwrite\n[^\n]*exists\/1/);
    await campaign.run('consumer', 0);
    const posts = ral.history.filter(({ method, path }) => method === 'POST' && path === '/jobs');
    assert.deepEqual(
      posts.map(({ body }) => (JSON.parse(body) as { params: { overwrite: boolean } }).params.overwrite),
      [false, true],
    );
  });

  test('of which nobody knows a checksum is compared by nothing else', async () => {
    const { campaign, storages, to } = await ended({ '/lhcb/exists/1': '  -  3', '/lhcb/copied': '' });
    storages.put(to('/lhcb/exists/1'), 'hi\n');
    await campaign.run('monitor', 0);
    assert.match(
      campaign.read(`DONE/Bad/${A}`),
      /the destination exists, and cannot be compared \| the list has no checksum/,
    );
  });

  test('that is gone again is sent again', async () => {
    const { campaign } = await ended({ '/lhcb/exists/1': HI, '/lhcb/copied': '' });
    await campaign.run('monitor', 0);
    assert.deepEqual(campaign.lists('TODO'), [`D${A}`]);
  });

  test('keeps its list in DOING until all of them are told, and it is said', async () => {
    const { campaign, storages, to } = await ended({ '/lhcb/exists/denied': HI, '/lhcb/exists/1': HI });
    storages.put(to('/lhcb/exists/1'), 'hi\n');
    const ran = await campaign.run('monitor', 3);
    assert.match(ran.said, /stays in DOING, its job .* is over: it cannot be told yet .*denied: gfal-stat error: 13/);
    assert.deepEqual(campaign.lists('DOING'), [A]);
  });

  test('to which a job of somebody else writes is looked at when that has ended', async () => {
    const { campaign, storages, to, ral } = await ended({ '/lhcb/exists/1': HI });
    storages.put(to('/lhcb/exists/1'), 'hi\n');
    const files = [{ sources: ['srm://x.example.org/a'], destinations: [to('/lhcb/exists/1')] }];
    const headers = { 'content-type': 'application/json' };
    await fetch(`${ral.url}/jobs`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ files, params: { bring_online: 9999 } }),
    });
    const ran = await campaign.run('monitor', 3);
    assert.match(ran.said, /job \S+ at RAL writes there/);
    assert.deepEqual(campaign.lists('DOING'), [A]);
    ral.advance(100_000);
    await campaign.run('monitor', 0);
    assert.deepEqual(campaign.lists('DONE/Okay'), [A]);
  });

  test('is not looked at without gfal2: that is said, and the rules go on', async () => {
    const { campaign } = await ended({ '/lhcb/exists/1': HI, '/lhcb/copied': '' });
    campaign.env['PATH'] = '/nowhere';
    const ran = await campaign.run('monitor', 3);
    assert.match(ran.said, /could not be looked at: .*install gfal2-util.*nothing was guessed/);
    assert.match(campaign.read(`DONE/Bad/${A}`), /the destination exists and overwriting is off/);
  });

  test('is not looked at unless that is wanted', async () => {
    const { campaign, storages } = await ended({ '/lhcb/exists/1': HI, '/lhcb/copied': '' }, '', B);
    campaign.write('castor2echo.toml', campaign.read('castor2echo.toml').replace('adopt_existing = true', ''));
    await campaign.run('monitor', 0);
    assert.deepEqual(storages.asked(), []);
    assert.deepEqual(campaign.lists('DONE/Bad'), [B]);
  });
});
