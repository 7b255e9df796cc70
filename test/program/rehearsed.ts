/**
 * rehearsed: what the tests of the programs have in common: rehearsal servers whose jobs go on until a test ends them, and
 * the two promises that are asked for after each test.
 */
import assert from 'node:assert/strict';
import { after } from 'node:test';

import type {
  Fault,
  FaultKind,
  HistoryEntry,
  RehearsalOptions,
  RehearsalServer,
} from '../../dist/rehearsal/options.js';
import { carriedTwice } from '../../dist/rehearsal/record.js';
import { startRehearsalServer } from '../../dist/rehearsal/server.js';
import type { Campaign, Ran } from '../support/campaign.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';

const LONG_SECONDS = 30 * 86_400;

const started: RehearsalServer[] = [];
after(() => Promise.all(started.map((server) => server.stop())));

/** A server that stops after the tests of this file. Its transfers take a month, so nothing ends by itself. */
export async function rehearsalServer(name: string, options: Partial<RehearsalOptions> = {}): Promise<RehearsalServer> {
  const script = () => ({ state: 'FINISHED', seconds: LONG_SECONDS }) as const;
  const server = await startRehearsalServer({ name, script, ...options });
  started.push(server);
  return server;
}

/** Nothing is lost, and by the servers' own record nothing was submitted twice. */
export function nothingLostNorTwice(campaign: Campaign, ...servers: readonly RehearsalServer[]): void {
  everyTransferOnce(campaign.base);
  assert.deepEqual(carriedTwice(servers.flatMap((server) => campaign.jobs(server))), []);
}

/** Ends every file of a job: `states` by index; further files finish. */
export function endJob(
  server: RehearsalServer,
  jobId: string,
  states: readonly (readonly [state: string, reason?: string])[] = [],
): void {
  const job = server.submissions.find((each) => each.jobId === jobId);
  for (const { index } of job?.transfers ?? []) {
    const [state, reason] = states[index] ?? ['FINISHED'];
    server.setFile(jobId, index, state, reason);
  }
}

/** Puts lists into TODO and has them submitted; returns their job ids. */
export async function submitted(
  campaign: Campaign,
  server: RehearsalServer,
  lists: Readonly<Record<string, readonly string[]>>,
): Promise<Record<string, string>> {
  for (const [name, lfns] of Object.entries(lists)) campaign.put('TODO', name, lfns);
  await campaign.run('consumer', 0, ['--lists', '100']);
  return Object.fromEntries(Object.keys(lists).map((name) => [name, campaign.job(server, name).jobId]));
}

/** A fault that meets the first `times` (1) POSTs of one list that no fault before it in the array has met. */
export function faultOn(
  list: string,
  does: FaultKind,
  more: Partial<Omit<Fault, 'when'>> & { times?: number } = {},
): Fault {
  const { times = 1, ...rest } = more;
  let met = 0;
  const when = ({ method, path, body }: HistoryEntry): boolean => {
    if (method !== 'POST' || path !== '/jobs' || !body.includes(`"list":"${list}"`)) return false;
    met += 1;
    return met <= times;
  };
  return { name: does, when, does, ...rest };
}

/**
 * Runs the consumer so that it loses the answers to these lists, each in its own way, and cannot look either: their rows
 * stay SUBMITTING, as a run that was killed at its POSTs leaves them. A late commit is to be seen an hour later.
 */
export async function loseAnswers(
  campaign: Campaign,
  server: RehearsalServer,
  lists: Readonly<Record<string, 'cut-before' | 'cut-after' | 'commit-late'>>,
): Promise<Ran> {
  const blind: Fault = {
    name: 'no look',
    does: 'status',
    status: 403,
    when: { method: 'GET', path: /^\/(jobs|archive)\// },
  };
  const lost = Object.entries(lists).map(([list, does]) => faultOn(list, does, { times: 9, seconds: 3600 }));
  server.setFaults([blind, ...lost]);
  const ran = await campaign.run('consumer', 3);
  server.setFaults([]);
  for (const list of Object.keys(lists)) assert.equal(campaign.state(list), 'SUBMITTING');
  return ran;
}
