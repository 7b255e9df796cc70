/**
 * attempt: one list on its way to one server.
 *
 * A list that FTS has not got may go to any server; one whose answer was lost belongs to the server that may have it,
 * and is looked for there first.
 */
import { sidFor, type Submitting } from '../rules/submission.js';
import type { JobRow } from '../ftsJob.js';
import type { Candidate } from './candidate.js';
import { type Delivered } from './deliver.js';
import { lookAt, submittingOf } from '../servers/look.js';
import { jobIdFor } from '../fts3/index.js';
import type { Run } from '../run/program.js';
import { isOfOurVo } from '../servers/campaignVo.js';
import type { Servers, Session } from '../servers/servers.js';

export interface Attempt {
  readonly candidate: Candidate;
  readonly session: Session;
  readonly row: Submitting;
  readonly failures: number;
  /** POSTs of this attempt in earlier runs: after one, a refusal proves nothing any more. */
  readonly postsBefore: number;
}

/** The next attempt of a list that FTS has not got: at the server to which a person has moved it, else at one drawn by weight; null when none is left. */
export async function freshAttempt(
  run: Run,
  servers: Servers,
  candidate: Candidate,
  random: () => number,
): Promise<Attempt | null> {
  const session = await freshSession(run, servers, candidate.row?.pinned ?? null, random);
  if (session === null) return null;
  const { name, row, deed, parsed } = candidate;
  const metadata = { campaign: run.books.campaign, list: name, attempt: (row?.attempt ?? 0) + 1 };
  const jobId = jobIdFor(session.baseId, session.vo, sidFor(metadata.campaign, name, metadata.attempt));
  const failures = deed === 'submit afresh' ? 0 : (row?.failures ?? parsed.origin.failures ?? 0);
  const submitting = { metadata, jobId, server: session.name, vo: session.vo, since: run.now() };
  return { candidate, session, row: submitting, failures, postsBefore: 0 };
}

async function freshSession(
  run: Run,
  servers: Servers,
  pinned: string | null,
  random: () => number,
): Promise<Session | null> {
  if (pinned !== null) {
    const session = await servers.session(pinned);
    return session !== null && (await maySubmit(run, servers, session)) ? session : null;
  }
  for (let server = servers.choose(random()); server !== null; server = servers.choose(random())) {
    const session = await servers.session(server.endpoint);
    if (session !== null && (await maySubmit(run, servers, session))) return session;
  }
  return null;
}

async function maySubmit(run: Run, servers: Servers, session: Session): Promise<boolean> {
  return isOfOurVo(run.settings, run.books.db, servers, session) && servers.canSubmit(session);
}

/** A list whose answer was lost, after the look: what came of it, or nothing yet, and then its POST may be repeated. */
export async function openAttempt(
  run: Run,
  servers: Servers,
  session: Session,
  candidate: Candidate,
  job: JobRow,
): Promise<{ attempt: Attempt; delivered: Delivered | null }> {
  const row = submittingOf(run.books.campaign, job);
  const attempt = { candidate, session, row, failures: candidate.row?.failures ?? 0, postsBefore: job.posts };
  const posts = job.posts;
  const after = await lookAt(servers, session, row);
  switch (after.kind) {
    case 'adopt':
      return { attempt, delivered: { kind: 'adopted', jobId: job.jobId, posts } };
    case 'hold':
      return { attempt, delivered: { kind: 'held', why: after.why, posts } };
    case 'unknown':
      return { attempt, delivered: { kind: 'open', why: after.why, posts } };
    case 'repeat': {
      if (run.dryRun || (await maySubmit(run, servers, session))) return { attempt, delivered: null };
      const why = servers.isOut(session.endpoint) ?? 'it takes no submissions';
      return { attempt, delivered: { kind: 'open', why, posts } };
    }
  }
}
