/**
 * looking: GET of jobs, files and the archive.
 *
 * One id gives an object, several an array in the order asked; an entry that is unknown or belongs to another VO makes
 * the whole a 207 with a status in each entry. A caller without a credential gets a 500 for a job, as seen on FTS 3.13.
 */
import { badRequest, internalError, json, Refusal, statusLine } from '../protocol/answer.js';
import type { Answer } from '../protocol/answer.js';
import type { Caller } from '../protocol/identity.js';
import type { StoredFile, StoredJob } from '../state/jobs.js';
import type { Json } from '../protocol/parameters.js';
import { archivedView, fileView, jobView } from '../state/views.js';
import { look } from '../behaviour/timeline.js';
import { columnKey, jobNow } from '../state/jobs.js';
import type { Call, World } from '../state/world.js';

/** Whoever comes with a token reads every job, of whatever VO (seen on FTS 3.13). */
const mayRead = (caller: Caller, found: StoredJob): boolean =>
  found.vo === caller.vo || found.userDn === caller.userDn || caller.method === 'oauth2';

/** A job, or why there is none to see. */
export type Found = { readonly id: string; readonly job: StoredJob } | { readonly id: string; readonly missing: Json };

const MAX_LIMIT = 500;
const MAX_FILES = 1000;
const HOUR = 3600 * 1000;

export function job(world: World, call: Call): Answer {
  const ids = call.parts[0] ?? '';
  const found = idsOf(ids).map((id) => find(world, call, id));
  const files = call.query.get('files')?.split(',') ?? null;
  const entries = found.map((entry) => {
    if ('missing' in entry) return entry.missing;
    return { ...withFiles(entry.job, files, call.now), http_status: '200 Ok' };
  });
  return several(ids, entries, found);
}

/** An object for one id, else an array; 207 if any entry is missing. */
export function several(asked: string, entries: readonly Json[], found: readonly Found[]): Answer {
  const missing = found.find((entry) => 'missing' in entry);
  if (asked.includes(',')) return json(entries, missing === undefined ? 200 : 207);
  return json(entries[0] ?? {}, missing === undefined ? 200 : statusOf(missing.missing));
}

/** Each job of a list of ids; a trailing comma counts for nothing. */
export function idsOf(list: string): string[] {
  return list.split(',').filter((id) => id !== '');
}

export function find(world: World, call: Call, id: string): Found {
  if (call.caller.delegationId === null) throw internalError();
  const found = world.table.find(id, call.now);
  if (found === undefined) return { id, missing: missing(id, 404, `No job with the id "${id}" has been found`) };
  if (mayRead(call.caller, found)) return { id, job: found };
  return { id, missing: missing(id, 403, `Not enough permissions to check the job "${id}"`) };
}

/** The job itself, where there is only one to be had; a refusal in FTS's other form elsewhere. */
export function requireJob(world: World, call: Call): StoredJob {
  const found = find(world, call, call.parts[0] ?? '');
  if ('job' in found) return found.job;
  throw new Refusal(statusOf(found.missing), String(found.missing['http_message']));
}

export function jobFiles(world: World, call: Call): Answer {
  const found = requireJob(world, call);
  return json(found.files.map((file) => fileView(found, file, call.now)));
}

/**
 * The jobs of the caller's VO that are not finished. With `state_in` the finished ones too: the newest `limit`, or
 * those that finished within `time_window` hours. Without `limit` they come by their ids.
 */
