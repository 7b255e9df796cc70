/**
 * serverRound: asks one server after the other about the lists in DOING that it has, and has what it says dealt with.
 *
 * A hundred jobs are asked for at a time, and the next hundred while the last is dealt with. What is final waits until it
 * is worth a commit; a crash until then costs the next run the same questions.
 */
import { isFinal } from '../rules/states.js';
import { agree, plural } from '../text/words.js';
import { reading } from '../database/database.js';
import type { Job, Lookup } from '../fts3/index.js';
import { submittedList, inspect, JOBS_PER_REQUEST, type SubmittedList } from '../servers/look.js';
import type { LostLists } from './lostLists.js';
import type { Run } from '../run/program.js';
import { loadReasons } from '../settings/reasonTable.js';
import { reasonOf, type Servers, type Session } from '../servers/servers.js';
import { Settlements } from './settle.js';

/** Final lists that are settled in one commit, and the most transfers in them: all of these are held in memory. */
export const LISTS_PER_COMMIT = 500;
const TRANSFERS_PER_COMMIT = 20_000;

type Sights = ReadonlyMap<SubmittedList, Lookup>;

export class ServerRound {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly lost: LostLists;
  private readonly settlements: Settlements;

  constructor(run: Run, servers: Servers, lost: LostLists) {
    this.run = run;
    this.servers = servers;
    this.lost = lost;
    this.settlements = new Settlements(run, loadReasons(run.base));
  }

  /** Look at these lists of one server. Returns how many could not be looked at. */
  async inspectServer(endpoint: string, lists: readonly string[]): Promise<number> {
    const session = await this.servers.session(endpoint);
    if (session !== null) await this.delegate(session);
    const ask = (first: number): Promise<Sights | null> => this.ask(session, lists, first);
    const final: [SubmittedList, Job][] = [];
    let asked = ask(0);
    for (let first = 0; first < lists.length; first += JOBS_PER_REQUEST) {
      const sights = await asked;
      if (sights === null) {
        this.settlements.settle(final);
        return this.leave(endpoint, lists.slice(first));
      }
      asked = ask(first + JOBS_PER_REQUEST);
      try {
        this.conclude(sights, final);
      } catch (error) {
        await asked;
        throw error;
      }
    }
    this.settlements.settle(final);
    return 0;
  }

  /** Say what is said of the lists of all servers together. */
  tell(): void {
    this.settlements.tellStanding();
  }

  /** About a hundred of these lists; null when that cannot be. */
  private async ask(session: Session | null, lists: readonly string[], first: number): Promise<Sights | null> {
    const names = lists.slice(first, first + JOBS_PER_REQUEST);
    if (names.length === 0 || session === null || this.run.mustStop() !== null) return null;
    const chunk = reading(this.run.books.db, () => names.map((name) => submittedList(this.run.books.db, name)));
    return inspect(this.servers, session, chunk);
  }

  /** The queued jobs need a delegated credential until they are done; without one the monitor goes on looking. */
  private async delegate(session: Session): Promise<void> {
    try {
      await this.servers.delegate(session);
    } catch (error) {
      this.run.summary.warn(`Cannot delegate a credential to ${session.name}: ${reasonOf(error)}`);
    }
  }

  /** Those that are final wait until they are worth a commit. */
  private conclude(sights: Sights, final: [SubmittedList, Job][]): void {
    const going: [SubmittedList, Job][] = [];
    for (const [doing, sight] of sights) {
      if (sight.kind === 'job') (isFinal(sight.job.state) ? final : going).push([doing, sight.job]);
      else if (sight.kind === 'missing') this.lost.missing(doing);
      else if (sight.kind === 'odd') this.odd(doing, sight.message);
      else this.forbidden(doing, sight.message);
    }
    this.settlements.settle(going);
    const transfers = final.reduce((sum, [{ list }]) => sum + list.transfers, 0);
    if (final.length >= LISTS_PER_COMMIT || transfers >= TRANSFERS_PER_COMMIT) this.settlements.settle(final.splice(0));
  }

  private forbidden({ list, job }: SubmittedList, message: string): void {
    this.run.summary.list({ list: list.name, action: 'skipped', jobId: job.jobId, server: job.server });
    this.run.summary.needsAttention(
      `Cannot look at job ${job.jobId} of list "${list.name}": ${job.server} does not allow it (${message}); run with a credential of VO "${job.vo}"`,
    );
  }

  private odd({ list, job }: SubmittedList, message: string): void {
    this.run.summary.list({ list: list.name, action: 'skipped', jobId: job.jobId, server: job.server });
    this.run.summary.needsAttention(
      `Cannot tell the state of list "${list.name}": of job ${job.jobId} ${job.server} gives no usable answer (${message}); it stays in DOING, the next run looks again; if that stays so, ask the server's operators about the job`,
    );
  }

  private leave(endpoint: string, lists: readonly string[]): number {
    for (const name of lists) {
      const { jobId, server } = submittedList(this.run.books.db, name).job;
      this.run.summary.list({ list: name, action: 'skipped', jobId, server });
    }
    const why = this.servers.whyExcluded(endpoint) ?? this.run.mustStop() ?? 'unknown';
    this.run.summary.needsAttention(
      `${plural(lists.length, 'list')} at ${this.servers.nameOf(endpoint)} not looked at: ${why}; ${agree(lists.length, 'it stays', 'they stay')} in DOING, the next run looks again`,
    );
    return lists.length;
  }
}
