/**
 * cancelsThatDoNot: cancels that leave a copy going on, or to come. Nothing is sent again while it may, whichever
 * program is told to send it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, choice, lfnsOf, listName } from '../support/campaign.js';
import { nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

const HOUR_MS = 3_600_000;
const LIST = listName(1);
const LATER = 'D' + LIST;

interface Site {
  readonly ral: RehearsalServer;
  readonly cern: RehearsalServer;
  readonly campaign: Campaign;
  readonly jobId: string;
  readonly storage: string;
}

interface Start {
  /** Each copy takes so long. */
  readonly seconds: number;
  readonly tokenSeconds?: number;
  readonly held?: boolean;
  readonly canceled?: 'retry';
  /** The server's clock stands, so nothing of the queue begins. */
  readonly still?: boolean;
}

/** A list of two transfers at RAL. */
async function site({ seconds, tokenSeconds = 0, held = false, canceled, still = false }: Start): Promise<Site> {
  const script = () => ({ state: 'FINISHED', seconds }) as const;
  const begin = Date.now();
  const ral = await rehearsalServer('RAL', { script, ...(still ? { now: () => begin } : {}) });
  const cern = await rehearsalServer('CERN', { script });
  ral.setTokenSeconds(tokenSeconds);
  const campaign = new Campaign([choice(ral), choice(cern, 0)], { monitor: { canceled: canceled ?? 'report' } });
  const storage = /^srm:\/\/[^:/]+/.exec(campaign.source)?.[0] ?? '';
  if (held) ral.ban(storage, 'WAIT');
  campaign.put('TODO', LIST, lfnsOf(LIST));
  await campaign.run('consumer');
  return { ral, cern, campaign, jobId: campaign.job(ral, LIST).jobId, storage };
}

/** As its owner, with fts-rest-transfer-cancel. */
async function cancelJob({ ral, jobId }: Site): Promise<void> {
  const answer = await fetch(`${ral.url}/jobs/${jobId}`, { method: 'DELETE' });
  assert.equal(answer.status, 200);
}

const states = ({ ral, campaign }: Site) => campaign.jobs(ral)[0]?.transfers.map(({ state }) => state) ?? [];

const SENDERS: readonly (readonly [name: string, send: (campaign: Campaign, exit: number) => Promise<unknown>])[] = [
  ['requeue', (campaign, exit) => campaign.run('misc/requeue', exit, [LIST, '--yes'])],
  [
    'moveServer',
    (campaign, exit) => campaign.run('misc/moveServer', exit, [LIST, '--to', 'CERN', '--yes', '--patience', '1']),
  ],
  [
    'canceled = "retry"',
    async (campaign) => {
      const text = campaign.read('castor2echo.toml');
      campaign.write('castor2echo.toml', text.replace('canceled = "report"', 'canceled = "retry"'));
      return campaign.run('monitor', 0);
    },
  ],
];

/** What brings a transfer out of reach of a cancel, what lets it go on, and who is tried: all of them look at one and the same. */
const OUT_OF_REACH: Readonly<
  Record<string, { start: Start; end: (site: Site) => void; state: string; senders: typeof SENDERS }>
> = {
  'on hold': {
    senders: SENDERS,
    start: { seconds: 600, held: true },
    end: ({ ral, storage }) => ral.unban(storage),
    state: 'ON_HOLD',
  },
  'waiting for its token': {
    senders: SENDERS.slice(-1),
    start: { seconds: 600, tokenSeconds: 1000 },
    end: ({ ral }) => ral.advance(1000),
    state: 'TOKEN_PREP',
  },
};

