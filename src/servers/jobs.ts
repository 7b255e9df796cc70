/**
 * jobs: asks the servers about the jobs of lists in DOING.
 *
 * States are asked for a hundred jobs in one GET, without files; files only of jobs that have become final, as they
 * double the server's work. What a GET cannot tell is looked up in the archive. It decides nothing.
 */
import { isFinal } from '../rules/states.js';
import type { Db, JobRow, ListRow } from '../ftsJob.js';
import { job as jobRow } from '../database/jobRows.js';
import { list as listRow } from '../database/listRows.js';
import { ServerError, type Job, type Lookup } from '../fts3/index.js';
import { reasonOf, type Servers, type Session } from './servers.js';

/** A list in DOING and the job that FTS accepted for it. */
export interface SubmittedList {
  readonly list: ListRow;
  readonly job: JobRow;
}

/** The rows of a list that FTS has. */
export function submittedList(db: Db, name: string): SubmittedList {
  const list = listRow(db, name);
  const job = list === null ? null : jobRow(db, name, list.attempt);
  if (list === null || job === null) throw new Error(`list ${name} is ${list?.state ?? 'unknown'} without a job`);
  return { list, job };
}

/** What FTS says of it. A final job comes with its files. */
export type Sight =
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden'; readonly message: string }
  /** The server fails on this one job, or says of it what FTS never says. */
  | { readonly kind: 'odd'; readonly message: string };

/** Ids in one GET: from 110 on the web server answers an HTML 404 (seen on FTS3 3.13). */
export const JOBS_PER_REQUEST = 100;

/** Files in one answer: a job may have thousands, and an answer is held in memory. */
const FILES_PER_REQUEST = 10_000;

/** What the server says of up to `JOBS_PER_REQUEST` lists. Null, and the server left out, when it does not answer. */
export async function inspect(
  servers: Servers,
  session: Session,
  chunk: readonly SubmittedList[],
): Promise<Map<SubmittedList, Sight> | null> {
  try {
    const states = await session.client.jobs(chunk.map(({ job }) => job.jobId));
    const sights = new Map<SubmittedList, Sight>();
    for (const doing of chunk) sights.set(doing, await sightOf(session, doing, states.get(doing.job.jobId)));
    await addFiles(session, sights);
    return sights;
  } catch (error) {
    servers.leaveOut(session.endpoint, reasonOf(error));
    return null;
  }
}

async function sightOf(session: Session, doing: SubmittedList, live: Lookup | undefined): Promise<Sight> {
  if (live !== undefined && live.kind !== 'missing') return live;
  try {
    return await session.client.archived(doing.job.jobId);
  } catch (error) {
    if (error instanceof ServerError) return { kind: 'odd', message: error.message };
    throw error;
  }
}

/** The files of the jobs that are final and came without them. */
async function addFiles(session: Session, sights: Map<SubmittedList, Sight>): Promise<void> {
  const wanted = [...sights].filter(
    ([, sight]) => sight.kind === 'job' && isFinal(sight.job.state) && sight.job.files === null,
  );
  for (const group of groups(wanted.map(([doing]) => doing))) {
    const found = await filesOf(session, group);
    if (typeof found === 'string') for (const doing of group) sights.set(doing, { kind: 'odd', message: found });
    else
      for (const doing of group) {
        const live = found.get(doing.job.jobId);
        sights.set(doing, live?.kind === 'job' ? live : await sightOf(session, doing, live));
      }
  }
}

/** Of these jobs, with their files; or why the server fails on all of them: their states it has told, and those of others count. */
async function filesOf(session: Session, group: readonly SubmittedList[]): Promise<Map<string, Lookup> | string> {
  try {
    return await session.client.jobs(
      group.map(({ job }) => job.jobId),
      true,
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
