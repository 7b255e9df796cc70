/**
 * look: asks a server about jobs of ours, in the live tables and then in the archive. It decides nothing.
 *
 * What was seen is a `Lookup`: only two answers in FTS's own JSON, one from each place, make a job missing; where FTS
 * tells nothing that we could believe, it is odd. Lists in DOING are asked about in hundreds, without files; files are
 * asked for only of jobs that have become final, as they double the server's work, and of those that wait for tape
 * until it is known since when.
 */
import { isFinal } from '../rules/states.js';
import { afterLook, type AfterLook, type JobMetadata, type Submitting } from '../rules/submission.js';
import type { Db, JobRow, ListRow } from '../ftsJob.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import { isOnTape } from '../rules/tape.js';
import { type Files, type Job, type Lookup, ServerError } from '../fts3/index.js';
import { reasonOf, type Servers, type Session } from './servers.js';

/**
 * What the server says of one job. One that answers nothing is left out for the run, so that each of its lists does not
 * wait for it in turn.
 */
export async function look(servers: Servers, session: Session, jobId: string, files: Files = false): Promise<Lookup> {
  try {
    return await elseArchived(session, jobId, (await session.client.jobs([jobId], files)).get(jobId));
  } catch (error) {
    const message = reasonOf(error);
    await servers.doubt(session, message);
    return { kind: 'odd', message };
  }
}

/** A job that is missing in the live tables is looked up in `/archive`, where final jobs go after seven days. */
async function elseArchived(session: Session, jobId: string, live: Lookup | undefined): Promise<Lookup> {
  if (live !== undefined && live.kind !== 'missing') return live;
  try {
    return await session.client.archived(jobId);
  } catch (error) {
    if (error instanceof ServerError) return { kind: 'odd', message: error.message };
    throw error;
  }
}

/** What a look means for a list whose job may exist: the step before any repeat. */
export async function lookAt(servers: Servers, session: Session, row: Submitting): Promise<AfterLook> {
  return afterLook(await look(servers, session, row.jobId), row, session.vo, servers.now());
}

/** What is recorded of an attempt whose answer was lost. */
export function submittingOf(campaign: string, job: JobRow): Submitting {
  const metadata: JobMetadata = { campaign, list: job.list, attempt: job.attempt };
  return { metadata, jobId: job.jobId, server: job.server, vo: job.vo, since: new Date(job.submittingAt) };
}

/** A list in DOING and the job that FTS accepted for it. */
export interface SubmittedList {
  readonly list: ListRow;
  readonly job: JobRow;
}

/** The rows of a list that FTS has. */
export const submittedList = (db: Db, name: string): SubmittedList =>
  submitted(name, listRows.list(db, name), jobRows.currentJobs(db, [name])[0]);

/** The rows of many, in the order of their names here. */
export function submittedLists(db: Db, names: readonly string[]): SubmittedList[] {
  const lists = new Map(listRows.lists(db, names).map((list) => [list.name, list]));
  const jobs = new Map(jobRows.currentJobs(db, names).map((job) => [job.list, job]));
  return names.map((name) => submitted(name, lists.get(name) ?? null, jobs.get(name)));
}

function submitted(name: string, list: ListRow | null, job: JobRow | undefined): SubmittedList {
  if (list === null || job === undefined) throw new Error(`list ${name} is ${list?.state ?? 'unknown'} without a job`);
  return { list, job };
}

/** Ids in one GET: from 110 on the web server answers an HTML 404 (seen on FTS3 3.13). */
export const JOBS_PER_REQUEST = 100;

/** Files in one answer: a job may have thousands, and an answer is held in memory. */
const FILES_PER_REQUEST = 10_000;

/** What the server says of up to `JOBS_PER_REQUEST` lists. Null, and the server left out, when it does not answer. */
export async function inspect(
  servers: Servers,
  session: Session,
  chunk: readonly SubmittedList[],
): Promise<Map<SubmittedList, Lookup> | null> {
  try {
    const states = await session.client.jobs(chunk.map(({ job }) => job.jobId));
    const lookups = new Map<SubmittedList, Lookup>();
    for (const doing of chunk)
      lookups.set(doing, await elseArchived(session, doing.job.jobId, states.get(doing.job.jobId)));
    await addFiles(session, lookups);
    await addTape(session, lookups);
    return lookups;
  } catch (error) {
    servers.leaveOut(session.endpoint, reasonOf(error));
    return null;
  }
}

/** The files of the jobs that are final and came without them. */
async function addFiles(session: Session, lookups: Map<SubmittedList, Lookup>): Promise<void> {
  const wanted = [...lookups].filter(
    ([, lookup]) => lookup.kind === 'job' && isFinal(lookup.job.state) && lookup.job.files === null,
  );
  for (const group of groups(wanted.map(([doing]) => doing))) {
    const found = await filesOf(session, group);
    if (typeof found === 'string') for (const doing of group) lookups.set(doing, { kind: 'odd', message: found });
    else
      for (const doing of group)
        lookups.set(doing, await elseArchived(session, doing.job.jobId, found.get(doing.job.jobId)));
  }
}

/** The files of the jobs that wait for tape, unless their rows have since when. Nothing hangs on them. */
async function addTape(session: Session, lookups: Map<SubmittedList, Lookup>): Promise<void> {
  const wanted = [...lookups].filter(
    ([{ job: row }, lookup]) =>
      lookup.kind === 'job' && isOnTape(lookup.job.state) && (row.state !== lookup.job.state || row.tapeUntil === null),
  );
  const whole = await wholeJobs(
    session,
    wanted.map(([doing]) => doing),
  );
  for (const [doing, job] of whole) lookups.set(doing, { kind: 'job', job });
}

/** The jobs of these lists with all that the server tells of their files. Those that it fails on, or has archived, are left out. */
export async function wholeJobs(session: Session, lists: readonly SubmittedList[]): Promise<Map<SubmittedList, Job>> {
  const whole = new Map<SubmittedList, Job>();
  for (const group of groups(lists)) {
    const found = await filesOf(session, group, 'whole');
    if (typeof found === 'string') continue;
    for (const doing of group) {
      const lookup = found.get(doing.job.jobId);
      if (lookup?.kind === 'job') whole.set(doing, lookup.job);
    }
  }
  return whole;
}

/** These jobs with their files; or why the server fails on all of them. It has told their states, and those of others count. */
async function filesOf(
  session: Session,
  group: readonly SubmittedList[],
  files: Files = true,
): Promise<Map<string, Lookup> | string> {
  try {
    return await session.client.jobs(
      group.map(({ job }) => job.jobId),
      files,
    );
  } catch (error) {
    if (error instanceof ServerError) return error.message;
    throw error;
  }
}

function groups(lists: readonly SubmittedList[]): SubmittedList[][] {
  const result: SubmittedList[][] = [];
  let files = Infinity;
  for (const doing of lists) {
    files += doing.list.transfers;
    if (files > FILES_PER_REQUEST) {
      result.push([]);
      files = doing.list.transfers;
    }
    result.at(-1)?.push(doing);
  }
  return result;
}
