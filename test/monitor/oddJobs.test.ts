/**
 * oddJobs: what a server says of one job of many may be odd, too large, or nothing but a 500; the others settle.
 */
import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { Campaign, listName, type Ran } from '../support/campaign.js';
import { before, type Entry } from '../support/front.js';
import { endJob, nothingLostNorTwice, rehearsalServer } from '../support/rehearsed.js';

const names = [1, 2, 3, 4, 5].map((age) => listName(age));

type Change = (entries: Entry[], odd: string) => unknown[] | null;

interface Ended {
  readonly ral: RehearsalServer;
  readonly campaign: Campaign;
  /** What the server says of these lists is changed from now on. */
  readonly speak: (changes: Readonly<Record<string, Change>>) => void;
}

/** Lists that have finished, of which the monitor knows nothing yet. */
async function ended(t: Pick<TestContext, 'after'>, lists: readonly string[]): Promise<Ended> {
  const ral = await rehearsalServer('RAL');
  let spoken: (readonly [jobId: string, change: Change])[] = [];
  const front = await before(t, ral, (entries) => {
    let changed: unknown[] | null = entries;
    for (const [jobId, change] of spoken) changed = changed === null ? null : change(changed as Entry[], jobId);
    return changed;
  });
  const campaign = new Campaign([{ name: 'RAL', endpoint: front.endpoint }], { fts: { timeout_seconds: 5 } });
  for (const name of lists) campaign.put('TODO', name);
  await campaign.run('consumer', 0, ['--lists', '100']);
  for (const name of lists) endJob(ral, campaign.job(ral, name).jobId);
  return {
    ral,
    campaign,
    speak: (changes) =>
      void (spoken = Object.entries(changes).map(([name, change]) => [campaign.job(ral, name).jobId, change] as const)),
  };
}

/** The five lists, of the third of which the server speaks so: each time a copy of what was submitted once. */
async function monitored(change: Change, exit: number): Promise<{ campaign: Campaign; ran: Ran }> {
  const { ral, campaign: first, speak } = await five;
  const campaign = first.copy();
  speak({ [names[2] ?? '']: change });
  const ran = await campaign.run('monitor', exit);
  nothingLostNorTwice(campaign, ral);
  return { campaign, ran };
}
const five = ended({ after: (fn) => after(fn as () => void) }, names);

/** Changes the entry of the odd job, and all its files where they were asked for. */
const entry =
  (change: (entry: Entry) => unknown) =>
  (entries: Entry[], odd: string): unknown[] =>
    entries.map((each) => (each.job_id === odd ? change(each) : each));
const files = (fields: Record<string, unknown>): ((entries: Entry[], odd: string) => unknown[]) =>
  entry((each) => ({
    ...each,
    ...(each.files === undefined ? {} : { files: each.files.map((file) => ({ ...file, ...fields })) }),
  }));

const HARMLESS = [
  ['recoverable is 0', files({ recoverable: 0 })],
  ['filesize is a text', files({ filesize: '1000' })],
  ['filesize is no whole number', files({ filesize: 1000.5 })],
  ['filesize is negative', files({ filesize: -1 })],
  ['filesize is beyond counting', files({ filesize: 2 ** 60 })],
  ['file_id is a text', files({ file_id: 'x' })],
  ['start_time and finish_time are numbers', files({ start_time: 5, finish_time: 5 })],
  ['finish_time is no time', files({ finish_time: 'yesterday' })],
  ['transfer_host is a number', files({ transfer_host: 7 })],
  [
    'submit_time, job_finished, vo_name and reason are odd',
    entry((each) => ({ ...each, submit_time: 1, job_finished: 'x', vo_name: 3, reason: [] })),
  ],
] as const;

test(`nobody decides by what is odd and tells nothing: ${HARMLESS.map(([what]) => what).join('; ')}`, async (t) => {
  const lists = HARMLESS.map((_, index) => listName(index + 1));
  const { ral, campaign, speak } = await ended(t, lists);
  speak(Object.fromEntries(HARMLESS.map(([, change], index) => [lists[index] ?? '', change])));
  const ran = await campaign.run('monitor', 0);
  assert.deepEqual(campaign.lists('DONE/Okay'), lists, ran.said);
  nothingLostNorTwice(campaign, ral);
});

const others = names.filter((name) => name !== names[2]);
for (const [what, change] of [
  ['its job_state is a number', entry((each) => ({ ...each, job_state: 4 }))],
  ['it has no files', entry((each) => (each.files === undefined ? each : { ...each, files: null }))],
  ['its file_state is null', files({ file_state: null })],
  ['its file_index is a text', files({ file_index: 'a' })],
  ['its file_index is no whole number', files({ file_index: 0.5 })],
  ['its source is missing', files({ source_surl: null })],
  ['its reason is an object', files({ reason: {} })],
  ['it is null', entry(() => null)],
  ['it is left out', (entries, odd) => entries.filter((each) => each.job_id !== odd)],
  ['it is there twice', (entries, odd) => entries.flatMap((each) => (each.job_id === odd ? [each, each] : [each]))],
  [
    'it has a status of its own',
    entry((each) => ({ job_id: each.job_id, http_status: '500 Internal Server Error', http_message: 'x' })),
  ],
  ['a stranger stands in its place', entry((each) => ({ ...each, job_id: '00000000-0000-4000-8000-000000000000' }))],
  ['every answer with it is a 500', (entries, odd) => (entries.some((each) => each.job_id === odd) ? null : entries)],
] as const satisfies readonly (readonly [string, (entries: Entry[], odd: string) => unknown[] | null])[])
  test(`${what}: the other four settle, and its list is named`, async () => {
    const { campaign, ran } = await monitored(change, 3);
    assert.deepEqual(campaign.lists('DONE/Okay'), others);
    assert.deepEqual(campaign.lists('DOING'), [names[2]]);
    assert.match(
      ran.said,
      new RegExp(`Cannot tell the state of list "${names[2]}": of job .* RAL gives no usable answer`),
    );
    assert.doesNotMatch(ran.said, /left out/);
  });

test('a server that answers every look with 500 is left out, as before', async () => {
  const { campaign, ran } = await monitored(() => null, 5);
  assert.deepEqual(campaign.lists('DOING'), names);
  assert.match(ran.said, /RAL is left out of this run/);
});
