/**
 * submissions: submits batches of lists, and keeps the rows in step.
 *
 * For each batch: (a) the rows say SUBMITTING, one commit; (b) the POSTs, all at once; (c) the rows say what came of
 * them and the lists leave TODO, one commit, carried out. A crash after (a) leaves rows SUBMITTING: the next run looks
 * for their jobs before it repeats anything. A crash after (c) is finished by `redo`.
 */
import { jobRequest, sidFor } from '../core/submission.js';
import { at, targets, type Transition } from '../core/transition.js';
import * as rows from '../ftsJob.js';
import { freshAttempt, openAttempt, type Attempt } from './attempt.js';
import { sayLeftBehind, toDoing, type Candidate } from './candidate.js';
import { deliver, type Delivered } from './deliver.js';
import type { Run } from './program.js';
import { Refusals } from './refusals.js';
import type { Servers } from './servers.js';

interface Ending {
  readonly attempt: Attempt;
  readonly delivered: Delivered;
}

export class Submissions {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly random: () => number;
  private readonly refusals: Refusals;
  /** Lists for which no server was left. */
  withoutServer = 0;

  constructor(run: Run, servers: Servers, random: () => number) {
    this.run = run;
    this.servers = servers;
    this.random = random;
    this.refusals = new Refusals(run, servers);
  }

  /** Returns how many FTS now has, and the candidates that are free for another server. */
  async submit(batch: readonly Candidate[]): Promise<{ accepted: number; again: Candidate[] }> {
    const attempts: Attempt[] = [];
    const endings: Ending[] = [];
    for (const candidate of batch) {
      const { attempt, delivered } = (await this.attempt(candidate)) ?? { attempt: null, delivered: null };
      if (attempt === null) continue;
      if (delivered === null) attempts.push(attempt);
      else endings.push({ attempt, delivered });
    }
    if (this.run.dryRun) return { accepted: this.sayOnly(attempts, endings), again: [] };
    if (attempts.length > 0) this.record(attempts);
    endings.push(...(await Promise.all(attempts.map((attempt) => this.post(attempt)))));
    return this.conclude(endings);
  }

  /** To be called once, after the last batch. */
  settleRefused(): void {
    this.refusals.settle();
  }

  /** Null when the list cannot go now: it has been reported. */
  private async attempt(candidate: Candidate): Promise<{ attempt: Attempt; delivered: Delivered | null } | null> {
    const { name, job } = candidate;
    if (job === null) return this.fresh(candidate);
    const session = await this.servers.session(job.endpoint);
    if (session !== null) return openAttempt(this.run, this.servers, session, candidate, job);
    this.run.summary.list({ list: name, action: 'waiting', jobId: job.jobId, server: job.server });
    this.sayUnknown(name, job.server, this.servers.isOut(job.endpoint) ?? 'it cannot be asked');
    return null;
  }

  private async fresh(candidate: Candidate): Promise<{ attempt: Attempt; delivered: null } | null> {
    const { name } = candidate;
    const ban = this.refusals.bannedStorage(candidate);
    const attempt = ban === null ? await freshAttempt(this.run, this.servers, candidate, this.random) : null;
    if (attempt !== null) return { attempt, delivered: null };
    this.run.summary.list({ list: name, action: 'waiting' });
    const pinned = candidate.row?.pinned ?? null;
    if (ban === null && pinned !== null)
      this.run.summary.warn(
        `List "${name}" waits in TODO for ${this.servers.nameOf(pinned)}, to which it was moved: ${this.servers.isOut(pinned) ?? 'it takes no submissions'}; to move it elsewhere: node dist/misc/moveServer.js ${name} --to SERVER`,
      );
    else if (ban === null) this.withoutServer += 1;
    else this.run.summary.warn(`List "${name}" waits in TODO: its storage ${ban} is banned`);
    return null;
  }

