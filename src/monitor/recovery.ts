/**
 * recovery: lists whose row and place disagree, as the monitor meets them.
 *
 * A list in DOING without a row may have a job all the same (a lost database): its sids are looked for on every
 * server, and only when every server has said no does rule 1 apply. A list whose answer was lost is looked for at its
 * own server. Lists that are gone are named.
 */
import { parseList } from '../lists/list.js';
import { isFinal } from '../rules/states.js';
import { PLACES } from '../lists/transition.js';
import type { JobRow, ListRow } from '../ftsJob.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import { findAttempts, judge, record, type FoundJob } from '../servers/jobSearch.js';
import { look, lookAt, submittingOf } from '../servers/look.js';
import type { Run } from '../run/program.js';
import type { Servers } from '../servers/servers.js';

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
    const sought = { campaign: this.run.books.campaign, name };
    const endpoints = this.servers.all().map((server) => server.endpoint);
    const found = await findAttempts(this.servers, endpoints, sought);
    if ('unasked' in found) {
      const why = this.servers.whyExcluded(found.unasked) ?? 'unknown';
      return this.unsure(name, `${this.servers.nameOf(found.unasked)} cannot be asked (${why})`);
    }
    const verdict = judge(found);
    if (verdict.kind === 'none') return 'lost';
    if (verdict.kind === 'several')
      return this.unsure(
        name,
        `it has several jobs (${found.map((each) => each.job.id).join(', ')}): cancel all but one`,
      );
    this.adopt(name, verdict.latest, verdict.failures);
    return 'adopted';
  }

  /** A list in DOING whose answer was lost. `adopted`: FTS has it; `absent`: not seen there, so the consumer repeats it. */
  async lookAgain(name: string, job: JobRow): Promise<'adopted' | 'absent' | 'unsure'> {
    const session = await this.servers.session(job.endpoint);
    if (session === null)
      return this.unsure(
        name,
        `${job.server} cannot be asked (${this.servers.whyExcluded(job.endpoint) ?? 'unknown'})`,
      );
    const after = await lookAt(this.servers, session, submittingOf(this.run.books.campaign, job));
    if (after.kind === 'adopt') {
      this.write(() => this.markSubmitted(name, job.attempt, job.jobId));
      return 'adopted';
    }
    if (after.kind === 'repeat') return 'absent';
    const wayOut = `; a person's way out: node dist/misc/moveServer.js ${name} --abandon`;
    return this.unsure(name, after.kind === 'hold' ? after.why + wayOut : after.why);
  }

  /** Lists with an open row that stand neither in TODO nor in DOING: somebody took them away. */
  async nameGone(gone: readonly ListRow[]): Promise<void> {
    for (const list of gone) {
      if (list.state === 'SUBMITTING') await this.nameIfRunning(list);
      else if (list.said !== 'gone') {
        const job = jobRows.job(this.run.books.db, list.name, list.attempt);
        const sent =
          list.state === 'SUBMITTED' && job !== null ? `; FTS has its job ${job.jobId} on ${job.server}` : '';
        this.nameOnce(
          list,
          `List "${list.name}" is neither in TODO nor in DOING${this.whereabouts(list.name)}${sent}: put it back, or leave it: it is not named again`,
        );
      }
    }
  }

  private async nameIfRunning(list: ListRow): Promise<void> {
    const job = jobRows.job(this.run.books.db, list.name, list.attempt);
    if (job === null) return;
    const session = await this.servers.session(job.endpoint);
    const found = session === null ? null : await look(this.servers, session, job.jobId);
    const gone = `List "${list.name}" is neither in TODO nor in DOING${this.whereabouts(list.name)}`;
    if (found?.kind === 'job' && !isFinal(found.job.state))
      this.run.summary.needsAttention(
        `${gone}, but its job ${job.jobId} is ${found.job.state} at ${job.server}: put the list back into DOING, or cancel the job: fts-rest-transfer-cancel -s ${job.endpoint} ${job.jobId}`,
      );
    else if (list.said !== 'gone')
      this.nameOnce(
        list,
        `${gone}, and the answer to its submission was lost: put it back into TODO, or leave it: it is not named again`,
      );
  }

  private nameOnce(list: ListRow, message: string): void {
    this.run.summary.needsAttention(message);
    this.write(() => listRows.setSaid(this.run.books.db, list.name, 'gone', this.run.now().getTime()));
  }

  private whereabouts(name: string): string {
    const place = PLACES.find((each) => this.run.spool.exists(each, name));
    return place === undefined ? '' : ` (it stands in ${place})`;
  }

  /** The row that was lost, from the job itself and from the list's own comments. */
  private adopt(name: string, found: FoundJob, earlier: number): void {
    const { db, campaign } = this.run.books;
    const read = this.run.spool.read('DOING', name);
    const parsed = 'bytes' in read ? parseList(read.bytes) : null;
    const failures = (parsed?.origin.failures ?? 0) + earlier;
    const known = { failures, transfers: parsed?.transfers.length ?? 0, now: this.run.now().getTime() };
    this.write(() => record(db, { campaign, name }, found, known));
    this.run.summary.warn(
      `${this.run.dryRun ? 'Would adopt' : 'Adopted'} job ${found.job.id} on ${found.session.name} for list "${name}" in DOING, which had no record`,
    );
  }

  private markSubmitted(name: string, attempt: number, jobId: string): void {
    const now = this.run.now().getTime();
    listRows.setState(this.run.books.db, name, 'SUBMITTED', now);
    jobRows.setSubmitted(this.run.books.db, name, attempt, jobId, now);
  }

  private write(act: () => void): void {
    if (!this.run.dryRun) this.run.journal.commit(act);
  }

  private unsure(name: string, why: string): 'unsure' {
    this.run.summary.list({ list: name, action: 'skipped' });
    this.run.summary.needsAttention(
      `Cannot tell whether FTS has list "${name}" in DOING: ${why}; nothing is done, the next run looks again`,
    );
    return 'unsure';
  }
}
