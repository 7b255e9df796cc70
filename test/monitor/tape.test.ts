/**
 * tape: since when a job waits for tape, and until when, is noted by the monitor, and told by status, page and explain.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, listName } from '../support/campaign.js';
import { nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';
import { runUnharmed } from '../support/runWithin.js';

const LIST = listName(1);
const DAY = 86_400;
const MINUTE = /\d{4}-\d\d-\d\d \d\d:\d\d/.source;
const SECOND = new RegExp(`${MINUTE}:\\d\\d UTC`).source;

/** Its file takes a day from tape, and one to tape; the storage's mock plugin reads that in the URLs. */
async function onTape(job: Record<string, unknown>): Promise<{
  server: RehearsalServer;
  campaign: Campaign;
  advance: (seconds: number) => void;
}> {
  // The server's clock stands still, however long the programs take.
  let now = Date.now();
  const server = await rehearsalServer('RAL', { now: () => now });
  const campaign = new Campaign([]);
  const own = campaign.destination.replace(/^.*:\/\/([^/]*)\/.*$/, '$1');
  Object.assign(campaign, {
    source: `mock://tape.${own}/f?size=5&staging_time=${DAY}&lfn=`,
    destination: `mock://disk.${own}/f?size_post=5&time=1&archiving_time=${DAY}&lfn=`,
  });
  campaign.settings([choice(server)], { job });
  campaign.put('TODO', LIST);
  await campaign.run('consumer', 0);
  return { server, campaign, advance: (seconds) => void (now += seconds * 1000) };
}

/** What a person sees; `monitored`: after a run of the monitor. */
async function seen(campaign: Campaign): Promise<{ page: string; html: string; told: string; offline: string }> {
  const run = async (program: string, ...args: string[]): Promise<string> =>
    (await runUnharmed(program, { base: campaign.base, args })).stdout;
  const file = campaign.path('page.html');
  await run('misc/report', file);
  return {
    page: await run('status'),
    html: readFileSync(file, 'utf8'),
    told: await run('misc/explain', LIST),
    offline: await run('misc/explain', LIST, '--offline'),
  };
}

const tapeOf = async (campaign: Campaign): Promise<unknown[]> => {
  const { stdout } = await runUnharmed('status', { base: campaign.base, args: ['--json'] });
  return (JSON.parse(stdout) as { tape: unknown[] }).tape;
};

const row = (campaign: Campaign): { tape_since: number | null; tape_until: number | null } | undefined =>
  campaign.rows<{ tape_since: number | null; tape_until: number | null }>('SELECT tape_since, tape_until FROM job')[0];

const questionsForFiles = ({ history }: RehearsalServer): number =>
  history.filter(({ method, path }) => method === 'GET' && path.includes('?files=')).length;

describe('tape', { concurrency: 2 }, () => {
  test('a file that comes from tape: STAGING, then STARTED, since when and until when', async () => {
    const { server, campaign, advance } = await onTape({ bring_online: 2 * DAY });
    await campaign.run('monitor', 0);
    assert.deepEqual(await tapeOf(campaign), [{ state: 'STAGING', lists: 1, begun: 0, since: null, until: null }]);
    assert.match((await seen(campaign)).page, /STAGING: 1 list, the tape has not begun with it/);

    advance(60);
    await campaign.run('monitor', 0);
    const { tape_since: since, tape_until: until } = row(campaign) ?? {};
    assert.ok(since !== null && since !== undefined && until === since + 2 * DAY * 1000);
    assert.deepEqual(await tapeOf(campaign), [
      {
        state: 'STAGING',
        lists: 1,
        begun: 1,
        since: new Date(since).toISOString(),
        until: new Date(until).toISOString(),
      },
    ]);
    const { page, html, told, offline } = await seen(campaign);
    assert.match(page, new RegExp(`STAGING: 1 list STARTED since ${MINUTE}, until ${MINUTE} at the`));
    assert.match(html, new RegExp(`STAGING: 1 list STARTED since ${MINUTE}, until ${MINUTE} at the earliest UTC`));
    for (const text of [told, offline])
      assert.match(
        text.replaceAll(/\s+/g, ' '),
        new RegExp(`from tape since ${SECOND}, FTS gives up at ${SECOND} or later`),
      );
    assert.match(told, /STAGING \(asked now\): 2 STARTED/);

    const asked = questionsForFiles(server);
    await campaign.run('monitor', 0);
    assert.equal(questionsForFiles(server), asked, 'what is known is not asked for again');
  });

  test('a file that goes to tape: ARCHIVING, until when; and when it is there, nothing is left of it', async () => {
    const { server, campaign, advance } = await onTape({ archive_timeout: 3 * DAY });
    advance(60);
    await campaign.run('monitor', 0);
    const { tape_since: since, tape_until: until } = row(campaign) ?? {};
    assert.ok(since !== null && since !== undefined && until === since + 3 * DAY * 1000);
    const { page, told } = await seen(campaign);
    assert.match(page, new RegExp(`ARCHIVING: 1 list since ${MINUTE}, until ${MINUTE} at the`));
    assert.match(told.replaceAll(/\s+/g, ' '), new RegExp(`to tape since ${SECOND}, FTS gives up at ${SECOND} or`));
    advance(2 * DAY);
    await campaign.run('monitor', 0);
    assert.deepEqual(row(campaign), { tape_since: null, tape_until: null });
    assert.deepEqual(await tapeOf(campaign), []);
    assert.deepEqual(campaign.lists('DONE/Okay'), [LIST]);
    nothingLostNorTwice(campaign, server);
  });

  test('a server that fails when it is asked for their files keeps no list from being looked at', async () => {
    const { server, campaign } = await onTape({ bring_online: DAY });
    server.setFaults([{ name: 'no files', does: 'status', status: 500, when: { path: /files=/ } }]);
    const ran = await campaign.run('monitor', 0);
    assert.equal(ran.of(LIST).state, 'STAGING');
    assert.deepEqual(ran.warnings, []);
  });
});
