/**
 * submissions: submits batches of lists, and keeps the rows in step.
 *
 * For each batch: (a) the rows say SUBMITTING, one commit; (b) the POSTs, all at once; (c) the rows say what came of
 * them and the lists leave TODO, one commit, carried out. A crash after (a) leaves rows SUBMITTING: the next run looks
 * for their jobs before it repeats anything. A crash after (c) is finished by `redo`.
 */
import { formatBadList } from '../core/badList.js';
import { freeName } from '../core/names.js';
import { jobRequest, sidFor, type JobMetadata, type Refusal, type Submitting } from '../core/submission.js';
import type { Transfer } from '../core/list.js';
import { at, targets, type Step, type Transition } from '../core/transition.js';
import * as rows from '../ftsJob.js';
import { sayLeftBehind, toDoing, type Candidate } from './candidate.js';
import { deliver, lookAt, type Delivered } from './deliver.js';
import { jobIdFor } from './fts3/index.js';
import type { Run } from './program.js';
import type { Servers, Session } from './servers.js';

/** A server that refuses this many lists and accepts none refuses them all: it gets no more in this run. */
const REFUSALS_BEFORE_LEAVING_OUT = 5;

/** One attempt of a list at one server. */
interface Attempt {
  readonly candidate: Candidate;
  readonly session: Session;
  readonly row: Submitting;
  readonly failures: number;
  readonly postsBefore: number;
}

interface Ending {
  readonly attempt: Attempt;
  readonly delivered: Delivered;
}

export class Submissions {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly random: () => number;
  private readonly accepted = new Map<string, number>();
  private readonly refused: { attempt: Attempt; message: string }[] = [];
  private readonly banned = new Set<string>();
  /** Lists for which no server was left. */
  withoutServer = 0;

  constructor(run: Run, servers: Servers, random: () => number) {
    this.run = run;
    this.servers = servers;
    this.random = random;
  }

  /** Returns how many FTS now has, and the candidates that are free for another server. */
  async submit(batch: readonly Candidate[]): Promise<{ accepted: number; again: Candidate[] }> {
    const attempts: Attempt[] = [];
    const endings: Ending[] = [];
    for (const candidate of batch) {
      const attempt = candidate.job === null ? await this.fresh(candidate) : await this.open(candidate);
      if (attempt === null) continue;
      if ('delivered' in attempt) endings.push(attempt);
      else attempts.push(attempt);
    }
    if (this.run.dryRun) return { accepted: this.sayOnly(attempts, endings), again: [] };
    if (attempts.length > 0) this.record(attempts);
    endings.push(...(await Promise.all(attempts.map((attempt) => this.post(attempt)))));
    return this.conclude(endings);
  }

  /** Lists that were refused with 400, at the end of the run: bad in themselves only if their server took others. */
  settleRefused(): void {
    for (const { attempt, message } of this.refused) {
      const { candidate, session } = attempt;
      if ((this.accepted.get(session.endpoint) ?? 0) > 0) this.toBad(attempt, message);
      else {
        this.run.summary.list({ list: candidate.name, action: 'waiting', server: session.name });
        this.run.summary.person(
          `Cannot submit list "${candidate.name}" to ${session.name}: ${message}; it waits in TODO, as ${session.name} accepted no other list in this run: check [job] and [[route]] in the settings`,
        );
      }
    }
  }

  /** A list that FTS has not got: any server that can take submissions may get it. */
  private async fresh(candidate: Candidate): Promise<Attempt | null> {
    const ban = this.bannedStorage(candidate);
    if (ban !== null) return this.wait(candidate, `its storage ${ban} is banned`);
    for (
      let server = this.servers.choose(this.random());
      server !== null;
      server = this.servers.choose(this.random())
    ) {
      const session = await this.servers.session(server.endpoint);
      if (session === null || !(await this.servers.canSubmit(session))) continue;
      const { name, row, deed } = candidate;
      const metadata = { campaign: this.run.books.campaign, list: name, attempt: (row?.attempt ?? 0) + 1 };
      const jobId = jobIdFor(session.baseId, session.vo, sidFor(metadata.campaign, name, metadata.attempt));
      const failures = deed === 'submit afresh' ? 0 : (row?.failures ?? candidate.parsed.origin.failures ?? 0);
      const submitting = { metadata, jobId, server: session.name, vo: session.vo, since: this.run.now() };
      return { candidate, session, row: submitting, failures, postsBefore: 0 };
    }
    this.withoutServer += 1;
    return this.wait(candidate, null);
  }

