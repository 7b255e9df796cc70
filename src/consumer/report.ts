/**
 * report: says what came of the submission of each list, in the summary and in the log.
 *
 * It decides one thing: whether a list that FTS has not got is free for another server in this run.
 */
import { at, targets, type Transition } from '../lists/transition.js';
import type { Attempt } from './attempt.js';
import { sayLeftBehind, toDoing } from './candidate.js';
import type { Delivered } from './deliver.js';
import type { Run } from '../run/program.js';
import type { Refusals } from './refusals.js';
import type { Servers } from '../servers/servers.js';

/** An attempt, and how it ended. */
export interface Ending {
  readonly attempt: Attempt;
  readonly delivered: Delivered;
}

export const hasJob = (delivered: Delivered): delivered is Delivered & { jobId: string } =>
  delivered.kind === 'accepted' || delivered.kind === 'adopted';

export class SubmissionReport {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly refusals: Refusals;

  constructor(run: Run, servers: Servers, refusals: Refusals) {
    this.run = run;
    this.servers = servers;
    this.refusals = refusals;
  }

  /** FTS has the list, and it is in DOING or on its way there. */
  accepted({ attempt, delivered }: Ending, move: Transition): void {
    const { candidate, session, row } = attempt;
    const action = delivered.kind === 'adopted' ? 'adopted' : 'submitted';
    if (action === 'adopted')
      this.run.summary.note(
        `Job of list "${candidate.name}" found at ${session.name}: only the answer to its submission was lost`,
      );
    const jobId = hasJob(delivered) ? delivered.jobId : row.jobId;
    const report = { list: candidate.name, action, jobId, server: session.name, to: targets(move) } as const;
    this.run.summary.list(report, candidate.parsed.transfers.length);
    this.run.log.info(`list ${action}`, report);
    sayLeftBehind(this.run, candidate);
  }

  /** FTS has not got the list, or not for sure. True: it is free and may go to another server now. */
  open({ attempt, delivered }: Ending): boolean {
    const { candidate, session } = attempt;
    switch (delivered.kind) {
      case 'accepted':
      case 'adopted':
        return false;
      case 'refused':
        return this.refusals.refuse(attempt, delivered.why, delivered.message, delivered.free);
      case 'not sent':
        this.servers.leaveOut(session.endpoint, delivered.message);
        if (delivered.free) return true;
        this.unknown(candidate.name, session.name, delivered.message);
        break;
      case 'open':
        this.unknown(candidate.name, session.name, delivered.why);
        break;
      case 'held':
        this.run.summary.person(
          `Cannot submit list "${candidate.name}" again: ${delivered.why}; it waits in TODO; a person's way out: node dist/misc/moveServer.js ${candidate.name} --abandon`,
        );
        break;
    }
    const { jobId } = attempt.row;
    this.run.summary.list({ list: candidate.name, action: 'waiting', jobId, server: session.name });
    return false;
  }

  /** Whether a server has the list is not known. */
  unknown(list: string, server: string, why: string): void {
    this.run.summary.person(
      `Cannot tell whether list "${list}" reached ${server}: ${why}; it waits in TODO for that server, the next run looks again`,
    );
  }

  /** Dry run: what would be done. Returns how many FTS would have. */
  only(attempts: readonly Attempt[], endings: readonly Ending[]): number {
    for (const { candidate, session, row } of attempts) {
      const to = [at('DOING', candidate.name)];
      const report = { list: candidate.name, action: 'submitted', jobId: row.jobId, server: session.name, to } as const;
      this.run.summary.list(report, candidate.parsed.transfers.length);
    }
    const adopted = endings.filter(({ delivered }) => hasJob(delivered));
    for (const ending of endings)
      if (hasJob(ending.delivered)) this.accepted(ending, toDoing(this.run, ending.attempt.candidate));
      else this.open(ending);
    return attempts.length + adopted.length;
  }
}
