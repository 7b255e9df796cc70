/**
 * recovery: lists whose row and place disagree, as the monitor meets them.
 *
 * A list in DOING without a row may have a job all the same (a lost database): its sids are looked for on every
 * server, and only when every server has said no does rule 1 apply. A list whose answer was lost is looked for at its
 * own server. Lists that are gone are named.
 */
import { parseList } from '../core/list.js';
import { countsAsFailure } from '../core/rules.js';
import { isOurs, sidFor } from '../core/submission.js';
import { isFinal } from '../core/states.js';
import { PLACES } from '../core/transition.js';
import * as rows from '../ftsJob.js';
import { submittingOf } from './attempt.js';
import { lookAt } from './deliver.js';
import { jobIdFor, type Job } from './fts3/index.js';
import { look, lookInArchive } from './look.js';
import type { Run } from './program.js';
import { reasonOf, type Servers, type Session } from './servers.js';

/** Attempts looked for in one GET for each server; with all of them found, the next ones are looked for too. */
const ATTEMPTS_PER_LOOK = 8;

interface FoundJob {
  readonly session: Session;
  readonly attempt: number;
  readonly job: Job;
}

export class Recovery {
  private readonly run: Run;
  private readonly servers: Servers;

  constructor(run: Run, servers: Servers) {
    this.run = run;
    this.servers = servers;
  }

  /**
   * A list in DOING without a row. `adopted`: its row is there now; `lost`: no server has a job of it; `unsure`: some
   * server could not be asked, or what was found needs a person.
   */
  async lookForJobs(name: string): Promise<'adopted' | 'lost' | 'unsure'> {
    const found: FoundJob[] = [];
    for (const server of this.servers.all()) {
      const session = await this.servers.session(server.endpoint);
      const jobs = session === null ? null : await this.attemptsAt(session, name);
      if (jobs === null)
        return this.unsure(
          name,
          `${server.name} cannot be asked (${this.servers.isOut(server.endpoint) ?? 'unknown'})`,
        );
      found.push(...jobs);
    }
    const newest = Math.max(0, ...found.map((each) => each.attempt));
    const [latest, second] = found.filter((each) => each.attempt === newest);
    if (latest === undefined) return 'lost';
    const others = found.filter((each) => each !== latest && !isFinal(each.job.state));
    if (second !== undefined || others.length > 0)
      return this.unsure(
        name,
        `it has several jobs (${found.map((each) => each.job.id).join(', ')}): cancel all but one`,
      );
    this.adopt(name, latest, found);
    return 'adopted';
  }

  /** A list in DOING whose answer was lost. `adopted`: FTS has it; `absent`: not seen there, so the consumer repeats it. */
  async lookAgain(name: string, job: rows.JobRow): Promise<'adopted' | 'absent' | 'unsure'> {
    const session = await this.servers.session(job.endpoint);
    if (session === null)
      return this.unsure(name, `${job.server} cannot be asked (${this.servers.isOut(job.endpoint) ?? 'unknown'})`);
    const after = await lookAt(this.servers, session, submittingOf(this.run.books.campaign, job));
    if (after.kind === 'adopt') {
      this.write(() => this.markSubmitted(name, job.attempt, job.jobId));
      return 'adopted';
    }
    return after.kind === 'repeat' ? 'absent' : this.unsure(name, after.why);
  }

  /** Lists with an open row that stand neither in TODO nor in DOING: somebody took them away. */
  async nameGone(gone: readonly rows.ListRow[]): Promise<void> {
    for (const list of gone) {
      if (list.state === 'SUBMITTING') await this.nameIfRunning(list);
      else if (list.said !== 'gone') {
        const job = rows.job(this.run.books.db, list.name, list.attempt);
        const sent =
          list.state === 'SUBMITTED' && job !== null ? `; FTS has its job ${job.jobId} on ${job.server}` : '';
        this.nameOnce(
          list,
          `List "${list.name}" is neither in TODO nor in DOING${this.whereabouts(list.name)}${sent}: put it back, or leave it: it is not named again`,
        );
      }
    }
  }

  private async nameIfRunning(list: rows.ListRow): Promise<void> {
    const job = rows.job(this.run.books.db, list.name, list.attempt);
    if (job === null) return;
    const session = await this.servers.session(job.endpoint);
    const found = session === null ? null : await look(this.servers, session, job.jobId);
    const gone = `List "${list.name}" is neither in TODO nor in DOING${this.whereabouts(list.name)}`;
    if (found?.kind === 'job' && !isFinal(found.job.state))
      this.run.summary.person(
        `${gone}, but its job ${job.jobId} is ${found.job.state} at ${job.server}: put the list back into DOING, or cancel the job: fts-rest-transfer-cancel -s ${job.endpoint} ${job.jobId}`,
      );
    else if (list.said !== 'gone')
      this.nameOnce(
        list,
        `${gone}, and the answer to its submission was lost: put it back into TODO, or leave it: it is not named again`,
      );
  }

