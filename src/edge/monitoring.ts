/**
 * monitoring: one run of the monitor over the lists in DOING.
 *
 * It sorts the lists by row and place, has the servers asked about them, and hands what was seen to the seven rules.
 * Lists under rule 1 wait for the end, where the brake sees how many there are.
 */
import { deed, standing } from '../core/placement.js';
import { backToTodo } from '../core/settlement.js';
import { agree, plural } from '../core/summaryText.js';
import { at } from '../core/transition.js';
import { EXIT } from '../errors.js';
import * as rows from '../ftsJob.js';
import type { Job } from './fts3/index.js';
import { inspect, JOBS_PER_REQUEST, type Doing, type Sight } from './inspection.js';
import type { Run } from './program.js';
import { loadReasons } from './reasonTable.js';
import { inBatches, LostLists } from './lostLists.js';
import { Recovery } from './recovery.js';
import { reasonOf, type Servers, type Session } from './servers.js';
import { Settlements } from './settle.js';

/** The lists in DOING, by what is to be done with them. */
interface Sorted {
  readonly withoutRow: string[];
  readonly open: Doing[];
  readonly submitted: Doing[];
  readonly back: string[];
}

export class Monitoring {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly settlements: Settlements;
  private readonly recovery: Recovery;
  private readonly lost: LostLists;
  private notLookedAt = 0;

  constructor(run: Run, servers: Servers) {
    this.run = run;
    this.servers = servers;
    this.settlements = new Settlements(run, loadReasons(run.base));
    this.recovery = new Recovery(run, servers);
    this.lost = new LostLists(run, (names, row) => this.carry(names, row));
  }

  /** `acceptLost`: a person has said that the lists under rule 1 may move, however many they are. */
  async look(acceptLost: boolean): Promise<void> {
    const { lists, strange } = this.run.spool.listing('DOING');
    const todo = new Set(this.run.spool.listing('TODO').lists);
    if (strange.length > 0) this.run.summary.note(`left alone, no lists: ${strange.join(', ')}`);
    const sorted = this.sortOut(lists, todo);
    this.moveBack(sorted.back);
    await this.lookForLost(sorted);
    await this.lookAgain(sorted);
    await this.inspectAll(sorted.submitted);
    this.lost.resubmit(lists.length, acceptLost);
    await this.recovery.nameGone(this.gone(new Set(lists), todo));
    if (this.notLookedAt > 0 && this.servers.all().every((server) => this.servers.isOut(server.endpoint) !== null))
      this.run.trouble(EXIT.noServer, 'No FTS server is usable in this run: the lists stay where they are');
  }

  private sortOut(lists: readonly string[], todo: ReadonlySet<string>): Sorted {
    const sorted: Sorted = { withoutRow: [], open: [], submitted: [], back: [] };
    for (const name of lists) {
      if (this.run.journal.isAside(name)) continue;
      const list = rows.list(this.run.books.db, name);
      const job = list === null ? null : rows.job(this.run.books.db, name, list.attempt);
      const next = deed(list?.state ?? 'none', standing(todo.has(name), true));
      if (next === 'look for its jobs') sorted.withoutRow.push(name);
      else if (next === 'to TODO' || next === 'to TODO afresh') sorted.back.push(name);
      else if (next === 'leave and name') this.nameBoth(name);
      else if (list === null || job === null)
        throw new Error(`list ${name} is ${list?.state ?? 'unknown'} without a job`);
      else if (next === 'the seven rules') sorted.submitted.push({ list, job });
      else sorted.open.push({ list, job });
    }
    return sorted;
  }

  /** Lists that are not with FTS: somebody moved them here by hand. */
  private moveBack(names: readonly string[]): void {
    const { db } = this.run.books;
    inBatches(names, (batch) => {
      this.carry(batch, (name) => {
        if (rows.list(db, name)?.state === 'SETTLED') rows.setFailures(db, name, 0);
        rows.setState(db, name, 'WAITING', this.run.now().getTime());
      });
      for (const name of batch) {
        this.run.summary.list({ list: name, action: 'moved', to: [at('TODO', name)] });
        this.run.summary.warn(`Moved list "${name}" from DOING to TODO: FTS has no job of it`);
      }
    });
  }

  /** Lists without a row: a job of theirs is adopted, and the rules see it in this same run. */
  private async lookForLost(sorted: Sorted): Promise<void> {
    for (const name of sorted.withoutRow) {
      if (this.stopped(1)) continue;
      const found = await this.recovery.lookForJobs(name);
      if (found === 'lost') this.lost.add(name, null);
      else if (found === 'adopted') this.adopted(sorted, name);
      else this.notLookedAt += 1;
    }
  }

