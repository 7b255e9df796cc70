/**
 * deliver: brings one list to one server, whatever happens to the answers.
 *
 * A POST whose answer is lost is followed by a look at the job's id; only when the job is not there is the same sid
 * posted again, to the same server. Nothing here touches the disk: the caller has recorded the attempt before.
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  isFree,
  isOurs,
  type AfterLook,
  type JobRequest,
  type PostOutcome,
  type Refusal,
  type Submitting,
} from '../rules/submission.js';
import { Banned, Conflict, FtsError, NeedDelegation, TryAgain, Unauthorized } from '../fts3/index.js';
import type { Candidate } from './candidate.js';
import { look, lookAt } from '../servers/look.js';
import type { Servers, Session } from '../servers/servers.js';

/** One list on its way to one server. */
export interface Attempt {
  readonly candidate: Candidate;
  readonly session: Session;
  readonly row: Submitting;
  readonly failures: number;
  /** POSTs of this attempt in earlier runs: after one, a refusal proves nothing any more. */
  readonly postsBefore: number;
}

/** How the delivery of a list ended. */
export type Delivered =
  | { readonly kind: 'accepted' | 'adopted'; readonly jobId: string }
  /** `free`: FTS has nothing of it, so it may go to any server. */
  | { readonly kind: 'refused'; readonly why: Refusal; readonly free: boolean; readonly message: string }
  /** The server could not be reached: no byte of the POST left. */
  | { readonly kind: 'not sent'; readonly free: boolean; readonly message: string }
  /** Whether the job exists is not known: the next run looks again. */
  | { readonly kind: 'open'; readonly why: string }
  /** A person must look. */
  | { readonly kind: 'held'; readonly why: string };

export interface Ending {
  readonly attempt: Attempt;
  /** `unsent`: it was recorded, and then its POST was not begun. */
  readonly delivered: Delivered | { readonly kind: 'unsent' };
}

export const hasJob = (delivered: Ending['delivered']): delivered is Delivered & { jobId: string } =>
  delivered.kind === 'accepted' || delivered.kind === 'adopted';

/** Pauses in ms before a POST is repeated within the run. */
const BACK_OFF = [500, 2000] as const;

export async function deliver(
  servers: Servers,
  { session, row, postsBefore }: Attempt,
  request: JobRequest,
): Promise<Delivered> {
  let posts = postsBefore;
  let delegated = false;
  for (let lost = 0; ;) {
    posts += 1;
    const outcome = await post(session, request, row.jobId);
    switch (outcome.kind) {
      case 'accepted':
        return { kind: 'accepted', jobId: outcome.jobId };
      case 'not sent':
        return { kind: 'not sent', free: isFree(outcome, posts), message: outcome.message };
      case 'refused':
        if (outcome.why === 'undelegated' && !delegated) {
          delegated = true;
          // A refusal for want of delegation proves that this POST made no job: it does not count.
          posts -= 1;
          if (await servers.canSubmit(session, true)) continue;
          posts += 1;
        }
        return { kind: 'refused', why: outcome.why, free: isFree(outcome, posts), message: outcome.message };
      case 'exists':
        return ended(await lookAt(servers, session, row), row, 'its sid is taken, but its job is nowhere to be seen');
      case 'lost': {
        const wait = BACK_OFF[lost];
        lost += 1;
        if (wait !== undefined) await pause(wait);
        const after = await lookAt(servers, session, row);
        if (after.kind === 'repeat' && outcome.otherId !== undefined)
          if (await isOurJob(servers, session, outcome.otherId, row))
            return { kind: 'accepted', jobId: outcome.otherId };
        if (after.kind === 'repeat' && wait !== undefined) continue;
        if (after.kind === 'repeat') await servers.doubt(session, outcome.message);
        return ended(after, row, outcome.message);
      }
    }
  }
}

function ended(after: AfterLook, row: Submitting, message: string): Delivered {
  switch (after.kind) {
    case 'adopt':
      return { kind: 'adopted', jobId: row.jobId };
    case 'hold':
      return { kind: 'held', why: after.why };
    case 'unknown':
      return { kind: 'open', why: after.why };
    case 'repeat':
      return { kind: 'open', why: message };
  }
}

/** A server that does not heed our sid makes an id of its own; the job is ours by what we wrote into it. */
async function isOurJob(servers: Servers, session: Session, jobId: string, row: Submitting): Promise<boolean> {
  const found = await look(servers, session, jobId);
  return found.kind === 'job' && isOurs(found.job.metadata, row.metadata);
}

/** One POST, as a value. An answer with another job's id proves nothing of ours, so it counts as lost. */
async function post(session: Session, request: JobRequest, expectedId: string): Promise<PostOutcome> {
  try {
    const jobId = await session.client.submit({ files: [...request.files], params: { ...request.params } });
    if (jobId === expectedId) return { kind: 'accepted', jobId };
    const message = `the server answered with job ${jobId} instead of ${expectedId}`;
    return { kind: 'lost', message, otherId: jobId };
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    return asOutcome(error);
  }
}

function asOutcome(error: FtsError): PostOutcome {
  const { message } = error;
  if (!error.sent) return { kind: 'not sent', message };
  if (!error.answered) return { kind: 'lost', message };
  if (error instanceof Conflict) {
    if (error.kind === 'sid') return { kind: 'exists' };
    if (error.kind === 'tokens') return { kind: 'refused', why: 'tokens', message };
    return { kind: 'refused', why: 'destination in use', message };
  }
  if (error instanceof NeedDelegation) return { kind: 'refused', why: 'undelegated', message };
  if (error instanceof Banned) return { kind: 'refused', why: 'banned', message };
  if (error instanceof Unauthorized) return { kind: 'refused', why: 'unauthorised', message };
  if (error.status === null || error.status < 400 || error.status >= 500) return { kind: 'lost', message };
  if (error instanceof TryAgain) return { kind: 'refused', why: 'busy', message };
  if (error.status !== 400) return { kind: 'refused', why: 'other', message };
  return { kind: 'refused', why: OF_TOKENS.test(message) ? 'tokens' : 'bad request', message };
}

/** What FTS 3.13 says of a token that it does not take. */
const OF_TOKENS =
  /Failed to validate access-token|Token does not contain an? \w+ claim|Token for (source|destination) /;
