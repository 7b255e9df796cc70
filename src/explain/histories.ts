/**
 * histories: gathers the history of lists from the job table, the spool and FTS. Reads only.
 *
 *     find the lists: by name, by job id, or by an LFN, whose line in its LFN list tells in which cut to look (`cutSearch`)
 *     the list, those that it was split from, and those that were split from it
 *     each attempt with its server, its job as FTS knows it now, and the state and reason of each transfer
 *     what the programs will do next with it (`next`), by the same rules by which they do it
 *
 * What FTS says now counts more than what was seen last; a server that does not answer is said, and what was recorded
 * of its jobs is told instead.
 */
import type { AttemptLife, FileLife, ListLife, TapeLife } from './history.js';
import { parseList, type Origin } from '../lists/list.js';
import { oldestFirst, withoutNumber } from '../lists/names.js';
import { whereIs } from '../rules/placement.js';
import { staysBack } from '../rules/submission.js';
import { whatNext } from './next.js';
import { judgedState } from '../rules/endedByFts.js';
import { isSame } from '../rules/match.js';
import { heldNow } from '../rules/quarantine.js';
import { classify, type ReasonRow } from '../rules/reasons.js';
import { isOnTape, TAPE_STATES, tapeWait } from '../rules/tape.js';
import { faultInWords, isStoragesFault } from '../rules/storageHealth.js';
import { scanList } from '../lists/scanList.js';
import { storagesOf } from '../lists/url.js';
import { PLACES } from '../lists/transition.js';
import type { JobRow, ListRow } from '../ftsJob.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import { storage } from '../database/storageRows.js';
import * as transitionRows from '../database/transitionRows.js';
import { monitoringLink, type Job } from '../fts3/index.js';
import { isServerOf, lackingAt, wantsOf } from '../servers/lacking.js';
import { look } from '../servers/look.js';
import type { Run } from '../run/program.js';
import { loadReasons } from '../settings/reasonTable.js';
import { whyTokensWanted } from '../servers/routeTokens.js';
import { hasFilesOf, isHeld, untilWhen } from '../settings/storage.js';
import type { Servers, ServerSetting } from '../servers/servers.js';
import { routeNamed, titleOf } from '../settings/route.js';

/** A transfer, as its URLs tell it. */
export interface TransferOfJob {
  readonly source: string;
  readonly destination: string;
}

export class Histories {
  private readonly run: Run;
  /** Null: FTS is not to be asked. */
  private readonly servers: Servers | null;
  private reasons: readonly ReasonRow[] | null = null;
  /** The order of the lists in TODO; looked up only when one of them is asked about. */
  private order: ReadonlyMap<string, number> | null = null;

  constructor(run: Run, servers: Servers | null) {
    this.run = run;
    this.servers = servers;
  }

  /** Read when there is a reason to judge: who asks no server is not stopped by a table with a mistake in it. */
  private table(): readonly ReasonRow[] {
    return (this.reasons ??= loadReasons(this.run.base));
  }

  /** The list from which it was split, the one from which that was, and so on; the oldest first, the list itself last. */
  ancestors(name: string): string[] {
    const line = [name];
    for (let up = this.parent(name); up !== null && !line.includes(up); up = this.parent(up)) line.unshift(up);
    return line;
  }

  /** The lists that were split from it, from those, and so on. */
  descendants(name: string): string[] {
    const family = [name];
    // It grows while it is walked through.
    for (const each of family)
      for (const split of listRows.splitsOf(this.run.db, each))
        if (!family.includes(split.name)) family.push(split.name);
    return family.slice(1);
  }

  /** Is anything known of a list of this name? */
  isKnown(name: string): boolean {
    return listRows.list(this.run.db, name) !== null || this.places(name).length > 0;
  }

