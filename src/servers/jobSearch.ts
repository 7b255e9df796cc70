/**
 * jobSearch: finds the jobs of a list whose rows were lost, by the ids that its sids would have.
 *
 * Each attempt may have gone to another server, so all of them are asked about the same numbers, in the live tables and
 * in the archive. Only answers in FTS's own JSON count; a server that cannot be asked ends the search, as a job there
 * may be running.
 */
import { countsAsFailure } from '../rules/rules.js';
import { isFinal } from '../rules/states.js';
import { isOurs, sidFor } from '../rules/submission.js';
import type { Db } from '../ftsJob.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import { jobIdFor, ServerError, type Job } from '../fts3/index.js';
import { reasonOf, type Servers, type Session } from './servers.js';

/** Attempts looked for in one GET at each server; with any of them found, the next ones are looked for too. */
const ATTEMPTS_PER_LOOK = 8;

/** Attempts are numbered without gaps: so many in a row that are nowhere end the search in the archive. */
const MISSES = 2;

export interface FoundJob {
  readonly session: Session;
  readonly attempt: number;
  readonly job: Job;
}

/** A list of a campaign. */
interface Sought {
  readonly campaign: string;
  readonly name: string;
}

/** The jobs of a list at these servers; or the endpoint that could not be asked about it. */
export async function findAttempts(
  servers: Servers,
  endpoints: readonly string[],
  sought: Sought,
): Promise<readonly FoundJob[] | { readonly unasked: string }> {
  const sessions: Session[] = [];
  for (const endpoint of endpoints) {
    const session = await servers.session(endpoint);
    if (session === null) return { unasked: endpoint };
    sessions.push(session);
  }
  const all: FoundJob[] = [];
  for (let first = 1; ; first += ATTEMPTS_PER_LOOK) {
    const found = await inWindow(servers, sessions, sought, first);
    if ('unasked' in found) return found;
    if (found.length === 0) return all;
    all.push(...found);
  }
}

async function inWindow(
  servers: Servers,
  sessions: readonly Session[],
  sought: Sought,
  first: number,
): Promise<readonly FoundJob[] | { readonly unasked: string }> {
  const attempts = Array.from({ length: ATTEMPTS_PER_LOOK }, (_, index) => first + index);
  const found: FoundJob[] = [];
  for (const session of sessions) {
    const live = await asked(servers, session, () => liveAmong(session, sought, attempts));
    if (live === null) return { unasked: session.endpoint };
    found.push(...live);
  }
  const newest = Math.max(0, ...found.map((each) => each.attempt));
  let misses = 0;
  for (const attempt of attempts) {
    if (misses === MISSES && attempt > newest) break;
    const archived: FoundJob[] = [];
    if (!found.some((each) => each.attempt === attempt))
      for (const session of sessions) {
        const seen = await asked(servers, session, () => session.client.archived(idOf(session, sought, attempt)));
        if (seen === null || seen.kind === 'odd') return { unasked: session.endpoint };
        if (seen.kind === 'job' && isOf(seen.job, sought, attempt)) archived.push({ session, attempt, job: seen.job });
      }
    found.push(...archived);
    misses = found.some((each) => each.attempt === attempt) ? 0 : misses + 1;
  }
  return found;
}

async function liveAmong(session: Session, sought: Sought, attempts: readonly number[]): Promise<FoundJob[]> {
  const seen = await session.client.jobs(attempts.map((attempt) => idOf(session, sought, attempt)));
  return attempts.flatMap((attempt) => {
    const live = seen.get(idOf(session, sought, attempt));
    if (live?.kind === 'odd') throw new ServerError(live.message);
    return live?.kind === 'job' && isOf(live.job, sought, attempt) ? [{ session, attempt, job: live.job }] : [];
  });
}

async function asked<Answer>(servers: Servers, session: Session, ask: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await ask();
  } catch (error) {
    await servers.doubt(session, reasonOf(error));
    return null;
  }
}

const idOf = (session: Session, { campaign, name }: Sought, attempt: number): string =>
  jobIdFor(session.baseId, session.vo, sidFor(campaign, name, attempt));

const isOf = (job: Job, { campaign, name }: Sought, attempt: number): boolean =>
  isOurs(job.metadata, { campaign, list: name, attempt });

/**
 * What the jobs found mean: none; the one that counts, with the failures before it; or several of which more than one
 * may still be carried out, and then a person must cancel all but one.
 */
export type SearchVerdict =
  | { readonly kind: 'none' }
  | { readonly kind: 'several' }
  | { readonly kind: 'one'; readonly latest: FoundJob; readonly failures: number };

export function chooseJob(found: readonly FoundJob[]): SearchVerdict {
  const newest = Math.max(0, ...found.map((each) => each.attempt));
  const [latest, second] = found.filter((each) => each.attempt === newest);
  if (latest === undefined) return { kind: 'none' };
  const open = found.some((each) => each !== latest && !isFinal(each.job.state));
  if (second !== undefined || open) return { kind: 'several' };
  const failures = found.filter((each) => each !== latest && countsAsFailure(each.job.state)).length;
  return { kind: 'one', latest, failures };
}

/** The row that was lost, from the job itself: SUBMITTED. */
export function record(
  db: Db,
  { campaign, name }: Sought,
  { session, attempt, job }: FoundJob,
  known: { readonly failures: number; readonly transfers: number; readonly now: number },
): void {
  listRows.submitting(db, { name, attempt, ...known });
  jobRows.putJob(db, {
    list: name,
    attempt,
    jobId: job.id,
    server: session.name,
    endpoint: session.endpoint,
    vo: session.vo,
    sid: sidFor(campaign, name, attempt),
    posts: 1,
    submittingAt: job.submittedAt?.getTime() ?? known.now,
    submittedAt: null,
  });
  listRows.setState(db, name, 'SUBMITTED', known.now);
  jobRows.setSubmitted(db, name, attempt, job.id, known.now);
}