  /** A list whose answer was lost: look at its own server before anything else. */
  private async open(candidate: Candidate): Promise<Attempt | Ending | null> {
    const { name, row, job } = candidate;
    if (row === null || job === null) throw new Error(`list ${name} is SUBMITTING without a job`);
    const session = await this.servers.session(job.endpoint);
    if (session === null) {
      const why = this.servers.isOut(job.endpoint) ?? 'it cannot be asked';
      this.run.summary.list({ list: name, action: 'waiting', jobId: job.jobId, server: job.server });
      this.run.summary.person(
        `Cannot tell whether list "${name}" reached ${job.server}: ${why}; it waits in TODO for that server, the next run looks again`,
      );
      return null;
    }
    const metadata: JobMetadata = { campaign: this.run.books.campaign, list: name, attempt: job.attempt };
    const submitting = {
      metadata,
      jobId: job.jobId,
      server: job.server,
      vo: job.vo,
      since: new Date(job.submittingAt),
    };
    const attempt = { candidate, session, row: submitting, failures: row.failures, postsBefore: job.posts };
    const after = await lookAt(this.servers, session, submitting);
    const posts = job.posts;
    if (after.kind === 'adopt') return { attempt, delivered: { kind: 'adopted', jobId: job.jobId, posts } };
    if (after.kind === 'hold') return { attempt, delivered: { kind: 'held', why: after.why, posts } };
    if (after.kind === 'unknown') return { attempt, delivered: { kind: 'open', why: after.why, posts } };
    if (this.run.dryRun || (await this.servers.canSubmit(session))) return attempt;
    const why = this.servers.isOut(session.endpoint) ?? 'it takes no submissions';
    return { attempt, delivered: { kind: 'open', why, posts } };
  }

  /** (a) From this commit on, a crash is followed by a look. */
  private record(attempts: readonly Attempt[]): void {
    const { db } = this.run.books;
    const now = this.run.now().getTime();
    this.run.journal.commit(() => {
      for (const { candidate, session, row, failures, postsBefore } of attempts) {
        const { attempt } = row.metadata;
        const name = candidate.name;
        if (postsBefore > 0) {
          rows.setPosts(db, name, attempt, postsBefore + 1);
          continue;
        }
        rows.submitting(db, { name, attempt, failures, transfers: candidate.parsed.transfers.length, now });
        rows.putJob(db, {
          list: name,
          attempt,
          jobId: row.jobId,
          server: session.name,
          endpoint: session.endpoint,
          vo: session.vo,
          sid: sidFor(row.metadata.campaign, name, attempt),
          posts: 1,
          submittingAt: now,
          submittedAt: null,
        });
      }
    });
  }

  /** (b) */
  private async post(attempt: Attempt): Promise<Ending> {
    const request = jobRequest(attempt.candidate.parsed.transfers, this.run.settings.job, attempt.row.metadata);
    return {
      attempt,
      delivered: await deliver(this.servers, attempt.session, request, attempt.row, attempt.postsBefore),
    };
  }