  /** (a) From this commit on, a crash is followed by a look. */
  private record(attempts: readonly Attempt[]): void {
    const { db } = this.run.books;
    const now = this.run.now().getTime();
    this.run.journal.commit(() => {
      for (const { candidate, session, row, failures, postsBefore } of attempts) {
        const { name, parsed } = candidate;
        const { campaign, attempt } = row.metadata;
        if (postsBefore > 0) {
          rows.setPosts(db, name, attempt, postsBefore + 1);
          continue;
        }
        rows.submitting(db, { name, attempt, failures, transfers: parsed.transfers.length, now });
        rows.putJob(db, {
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
    });
  }

  /** (b) */
  private async post(attempt: Attempt): Promise<Ending> {
    const { candidate, session, row, postsBefore } = attempt;
    const request = jobRequest(candidate.parsed.transfers, this.run.settings.job, row.metadata);
    return { attempt, delivered: await deliver(this.servers, session, request, row, postsBefore) };
  }

  /** (c) One commit for the whole batch: rows and transitions. */
  private conclude(endings: readonly Ending[]): { accepted: number; again: Candidate[] } {
    const moves = new Map<Ending, Transition>();
    for (const ending of endings)
      if (hasJob(ending.delivered)) moves.set(ending, toDoing(this.run, ending.attempt.candidate));
    if (endings.length > 0)
      this.run.journal.carry([...moves.values()], () => endings.forEach((ending) => this.writeRows(ending)));

    const again: Candidate[] = [];
    for (const ending of endings) {
      const move = moves.get(ending);
      if (move !== undefined) this.tellAccepted(ending, move);
      else if (this.tellOpen(ending)) again.push(ending.attempt.candidate);
    }
    return { accepted: moves.size, again };
  }

  private writeRows({ attempt, delivered }: Ending): void {
    const { db } = this.run.books;
    const { list, attempt: number } = attempt.row.metadata;
    const now = this.run.now().getTime();
    if (hasJob(delivered)) {
      rows.setState(db, list, 'SUBMITTED', now);
      rows.setSubmitted(db, list, number, delivered.jobId, now);
    } else if (isFree(delivered)) {
      rows.freeAgain(db, list, number, now);
      rows.removeJob(db, list, number);
    }
  }

  private tellAccepted({ attempt, delivered }: Ending, move: Transition): void {
    const { candidate, session, row } = attempt;
    const action = delivered.kind === 'adopted' ? 'adopted' : 'submitted';
    if (action === 'submitted') this.refusals.sawAccepted(session.endpoint);
    else
      this.run.summary.note(
        `Job of list "${candidate.name}" found at ${session.name}: only the answer to its submission was lost`,
      );
    const jobId = hasJob(delivered) ? delivered.jobId : row.jobId;
    const report = { list: candidate.name, action, jobId, server: session.name, to: targets(move) } as const;
    this.run.summary.list(report, candidate.parsed.transfers.length);
    this.run.log.info(`list ${action}`, report);
    sayLeftBehind(this.run, candidate);
  }

  /** What came of a list that FTS has not got, or not for sure. True: it is free and may go to another server now. */
  private tellOpen({ attempt, delivered }: Ending): boolean {
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
        this.sayUnknown(candidate.name, session.name, delivered.message);
        break;
      case 'open':
        this.sayUnknown(candidate.name, session.name, delivered.why);
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

  private sayUnknown(list: string, server: string, why: string): void {
    this.run.summary.person(
      `Cannot tell whether list "${list}" reached ${server}: ${why}; it waits in TODO for that server, the next run looks again`,
    );
  }

  /** Dry run: what would be done. */
  private sayOnly(attempts: readonly Attempt[], endings: readonly Ending[]): number {
    for (const { candidate, session, row } of attempts) {
      const to = [at('DOING', candidate.name)];
      const report = { list: candidate.name, action: 'submitted', jobId: row.jobId, server: session.name, to } as const;
      this.run.summary.list(report, candidate.parsed.transfers.length);
    }
    const adopted = endings.filter(({ delivered }) => hasJob(delivered));
    for (const ending of endings)
      if (hasJob(ending.delivered)) this.tellAccepted(ending, toDoing(this.run, ending.attempt.candidate));
      else this.tellOpen(ending);
    return attempts.length + adopted.length;
  }
}

const hasJob = (delivered: Delivered): delivered is Delivered & { jobId: string } =>
  delivered.kind === 'accepted' || delivered.kind === 'adopted';

const isFree = (delivered: Delivered): boolean =>
  (delivered.kind === 'refused' || delivered.kind === 'not sent') && delivered.free;
