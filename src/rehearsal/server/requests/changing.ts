/**
 * changing: cancelling and modifying jobs, DELETE and POST /jobs/ID.
 *
 * As seen on FTS 3.13: a final job answers 200 with "304 Not Modified" in its entry; several jobs do not come back in
 * the order asked; a cancelled job is CANCELED at once, while the `finish_time` of its files follows some seconds
 * later. Files on hold or waiting for a token are not touched; a single ACTIVE file is CANCELED with its `finish_time`,
 * and copied all the same.
 */
import { badRequest, json, Refusal } from '../protocol/answer.js';
import type { Answer } from '../protocol/answer.js';
import { find, idsOf, requireJob, several } from './looking.js';
import type { StoredJob } from '../state/jobs.js';
import { clampPriority } from '../protocol/parameters.js';
import type { Json } from '../protocol/parameters.js';
import { isFinalJob } from '../behaviour/states.js';
import { readBody } from '../protocol/submission.js';
import { look } from '../behaviour/timeline.js';
import { fileView, jobView } from '../state/views.js';
import { jobNow } from '../state/jobs.js';
import type { Call, World } from '../state/world.js';

const UNCHANGED = { http_status: '304 Not Modified', http_message: 'The job is in a terminal state' };

export function cancelJobs(world: World, call: Call): Answer {
  if (call.parts[0] === 'all') throw new Refusal(403, 'User does not have root privileges');
  return change(world, call, (found) => {
    world.table.cancel(found, call.now);
    return { ...jobView(found, call.now), http_status: '200 Ok', http_message: null };
  });
}

/** Changes the priority, the only thing of a job that can be changed. */
export function modifyJobs(world: World, call: Call): Answer {
  const params = readBody(call.headers['content-type'], call.body)['params'];
  const given = typeof params === 'object' && params !== null ? (params as Json)['priority'] : undefined;
  const priority = Number.parseInt(String(given), 10);
  if (given !== undefined && !Number.isInteger(priority)) throw badRequest('Invalid priority value');
  return change(world, call, (found) => {
    if (given !== undefined) found.priority = clampPriority(priority);
    const files = found.files.map((file) => fileView(found, file, call.now));
    return { ...jobView(found, call.now), files, http_status: '200 Ok', http_message: null };
  });
}

/** The new state of the file, or what is wrong with it, as a string each. */
export function cancelFiles(world: World, call: Call): Answer {
  const found = requireJob(world, call);
  if (found.type !== 'N') throw badRequest(`Multihop or reuse jobs must be cancelled at once (${found.type})`);
  const states = idsOf(call.parts[1] ?? '').map((id) => {
    const file = found.files.find((one) => String(one.id) === id);
    if (file === undefined) return 'File does not belong to the job';
    world.table.cancelFile(found, file, call.now);
    return look(file.timeline, call.now).state;
  });
  return json(states.length === 1 ? states[0] : states);
}

/** Final jobs first, then the ones not to be had, then those that are changed. */
function change(world: World, call: Call, act: (found: StoredJob) => Json): Answer {
  const ids = call.parts[0] ?? '';
  const found = [...new Set(idsOf(ids))].map((id) => find(world, call, id));
  const missing = found.flatMap((entry) => ('missing' in entry ? [entry.missing] : []));
  const jobs = found.flatMap((entry) => ('job' in entry ? [entry.job] : []));
  const isFinal = (job: StoredJob): boolean => isFinalJob(jobNow(job, call.now).state);
  const final = jobs.filter(isFinal).map((job) => ({ ...UNCHANGED, ...jobView(job, call.now) }));
  const changed = jobs.filter((job) => !isFinal(job)).map(act);
  return several(ids, [...final, ...missing, ...changed], found);
}
