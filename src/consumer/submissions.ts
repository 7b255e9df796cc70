/**
 * submissions: submits batches of lists, and keeps the rows in step.
 *
 * For each batch: (a) the rows say SUBMITTING, one commit; (b) the POSTs, all at once; (c) the rows say what came of
 * them and the lists leave TODO, one commit, carried out. A crash after (a) leaves rows SUBMITTING: the next run looks
 * for their jobs before it repeats anything. A crash after (c) is finished by `redo`.
 *
 * The disk works while the server does: when the POSTs of a batch are on the wire, one commit holds (c) of the batch
 * before and (a) of the batch behind it, and the batch before is carried out. So a crash leaves two batches SUBMITTING
 * at most, of which the later may never have been sent. What waits for what stays: (a) before its POSTs, (c) before its
 * moves.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sentOf } from '../rules/sent.js';
import { jobRequest, sidFor } from '../rules/submission.js';
import type { Transition } from '../lists/transition.js';
import * as campaignRows from '../database/campaignRows.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import { freshAttempt, openAttempt, type Attempt } from './attempt.js';
import { toDoing, type Candidate } from './candidate.js';
import { deliver, type Delivered } from './deliver.js';
import type { Run } from '../run/program.js';
import { Failing } from './failing.js';
import { Refusals } from './refusals.js';
import type { Servers } from '../servers/servers.js';
import { hasJob, SubmissionReport, type Ending } from './report.js';

export class Submissions {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly random: () => number;
  private readonly refusals: Refusals;
  private readonly failing: Failing;
  private readonly report: SubmissionReport;
  /** What is on the wire. */
  private posts: { readonly count: number; readonly endings: Promise<Ending[]> } = NO_POSTS;
  /** What has ended and is not in the rows yet. */
  private ended: readonly Ending[] = [];
  /** What was recorded and then not sent after all; the rows do not say so yet. */
  private unsent: readonly Attempt[] = [];
  /** Of both, what may be tried again in this run once the rows say so. */
  private free: Candidate[] = [];
  /** Lists for which no server was left. */
  withoutServer = 0;

  constructor(run: Run, servers: Servers, random: () => number) {
    this.run = run;
    this.servers = servers;
    this.random = random;
    this.refusals = new Refusals(run, servers);
    this.failing = new Failing(run, servers);
    this.report = new SubmissionReport(run, servers, this.refusals);
  }

  /** How many lists are on the wire. */
  get underway(): number {
    return this.posts.count;
  }

  /** Is everything that was begun also written down? */
  get isIdle(): boolean {
    return this.posts.count + this.ended.length + this.unsent.length === 0;
  }

  /**
   * Record this batch, wait for the answers to the one before, and send this one. Returns how many lists FTS has now
   * that it had not, and candidates that are free for another server. To be called until `isIdle`, with an empty batch
   * when there is no other.
   */
  async submit(batch: readonly Candidate[]): Promise<{ accepted: number; again: Candidate[] }> {
    const { attempts, endings } = await this.attempts(batch);
    if (this.run.dryRun) return { accepted: this.report.only(attempts, endings), again: [] };
    const again = this.free;
    this.write(attempts);
    this.ended = [...(await this.posts.endings), ...endings];
    const accepted = this.judge();
    this.unsent = attempts.filter((attempt) => !this.maySend(attempt));
    this.free.push(...this.unsent.map(({ candidate }) => candidate));
    await this.send(attempts.filter((attempt) => !this.unsent.includes(attempt)));
    return { accepted, again };
  }

  /** Until every POST has its answer: one that is cut off costs the next run a look. */
  async heard(): Promise<void> {
    await this.posts.endings;
  }

  /** To be called once, after the last batch: what only the whole run can tell of lists that were refused or failed. */
  settle(): void {
    this.refusals.settle();
    this.failing.settle((endpoint) => this.refusals.hasAccepted(endpoint));
  }

  /** The lists that may be posted, and those about which a look has told all. The others have been reported. */
  private async attempts(batch: readonly Candidate[]): Promise<{ attempts: Attempt[]; endings: Ending[] }> {
    const attempts: Attempt[] = [];
    const endings: Ending[] = [];
    for (const candidate of batch) {
      const { attempt, delivered } = (await this.attempt(candidate)) ?? { attempt: null, delivered: null };
      if (attempt === null) continue;
      if (delivered === null) attempts.push(attempt);
      else endings.push({ attempt, delivered });
    }
    return { attempts, endings };
  }

  /** Null when the list cannot go now: it has been reported. */
  private async attempt(candidate: Candidate): Promise<{ attempt: Attempt; delivered: Delivered | null } | null> {
    const { name, job } = candidate;
    if (job === null) return this.fresh(candidate);
    const session = await this.servers.session(job.endpoint);
    if (session !== null) {
      const opened = await openAttempt(this.run, this.servers, session, candidate, job);
      const ban = this.refusals.bannedStorage(candidate);
      // Written down, and then not sent for the ban, it would be tried again and again in this run.
      return opened?.delivered === null && ban !== null ? this.waitForStorage(name, ban) : opened;
    }
    this.run.summary.list({ list: name, action: 'waiting', jobId: job.jobId, server: job.server });
    this.report.unknown(name, job.server, this.servers.isOut(job.endpoint) ?? 'it cannot be asked');
    return null;
  }

  private async fresh(candidate: Candidate): Promise<{ attempt: Attempt; delivered: null } | null> {
    const { name } = candidate;
    const ban = this.refusals.bannedStorage(candidate);
    if (ban !== null) return this.waitForStorage(name, ban);
    const attempt = await freshAttempt(this.run, this.servers, candidate, this.random);
    if (attempt !== null) return { attempt, delivered: null };
    this.run.summary.list({ list: name, action: 'waiting' });
    const pinned = candidate.row?.pinned ?? null;
    if (pinned !== null)
      this.run.summary.warn(
        `List "${name}" waits in TODO for ${this.servers.nameOf(pinned)}, to which it was moved: ${this.servers.isOut(pinned) ?? 'it takes no submissions'}; to move it elsewhere: node dist/misc/moveServer.js ${name} --to SERVER`,
      );
    else this.withoutServer += 1;
    return null;
  }

  private waitForStorage(name: string, storage: string): null {
    this.run.summary.list({ list: name, action: 'waiting' });
    this.run.summary.warn(`List "${name}" waits in TODO: its storage ${storage} is banned`);
    return null;
  }

  /** (c) of what has ended, and (a) of the attempts that are sent next: one commit. Then what FTS has leaves TODO. */
  private write(attempts: readonly Attempt[]): void {
    const { journal } = this.run;
    const { ended, unsent } = this;
    if (attempts.length + ended.length + unsent.length === 0) return;
    const moves = new Map<Ending, Transition>();
    for (const ending of ended)
      if (hasJob(ending.delivered)) moves.set(ending, toDoing(this.run, ending.attempt.candidate));
    const entries = journal.enter([...moves.values()], () => {
      for (const ending of ended) this.writeEnding(ending);
      for (const attempt of unsent) this.takeBack(attempt);
      for (const attempt of attempts) this.writeAttempt(attempt);
    });
    for (const [ending, move] of moves) this.report.accepted(ending, move);
    journal.carryOut(entries);
    if (attempts.length === 0 && this.posts.count === 0) journal.strikeOff();
  }

  /** (a) From this commit on, a crash is followed by a look. */
  private writeAttempt({ candidate, session, row, failures, postsBefore }: Attempt): void {
    const { db } = this.run.books;
    const now = this.run.now().getTime();
    const { name, parsed } = candidate;
    const { campaign, attempt } = row.metadata;
    if (postsBefore > 0) {
      jobRows.setPosts(db, name, attempt, postsBefore + 1);
      jobRows.setSent(db, name, attempt, sentOf(parsed.transfers));
      return;
    }
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
    jobRows.setSent(db, name, attempt, sentOf(parsed.transfers));
  }

  /** (c) */
  private writeEnding({ attempt, delivered }: Ending): void {
    const { db } = this.run.books;
    const { list, attempt: number } = attempt.row.metadata;
    const now = this.run.now().getTime();
    if (hasJob(delivered)) {
      listRows.setState(db, list, 'SUBMITTED', now);
      jobRows.setSubmitted(db, list, number, delivered.jobId, now);
      return;
    }
    if (isFree(delivered)) this.freeAgain(list, number);
    if (this.failing.has(list) || this.refusals.hasRefused(list)) listRows.setFailed(db, list, now);
  }

  /** As if it had not been recorded: nothing of it was sent. */
  private takeBack({ row, postsBefore }: Attempt): void {
    const { db } = this.run.books;
    const { list, attempt } = row.metadata;
    if (postsBefore > 0) jobRows.setPosts(db, list, attempt, postsBefore);
    else this.freeAgain(list, attempt);
  }

  private freeAgain(list: string, attempt: number): void {
    const { db } = this.run.books;
    listRows.freeAgain(db, list, attempt, this.run.now().getTime());
    jobRows.removeJob(db, list, attempt);
  }

  /** Has nothing happened since it was recorded that speaks against it: an end of the run, a server or storage that is out? */
  private maySend({ candidate, session }: Attempt): boolean {
    return (
      this.run.mustStop() === null &&
      this.servers.isOut(session.endpoint) === null &&
      this.refusals.bannedStorage(candidate) === null
    );
  }

  /** (b) All at once. Returns when they have been handed to the network, before the disk is busy again. */
  private async send(attempts: readonly Attempt[]): Promise<void> {
    this.posts = NO_POSTS;
    if (attempts.length === 0) return;
    const endings = Promise.all(attempts.map(async (attempt) => ({ attempt, delivered: await this.post(attempt) })));
    // A bug in it is met where the endings are awaited: until then it must not end the process without a summary.
    endings.catch(() => {});
    this.posts = { count: attempts.length, endings };
    for (let turn = 0; turn < TURNS_TO_SEND; turn += 1) await nextTurn();
  }

  private async post({ candidate, session, row, postsBefore }: Attempt): Promise<Delivered> {
    const request = jobRequest(candidate.parsed.transfers, this.run.settings.job, row.metadata);
    return deliver(this.servers, session, request, row, postsBefore);
  }

  /** What the answers mean for the lists and the servers of this run. Returns how many lists FTS has got. */
  private judge(): number {
    const accepted = this.ended.filter(({ delivered }) => hasJob(delivered));
    for (const { attempt, delivered } of accepted)
      if (delivered.kind === 'accepted') this.refusals.sawAccepted(attempt.session.endpoint);
    for (const { attempt, delivered } of this.ended)
      if (delivered.kind === 'open')
        this.failing.note(attempt, delivered.why, this.refusals.hasAccepted(attempt.session.endpoint));
    const free = this.ended.filter((ending) => !hasJob(ending.delivered) && this.report.open(ending));
    this.free = free.map(({ attempt }) => attempt.candidate);
    return accepted.length;
  }
}

/** undici writes to a connection that has just had an answer two turns of the event loop later. */
const TURNS_TO_SEND = 3;

const NO_POSTS = { count: 0, endings: Promise.resolve<Ending[]>([]) };

const isFree = (delivered: Delivered): boolean =>
  (delivered.kind === 'refused' || delivered.kind === 'not sent') && delivered.free;