  /** `pair`: the transfer whose state in each job is wanted. */
  async list(name: string, pair: TransferOfJob | null): Promise<ListLife> {
    const { db } = this.run;
    const row = listRows.list(db, name);
    const jobs = jobRows.jobsOf(db, name);
    const attempts = await this.attempts(jobs, pair);
    const current = attempts.find((attempt) => attempt.attempt === row?.attempt) ?? null;
    return {
      list: name,
      places: this.places(name),
      state: row?.state ?? null,
      since: row === null ? null : isoOf(row.since),
      failures: row?.failures ?? this.origin(name).failures ?? 0,
      splitFrom: this.parent(name),
      attempts,
      next: await this.next(name, row, current),
    };
  }

  origin(name: string): Origin {
    for (const place of PLACES) {
      const read = this.run.spool.read(place, name);
      if ('bytes' in read) return parseList(read.bytes).origin;
    }
    return {};
  }

  private parent(name: string): string | null {
    const row = listRows.list(this.run.db, name);
    // What was put beside a list of the same name belongs to that list, and has no row of its own.
    const beside = row === null ? withoutNumber(name) : name;
    if (beside !== name && listRows.list(this.run.db, beside) !== null) return beside;
    return row?.splitFrom ?? this.origin(name).splitFrom ?? null;
  }

  private places(name: string): (typeof PLACES)[number][] {
    return PLACES.filter((place) => this.run.spool.exists(place, name));
  }

  private async next(name: string, row: ListRow | null, current: AttemptLife | null): Promise<string> {
    const { settings, db, now } = this.run;
    const places = this.places(name);
    const job = row === null ? null : jobRows.job(db, name, row.attempt);
    return whatNext({
      list: name,
      where: whereIs(places.includes('TODO'), places.includes('DOING')),
      done: places.filter((place) => place !== 'TODO' && place !== 'DOING'),
      row: row?.state ?? 'none',
      job:
        job === null
          ? null
          : {
              id: job.jobId,
              server: job.server,
              state: current?.state ?? job.state,
              judged: current?.judged ?? null,
              isProbe: job.probe !== null,
              isSpared: current?.isSpared ?? false,
            },
      submittingSince: job === null ? null : new Date(job.submittingAt),
      failures: row?.failures ?? 0,
      pinned: this.nameOf(row?.pinned ?? null),
      staysBack: staysBack(row),
      heldUntil: dateOf(heldNow(listRows.holdUntil(db, name), now().getTime(), settings.monitor.quarantine_minutes)),
      tokensWanted: places.includes('TODO') ? this.tokensWanted(name) : null,
      storage: places.includes('TODO') ? this.storageOf(name) : null,
      tooOld: places.includes('TODO') ? await this.whyTooOld(name, row?.pinned ?? null) : null,
      ahead: places.includes('TODO') ? this.ahead(name) : 0,
      listsPerRun: settings.consumer.lists_per_run,
      rules: settings.monitor,
      transitions: transitionRows.transitionsOf(db, name),
      now: now(),
    });
  }

  private tokensWanted(name: string): string | null {
    const route = routeNamed(this.run.settings.route, this.origin(name).route);
    const why = whyTokensWanted(this.run, route);
    return route === null || why === null ? null : `route ${titleOf(route)}: ${why}`;
  }

  /** Why it waits for a storage; null: it does not. */
  private storageOf(name: string): string | null {
    const { settings, spool, db, now } = this.run;
    const read = spool.read('TODO', name);
    const transfers = 'bytes' in read ? scanList(read.bytes).transfers : [];
    const held = settings.storage.find((each) => isHeld(each, now()) && hasFilesOf(each, transfers));
    if (held !== undefined) return `Storage "${held.match}" is held by the settings, ${untilWhen(held)}.`;
    const broken = [...storagesOf(transfers)]
      .flatMap((each) => storage(db, each) ?? [])
      .find(({ brokenSince }) => brokenSince !== null);
    if (broken === undefined) return null;
    return `Storage ${broken.name} is broken since ${isoOf(broken.brokenSince)}: ${faultInWords(broken)}. Its lists wait until the first file of a probe has arrived, one a run.`;
  }

