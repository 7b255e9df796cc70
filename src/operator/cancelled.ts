/**
 * cancelled: lists in DOING whose job somebody has cancelled, and which a person wants to be sent again.
 *
 * FTS is asked now, whatever was seen last. What had finished goes to DONE/Okay, what had failed to where its reason
 * says, what was cancelled back to TODO. A job that is not CANCELED, or of which a file may still be copied, is left
 * alone: sending its transfers again would carry them out twice.
 */
import { nextStep, whereIs } from '../rules/placement.js';
import { backToTodo } from '../rules/settlement.js';
import { isFinal, isOver } from '../rules/states.js';
import { plural } from '../text/words.js';
import { at } from '../lists/transition.js';
import { EXIT } from '../errors.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import type { FileStatus, Job } from '../fts3/index.js';
import { inspect, JOBS_PER_REQUEST, type SubmittedList, type Sight } from '../servers/jobs.js';
import type { Run } from '../run/program.js';
import { loadReasons } from '../settings/reasonTable.js';
import type { Servers } from '../servers/servers.js';
import { settle } from '../monitor/settle.js';

/** What FTS has said of a list that can be sent again. */
type Cancelled =
  { readonly doing: SubmittedList; readonly job: Job } | { readonly doing: SubmittedList; readonly job: null };

export class CancelledLists {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly found: Cancelled[] = [];

  constructor(run: Run, servers: Servers) {
    this.run = run;
    this.servers = servers;
  }

  /** The lists in DOING whose job was CANCELED when it was last looked at. */
  lastSeen(): string[] {
    const { db } = this.run.books;
    return this.run.spool.listing('DOING').lists.filter((name) => {
      const list = listRows.list(db, name);
      return list?.state === 'SUBMITTED' && jobRows.job(db, name, list.attempt)?.state === 'CANCELED';
    });
  }

  /** Ask about these lists. Those that cannot be sent again are named with the reason. */
  async look(names: readonly string[]): Promise<void> {
    const byEndpoint = new Map<string, SubmittedList[]>();
    for (const name of names) {
      const doing = this.submitted(name);
      if (doing === null) continue;
      byEndpoint.set(doing.job.endpoint, [...(byEndpoint.get(doing.job.endpoint) ?? []), doing]);
    }
    for (const [endpoint, lists] of byEndpoint) await this.ask(endpoint, lists);
    const endpoints = [...byEndpoint.keys()];
    if (endpoints.length > 0 && endpoints.every((endpoint) => this.servers.whyExcluded(endpoint) !== null))
      this.run.trouble(EXIT.noServer, 'No FTS server could be asked about the lists in DOING: they stay there');
  }

  /** What would be done, for the person to say yes to. */
  plan(): string[] {
    return this.found.map(({ doing, job }) => {
      const where = `list "${doing.list.name}" in DOING: CANCELED at ${doing.job.server}`;
      if (job === null) return `${where} and gone from there: all of it goes back to TODO, also what had finished`;
      return `${where}: ${howMany(job.files ?? [], 'FINISHED')} of ${plural((job.files ?? []).length, 'transfer')} finished, ${howMany(job.files ?? [], 'CANCELED')} go back to TODO`;
    });
  }

  /** Split them as the monitor splits a FINISHEDDIRTY list; move those whose job is gone as they are. */
  sendBack(): void {
    // Just what the monitor would do if it were told to.
    const monitor = { ...this.run.settings.monitor, canceled: 'retry' as const };
    const run: Run = { ...this.run, settings: { ...this.run.settings, monitor } };
    const jobs = this.found.flatMap(({ doing, job }) => (job === null ? [] : ([[doing, job]] as const)));
    if (jobs.length > 0) settle(run, loadReasons(run.base), jobs);
    this.moveBack(this.found.filter(({ job }) => job === null).map(({ doing }) => doing));
  }

  private submitted(name: string): SubmittedList | null {
    const { books, journal, spool } = this.run;
    const list = listRows.list(books.db, name);
    const next = nextStep(list?.state ?? 'none', whereIs(spool.exists('TODO', name), true));
    if (journal.isAside(name)) return this.refuse(name, 'a change of it was set aside; resolve that first');
    if (next === 'leave and name') return this.refuse(name, 'it stands in TODO as well; remove the one too many');
    if (next !== 'the seven rules') return this.refuse(name, 'no job of it is known yet; run the monitor first');
    const job = list === null ? null : jobRows.job(books.db, name, list.attempt);
    if (list === null || job === null) throw new Error(`list ${name} is SUBMITTED without a job`);
    return { list, job };
  }

  private async ask(endpoint: string, lists: readonly SubmittedList[]): Promise<void> {
    const session = await this.servers.session(endpoint);
    for (let first = 0; first < lists.length; first += JOBS_PER_REQUEST) {
      const chunk = lists.slice(first, first + JOBS_PER_REQUEST);
      const sights = session === null ? null : await inspect(this.servers, session, chunk);
      for (const doing of chunk) {
        const sight = sights?.get(doing);
        if (sight === undefined) {
          const why = this.servers.whyExcluded(endpoint) ?? 'it gave no answer';
          this.refuse(doing.list.name, `${doing.job.server} cannot be asked (${why}); try again later`);
        } else this.judge(doing, sight);
      }
    }
  }

  private judge(doing: SubmittedList, sight: Sight): void {
    const { list, job } = doing;
    const where = `its job ${job.jobId} at ${job.server}`;
    if (sight.kind === 'forbidden') return void this.refuse(list.name, `we may not look at ${where}: ${sight.message}`);
    if (sight.kind === 'odd')
      return void this.refuse(list.name, `nothing usable is said of ${where}: ${sight.message}`);
    if (sight.kind === 'missing') {
      if (job.state === 'CANCELED') this.found.push({ doing, job: null });
      else this.refuse(list.name, `${where} is gone, and was not CANCELED when last seen; leave it to the monitor`);
      return;
    }
    const { state, files } = sight.job;
    if (state !== 'CANCELED') {
      const next = isFinal(state) ? 'leave it to the monitor' : 'cancel it first, or wait for its end';
      this.refuse(list.name, `${where} is ${state}, not CANCELED; ${next}`);
      return;
    }
    const open = files?.filter((file) => !isOver(file)).length ?? 0;
    if (files === null || files.length === 0) this.refuse(list.name, `${where} shows no files; try again in a minute`);
    else if (open > 0)
      this.refuse(
        list.name,
        `${where} is CANCELED, but ${plural(open, 'transfer')} of it not yet; try again in a minute`,
      );
    else this.found.push({ doing, job: sight.job });
  }

  private moveBack(lists: readonly SubmittedList[]): void {
    if (lists.length === 0) return;
    const { journal, books, summary, dryRun } = this.run;
    const moves = lists.map(({ list }) => backToTodo(list.name).transition);
    const now = this.run.now().getTime();
    if (!dryRun)
      journal.carry(moves, () => {
        for (const { list } of lists) listRows.setState(books.db, list.name, 'WAITING', now);
      });
    for (const { list, job } of lists)
      summary.list(
        {
          list: list.name,
          state: 'CANCELED',
          action: 'moved',
          jobId: job.jobId,
          server: job.server,
          to: [at('TODO', list.name)],
        },
        list.transfers,
      );
  }

  private refuse(name: string, why: string): null {
    this.run.summary.list({ list: name, action: 'skipped' });
    this.run.summary.needsAttention(`Cannot send back list "${name}" in DOING: ${why}`);
    return null;
  }
}

const howMany = (files: readonly FileStatus[], state: string): number =>
  files.filter((file) => file.state === state).length;