  /** (c) One commit for the whole batch: rows and transitions. */
  private conclude(endings: readonly Ending[]): { accepted: number; again: Candidate[] } {
    const { db } = this.run.books;
    const now = this.run.now().getTime();
    const moves = new Map<Ending, Transition>();
    for (const ending of endings)
      if (hasJob(ending.delivered)) moves.set(ending, toDoing(this.run, ending.attempt.candidate));
    if (endings.length > 0)
      this.run.journal.carry([...moves.values()], () => {
        for (const { attempt, delivered } of endings) {
          const { name } = attempt.candidate;
          const number = attempt.row.metadata.attempt;
          if (hasJob(delivered)) {
            rows.setState(db, name, 'SUBMITTED', now);
            rows.setSubmitted(db, name, number, delivered.jobId, now);
          } else if (isFreeAgain(delivered)) {
            rows.freeAgain(db, name, number, now);
            rows.removeJob(db, name, number);
          }
        }
      });
    return this.tell(endings, moves);
  }

  private tell(
    endings: readonly Ending[],
    moves: ReadonlyMap<Ending, Transition>,
  ): { accepted: number; again: Candidate[] } {
    let accepted = 0;
    const again: Candidate[] = [];
    for (const ending of endings) {
      const { attempt, delivered } = ending;
      const move = moves.get(ending);
      if (hasJob(delivered) && move !== undefined) {
        accepted += 1;
        this.tellAccepted(attempt, delivered, move);
      } else if (this.tellOpen(attempt, delivered)) again.push(attempt.candidate);
    }
    return { accepted, again };
  }

  private tellAccepted(
    { candidate, session }: Attempt,
    delivered: Delivered & { jobId: string },
    move: Transition,
  ): void {
    const action = delivered.kind === 'adopted' ? 'adopted' : 'submitted';
    if (action === 'submitted') this.accepted.set(session.endpoint, (this.accepted.get(session.endpoint) ?? 0) + 1);
    const report = {
      list: candidate.name,
      action,
      jobId: delivered.jobId,
      server: session.name,
      to: targets(move),
    } as const;
    this.run.summary.list(report, candidate.parsed.transfers.length);
    this.run.log.info(`list ${action}`, report);
    sayLeftBehind(this.run, candidate);
  }

  /** What came of a list that FTS has not got, or not for sure. True: it is free and may go to another server now. */
  private tellOpen(attempt: Attempt, delivered: Delivered): boolean {
    const { candidate, session } = attempt;
    const report = { list: candidate.name, action: 'waiting', jobId: attempt.row.jobId, server: session.name } as const;
    switch (delivered.kind) {
      case 'accepted':
      case 'adopted':
        return false;
      case 'held':
        this.run.summary.list(report);
        this.run.summary.person(`Cannot submit list "${candidate.name}" again: ${delivered.why}; it waits in TODO`);
        return false;
      case 'open':
        this.run.summary.list(report);
        this.run.summary.person(
          `Cannot tell whether list "${candidate.name}" reached ${session.name}: ${delivered.why}; it waits in TODO, the next run looks again`,
        );
        return false;
      case 'not sent':
        this.servers.leaveOut(session.endpoint, delivered.message);
        if (delivered.free) return true;
        this.run.summary.list(report);
        this.run.summary.person(
          `Cannot tell whether list "${candidate.name}" reached ${session.name} earlier: ${delivered.message}; it waits in TODO, the next run looks again`,
        );
        return false;
      case 'refused':
        return this.tellRefused(attempt, delivered.why, delivered.message, delivered.free);
    }
  }

  private tellRefused(attempt: Attempt, why: Refusal, message: string, free: boolean): boolean {
    const { candidate, session } = attempt;
    if (why === 'banned') {
      for (const storage of storagesIn(message, candidate.parsed.transfers)) this.banned.add(storage);
      this.wait(candidate, message, session.name);
      return false;
    }
    if (why === 'destination in use') {
      this.wait(candidate, 'another transfer is writing to one of its destinations', session.name);
      return false;
    }
    if (why === 'unauthorised' || why === 'undelegated' || why === 'busy')
      this.servers.leaveOut(session.endpoint, message);
    if (free && why === 'bad request') {
      this.refused.push({ attempt, message });
      const count = this.refused.filter((other) => other.attempt.session.endpoint === session.endpoint).length;
      if (count >= REFUSALS_BEFORE_LEAVING_OUT && (this.accepted.get(session.endpoint) ?? 0) === 0)
        this.servers.leaveOut(session.endpoint, `it refused ${count} lists and accepted none: ${message}`);
      return false;
    }
    if (free && why !== 'other') return true;
    this.run.summary.list({ list: candidate.name, action: 'waiting', server: session.name });
    const earlier = free ? '' : '; the answer to an earlier POST was lost, so it stays with this server';
    this.run.summary.person(
      `Cannot submit list "${candidate.name}" to ${session.name}: ${message}${earlier}; it waits in TODO`,
    );
    return false;
  }