  /** Lists whose answer was lost. */
  private async lookAgain(sorted: Sorted): Promise<void> {
    for (const { list, job } of sorted.open) {
      if (this.stopped(1)) continue;
      const found = await this.recovery.lookAgain(list.name, job);
      if (found === 'adopted') this.adopted(sorted, list.name);
      else if (found === 'unsure') this.notLookedAt += 1;
      else {
        // The row stays SUBMITTING: the consumer repeats the same sid at the same server.
        this.carry([list.name], () => {});
        this.run.summary.list({ list: list.name, action: 'moved', to: [at('TODO', list.name)] });
      }
    }
  }

  private adopted(sorted: Sorted, name: string): void {
    const list = rows.list(this.run.books.db, name);
    const job = list === null ? null : rows.job(this.run.books.db, name, list.attempt);
    if (list?.state === 'SUBMITTED' && job !== null) sorted.submitted.push({ list, job });
    else this.run.summary.list({ list: name, action: 'adopted' });
  }

  /** One server's lists after the other, but the servers at once. */
  private async inspectAll(submitted: readonly Doing[]): Promise<void> {
    const byEndpoint = new Map<string, Doing[]>();
    for (const doing of submitted) {
      const same = byEndpoint.get(doing.job.endpoint);
      if (same === undefined) byEndpoint.set(doing.job.endpoint, [doing]);
      else same.push(doing);
    }
    await Promise.all([...byEndpoint].map(([endpoint, lists]) => this.inspectServer(endpoint, lists)));
  }

  private async inspectServer(endpoint: string, lists: readonly Doing[]): Promise<void> {
    const session = await this.servers.session(endpoint);
    if (session !== null) await this.delegate(session);
    for (let first = 0; first < lists.length; first += JOBS_PER_REQUEST) {
      const chunk = lists.slice(first, first + JOBS_PER_REQUEST);
      const sights =
        session === null || this.run.mustStop() !== null ? null : await inspect(this.servers, session, chunk);
      if (sights === null) return this.leave(endpoint, lists.slice(first));
      this.conclude(sights);
    }
  }

  /** The queued jobs need a delegated credential until they are done; without one the monitor goes on looking. */
  private async delegate(session: Session): Promise<void> {
    try {
      await this.servers.delegate(session);
    } catch (error) {
      this.run.summary.warn(`Cannot delegate a credential to ${session.name}: ${reasonOf(error)}`);
    }
  }

  private conclude(sights: ReadonlyMap<Doing, Sight>): void {
    const seen: [Doing, Job][] = [];
    for (const [doing, sight] of sights) {
      if (sight.kind === 'job') seen.push([doing, sight.job]);
      else if (sight.kind === 'missing') this.lost.missing(doing);
      else this.forbidden(doing, sight.message);
    }
    this.settlements.settle(seen);
  }

  private forbidden({ list, job }: Doing, message: string): void {
    this.run.summary.list({ list: list.name, action: 'skipped', jobId: job.jobId, server: job.server });
    this.run.summary.person(
      `Cannot look at job ${job.jobId} of list "${list.name}": ${job.server} does not allow it (${message}); run with a credential of VO "${job.vo}"`,
    );
  }

  private carry(names: readonly string[], row: (name: string) => void): void {
    if (this.run.dryRun) return;
    const moves = names.map((name) => backToTodo(name).transition);
    this.run.journal.carry(moves, () => names.forEach(row));
  }

  private gone(doing: ReadonlySet<string>, todo: ReadonlySet<string>): rows.ListRow[] {
    // What this run has moved to TODO is not gone: the spool is asked, not the listing from before.
    return rows
      .openLists(this.run.books.db)
      .filter(({ name }) => !doing.has(name) && !todo.has(name) && !this.run.journal.isAside(name))
      .filter(({ name }) => !this.run.spool.exists('TODO', name) && !this.run.spool.exists('DOING', name));
  }

  private leave(endpoint: string, lists: readonly Doing[]): void {
    this.notLookedAt += lists.length;
    for (const { list, job } of lists)
      this.run.summary.list({ list: list.name, action: 'skipped', jobId: job.jobId, server: job.server });
    const why = this.servers.isOut(endpoint) ?? this.run.mustStop() ?? 'unknown';
    this.run.summary.person(
      `${plural(lists.length, 'list')} at ${this.servers.nameOf(endpoint)} not looked at: ${why}; ${agree(lists.length, 'it stays', 'they stay')} in DOING, the next run looks again`,
    );
  }

  private stopped(lists: number): boolean {
    const why = this.run.mustStop();
    if (why !== null) this.notLookedAt += lists;
    return why !== null;
  }

  private nameBoth(name: string): void {
    this.run.summary.list({ list: name, action: 'skipped' });
    this.run.summary.person(
      `List "${name}" stands in TODO and in DOING: neither is touched; compare them and remove the one too many`,
    );
  }
}
