/**
 * look: finds a job by its id, in the live tables and then in the archive.
 *
 * Only two answers in FTS's own JSON, one from each place, make a job missing; anything less is "unknown".
 */
import { afterLook, type AfterLook, type JobMetadata, type Submitting } from '../rules/submission.js';
import type { JobRow } from '../ftsJob.js';
import type { Found } from '../rules/submission.js';
import type { Job } from '../fts3/index.js';
import { reasonOf, type Servers, type Session } from './servers.js';

export type Look =
  Exclude<Found, { kind: 'job' }> | { readonly kind: 'job'; readonly metadata: unknown; readonly job: Job };

/** A server that answers nothing is left out for the run, so that each of its lists does not wait for it in turn. */
export async function look(servers: Servers, session: Session, jobId: string): Promise<Look> {
  try {
    const live = (await session.client.jobs([jobId])).get(jobId);
    if (live?.kind === 'job') return { kind: 'job', metadata: live.job.metadata, job: live.job };
    if (live?.kind === 'forbidden') return live;
    if (live?.kind === 'odd') return { kind: 'unknown', message: live.message };
    return await lookInArchive(session, jobId);
  } catch (error) {
    const message = reasonOf(error);
    await servers.doubt(session, message);
    return { kind: 'unknown', message };
  }
}

/** `GET /archive/ID`: where final jobs go after seven days. Throws what the client throws. */
export async function lookInArchive(session: Session, jobId: string): Promise<Look> {
  const archived = await session.client.archived(jobId);
  if (archived.kind === 'odd') return { kind: 'unknown', message: archived.message };
  return archived.kind === 'job' ? { kind: 'job', metadata: archived.job.metadata, job: archived.job } : archived;
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