describe('cancels that do not cancel', { concurrency: 2 }, () => {
  for (const [why, { start, end, state, senders }] of Object.entries(OUT_OF_REACH))
    for (const [sender, send] of senders)
      test(`a transfer ${why} in a CANCELED job is copied there, and not sent again by ${sender}`, async () => {
        const there = await site(start);
        const { ral, cern, campaign } = there;
        await cancelJob(there);
        assert.deepEqual(states(there), [state, state]);
        await send(campaign, 3);
        assert.ok(campaign.has(`DOING/${LIST}`));
        assert.equal(campaign.jobs(ral).length + campaign.jobs(cern).length, 1);
        end(there);
        ral.advance(5);
        await send(campaign, 3);
        assert.ok(campaign.has(`DOING/${LIST}`));
        ral.advance(700);
        assert.deepEqual(states(there), ['FINISHED', 'FINISHED']);
        await send(campaign, 0);
        assert.ok(campaign.has(`DONE/Okay/${LIST}`));
        nothingLostNorTwice(campaign, ral, cern);
      });

  for (const [how, cancel] of [
    ['cancelled alone', ({ ral, jobId }: Site) => ral.cancelFile(jobId, 0)],
    ['of a storage that was banned with cancel', ({ ral, storage }: Site) => ral.ban(storage, 'CANCEL', true)],
  ] as const)
    for (const [sender, send] of SENDERS)
      test(`a running transfer ${how} is copied all the same: ${sender} holds it back until it is over`, async () => {
        const there = await site({ seconds: 1800 });
        const { ral, cern, campaign, storage } = there;
        ral.advance(5);
        assert.deepEqual(states(there), ['ACTIVE', 'ACTIVE']);
        cancel(there);
        await cancelJob(there).catch(() => {});
        ral.advance(10);
        // A ban leaves nothing for a person to send: that list is retried by the monitor.
        if (how.includes('banned') && sender === 'requeue') await campaign.run('monitor', 0);
        else await send(campaign, 0);
        ral.unban(storage);
        const [name = ''] = campaign.lists('TODO').filter((each) => each.endsWith('.txt'));
        assert.ok([LIST, LATER].includes(name), name);
        assert.equal((await campaign.run('consumer', 0)).of(name).action, 'waiting');
        assert.equal(campaign.jobs(ral).length + campaign.jobs(cern).length, 1);
        // An hour goes by, here and there.
        ral.advance(3600);
        campaign.leave('UPDATE list SET hold_until = hold_until - ?', HOUR_MS);
        assert.equal((await campaign.run('consumer', 0)).of(name).action, 'submitted');
        const [first] = campaign.jobs(ral)[0]?.transfers ?? [];
        assert.ok(first !== undefined && (first.carriedOut[0]?.to ?? 0) - (first.carriedOut[0]?.from ?? 0) > 1_700_000);
      });

  for (const [sender, send] of SENDERS)
    test(`while every look at the job is a 500, as with a token that has expired, ${sender} sends nothing`, async () => {
      const there = await site({ seconds: 10 });
      const { ral, cern, campaign } = there;
      ral.advance(2);
      await cancelJob(there);
      ral.setFaults([
        { name: '500', does: 'status', status: 500, when: { method: 'GET', path: /^\/(jobs|archive)\// } },
      ]);
      await send(campaign, 5).catch((error: Error) => assert.match(error.message, /ended with [35] /));
      assert.deepEqual([campaign.lists('DOING'), campaign.lists('TODO')], [[LIST], []]);
      assert.equal(campaign.jobs(ral).length + campaign.jobs(cern).length, 1);
    });

  test('a queued transfer that is cancelled alone is over at once: nothing waits', async () => {
    const there = await site({ seconds: 10, canceled: 'retry', still: true });
    const { ral, campaign, jobId } = there;
    for (const index of [0, 1]) ral.cancelFile(jobId, index);
    assert.deepEqual(states(there), ['CANCELED', 'CANCELED']);
    await campaign.run('monitor');
    assert.equal((await campaign.run('consumer', 0)).of(LIST).action, 'submitted');
    nothingLostNorTwice(campaign, ral);
  });

  test('misc/cancel says which transfers its cancel has not reached', async () => {
    const { campaign } = await site({ seconds: 10, held: true });
    const ran = await campaign.run('misc/cancel', 0, [LIST, '--yes']);
    assert.match(ran.said, new RegExp(`of list "${LIST}" is cancelled, but 2 transfers of it are ON_HOLD.*copied`));
  });
});
