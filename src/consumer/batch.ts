/**
 * batch: submits some lists, and keeps the rows in step.
 *
 * (a) the rows say SUBMITTING, one commit; (b) the POSTs, `consumer.concurrency` at once; (c) the rows say what came of
 * them and the lists that FTS has leave TODO, one commit, carried out. A crash before (c) leaves rows SUBMITTING: the
 * next run looks for their jobs before it repeats anything. A crash after (c) is finished by `redo`.
 */
import { sentOf } from '../rules/sent.js';
import { jobRequest, sidFor } from '../rules/submission.js';
import type { Transition } from '../lists/transition.js';
import * as campaignRows from '../database/campaignRows.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import { bannedStorage, judgeServers, learn, whyHopeless, type Blame } from './blame.js';
import { toDoing, type Candidate } from './candidate.js';
import { deliver, hasJob, type Attempt, type Ending } from './deliver.js';
import type { Run } from '../run/program.js';
import { jobOf } from '../settings/route.js';
import { tellAccepted, tellOpen } from './report.js';
import { knows } from '../fts3/index.js';
import { asksForReport } from '../servers/lacking.js';
import type { Servers } from '../servers/servers.js';

/**
 * `looked`: attempts about which a look has told all. Returns how many lists FTS has now, and those that may be tried
 * again in this run.
 */
export async function submitBatch(
  run: Run,
  servers: Servers,
  blame: Blame,
  attempts: readonly Attempt[],
  looked: readonly Ending[],
): Promise<{ accepted: number; again: Candidate[] }> {
  record(run, blame, attempts);
  const posted = await postAll(run, servers, blame, attempts);
  judgeServers(blame, servers, posted);
  const endings = [...posted, ...looked];
  const again = endings.filter((ending) => tellOpen(run, ending)).map(({ attempt }) => attempt.candidate);
  return { accepted: conclude(run, blame, endings), again };
}

/** (a) From this commit on, a crash is followed by a look. */
function record(run: Run, blame: Blame, attempts: readonly Attempt[]): void {
  if (attempts.length === 0) return;
  run.journal.commit(() => {
    for (const attempt of attempts) writeAttempt(run, blame, attempt);
  });
}

function writeAttempt(
  run: Run,
  { tokens, storages }: Blame,
  { candidate, session, row, failures, postsBefore }: Attempt,
): void {
  const { db } = run;
  const now = run.now().getTime();
  const { name, parsed } = candidate;
  const { campaign, attempt } = row.metadata;
  if (postsBefore > 0) jobRows.setPosts(db, name, attempt, postsBefore + 1);
  else {
    listRows.submitting(db, { name, attempt, failures, transfers: parsed.transfers.length, now });
    campaignRows.putServerVo(db, session.endpoint, session.vo);
    jobRows.putJob(db, {
      list: name,
      attempt,
      jobId: row.jobId,
      server: session.name,
      endpoint: session.endpoint,
      vo: session.vo,
      sid: sidFor(campaign, name, attempt),
      posts: 1,
      submittingAt: now,
      submittedAt: null,
    });
  }
  if (storages.isProbe(name)) jobRows.setProbe(db, name, attempt);
  jobRows.setSent(db, name, attempt, sentOf(parsed.transfers));
  jobRows.setTokenIds(db, name, attempt, tokens.pairOf(candidate));
}

/** (b) In the order of the attempts. What an answer shows counts for the POSTs behind it. */
async function postAll(
  run: Run,
  servers: Servers,
  blame: Blame,
  attempts: readonly Attempt[],
): Promise<readonly Ending[]> {
  const endings: Ending[] = [];
  const left = [...attempts.entries()];
  const post = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, attempt] = next;
      const ending = maySend(run, servers, blame, attempt)
        ? await send(run, servers, blame, attempt)
        : ({ attempt, delivered: { kind: 'unsent' } } as const);
      learn(blame, servers, ending);
      endings[index] = ending;
    }
  };
  const posts = Array.from({ length: run.settings.consumer.concurrency }, post);
  // A bug in one must not cut off the others: each lost answer costs the next run a look.
  await Promise.allSettled(posts);
  await Promise.all(posts);
  return endings;
}

/** Has nothing happened since it was recorded that speaks against it: an end of the run, a server or storage that is out? */
function maySend(run: Run, servers: Servers, blame: Blame, { candidate, session }: Attempt): boolean {
  return (
    run.mustStop() === null &&
    servers.whyExcluded(session.endpoint) === null &&
    whyHopeless(blame, session.endpoint) === null &&
    bannedStorage(blame, candidate) === null &&
    !blame.tokens.mustWait(candidate)
  );
}

async function send(run: Run, servers: Servers, { tokens }: Blame, attempt: Attempt): Promise<Ending> {
  const { candidate, session, row } = attempt;
  const job = jobOf(run.settings, candidate.route, candidate.parsed.origin);
  const reports = asksForReport(run.settings, job) && knows(await servers.announced(session), 'dst_file_report');
  const request = jobRequest(
    candidate.parsed.transfers,
    reports ? { ...job, dst_file_report: true } : job,
    row.metadata,
    tokens.pairOf(candidate),
  );
  return { attempt, delivered: await deliver(servers, attempt, request) };
}

/** (c) Returns how many lists FTS has. They are struck off with the next commit of the run. */
function conclude(run: Run, blame: Blame, endings: readonly Ending[]): number {
  if (endings.length === 0) return 0;
  const moves = new Map<Ending, Transition>();
  for (const ending of endings) if (hasJob(ending.delivered)) moves.set(ending, toDoing(run, ending.attempt.candidate));
  const entries = run.journal.enter([...moves.values()], () => {
    for (const ending of endings) writeEnding(run, blame, ending);
  });
  for (const [ending, move] of moves) tellAccepted(run, ending, move);
  run.journal.carryOut(entries);
  return moves.size;
}

function writeEnding(run: Run, blame: Blame, { attempt, delivered }: Ending): void {
  const { db } = run;
  const { list, attempt: number } = attempt.row.metadata;
  const now = run.now().getTime();
  if (hasJob(delivered)) {
    listRows.setState(db, list, 'SUBMITTED', now);
    jobRows.setSubmitted(db, list, number, delivered.jobId, now);
    return;
  }
  const isUnsent = delivered.kind === 'unsent';
  if (isUnsent && attempt.postsBefore > 0) jobRows.setPosts(db, list, number, attempt.postsBefore);
  else if (isUnsent || ((delivered.kind === 'refused' || delivered.kind === 'not sent') && delivered.free)) {
    // As if it had not been recorded: FTS has nothing of it, and the number is used again.
    listRows.freeAgain(db, list, number, now);
    jobRows.removeJob(db, list, number);
  }
  if (blame.failed.has(list) || blame.refused.has(list)) listRows.setFailed(db, list, now);
}
