/** report: says what came of the submission of each list, in the summary and in the log. */
import { listPath, targets, type Transition } from '../lists/transition.js';
import type { Blame } from './blame.js';
import { sayLeftBehind, toDoing } from './candidate.js';
import { hasJob, type Attempt, type Delivered, type Ending } from './deliver.js';
import type { Run } from '../run/program.js';

/** FTS has the list, and it is in DOING or on its way there. */
export function tellAccepted(run: Run, { attempt, delivered }: Ending, move: Transition): void {
  const { candidate, session, row } = attempt;
  const action = delivered.kind === 'adopted' ? 'adopted' : 'submitted';
  if (action === 'adopted')
    run.summary.note(
      `Job of list "${candidate.name}" found at ${session.name}: only the answer to its submission was lost`,
    );
  const jobId = hasJob(delivered) ? delivered.jobId : row.jobId;
  const to = targets(move);
  run.summary.list(
    { list: candidate.name, action, jobId, server: session.name, to },
    candidate.parsed.transfers.length,
  );
  sayLeftBehind(run, candidate);
}

/** FTS has not got the list, or not for sure. True: nothing needs to be said, as it may go to another server in this run. */
export function tellOpen(run: Run, { attempt, delivered }: Ending): boolean {
  const { candidate, session, row } = attempt;
  switch (delivered.kind) {
    case 'accepted':
    case 'adopted':
      return false;
    case 'unsent':
      return true;
    case 'refused':
      return tellRefused(run, attempt, delivered);
    case 'not sent':
      if (delivered.free) return true;
      tellUnknown(run, candidate.name, session.name, delivered.message);
      break;
    case 'open':
      tellUnknown(run, candidate.name, session.name, delivered.why);
      break;
    case 'held':
      run.summary.needsAttention(
        `Cannot submit list "${candidate.name}" again: ${delivered.why}; it waits in TODO; a person's way out: node dist/misc/moveServer.js ${candidate.name} --abandon`,
      );
      break;
  }
  run.summary.list({ list: candidate.name, action: 'waiting', jobId: row.jobId, server: session.name });
  return false;
}

/** Whether a server has the list is not known. */
export function tellUnknown(run: Run, list: string, server: string, why: string): void {
  run.summary.needsAttention(
    `Cannot tell whether list "${list}" reached ${server}: ${why}; it waits in TODO for that server, the next run looks again`,
  );
}

/** True: the list is free and may go to another server in this run. */
function tellRefused(run: Run, attempt: Attempt, refusal: Extract<Delivered, { kind: 'refused' }>): boolean {
  const { why, free, message } = refusal;
  const { candidate, session } = attempt;
  switch (why) {
    case 'unauthorised':
    case 'undelegated':
    case 'busy':
      if (free) return true;
      break;
    case 'bad request':
      // What becomes of it is known at the end of the run.
      if (free) return false;
      break;
    case 'tokens':
      // It is said once for its route.
      if (free) return keepInTodo(run, attempt);
      break;
    case 'banned':
      return tellWaits(run, attempt, message);
    case 'destination in use':
      return tellWaits(run, attempt, 'another transfer is writing to one of its destinations');
    case 'other':
      break;
  }
  const earlier = free ? '' : '; the answer to an earlier POST was lost, so it stays with this server';
  run.summary.list({ list: candidate.name, action: 'waiting', server: session.name });
  run.summary.needsAttention(
    `Cannot submit list "${candidate.name}" to ${session.name}: ${message}${earlier}; it waits in TODO`,
  );
  return false;
}

function tellWaits(run: Run, attempt: Attempt, why: string): false {
  run.summary.warnWaits(attempt.candidate.name, `: ${why}`);
  return keepInTodo(run, attempt);
}

function keepInTodo(run: Run, { candidate, session }: Attempt): false {
  run.summary.list({ list: candidate.name, action: 'waiting', server: session.name });
  return false;
}

/** Dry run: what would be done. Returns how many lists FTS would have. */
export function tellDryRun(
  run: Run,
  { tokens }: Blame,
  attempts: readonly Attempt[],
  looked: readonly Ending[],
): number {
  for (const { candidate, session, row } of attempts) {
    const to = [listPath('DOING', candidate.name)];
    const report = { list: candidate.name, action: 'submitted', jobId: row.jobId, server: session.name, to } as const;
    run.summary.list(report, candidate.parsed.transfers.length);
    tokens.show(candidate);
  }
  for (const ending of looked)
    if (hasJob(ending.delivered)) tellAccepted(run, ending, toDoing(run, ending.attempt.candidate));
    else tellOpen(run, ending);
  return attempts.length + looked.filter(({ delivered }) => hasJob(delivered)).length;
}
