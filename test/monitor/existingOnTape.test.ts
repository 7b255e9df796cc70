/**
 * existingOnTape: on the way to tape FTS reports what stands at a destination that exists; where it does, gfal2 is not
 * asked.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { Outcome, RehearsalOptions, RehearsalServer, There } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';
import { rehearsalServer } from '../support/rehearsed.js';
import { Storages } from '../support/storages.js';

const A = listName(1);
/** The checksum and size of `hi\n`. */
const HI = '  ADLER32:021700dc  3';
const RIGHT = { size: 3, checksum: 'ADLER32:21700dc', locality: 'NEARLINE' } as const;

/** What FTS finds at the destinations, by a part of their names; `exists` alone: it cannot say. */
const THERE: Readonly<Record<string, There>> = {
  onTape: RIGHT,
  onBoth: { ...RIGHT, locality: 'ONLINE_AND_NEARLINE' },
  onDisk: { ...RIGHT, locality: 'ONLINE' },
  lost: { ...RIGHT, locality: 'LOST' },
  other: { ...RIGHT, checksum: 'ADLER32:0a1b2c3d' },
  longer: { ...RIGHT, size: 4 },
};

function outcome(destination: string): Outcome {
  const [, what = ''] = /exists-?(\w*)/.exec(destination) ?? [undefined, 'none'];
  if (what === 'none') return { state: 'FINISHED' };
  const there = THERE[what];
  const reason = 'DESTINATION [17] Destination file exists and overwrite is not enabled';
  return { state: 'FAILED', reason, recoverable: false, ...(there === undefined ? {} : { there }) };
}

interface Ended {
  readonly campaign: Campaign;
  readonly storages: Storages;
  readonly server: RehearsalServer;
  readonly destination: (lfn: string) => string;
}

/** A list of these LFNs, each with what stands behind it on its line, that was to go to tape and has ended. */
async function ended(
  lfns: Readonly<Record<string, string>>,
  options: Partial<RehearsalOptions> = {},
  job: Record<string, unknown> = { overwrite: false, archive_timeout: 3600 },
): Promise<Ended> {
  const server = await rehearsalServer('RAL', { script: ({ destination }) => outcome(destination), ...options });
  const campaign = new Campaign([choice(server)], { monitor: { adopt_existing: true }, job });
  const storages = new Storages();
  Object.assign(campaign.env, storages.env);
  campaign.put('TODO', A, Object.keys(lfns));
  const lines = Object.entries(lfns).map(([lfn, rest]) => `${campaign.line(lfn)}${rest}\n`);
  campaign.write(`TODO/${A}`, lines.join(''));
  await campaign.run('consumer', 0);
  server.advance(60);
  return { campaign, storages, server, destination: (lfn) => `${campaign.destination}${lfn}` };
}

const sent = ({ history }: RehearsalServer): unknown =>
  history
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => (JSON.parse(body) as { params: Record<string, unknown> }).params['dst_file_report'])[0];

describe('a destination on tape that exists', { concurrency: 4 }, () => {
  test('with the right file is done by what FTS reports, also without gfal2', async () => {
    const { campaign, storages, server } = await ended({
      '/lhcb/exists-onTape': HI,
      '/lhcb/copied': HI,
      '/lhcb/exists-onBoth': HI,
    });
    assert.equal(sent(server), true);
    campaign.env['PATH'] = '/nowhere';
    const ran = await campaign.run('monitor', 0);
    const second = A.replace('.txt', '~2.txt');
    assert.deepEqual(ran.of(A).to, [`DONE/Okay/${A}`, `DONE/Okay/${second}`, `DONE/Dirty/${A}`]);
    assert.match(
      campaign.read(`DONE/Okay/${second}`),
      /\n# found by dst_file_report \| \d{4}-.*Z\nsrm.*onTape.*\nsrm.*onBoth/,
    );
    assert.deepEqual(storages.asked(), []);
    everyTransferOnce(campaign.base);
  });

  test('with another file goes to DONE/Bad with both values, of which FTS has told one', async () => {
    const { campaign, storages } = await ended({
      '/lhcb/exists-other': HI,
      '/lhcb/exists-longer': HI,
      '/lhcb/copied': HI,
    });
    await campaign.run('monitor', 0);
    const bad = campaign.read(`DONE/Bad/${A}`);
    assert.match(bad, /another file is at the destination \| ADLER32:0a1b2c3d, 3 bytes there, ADLER32:021700dc, 3/);
    assert.match(bad, /another file is at the destination \| ADLER32:21700dc, 4 bytes there, ADLER32:021700dc, 3/);
    assert.deepEqual(storages.asked(), []);
    everyTransferOnce(campaign.base);
  });

  test('with the right file that is not on tape is not done, and named', async () => {
    const { campaign } = await ended({ '/lhcb/exists-onDisk': HI, '/lhcb/exists-lost': HI, '/lhcb/copied': HI });
    await campaign.run('monitor', 0);
    const bad = campaign.read(`DONE/Bad/${A}`);
    assert.match(
      bad,
      /the right file is at the destination, and not on tape \| it is on disk alone; DESTINATION \[17\]/,
    );
    assert.match(bad, /not on tape \| its storage has it neither on disk nor on tape; DESTINATION \[17\]/);
    assert.deepEqual(campaign.lists('TODO'), []);
  });

  test('of a line without a checksum: the source is asked for its own, the destination for nothing', async () => {
    const { campaign, storages } = await ended({ '/lhcb/exists-onTape': '', '/lhcb/copied': '' });
    storages.put(`${campaign.source}/lhcb/exists-onTape`, 'hi\n');
    await campaign.run('monitor', 0);
    assert.match(campaign.read(`DONE/Okay/${A.replace('.txt', '~2.txt')}`), /found by dst_file_report/);
    assert.equal(storages.asked().length, 1);
    assert.match(storages.asked()[0] ?? '', /^gfal-sum -t 60 srm:.* ADLER32$/);
  });

  test('of which FTS cannot say what stands there, and what is compared by another algorithm, is asked for with gfal2', async () => {
    const md5 = '  MD5:764efa883dda1e11db47671c4a3bbd9e  3';
    const { campaign, storages, destination } = await ended({ '/lhcb/exists': HI, '/lhcb/exists-onTape': md5 });
    for (const lfn of ['/lhcb/exists', '/lhcb/exists-onTape']) storages.put(destination(lfn), 'hi\n');
    await campaign.run('monitor', 0);
    assert.match(campaign.read(`DONE/Okay/${A}`), /found by gfal-sum/);
    assert.ok(storages.asked().length >= 2);
    everyTransferOnce(campaign.base);
  });

  test('at a server that does not know the report is asked for with gfal2', async () => {
    const { campaign, storages, server, destination } = await ended({ '/lhcb/exists-onTape': HI }, { version: '3.10' });
    assert.equal(sent(server), undefined);
    storages.put(destination('/lhcb/exists-onTape'), 'hi\n');
    await campaign.run('monitor', 0);
    assert.match(campaign.read(`DONE/Okay/${A}`), /found by gfal-sum/);
  });

  for (const job of [{ overwrite: false }, { overwrite: true, archive_timeout: 3600 }])
    test(`is not reported, and FTS is not asked to, with ${JSON.stringify(job)}`, async () => {
      const { server } = await ended({ '/lhcb/exists-onTape': HI }, {}, job);
      assert.equal(sent(server), undefined);
    });
});
