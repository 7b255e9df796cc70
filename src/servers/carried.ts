/**
 * carried: what FTS is carrying to the destinations of a list, whoever has submitted it and under whatever id.
 *
 * The jobs of the original program have ids that nobody can compute, and it may have died between a submission and its
 * note of it. So before a list of a campaign that was taken over is submitted for the first time, every server is asked
 * about every destination of it: `/files?dest_surl=` names the file that goes there, and its job. A job that is just
 * this list, or a part of it, is adopted; one that is not is for a person.
 */
import { match } from '../rules/match.js';
import type { Transfer } from '../lists/list.js';
import { storedUrl } from '../lists/url.js';
import { named, plural } from '../text/words.js';
import type { Db } from '../ftsJob.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import type { Job } from '../fts3/index.js';
import { look } from './look.js';
import { reasonOf, type Servers, type Session } from './servers.js';

export type Carried =
  | { readonly kind: 'nothing' }
  /** Every transfer of it stands in the list. */
  | { readonly kind: 'job'; readonly session: Session; readonly job: Job }
  /** Nothing must be sent: a phrase that says why. */
  | { readonly kind: 'conflict'; readonly why: string }
  /** A server could not be asked. */
  | { readonly kind: 'unasked'; readonly endpoint: string };

interface FoundAt {
  readonly session: Session;
  readonly jobId: string;
}

/** So many destinations are asked about at once at one server. */
const AT_ONCE = 8;

/** Asks each of these servers about each destination. `campaign`: jobs of it are ours already, and are not adopted. */
export async function carriedTo(
  servers: Servers,
  endpoints: readonly string[],
  campaign: string,
  transfers: readonly Transfer[],
): Promise<Carried> {
  const found = new Map<string, FoundAt>();
  for (const endpoint of endpoints) {
    const session = await servers.session(endpoint);
    if (session === null) return { kind: 'unasked', endpoint };
    const jobs = await jobsGoingTo(servers, session, transfers);
    if (jobs === null) return { kind: 'unasked', endpoint };
    for (const jobId of jobs) found.set(jobId, { session, jobId });
  }
  const [only, ...others] = found.values();
  if (only === undefined) return { kind: 'nothing' };
  if (others.length === 0) return judge(servers, only, campaign, transfers);
  const jobs = [...found.values()].map(({ session, jobId }) => `${jobId} at ${session.name}`);
  return { kind: 'conflict', why: `several jobs are carrying its transfers (${named(jobs, 4)}): cancel all but one` };
}

/** The jobs with unfinished files for these destinations; null when the server could not be asked about each. */
async function jobsGoingTo(
  servers: Servers,
  session: Session,
  transfers: readonly Transfer[],
): Promise<Set<string> | null> {
  const jobs = new Set<string>();
  const left = transfers.map(({ destination }) => storedUrl(destination)).filter(isStorable);
  let failed = false;
  const ask = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined && !failed; next = left.shift())
      try {
        for (const file of await session.client.unfinishedFiles(next))
          // The source that was not needed is listed for ever.
          if (file.state !== 'NOT_USED') jobs.add(file.jobId);
      } catch (error) {
        failed = true;
        await servers.doubt(session, reasonOf(error));
      }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return failed ? null : jobs;
}

/** FTS keeps URLs in latin-1, and refuses a whole job for another letter (seen on FTS3 3.13): no such file is on its way. */
const isStorable = (url: string): boolean => !/[^\0-\u00ff]/.test(url);

async function judge(
  servers: Servers,
  { session, jobId }: FoundAt,
  campaign: string,
  transfers: readonly Transfer[],
): Promise<Carried> {
  const seen = await look(servers, session, jobId, true);
  if (seen.kind === 'odd') return { kind: 'unasked', endpoint: session.endpoint };
  const what = `job ${jobId} at ${session.name}`;
  if (seen.kind !== 'job')
    return { kind: 'conflict', why: `${what} is carrying its transfers, and cannot be looked at` };
  const why = whyNotAdopted(seen.job, session, campaign, transfers);
  return why === null
    ? { kind: 'job', session, job: seen.job }
    : { kind: 'conflict', why: `${what} is carrying transfers of it, and ${why}` };
}

/** A phrase about the job; null: it may be taken for this list's. */
export function whyNotAdopted(
  job: Job,
  session: Session,
  campaign: string,
  transfers: readonly Transfer[],
): string | null {
  const metadata = job.metadata as { readonly campaign?: unknown; readonly list?: unknown } | null;
  if (metadata?.campaign === campaign) return `is that of list "${String(metadata.list)}"`;
  if (job.userDn !== '' && job.userDn !== session.userDn) return `is another user's (${job.userDn})`;
  const { extra } = match(
    transfers.map((transfer, line) => ({ ...transfer, line })),
    job.files ?? [],
  );
  return extra.length === 0 ? null : `has ${plural(extra.length, 'transfer')} that the list has not`;
}

/** A job of the original program's. */
interface OriginalJob {
  readonly jobId: string;
  readonly session: Pick<Session, 'name' | 'endpoint' | 'vo'>;
  /** When it was submitted, ms since 1970. */
  readonly since: number;
  /** As a server has just said it: if it is gone later, that is a loss as any other. Null: none has it. */
  readonly state: string | null;
}

/** The rows of such a job: from now on this list is SUBMITTED with it. */
export function recordOriginal(
  db: Db,
  list: string,
  { jobId, session, since, state }: OriginalJob,
  known: { readonly failures: number; readonly transfers: number; readonly now: number },
): void {
  const attempt = (listRows.list(db, list)?.attempt ?? 0) + 1;
  listRows.submitting(db, { name: list, attempt, ...known });
  jobRows.putJob(db, {
    list,
    attempt,
    jobId,
    server: session.name,
    endpoint: session.endpoint,
    vo: session.vo,
    sid: '',
    posts: 1,
    submittingAt: since,
    submittedAt: since,
  });
  listRows.setState(db, list, 'SUBMITTED', known.now);
  if (state !== null) jobRows.setSeen(db, list, attempt, { state, reason: '', now: known.now });
}