export function list(world: World, call: Call): Answer {
  const { query, now } = call;
  permitList(call);
  const limit = query.get('limit') === null ? Infinity : Number(query.get('limit'));
  if (!(limit > 0) || (limit !== Infinity && limit > MAX_LIMIT)) {
    throw badRequest('The limit must be positive and less or equal than 500');
  }
  const states = query.get('state_in')?.split(',');
  const window = query.get('time_window');
  const user = query.get('user_dn');
  const jobs = own(world, call.caller, now).filter((one) => {
    const { state, finished } = jobNow(one, now);
    if (user !== null && one.userDn !== user) return false;
    if (states === undefined) return finished === null;
    if (!states.includes(state)) return false;
    if (limit !== Infinity) return true;
    return window === null ? finished === null : finished !== null && now - finished <= Number(window) * HOUR;
  });
  const inOrder = limit === Infinity ? jobs.sort(byId) : jobs.reverse().sort((a, b) => b.submitted - a.submitted);
  const fields = query.get('fields')?.split(',');
  return json(inOrder.slice(0, limit).map((one) => pick(jobView(one, now), fields)));
}

const byId = (one: StoredJob, other: StoredJob): number => (one.id < other.id ? -1 : 1);

/**
 * The files without a `finish_time`, of the caller's VO: all, or those that go to the first `dest_surl`. The database
 * compares without regard to case. A source that was not needed never has a `finish_time`; a file in ARCHIVING has that
 * of its copy.
 */
export function files(world: World, call: Call): Answer {
  const { caller, query, now } = call;
  if (caller.delegationId === null) throw new Refusal(403, 'Not enough permissions');
  if (query.get('time_window') !== null) throw internalError();
  const destination = query.get('dest_surl');
  const jobs = destination === null ? own(world, caller, now) : world.table.goingTo(destination);
  const found = jobs
    .filter((one) => isSeen(one, caller, now))
    .flatMap((one) => one.files.map((file) => ({ one, file })))
    .filter(({ file }) => destination === null || columnKey(file.destination) === columnKey(destination))
    .filter(({ file }) => look(file.timeline, now).finished === null);
  return json(found.slice(0, MAX_FILES).map(({ one, file }) => fileView(one, file, now)));
}

export function archived(world: World, call: Call): Answer {
  return json(archivedView(inArchive(world, call), call.now));
}

function inArchive(world: World, call: Call): StoredJob {
  const id = call.parts[0] ?? '';
  if (call.caller.delegationId === null) throw new Refusal(403, 'Not enough permissions');
  const found = world.table.archived.get(id);
  if (found === undefined) throw new Refusal(404, `No job with the id "${id}" has been found in the archive`);
  if (mayRead(call.caller, found)) return found;
  throw new Refusal(403, `Not enough permissions to check the job "${id}"`);
}

function permitList({ caller, query }: Call): void {
  if (caller.delegationId === null) throw new Refusal(403, 'Not enough permissions');
  if ((query.get('dlg_id') ?? caller.delegationId) !== caller.delegationId) {
    throw new Refusal(403, 'The provided delegation id does not match your delegation id');
  }
  if ((query.get('user_dn') ?? caller.userDn) !== caller.userDn) {
    throw badRequest('The provided DN and delegation id do not correspond to the same user');
  }
}

function own(world: World, caller: Caller, now: number): StoredJob[] {
  return [...world.table.live.values()].filter((one) => isSeen(one, caller, now));
}

/** Is it a job of the caller's VO, and committed? */
function isSeen({ vo, hidden }: StoredJob, caller: Caller, now: number): boolean {
  return vo === caller.vo && (hidden === null || (hidden.until !== null && now >= hidden.until));
}

function withFiles(found: StoredJob, fields: readonly string[] | null, now: number): Json {
  if (fields === null) return jobView(found, now);
  const show = (file: StoredFile): Json => pick(fileView(found, file, now), fields);
  return { ...jobView(found, now), files: found.files.map(show) };
}

/** The fields that are asked for, in that order; those that do not exist are left out. */
function pick(all: Json, fields: readonly string[] | undefined): Json {
  if (fields === undefined) return all;
  return Object.fromEntries(fields.filter((name) => name in all).map((name) => [name, all[name]]));
}

function missing(id: string, status: number, message: string): Json {
  return { job_id: id, http_status: statusLine(status), http_message: message };
}

function statusOf(entry: Json): number {
  return Number.parseInt(String(entry['http_status']), 10);
}