  /** What those servers lack that may get it; null: one knows all that it is sent with, or none tells. */
  private async whyTooOld(name: string, pinned: string | null): Promise<string | null> {
    const { servers } = this;
    const { settings } = this.run;
    const origin = this.origin(name);
    const route = routeNamed(settings.route, origin.route);
    const wanted = wantsOf(settings, route, origin);
    if (servers === null) return null;
    const isFor = (server: ServerSetting): boolean =>
      pinned === null ? isServerOf(route, server) : server.endpoint === pinned;
    const lacking = await lackingAt(servers, settings.fts.server.filter(isFor), wanted);
    if (lacking === null) return null;
    return `${lacking.map((each) => `${each.name} does not know all that it is sent with: ${each.why}`).join('; ')}.`;
  }

  /** Lists that go out before it. */
  private ahead(name: string): number {
    const failedAt = (each: string): number => listRows.list(this.run.db, each)?.failedAt ?? 0;
    this.order ??= new Map(
      oldestFirst(this.run.spool.listing('TODO').lists, failedAt).map((each, index) => [each, index]),
    );
    return this.order.get(name) ?? 0;
  }

  private nameOf(endpoint: string | null): string | null {
    return this.run.settings.fts.server.find((server) => server.endpoint === endpoint)?.name ?? endpoint;
  }

  private async attempts(jobs: readonly JobRow[], pair: TransferOfJob | null): Promise<AttemptLife[]> {
    const histories: AttemptLife[] = [];
    for (const job of jobs) {
      const seen = await this.ask(job);
      const asked = 'job' in seen ? seen.job : null;
      histories.push({
        attempt: job.attempt,
        jobId: job.jobId,
        server: job.server,
        link: monitoringLink(job.endpoint, job.jobId),
        submittedAt: isoOf(job.submittedAt),
        state: asked?.state ?? job.state,
        reason: asked?.reason || (job.reason ?? ''),
        seenAt: isoOf(job.seenAt),
        source: asked === null ? ('why' in seen ? { why: seen.why } : 'recorded') : 'asked',
        file: asked === null || pair === null ? null : this.file(asked, pair),
        files: asked === null ? [] : byState(asked),
        tape: asked === null ? recordedTape(job) : tapeOf(asked),
        isSpared:
          job.probe !== null && asked?.files ? isStoragesFault(asked.files, this.table(), asked.cancelJob) : false,
        judged: asked?.files ? judgedState({ ...asked, files: asked.files }) : null,
      });
    }
    return histories;
  }

  private async ask(job: JobRow): Promise<{ job: Job } | { why: string } | { recorded: true }> {
    if (this.servers === null) return { recorded: true };
    const session = await this.servers.session(job.endpoint);
    if (session === null) return { why: this.servers.whyExcluded(job.endpoint) ?? 'it gives no answer' };
    const found = await look(this.servers, session, job.jobId, 'whole');
    if (found.kind === 'job') return { job: found.job };
    return { why: found.kind === 'missing' ? 'the server has no such job, live or archived' : found.message };
  }

  private file(job: Job, pair: TransferOfJob): FileLife | null {
    const file = job.files?.find((each) => isSame(pair, each));
    if (file === undefined) return null;
    const known = file.reason === '' ? null : classify(file.reason, this.table());
    return {
      state: file.state,
      reason: file.reason,
      class: known?.class ?? null,
      meaning: known?.meaning ?? null,
    };
  }
}

const tapeOf = (job: Job): TapeLife[] =>
  TAPE_STATES.flatMap((state) => {
    const wait = tapeWait(job, state);
    if (wait === null) return [];
    return [{ state, notBegun: wait.notBegun, since: isoOf(wait.since), until: isoOf(wait.until) }];
  });

const recordedTape = ({ state, tapeSince, tapeUntil }: JobRow): TapeLife[] =>
  state !== null && isOnTape(state) && tapeSince !== null
    ? [{ state, notBegun: null, since: isoOf(tapeSince), until: isoOf(tapeUntil) }]
    : [];

function byState(job: Job): { state: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { state } of job.files ?? []) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => ({ state, count })).sort((a, b) => b.count - a.count);
}

const dateOf = (time: number | null): Date | null => (time === null ? null : new Date(time));

const isoOf = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
