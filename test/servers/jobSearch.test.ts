/**
 * jobSearch: the jobs of a list are found by their sids alone, wherever its attempts have gone.
 */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';

import { sidFor } from '../../dist/rules/submission.js';
import { chooseJob, findAttempts } from '../../dist/servers/jobSearch.js';
import { Servers } from '../../dist/servers/servers.js';
import { loadSettings } from '../../dist/settings/settings.js';
import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import { Campaign, choice } from '../support/campaign.js';

const SOUGHT = { campaign: '51312a4b-ae66-45a6-ab54-f58bb34a1bb7', name: 'FTSList-20180412-101112-0001.txt' };

/** Two servers, and a way to submit an attempt of the list to one of them: its job goes on unless it is said how it ended. */
async function desk(t: TestContext) {
  const start = (name: string) =>
    startRehearsalServer({ name, script: () => ({ state: 'FINISHED', seconds: 86_400 }) });
  const both = [await start('RAL'), await start('CERN')] as const;
  const campaign = new Campaign(both.map((server) => choice(server)));
  const settings = loadSettings(campaign.path('castor2echo.toml'), {});
  const servers = new Servers(settings, {
    dryRun: true,
    userAgent: 'test',
    env: {},
    now: () => new Date(),
    onOut: () => {},
  });
  t.after(async () => {
    await servers.close();
    await Promise.all(both.map((server) => server.stop()));
  });
  const submit = async (server: RehearsalServer, attempt: number, ended?: string, sought = SOUGHT): Promise<string> => {
    const session = await servers.session(server.url);
    const sid = sidFor(sought.campaign, sought.name, attempt);
    const files: { sources: [string]; destinations: [string] }[] = [
      { sources: ['srm://castor.example.org/f'], destinations: ['gsiftp://echo.example.org/f'] },
    ];
    const metadata = { campaign: sought.campaign, list: sought.name, attempt };
    const params = { id_generator: 'deterministic', sid, job_metadata: metadata };
    const id = (await session?.client.submit({ files, params })) ?? '';
    if (ended !== undefined) server.setFile(id, 0, ended, 'why');
    return id;
  };
  const find = async () => {
    const found = await findAttempts(
      servers,
      both.map((server) => server.url),
      SOUGHT,
    );
    return 'unasked' in found ? found : found.map(({ session, attempt, job }) => [session.name, attempt, job.id]);
  };
  const verdict = async () => {
    const found = await findAttempts(
      servers,
      both.map((server) => server.url),
      SOUGHT,
    );
    if ('unasked' in found) return found;
    const judged = chooseJob(found);
    return judged.kind === 'one' ? [judged.latest.attempt, judged.failures] : judged.kind;
  };
  return { both, submit, find, verdict };
}

describe('findAttempts', () => {
  test('nothing was ever submitted', async (t) => {
    const { find, verdict } = await desk(t);
    assert.deepEqual(await find(), []);
    assert.equal(await verdict(), 'none');
  });

  test('the ninth attempt, at another server than the eight before it, live or archived', async (t) => {
    const { both, submit, find, verdict } = await desk(t);
    const [ral, cern] = both;
    const ids: string[] = [];
    for (let attempt = 1; attempt <= 8; attempt++) ids.push(await submit(ral, attempt, 'FAILED'));
    const ninth = await submit(cern, 9);
    const expected = [...ids.map((id, index) => ['RAL', index + 1, id]), ['CERN', 9, ninth]];
    assert.deepEqual(await find(), expected);
    ral.archive();
    assert.deepEqual(await find(), expected);
    assert.deepEqual(await verdict(), [9, 8]);
  });

  test('a hole in the archive hides no job that is live', async (t) => {
    const { both, submit, verdict } = await desk(t);
    const [ral, cern] = both;
    ral.forget(await submit(ral, 1, 'FAILED'));
    ral.forget(await submit(ral, 2, 'FAILED'));
    ral.forget(await submit(ral, 3, 'FAILED'));
    await submit(cern, 4);
    assert.deepEqual(await verdict(), [4, 0]);
  });

  test('an earlier attempt that still goes on beside a later one: several', async (t) => {
    const { both, submit, verdict } = await desk(t);
    await submit(both[0], 1);
    await submit(both[1], 2);
    assert.equal(await verdict(), 'several');
  });

  test('the same attempt at two servers: several, also when one has ended', async (t) => {
    const { both, submit, verdict } = await desk(t);
    await submit(both[0], 1, 'FAILED');
    await submit(both[1], 1);
    assert.equal(await verdict(), 'several');
  });

  test("another list's jobs are none of this one", async (t) => {
    const { both, submit, find } = await desk(t);
    await submit(both[0], 1, undefined, { ...SOUGHT, name: 'FTSList-20180412-101112-0002.txt' });
    assert.deepEqual(await find(), []);
  });

  test('a server that does not answer ends the search', async (t) => {
    const { both, submit, find } = await desk(t);
    await submit(both[0], 1);
    await both[1].down();
    assert.deepEqual(await find(), { unasked: both[1].url });
  });
});
