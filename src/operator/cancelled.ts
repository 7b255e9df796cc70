/**
 * cancelled: lists in DOING whose job somebody has cancelled, and which a person wants to be sent again.
 *
 * FTS is asked now, whatever was seen last. What had finished goes to DONE/Okay, what had failed to where its reason
 * says, what was cancelled back to TODO. A job that is not CANCELED, or of which a file may still be copied, is left
 * alone: sending its transfers again would carry them out twice.
 */
import { isFinal, isOver } from '../rules/states.js';
import { plural } from '../text/words.js';
import { listPath } from '../lists/transition.js';
import { EXIT } from '../errors.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import type { FileStatus, Job, Lookup } from '../fts3/index.js';
import type { SubmittedList } from '../servers/look.js';
import type { Run } from '../run/program.js';
import type { Servers } from '../servers/servers.js';
import { DoingLists, isWhollyOver } from './doingLists.js';

/** A list that can be sent again; `job` is null when FTS has forgotten it. */
interface Cancelled {
  readonly doing: SubmittedList;
  readonly job: Job | null;
}

export class CancelledLists {
  private readonly run: Run;
  private readonly lists: DoingLists;
  private readonly found: Cancelled[] = [];

  constructor(run: Run, servers: Servers) {
    this.run = run;
    this.lists = new DoingLists(run, servers);
  }

  /** The lists in DOING whose job was CANCELED when it was last looked at. */
  lastSeen(): string[] {
    const { db } = this.run;
    return this.run.spool.listing('DOING').lists.filter((name) => {
      const list = listRows.list(db, name);
      return list?.state === 'SUBMITTED' && jobRows.job(db, name, list.attempt)?.state === 'CANCELED';
    });
  }

  /** Ask about these lists. Those that cannot be sent again are named with the reason. */
  async look(names: readonly string[]): Promise<void> {
    const chosen: SubmittedList[] = [];
    for (const name of names) {
      const found = this.lists.find(name);
      if ('why' in found) this.refuse(name, `it ${found.why}`);
      else chosen.push(found);
    }
    const lookups = await this.lists.look(chosen);
    for (const doing of chosen) this.judge(doing, lookups.get(doing));
    if (chosen.length > 0 && lookups.size === 0)
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
    this.lists.sendBack(
      this.found.flatMap(({ doing, job }) => (job === null ? [] : ([[doing, job]] as const))),
      null,
    );
    const gone = this.found.flatMap(({ doing, job }) => (job === null ? [doing] : []));
    this.lists.sendBackWhole(gone.map(({ list }) => list.name));
    for (const { list, job } of gone)
      this.run.summary.list(
        {
          list: list.name,
          state: 'CANCELED',
          action: 'moved',
          jobId: job.jobId,
          server: job.server,
          to: [listPath('TODO', list.name)],
        },
        list.transfers,
      );
  }

  private judge(doing: SubmittedList, lookup: Lookup | undefined): void {
    const why = this.whyNot(doing, lookup);
    if (why !== null) this.refuse(doing.list.name, why);
    else this.found.push({ doing, job: lookup?.kind === 'job' ? lookup.job : null });
  }

  /** Why it is not sent again, as a phrase after a colon; null: it is. */
  private whyNot(doing: SubmittedList, lookup: Lookup | undefined): string | null {
    const unknown = this.lists.whyUnknown(doing, lookup);
    if (unknown !== null) return `${unknown}; try again later`;
    const { job } = doing;
    const where = `its job ${job.jobId} at ${job.server}`;
    if (lookup?.kind !== 'job')
      return job.state === 'CANCELED'
        ? null
        : `${where} is gone, and was not CANCELED when last seen; leave it to the monitor`;
    const { state, files } = lookup.job;
    if (state !== 'CANCELED')
      return `${where} is ${state}, not CANCELED; ${isFinal(state) ? 'leave it to the monitor' : 'cancel it first, or wait for its end'}`;
    if (isWhollyOver(lookup.job)) return null;
    const open = files?.filter((file) => !isOver(file)).length ?? 0;
    if (open === 0) return `${where} shows no files; try again in a minute`;
    return `${where} is CANCELED, but ${plural(open, 'transfer')} of it not yet; try again in a minute`;
  }

  private refuse(name: string, why: string): void {
    this.run.summary.list({ list: name, action: 'skipped' });
    this.run.summary.needsAttention(`Cannot send back list "${name}" in DOING: ${why}`);
  }
}

const howMany = (files: readonly FileStatus[], state: string): number =>
  files.filter((file) => file.state === state).length;
