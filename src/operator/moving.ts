/**
 * moving: brings lists from one server to another: cancel, wait for the end of each file, send back to that server.
 *
 * What FTS has not got is pinned to the new server. A running job is cancelled as `cancel` does it, and when all of it
 * has ended, its list is sent back as `requeue` does it, pinned. A crash between the two leaves a cancelled job and
 * its list in DOING: the same command again goes on from there. An abandoned job keeps its row, and the list's next
 * attempt has a number, and so a sid, of its own; it is held for as long as copies of the job may still run.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseList } from '../lists/list.js';
import { movement, risk, type Movement } from './movement.js';
import { whereIs } from '../rules/placement.js';
import { holdFrom } from '../rules/quarantine.js';
import type { AfterLook } from '../rules/submission.js';
import { listPath } from '../lists/transition.js';
import type { JobRow, ListRow } from '../ftsJob.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import { DoingLists, isWhollyOver } from './doingLists.js';
import type { Lookup } from '../fts3/index.js';
import { lookAt, submittingOf, type SubmittedList } from '../servers/look.js';
import type { Run } from '../run/program.js';
import type { ServerSetting, Servers } from '../servers/servers.js';

/** A list, and what is to become of it. */
export interface Move {
  readonly name: string;
  readonly list: ListRow | null;
  /** The job of its current attempt. */
  readonly job: JobRow | null;
  readonly movement: Movement;
}

