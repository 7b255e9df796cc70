/**
 * rehearsed: what the tests of the programs have in common: rehearsal servers whose jobs go on until a test ends them,
 * lists that were submitted, and answers that were lost.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after } from 'node:test';

import type { Fault, RehearsalOptions, RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import type { Campaign, Ran } from './campaign.js';
import { faultOn } from './served.js';

export { endJob, faultOn, nothingLostNorTwice } from './served.js';

const LONG_SECONDS = 30 * 86_400;

const started: RehearsalServer[] = [];
after(() => Promise.all(started.map((server) => server.stop())));

/** A server that stops after the tests of this file. Its transfers take a month, so nothing ends by itself. */
export async function rehearsalServer(name: string, options: Partial<RehearsalOptions> = {}): Promise<RehearsalServer> {
  const script = () => ({ state: 'FINISHED', seconds: LONG_SECONDS }) as const;
  const host = options.tls === undefined ? ownAddress() : undefined;
  const server = await startRehearsalServer({ name, script, ...(host === undefined ? {} : { host }), ...options });
  started.push(server);
  return server;
}

/**
 * While a server is down, another test may be given its port; on an address of its own nobody answers in its place.
 * Only Linux has all of 127/8 without being asked.
 */
function ownAddress(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return ['127', ...Array.from({ length: 3 }, () => randomInt(1, 255))].join('.');
}

/** Puts lists into TODO and has them submitted; returns their job ids. */
export async function submitted(
  campaign: Campaign,
  server: RehearsalServer,
  lists: Readonly<Record<string, readonly string[]>>,
): Promise<Record<string, string>> {
  for (const [name, lfns] of Object.entries(lists)) campaign.put('TODO', name, lfns);
  await campaign.run('consumer', 0, ['--lists', '200']);
  return Object.fromEntries(Object.keys(lists).map((name) => [name, campaign.job(server, name).jobId]));
}

/**
 * Runs the consumer so that it loses the answers to these lists, each in its own way, and cannot look either: their
 * rows stay SUBMITTING, as a run that was killed at its POSTs leaves them. A late commit is to be seen an hour later.
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
