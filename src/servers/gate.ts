/**
 * gate: what must be known of a list before it may be sent, in a campaign that was taken over from the original
 * program.
 *
 *     a submission of ours is recorded               it may: its ids can be computed, and are looked for before anything is sent
 *     the take-over is begun and not complete        it waits, unless a job of it is known
 *     every server of the settings is asked about every destination of it (carried.ts)
 *       nothing goes there                           it may
 *       a job that is just this list, or a part      the caller adopts it, and sends nothing
 *       anything else, or no answer                  the list stays where it is, and is named
 *
 * The original program may have died between a submission and its note of it, or go on where nobody has switched it
 * off. A campaign that was never taken over has no gate, and asks nothing.
 */
import { agree, plural } from '../text/words.js';
import { failuresIn } from '../lists/originalNames.js';
import type { ParsedList } from '../lists/list.js';
import type { Db, ListRow } from '../ftsJob.js';
import { takeOverTimes } from '../database/campaignRows.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import { takeOverCommand } from '../database/originalTable.js';
import type { Run } from '../run/program.js';
import { whyOtherVo } from './campaignVo.js';
import { carriedTo, recordOriginal, type Carried } from './carried.js';
import type { Servers } from './servers.js';

/** A job that carries just this list, or a part of it. */
export type CarryingJob = Extract<Carried, { readonly kind: 'job' }>;

/** Where a server answers about none of so many lists, the others wait unasked: each costs the client's repetitions. */
const UNANSWERED_BEFORE_GIVING_UP = 5;

export class Gate {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly isComplete: boolean;
  /** Lists that wait for the end of the take-over. */
  private waiting = 0;
  private answered = 0;
  /** How many lists could not be asked about, by the reason. */
  private readonly unasked = new Map<string, number>();

  constructor(run: Run, servers: Servers, isComplete: boolean) {
    this.run = run;
    this.servers = servers;
    this.isComplete = isComplete;
  }

  /** Does this list wait for the end of the take-over, as no job of it is known? That is said at the end. */
  mustWait(list: string, row: ListRow | null): boolean {
    if (this.isComplete || (row?.attempt ?? 0) > 0) return false;
    this.waiting += 1;
    this.run.summary.list({ list, action: 'waiting' });
    return true;
  }

  /** Null: nothing is to be done with the list, which has been said or will be. */
  async ask(list: string, place: 'TODO' | 'DOING', { transfers }: ParsedList): Promise<'free' | CarryingJob | null> {
    const { db, campaign, summary } = this.run;
    if (jobRows.jobsOf(db, list).some(({ sid }) => sid !== '')) return 'free';
    const unable = this.run.mustStop() ?? this.whyGivenUp() ?? (await this.whyStranger());
    if (unable !== null) return this.leave(list, unable);
    const endpoints = this.servers.all().map(({ endpoint }) => endpoint);
    const carried = await carriedTo(this.servers, endpoints, campaign, transfers);
    if (carried.kind === 'unasked') {
      const why = this.servers.whyExcluded(carried.endpoint) ?? 'it does not say what goes to a destination';
      return this.leave(list, `${this.servers.nameOf(carried.endpoint)} cannot be asked (${why})`);
    }
    this.answered += 1;
    if (carried.kind === 'nothing') return 'free';
    const why = carried.kind === 'conflict' ? carried.why : this.whyOfOther(list, carried);
    if (why === null && carried.kind === 'job') return carried;
    summary.list({ list, action: 'skipped' });
    summary.needsAttention(
      `List "${list}" in ${place} is not sent: ${why}; nothing is done with it: cancel what is too many, or wait until it is over`,
    );
    return null;
  }

  /** What writes the rows of an adopted job. */
  adoption(list: string, { origin, transfers }: ParsedList, { session, job }: CarryingJob): (db: Db) => void {
    const now = this.run.now().getTime();
    const since = Math.min(job.submittedAt?.getTime() ?? now, now);
    const row = listRows.list(this.run.db, list);
    // One that a person has sent back from DONE begins anew.
    const before = row?.state === 'SETTLED' ? 0 : (row?.failures ?? origin.failures);
    const failures = before ?? failuresIn(list, this.run.settings.monitor.max_failures);
    const known = { failures, transfers: transfers.length, now };
    return (db) => recordOriginal(db, list, { jobId: job.id, session, since, state: job.state }, known);
  }

  /** When all lists have been dealt with: how many of them wait, and for what. */
  tell(): void {
    const { base, summary } = this.run;
    const lists = this.waiting;
    if (lists > 0)
      summary.needsAttention(
        `${plural(lists, 'list')} ${agree(lists, 'waits', 'wait')} without a job that is known: the take-over from the original program is begun and not complete; run it again: ${takeOverCommand(base)}`,
      );
    for (const [why, count] of this.unasked)
      summary.needsAttention(
        `${plural(count, 'list')} ${agree(count, 'stays where it is', 'stay where they are')}: ${why}, and as this campaign was taken over from the original program, nothing is sent for the first time before every server has said what goes to its destinations; the next run asks again`,
      );
  }

  private leave(list: string, why: string): null {
    this.unasked.set(why, (this.unasked.get(why) ?? 0) + 1);
    this.run.summary.list({ list, action: 'waiting' });
    return null;
  }

  private whyGivenUp(): string | null {
    if (this.answered > 0) return null;
    const [why] = [...this.unasked].find(([, lists]) => lists >= UNANSWERED_BEFORE_GIVING_UP) ?? [null];
    return why;
  }

  /** A server that takes us for another VO shows us nothing of ours. */
  private async whyStranger(): Promise<string | null> {
    for (const { endpoint } of this.servers.all()) {
      const session = await this.servers.session(endpoint);
      const wrong = session === null ? null : whyOtherVo(this.run.settings, this.run.db, endpoint, session.vo);
      if (session !== null && wrong !== null) return `${session.name} cannot be asked (${wrong.why}: ${wrong.cure})`;
    }
    return null;
  }

  /** The original program's job of another list that holds the same transfers; null: no other list has it. */
  private whyOfOther(list: string, { session, job }: CarryingJob): string | null {
    const known = jobRows.jobById(this.run.db, job.id);
    if (known === null || known.list === list) return null;
    return `job ${job.id} at ${session.name} is carrying transfers of it, and is that of list "${known.list}"`;
  }
}

/** Null: this campaign was never taken over. */
export function openGate(run: Run, servers: Servers): Gate | null {
  const { begun, complete } = takeOverTimes(run.db);
  return begun === null ? null : new Gate(run, servers, complete !== null);
}