/** Between two looks at jobs that were cancelled: mostly seconds are enough, and a slow server is not pressed. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;

export class Moving {
  private readonly run: Run;
  private readonly servers: Servers;
  private readonly lists: DoingLists;
  /** Null: any server may get them. */
  private readonly to: ServerSetting | null;
  private readonly abandon: boolean;

  constructor(run: Run, servers: Servers, to: ServerSetting | null, abandon: boolean) {
    this.run = run;
    this.servers = servers;
    this.lists = new DoingLists(run, servers);
    this.to = to;
    this.abandon = abandon;
  }

  /** What may be done with each of these lists; FTS is asked about those that it may have. */
  async plan(names: readonly string[]): Promise<Move[]> {
    const found = new Map(names.map((name) => [name, this.lists.find(name)]));
    const doing = [...found.values()].flatMap((each) => ('why' in each ? [] : [each]));
    const lookups = await this.lists.look(doing);
    const moves: Move[] = [];
    for (const [name, each] of found)
      moves.push(await this.move(name, 'why' in each ? null : this.afterLookup(each, lookups.get(each))));
    return moves;
  }

  /** Those that FTS has not got: their next submission goes there. */
  pin(moves: readonly Move[]): void {
    if (moves.length === 0) return;
    this.run.journal.commit(() => {
      for (const { name, list } of moves) this.pinOne(name, list);
    });
    for (const { name } of moves)
      this.run.summary.list({ list: name, action: 'waiting', server: this.to?.name ?? null });
  }

  /** Given up: the list waits in TODO for its next attempt. */
  giveUp(moves: readonly Move[]): void {
    const { db } = this.run;
    const { quarantine_minutes: minutes } = this.run.settings.monitor;
    const byName = new Map(moves.map((move) => [move.name, move]));
    this.lists.sendBackWhole([...byName.keys()], (name) => {
      listRows.forgetFailed(db, name);
      listRows.setPinned(db, name, this.to?.endpoint ?? null);
      const { job = null, movement: done } = byName.get(name) ?? {};
      if (done?.kind === 'abandon' && done.mayStillRun && minutes > 0)
        listRows.setHold(db, name, holdFrom(this.run.now().getTime(), minutes));
      if (job !== null)
        jobRows.setReason(db, name, job.attempt, `abandoned by a person (${job.state ?? 'not seen'} when last seen)`);
    });
    for (const { name, list, job } of moves) {
      const report = {
        list: name,
        action: 'moved',
        jobId: job?.jobId ?? null,
        server: job?.server ?? null,
        to: [listPath('TODO', name)],
      } as const;
      this.run.summary.list(report, list?.transfers ?? 0);
      this.run.log.warn(`job ${job?.jobId ?? ''} at ${job?.endpoint ?? ''} abandoned`, report);
      if (job !== null) this.run.summary.warn(risk(job));
    }
  }

  /** Cancel what goes on, wait until it has ended, and settle all of it. */
  async bring(moves: readonly Move[], patienceSeconds: number): Promise<void> {
    const doings = moves.map(({ name }) => this.lists.find(name)).flatMap((each) => ('why' in each ? [] : [each]));
    const going = doings.filter(({ list }) =>
      moves.some(({ name, movement }) => name === list.name && movement.kind === 'cancel'),
    );
    await this.lists.cancel(going);
    const end = Date.now() + patienceSeconds * 1000;
    let open: SubmittedList[] = doings;
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      const lookups = await this.lists.look(open);
      const over = open.flatMap((doing) => {
        const lookup = lookups.get(doing);
        return lookup?.kind === 'job' && isWhollyOver(lookup.job) ? [[doing, lookup.job] as const] : [];
      });
      this.lists.sendBack(over, this.to?.endpoint ?? null);
      open = open.filter((doing) => !over.some(([ended]) => ended === doing));
      const left = end - Date.now();
      if (open.length === 0 || left <= 0 || this.run.mustStop() !== null) break;
      await pause(Math.min(left, wait));
    }
    for (const doing of open) this.sayOpen(doing);
  }

  private async move(name: string, after: AfterLook | null): Promise<Move> {
    const { db, spool, journal } = this.run;
    const list = listRows.list(db, name);
    const job = list === null ? null : jobRows.job(db, name, list.attempt);
    const open = list?.state === 'SUBMITTING' || list?.state === 'SUBMITTED';
    const facts = {
      list: name,
      where: whereIs(spool.exists('TODO', name), spool.exists('DOING', name)),
      row: list?.state ?? ('none' as const),
      server: job?.server ?? null,
      after: after ?? (open && job !== null ? await this.lookFor(list, job) : null),
      isThere: job !== null && job.endpoint === this.to?.endpoint,
      abandon: this.abandon,
    };
    const aside = { kind: 'refuse', why: 'a move of it was set aside; resolve that first' } as const;
    return { name, list, job, movement: journal.isAside(name) ? aside : movement(facts) };
  }

  private afterLookup(doing: SubmittedList, lookup: Lookup | undefined): AfterLook {
    if (lookup?.kind === 'job') return { kind: 'adopt', state: lookup.job.state };
    const why = this.lists.whyUnknown(doing, lookup);
    return why === null
      ? { kind: 'hold', why: `job ${doing.job.jobId} is gone from ${doing.job.server}`, isGone: true }
      : { kind: 'unknown', why };
  }

  /** A job whose answer was lost, or whose list was moved by hand. */
  private async lookFor(list: ListRow, job: JobRow): Promise<AfterLook> {
    const session = await this.servers.session(job.endpoint);
    return session === null
      ? this.afterLookup({ list, job }, undefined)
      : lookAt(this.servers, session, submittingOf(this.run.campaign, job));
  }

  private pinOne(name: string, list: ListRow | null): void {
    const { db } = this.run;
    if (list === null) {
      const read = this.run.spool.read('TODO', name);
      const parsed = 'bytes' in read ? parseList(read.bytes) : null;
      const [failures, transfers] = [parsed?.origin.failures ?? 0, parsed?.transfers.length ?? 0];
      listRows.waiting(db, { name, failures, transfers, splitFrom: null, now: this.run.now().getTime() });
    }
    listRows.setPinned(db, name, this.to?.endpoint ?? null);
  }

  private sayOpen({ list, job }: SubmittedList): void {
    this.run.summary.list({ list: list.name, action: 'kept', jobId: job.jobId, server: job.server });
    const why = this.servers.whyExcluded(job.endpoint) ?? this.run.mustStop() ?? 'not all of its transfers have ended';
    this.run.summary.needsAttention(
      `Cannot move list "${list.name}" yet: job ${job.jobId} at ${job.server}: ${why}; it stays in DOING: run the same command again in a minute`,
    );
  }
}
