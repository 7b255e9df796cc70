/**
 * doingLists: the verbs of a person for lists in DOING: find them, look at their jobs, cancel these, send back.
 *
 *     find            the list, with the job that FTS accepted for it
 *     look            what its server says of the job
 *     cancel          a hundred jobs in one DELETE
 *     sendBack        what finished to DONE/Okay, what was cancelled to TODO
 *     sendBackWhole   a list without a job to TODO, as it is
 *
 * `cancel`, `requeue` and `moveServer` are made of these verbs. The servers are asked server by server; what cannot be
 * asked is reported by the caller. A hundred jobs are cancelled in one DELETE, and what FTS answered is recorded before
 * the next hundred: a crash in between leaves jobs cancelled that the next look of any program finds so.
 */
import { nextStep, whereIs } from '../rules/placement.js';
import { backToTodo } from '../rules/settlement.js';
import { isFinal, isOver } from '../rules/states.js';
import { batchesOf } from '../text/words.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import type { Job, Lookup } from '../fts3/index.js';
import { judge } from '../monitor/judge.js';
import { settle } from '../monitor/settle.js';
import { newStanding } from '../monitor/standing.js';
import { inspect, JOBS_PER_REQUEST, type SubmittedList } from '../servers/look.js';
import type { Run } from '../run/program.js';
import { reasonOf, type Servers } from '../servers/servers.js';
import { loadReasons } from '../settings/reasonTable.js';
import { spoolNames } from '../spool/spoolNames.js';

export class DoingLists {
  private readonly run: Run;
  private readonly servers: Servers;

  constructor(run: Run, servers: Servers) {
    this.run = run;
    this.servers = servers;
  }

  /** A list in DOING with the job that FTS accepted for it; else why there is none, as a phrase after "it". */
  find(name: string): SubmittedList | { readonly why: string } {
    const { db, journal, spool } = this.run;
    if (!spool.exists('DOING', name)) return { why: 'does not stand in DOING' };
    if (journal.isAside(name)) return { why: 'is part of a move that was set aside; resolve that first' };
    const list = listRows.list(db, name);
    const next = nextStep(list?.state ?? 'none', whereIs(spool.exists('TODO', name), true));
    if (next === 'leave and name') return { why: 'stands in TODO as well; remove the one too many' };
    const job = list === null ? null : jobRows.job(db, name, list.attempt);
    if (next !== 'the seven rules' || list === null || job === null)
      return { why: 'has no job that is known for sure; run the monitor first' };
    return { list, job };
  }

  /** Those in DOING that FTS has; the others are not returned. */
  all(): SubmittedList[] {
    return this.run.spool.listing('DOING').lists.flatMap((name) => {
      const found = this.find(name);
      return 'why' in found ? [] : [found];
    });
  }

  /** What FTS says of each. A server that does not answer is left out, and its lists are not in the map. */
  async look(lists: readonly SubmittedList[]): Promise<Map<SubmittedList, Lookup>> {
    const seen = new Map<SubmittedList, Lookup>();
    for (const chunk of chunks(lists)) {
      const session = await this.servers.session(chunk[0]?.job.endpoint ?? '');
      const lookups = session === null ? null : await inspect(this.servers, session, chunk);
      for (const [doing, lookup] of lookups ?? []) seen.set(doing, lookup);
    }
    return seen;
  }

  /** Why nothing is known of a job that was looked at, as a phrase after a colon; null: FTS has told whether it has it. */
  whyUnknown({ job }: SubmittedList, lookup: Lookup | undefined): string | null {
    const { jobId, server } = job;
    if (lookup === undefined)
      return `${server} cannot be asked (${this.servers.whyExcluded(job.endpoint) ?? 'no answer'})`;
    if (lookup.kind === 'forbidden') return `${server} does not let us see job ${jobId}: ${lookup.message}`;
    return lookup.kind === 'odd' ? `${server} says nothing usable of job ${jobId}: ${lookup.message}` : null;
  }

  /** Cancel their jobs. What FTS answered for each; a list that is not in the map was not heard of. */
  async cancel(lists: readonly SubmittedList[]): Promise<Map<SubmittedList, Lookup>> {
    const answers = new Map<SubmittedList, Lookup>();
    for (const chunk of chunks(lists)) {
      const session = await this.servers.session(chunk[0]?.job.endpoint ?? '');
      if (session === null || this.run.mustStop() !== null) continue;
      try {
        const answered = await session.client.cancel(chunk.map(({ job }) => job.jobId));
        for (const doing of chunk) {
          const answer = answered.get(doing.job.jobId);
          if (answer !== undefined) answers.set(doing, answer);
        }
      } catch (error) {
        this.servers.leaveOut(session.endpoint, reasonOf(error));
      }
      this.record(chunk, answers);
    }
    return answers;
  }

  /**
   * Settle lists whose jobs are wholly over: what finished is kept, what failed goes where its reason says, what was
   * cancelled to TODO. `to`: the endpoint to which that is submitted next; null: to any.
   */
  sendBack(jobs: readonly (readonly [SubmittedList, Job])[], to: string | null): void {
    if (jobs.length === 0) return;
    // Just what the monitor would do if it were told to send cancelled transfers again.
    const monitor = { ...this.run.settings.monitor, canceled: 'retry' as const };
    const run: Run = { ...this.run, settings: { ...this.run.settings, monitor } };
    const [reasons, standing, names] = [loadReasons(run.base), newStanding(), spoolNames(run)];
    const judged = jobs.map((seen) => judge(run, reasons, standing, seen, names));
    settle(run, judged, standing, to);
    run.journal.strikeOff();
  }

  /**
   * Lists whose job is not there, or is given up, wait in TODO as they are for their next attempt. A crash after the
   * commit is finished by `redo`. `more`: what else the commit says of each.
   */
  sendBackWhole(names: readonly string[], more: (name: string) => void = () => {}): void {
    if (names.length === 0 || this.run.dryRun) return;
    const inDoing = names.filter((name) => this.run.spool.exists('DOING', name));
    this.run.journal.carry(
      inDoing.map((name) => backToTodo(name).transition),
      () => {
        for (const name of names) {
          listRows.setState(this.run.db, name, 'WAITING', this.run.now().getTime());
          more(name);
        }
      },
    );
  }

  private record(lists: readonly SubmittedList[], answers: ReadonlyMap<SubmittedList, Lookup>): void {
    const now = this.run.now().getTime();
    this.run.journal.commit(() => {
      for (const doing of lists) {
        const answer = answers.get(doing);
        if (answer?.kind !== 'job') continue;
        const { state, reason } = answer.job;
        jobRows.setSeen(this.run.db, doing.list.name, doing.list.attempt, { state, reason, now });
      }
    });
  }
}

/** Nothing of it can still be carried out: the job is final, and so is each of its files. */
export const isWhollyOver = ({ state, files }: Job): boolean =>
  isFinal(state) && files !== null && files.length > 0 && files.every(isOver);

/** Groups of one server each, no larger than fit into one request. */
function chunks(lists: readonly SubmittedList[]): SubmittedList[][] {
  const byEndpoint = new Map<string, SubmittedList[]>();
  for (const doing of lists) byEndpoint.set(doing.job.endpoint, [...(byEndpoint.get(doing.job.endpoint) ?? []), doing]);
  return [...byEndpoint.values()].flatMap((same) => batchesOf(same, JOBS_PER_REQUEST));
}
