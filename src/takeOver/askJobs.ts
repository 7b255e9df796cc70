/**
 * askJobs: where the jobs of the original program are, and what has become of them.
 *
 * Its table says of each which server has it, and that may be wrong: a list that was sent again kept the server of the
 * first time. So each id is asked for at the server of its row first, a hundred in one GET, and what is missing there
 * at every other one, and then in the archives. An id is random: found once it is found.
 */
import { ServerError, type FileStatus, type Job, type Lookup } from '../fts3/index.js';
import { batchesOf } from '../text/words.js';
import { UsageError } from '../errors.js';
import type { OriginalRow } from '../database/originalTable.js';
import { JOBS_PER_REQUEST } from '../servers/look.js';
import { reasonOf, type Servers, type Session } from '../servers/servers.js';
import type { Run } from '../run/program.js';

/** Where a job is; only what is needed of it, as there may be very many. */
export interface JobPlace {
  readonly jobId: string;
  readonly session: Session;
  readonly state: string;
  readonly since: number | null;
}

export interface JobAnswers {
  /** By the id. */
  readonly found: ReadonlyMap<string, JobPlace>;
  /** Ids of which it is not known: a server could not be asked, or gave no usable answer. */
  readonly unsure: ReadonlySet<string>;
}

/** The archive has one job an answer. */
const ARCHIVED_AT_ONCE = 8;

export async function askJobs(
  run: Run,
  servers: Servers,
  endpoints: readonly string[],
  rows: readonly OriginalRow[],
): Promise<JobAnswers> {
  const found = new Map<string, JobPlace>();
  const unsure = new Set<string>();
  // Each is asked for at its own server first; there are few orders and very many jobs.
  const orders = new Map(endpoints.map((own) => [own, [own, ...endpoints.filter((other) => other !== own)]]));
  const ask = async (turn: number, jobs: typeof live): Promise<void> => {
    const at = new Map<string, string[]>();
    for (const { jobId, endpoint: own } of rows) {
      const endpoint = (orders.get(own ?? '') ?? endpoints)[turn];
      if (jobId === null || endpoint === undefined || found.has(jobId)) continue;
      const ids = at.get(endpoint);
      if (ids === undefined) at.set(endpoint, [jobId]);
      else ids.push(jobId);
    }
    await Promise.all(
      [...at].map(async ([endpoint, ids]) => {
        const session = await servers.session(endpoint);
        for (const some of batchesOf(ids, JOBS_PER_REQUEST)) {
          const seen = session === null || isOver(endpoint) ? null : await jobs(servers, session, some);
          for (const id of some) note(id, session, seen?.get(id));
          run.progress.reach(found.size, found.size / rows.length);
        }
      }),
    );
  };
  const isOver = (endpoint: string): boolean => run.mustStop() !== null || servers.whyExcluded(endpoint) !== null;
  const note = (id: string, session: Session | null, seen: Lookup | undefined): void => {
    if (seen?.kind === 'forbidden' && session !== null) throw otherVo(session, id, seen.message);
    if (seen?.kind === 'job' && session !== null) {
      const { state, submittedAt } = seen.job;
      found.set(id, { jobId: id, session, state, since: submittedAt?.getTime() ?? null });
    } else if (seen?.kind !== 'missing') unsure.add(id);
  };
  run.progress.begin({ what: 'asking the servers', unit: 'jobs found' });
  for (const turn of endpoints.keys()) await ask(turn, live);
  for (const turn of endpoints.keys()) await ask(turn, archived);
  for (const id of found.keys()) unsure.delete(id);
  return { found, unsure };
}

/** What is his, we must not judge; and under our VO we would look for our own jobs in vain. */
const otherVo = (session: Session, id: string, message: string): UsageError =>
  new UsageError(
    `Nothing was taken over: ${session.name} takes us for VO "${session.vo}", and job ${id} is another VO's (${message}); run it with a credential of the VO that the original program had`,
  );

async function live(servers: Servers, session: Session, ids: readonly string[]): Promise<Map<string, Lookup> | null> {
  try {
    return await session.client.jobs(ids);
  } catch (error) {
    await servers.doubt(session, reasonOf(error));
    return null;
  }
}

async function archived(
  servers: Servers,
  session: Session,
  ids: readonly string[],
): Promise<Map<string, Lookup> | null> {
  const seen = new Map<string, Lookup>();
  const left = [...ids];
  const ask = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined && servers.whyExcluded(session.endpoint) === null; id = left.shift())
      try {
        seen.set(id, await session.client.archived(id));
      } catch (error) {
        if (!(error instanceof ServerError)) await servers.doubt(session, reasonOf(error));
      }
  };
  await Promise.all(Array.from({ length: ARCHIVED_AT_ONCE }, ask));
  return seen;
}

/** The files of jobs that were found, a group of jobs at a time; of those that cannot be had now, none. */
export async function* filesOf(
  servers: Servers,
  jobs: readonly JobPlace[],
): AsyncGenerator<{ readonly job: JobPlace; readonly files: readonly FileStatus[] | null; readonly seen: Job | null }> {
  const bySession = new Map<Session, JobPlace[]>();
  for (const job of jobs) {
    const own = bySession.get(job.session);
    if (own === undefined) bySession.set(job.session, [job]);
    else own.push(job);
  }
  for (const [session, own] of bySession)
    for (const some of batchesOf(own, JOBS_PER_REQUEST)) {
      const seen = await withFiles(servers, session, some);
      for (const job of some) {
        const lookup = seen.get(job.jobId);
        const whole = lookup?.kind === 'job' ? lookup.job : null;
        yield { job, files: whole?.files ?? null, seen: whole };
      }
    }
}

async function withFiles(servers: Servers, session: Session, jobs: readonly JobPlace[]): Promise<Map<string, Lookup>> {
  const ids = jobs.map(({ jobId }) => jobId);
  try {
    const seen = await session.client.jobs(ids, true);
    for (const id of ids) if (seen.get(id)?.kind === 'missing') seen.set(id, await session.client.archived(id));
    return seen;
  } catch (error) {
    await servers.doubt(session, reasonOf(error));
    return new Map();
  }
}
