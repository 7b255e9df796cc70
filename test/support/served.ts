/**
 * served: what a test does to a rehearsal server and asks of it: the end of a job, a fault on one list, and the two
 * promises.
 *
 * Here is nothing of node:test, so that scripts can use it too.
 */
import assert from 'node:assert/strict';

import type { Fault, FaultKind, HistoryEntry, RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { carriedTwice } from '../../dist/rehearsal/server/state/record.js';
import type { Campaign } from './campaign.js';
import { everyTransferOnce } from './everyTransferOnce.js';

/** Nothing is lost, and by the servers' own record nothing was submitted twice. */
export function nothingLostNorTwice(campaign: Campaign, ...servers: readonly RehearsalServer[]): void {
  everyTransferOnce(campaign.base);
  assert.deepEqual(carriedTwice(servers.flatMap((server) => campaign.jobs(server))), []);
}

/** Ends every file of a job: `states` by index; further files finish. CANCELED without a reason: with the whole job, by a user. */
export function endJob(
  server: RehearsalServer,
  jobId: string,
  states: readonly (readonly [state: string, reason?: string])[] = [],
): void {
  const job = server.submissions.find((each) => each.jobId === jobId);
  for (const { index } of job?.transfers ?? []) {
    const [state, reason] = states[index] ?? ['FINISHED'];
    server.setFile(jobId, index, state, reason ?? (state === 'CANCELED' ? 'Job canceled by the user' : undefined));
  }
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