  private nameOnce(list: rows.ListRow, message: string): void {
    this.run.summary.person(message);
    this.write(() => rows.setSaid(this.run.books.db, list.name, 'gone', this.run.now().getTime()));
  }

  private whereabouts(name: string): string {
    const place = PLACES.find((each) => this.run.spool.exists(each, name));
    return place === undefined ? '' : ` (it stands in ${place})`;
  }

  /** The jobs of a list at one server, by the ids that its sids would have. Null: the server does not answer. */
  private async attemptsAt(session: Session, name: string): Promise<FoundJob[] | null> {
    try {
      const live = await this.liveAttempts(session, name);
      return [...live, ...(await this.archivedAttempts(session, name, (live.at(-1)?.attempt ?? 0) + 1))];
    } catch (error) {
      this.servers.leaveOut(session.endpoint, reasonOf(error));
      return null;
    }
  }

  private async liveAttempts(session: Session, name: string): Promise<FoundJob[]> {
    const found: FoundJob[] = [];
    for (let first = 1; ; first += ATTEMPTS_PER_LOOK) {
      const attempts = Array.from({ length: ATTEMPTS_PER_LOOK }, (_, index) => first + index);
      const seen = await session.client.jobs(attempts.map((attempt) => this.idOf(session, name, attempt)));
      for (const attempt of attempts) {
        const live = seen.get(this.idOf(session, name, attempt));
        if (live?.kind === 'job' && this.isOurs(live.job, name, attempt))
          found.push({ session, attempt, job: live.job });
      }
      if (found.at(-1)?.attempt !== first + ATTEMPTS_PER_LOOK - 1) return found;
    }
  }

  /** Attempts are numbered without gaps, so two that are not in the archive end the search. */
  private async archivedAttempts(session: Session, name: string, first: number): Promise<FoundJob[]> {
    const found: FoundJob[] = [];
    for (let attempt = first, misses = 0; misses < 2; attempt += 1) {
      const seen = await lookInArchive(session, this.idOf(session, name, attempt));
      if (seen.kind !== 'job' || !this.isOurs(seen.job, name, attempt)) misses += 1;
      else found.push({ session, attempt, job: seen.job });
    }
    return found;
  }

  private idOf(session: Session, name: string, attempt: number): string {
    return jobIdFor(session.baseId, session.vo, sidFor(this.run.books.campaign, name, attempt));
  }

  private isOurs(job: Job, name: string, attempt: number): boolean {
    return isOurs(job.metadata, { campaign: this.run.books.campaign, list: name, attempt });
  }

  /** The row that was lost, from the job itself and from the list's own comments. */
  private adopt(name: string, latest: FoundJob, found: readonly FoundJob[]): void {
    const read = this.run.spool.read('DOING', name);
    const parsed = 'bytes' in read ? parseList(read.bytes) : null;
    const earlier = found.filter((each) => each.attempt < latest.attempt && countsAsFailure(each.job.state)).length;
    const now = this.run.now().getTime();
    const { session, attempt, job } = latest;
    this.write(() => {
      const { db, campaign } = this.run.books;
      const transfers = parsed?.transfers.length ?? 0;
      rows.submitting(db, { name, attempt, failures: (parsed?.origin.failures ?? 0) + earlier, transfers, now });
      rows.putJob(db, {
        list: name,
        attempt,
        jobId: job.id,
        server: session.name,
        endpoint: session.endpoint,
        vo: session.vo,
        sid: sidFor(campaign, name, attempt),
        posts: 1,
        submittingAt: job.submittedAt?.getTime() ?? now,
        submittedAt: null,
      });
      this.markSubmitted(name, attempt, job.id);
    });
    this.run.summary.warn(`Adopted job ${job.id} on ${session.name} for list "${name}" in DOING, which had no record`);
  }

  private markSubmitted(name: string, attempt: number, jobId: string): void {
    const now = this.run.now().getTime();
    rows.setState(this.run.books.db, name, 'SUBMITTED', now);
    rows.setSubmitted(this.run.books.db, name, attempt, jobId, now);
  }

  private write(act: () => void): void {
    if (!this.run.dryRun) this.run.journal.commit(act);
  }

  private unsure(name: string, why: string): 'unsure' {
    this.run.summary.list({ list: name, action: 'skipped' });
    this.run.summary.person(
      `Cannot tell whether FTS has list "${name}" in DOING: ${why}; nothing is done, the next run looks again`,
    );
    return 'unsure';
  }
}