  private wait(candidate: Candidate, why: string | null, server: string | null = null): null {
    this.run.summary.list({ list: candidate.name, action: 'waiting', server });
    if (why !== null) this.run.summary.warn(`List "${candidate.name}" waits in TODO: ${why}`);
    return null;
  }

  private bannedStorage(candidate: Candidate): string | null {
    if (this.banned.size === 0) return null;
    for (const transfer of candidate.parsed.transfers)
      for (const storage of [storageOf(transfer.source), storageOf(transfer.destination)])
        if (this.banned.has(storage)) return storage;
    return null;
  }

  /** Bad in itself: to DONE/Bad under FTS's own words. */
  private toBad(attempt: Attempt, message: string): void {
    const { candidate, session, row } = attempt;
    const { db } = this.run.books;
    const now = this.run.now();
    const failure = { class: 'config', meaning: 'FTS refused the submission', reason: message };
    const bad = candidate.parsed.transfers.map((transfer) => ({
      ...failure,
      transfer,
      server: session.name,
      jobId: row.jobId,
      at: now,
    }));
    const free = freeName(candidate.name, (wanted) => this.run.spool.exists('DONE/Bad', wanted));
    const steps: Step[] = [
      { op: 'place', path: at('DONE/Bad', free), content: formatBadList(candidate.parsed.origin, bad) },
      { op: 'remove', path: at('TODO', candidate.name), sha256: candidate.sha256 },
    ];
    this.run.journal.carry([{ list: candidate.name, steps }], () => {
      rows.setState(db, candidate.name, 'SETTLED', now.getTime());
    });
    this.run.summary.list(
      { list: candidate.name, action: 'bad', server: session.name, to: [at('DONE/Bad', free)] },
      bad.length,
    );
    this.run.summary.bad(bad.length);
    this.run.summary.warn(
      `Moved list "${candidate.name}" to DONE/Bad: ${session.name} refused it (${message}) and accepted others`,
    );
  }

  /** Dry run: what would be done. */
  private sayOnly(attempts: readonly Attempt[], endings: readonly Ending[]): number {
    for (const { candidate, session, row } of attempts)
      this.run.summary.list(
        {
          list: candidate.name,
          action: 'submitted',
          jobId: row.jobId,
          server: session.name,
          to: [at('DOING', candidate.name)],
        },
        candidate.parsed.transfers.length,
      );
    for (const { attempt, delivered } of endings)
      if (hasJob(delivered)) this.tellAccepted(attempt, delivered, toDoing(this.run, attempt.candidate));
      else this.tellOpen(attempt, delivered);
    return attempts.length + endings.length;
  }
}

const hasJob = (delivered: Delivered): delivered is Delivered & { jobId: string } =>
  delivered.kind === 'accepted' || delivered.kind === 'adopted';

const isFreeAgain = (delivered: Delivered): boolean =>
  (delivered.kind === 'refused' || delivered.kind === 'not sent') && delivered.free;

/** `scheme://host` as FTS names a storage in "… is banned". */
const storageOf = (url: string): string => /^[a-z][a-z0-9+.-]*:\/\/[^/:?#]+/i.exec(url)?.[0].toLowerCase() ?? url;

function storagesIn(message: string, transfers: readonly Transfer[]): string[] {
  const storages = transfers.flatMap((transfer) => [storageOf(transfer.source), storageOf(transfer.destination)]);
  return [...new Set(storages)].filter((storage) => message.toLowerCase().includes(storage));
}
