/**
 * submitting: POST and PUT /jobs.
 *
 * The checks stand in FTS's order: who calls (403), what the body is (400), the delegation (419), what the job says (400,
 * 403 for a banned storage, 405), and only at last the tables (409). So 400, 403 and 419 say nothing about a sid.
 */
import { json, Refusal } from '../protocol/answer.js';
import type { Answer } from '../protocol/answer.js';
import { readBody, readSubmission } from '../protocol/submission.js';
import { jobIdFor } from '../protocol/uuid.js';
import type { Call, World } from '../state/world.js';

export function submit(world: World, call: Call): Answer {
  const { caller, now } = call;
  if (caller.delegationId === null) throw new Refusal(403, 'Not enough permissions');
  const body = readBody(call.headers['content-type'], call.body);
  if (world.needDelegation && caller.method === 'certificate') world.delegations.demand(caller, now);
  const draft = readSubmission(body, caller.method, (storage) => world.bans.status(storage));
  const { sid } = draft.parameters;
  const id = sid === null ? world.newId() : jobIdFor(caller.vo, sid);
  const job = world.table.accept(id, draft, caller, now);
  if (call.commitLate !== undefined) job.hidden = { until: call.commitLate.until };
  return json({ job_id: id });
}
