/**
 * jobs: the tables of the server: live jobs, archived jobs, and the record of all that was ever accepted.
 *
 * FTS guarantees one thing that everything else rests on: within the live tables a job id exists once, also while the
 * transaction that makes it has not committed. An archived or forgotten job's id is free again.
 */
import { Refusal } from '../protocol/answer.js';
import { Courses, scheduleOf } from '../behaviour/courses.js';
import type { Script } from '../behaviour/courses.js';
import type { Course } from '../behaviour/mock.js';
import type { Parameters } from '../protocol/parameters.js';
import type { FtsVersion } from '../protocol/versions.js';
import type { Draft, Pair } from '../protocol/submission.js';
import {
  abandon,
  cancel,
  finalAt,
  hold,
  isOutOfReach,
  look,
  pin,
  plan,
  waits,
  withoutToken,
} from '../behaviour/timeline.js';
import { Exchanges } from './exchanges.js';
import type { Timeline } from '../behaviour/timeline.js';
import { CANCELED_REASON, deriveJob, isFinalFile, isFinalJob } from '../behaviour/states.js';

export interface StoredFile extends Pair {
  readonly id: number;
  readonly hashedId: number;
  readonly course: Course;
  timeline: Timeline;
}

export interface StoredJob {
  readonly id: string;
  /** The version that the server announces. */
  readonly version: FtsVersion;
  readonly vo: string;
  readonly userDn: string;
  readonly credId: string;
  readonly submitted: number;
  readonly parameters: Parameters;
  readonly metadata: unknown;
  readonly type: 'N' | 'R';
  readonly files: readonly StoredFile[];
  priority: number;
  canceledAt: number | null;
  canceledReason: string | null;
  pinned: string | null;
  /** Not committed yet: shown from that time on, or after the next look. */
  hidden: { until: number | null } | null;
}

export interface TableOptions {
  readonly version: FtsVersion;
  readonly scale: number;
  readonly keepDays: number;
  readonly checkDuplicates: boolean;
  readonly script: Script | undefined;
}

interface Owner {
  readonly vo: string;
  readonly userDn: string;
  readonly delegationId: string | null;
}

const DAY = 24 * 3600 * 1000;
const FIRST_FILE_ID = 8872390001;

export class JobTable {
  readonly live = new Map<string, StoredJob>();
  readonly archived = new Map<string, StoredJob>();
  /** Every job that was ever accepted, in that order. */
  readonly accepted: StoredJob[] = [];
  /** Those that carry a file to a destination, by its key. */
  private readonly byDestination = new Map<string, StoredJob[]>();
  private readonly options: TableOptions;
  private readonly courses: Courses;
  /** So long a file that is accepted now waits for its token (TOKEN_PREP), also one that is copied with a proxy. */
  tokenSeconds = 0;
  readonly exchanges = new Exchanges();
  private files = 0;

  constructor(options: TableOptions) {
    this.options = options;
    this.courses = new Courses(options.script);
  }

  /** Takes a job. 409 if its id is taken, or a destination where the server checks that. */
  accept(id: string, draft: Draft, owner: Owner, now: number): StoredJob {
    const taken = this.live.get(id);
    if (taken !== undefined) {
      taken.hidden = null;
      throw new Refusal(409, 'The sid provided by the user is duplicated');
    }
    if (draft.strayTokens) throw strayTokens();
    if (this.options.checkDuplicates) this.checkDestinations(draft, now);
    const ids = draft.pairs.flatMap(({ tokens }) =>
      tokens === null || tokens === 'none' ? [] : Object.values(tokens),
    );
    this.exchanges.begin(ids, now, this.tokenSeconds, this.options.scale);
    const job: StoredJob = {
      id,
      version: this.options.version,
      vo: owner.vo,
      userDn: owner.userDn,
      credId: owner.delegationId ?? '',
      submitted: now,
      parameters: draft.parameters,
      metadata: draft.metadata,
      type: draft.type,
      files: draft.pairs.map((pair) => this.file(pair, draft.parameters, now)),
      priority: draft.parameters.priority,
      canceledAt: null,
      canceledReason: null,
      pinned: null,
      hidden: null,
    };
    this.chain(job, now);
    this.live.set(id, job);
    this.accepted.push(job);
    for (const key of new Set(job.files.map((file) => columnKey(file.destination)))) {
      const jobs = this.byDestination.get(key);
      if (jobs === undefined) this.byDestination.set(key, [job]);
      else jobs.push(job);
    }
    return job;
  }

  /** The live jobs that carry a file to this destination. */
  goingTo(destination: string): StoredJob[] {
    const jobs = this.byDestination.get(columnKey(destination)) ?? [];
    return jobs.filter((job) => this.live.get(job.id) === job);
  }

  /** The job as somebody who looks at it finds it. A look at a job that is not committed finds nothing. */
  find(id: string, now: number): StoredJob | undefined {
    const job = this.live.get(id);
    if (job === undefined || job.hidden === null) return job;
    const { until } = job.hidden;
    if (until !== null && now < until) return undefined;
    job.hidden = null;
    return until === null ? undefined : job;
  }

  /** Final jobs that have been so for `keepDays` leave the live tables. */
  sweep(now: number): void {
    for (const job of this.live.values()) {
      if (now - job.submitted < this.options.keepDays * DAY) continue;
      const { finished } = jobNow(job, now);
      if (finished !== null && now - finished >= this.options.keepDays * DAY) this.moveToArchive(job);
    }
  }

  /** Moves one job, or every final one, to the archive. */
  archive(id: string | undefined, now: number): void {
    for (const job of this.these(id)) {
      if (id !== undefined || isFinalJob(jobNow(job, now).state)) this.moveToArchive(job);
    }
  }

  /** Loses one job, or all. What they had not done is not done any more. */
  forget(id: string | undefined, now: number): void {
    for (const job of this.these(id)) {
      for (const file of job.files) {
        if (!isFinalFile(look(file.timeline, now).state)) file.timeline = pin(file.timeline, now, 'CANCELED', 'lost');
      }
      this.live.delete(job.id);
    }
    if (id === undefined) this.archived.clear();
    else this.archived.delete(id);
  }

  cancel(job: StoredJob, now: number): void {
    job.canceledAt = now;
    job.canceledReason = CANCELED_REASON;
    for (const file of job.files) file.timeline = cancel(file.timeline, now, this.options.scale);
  }

  /** Cancels one file; its reason stays as it was. One out of reach stays as it is, and its job is CANCELED (seen on FTS 3.13). */
  cancelFile(job: StoredJob, file: StoredFile, now: number): void {
    const { state, reason } = look(file.timeline, now);
    if (isOutOfReach(state)) job.canceledAt ??= now;
    else file.timeline = abandon(file.timeline, now, reason ?? '');
    this.chain(job, now);
  }

  /** The storage is banned with `cancel`: its files are CANCELED. Returns the ids of their jobs. */
  cancelStorage(storage: string, now: number): string[] {
    return this.withStorage(storage, (file) => {
      file.timeline = abandon(file.timeline, now, 'Storage banned');
    });
  }

  /** The storage is banned with `wait`: what is in the queue is held. Returns the ids of their jobs. */
  hold(storage: string, now: number): string[] {
    return this.withStorage(storage, (file) => {
      file.timeline = hold(file.timeline, now);
    });
  }

  /** The storage is free again: what was held is planned from now on, also in a job that was cancelled meanwhile. */
  release(storage: string, now: number): void {
    this.withStorage(storage, (file, job) => {
      if (look(file.timeline, now).state.startsWith('ON_HOLD'))
        file.timeline = plan(now, file.course, scheduleOf(job.parameters, this.options.scale));
    });
  }

  /** Does it to each file that comes from there or goes there. Returns the jobs in which that has changed something. */
  private withStorage(storage: string, act: (file: StoredFile, job: StoredJob) => void): string[] {
    const changed = new Set<string>();
    for (const job of this.live.values())
      for (const file of job.files) {
        if (![file.sourceSe, file.destinationSe].includes(storage)) continue;
        const before = file.timeline;
        act(file, job);
        if (file.timeline !== before) changed.add(job.id);
      }
    return [...changed];
  }

  private these(id: string | undefined): StoredJob[] {
    return [...this.live.values()].filter((job) => id === undefined || job.id === id);
  }

  private moveToArchive(job: StoredJob): void {
    this.live.delete(job.id);
    this.archived.set(job.id, job);
  }

  private file(pair: Pair, parameters: Parameters, now: number): StoredFile {
    this.files += 1;
    const course = this.courses.next(pair, parameters);
    const schedule = scheduleOf(parameters, this.options.scale);
    const timeline = pair.held
      ? waits(now, schedule.staging ? 'ON_HOLD_STAGING' : 'ON_HOLD')
      : this.queued(pair, now, (begins) => plan(begins, course, schedule));
    return { ...pair, id: FIRST_FILE_ID + this.files, hashedId: (this.files * 40503) % 65536, course, timeline };
  }

  /** What comes before a file may begin: the exchange of its tokens. */
  private queued({ tokens }: Pair, now: number, planned: (begins: number) => Timeline): Timeline {
    if (tokens === 'none') return waits(now, 'TOKEN_PREP');
    const { at, reason } =
      tokens === null
        ? { at: now + (this.tokenSeconds * 1000) / this.options.scale, reason: null }
        : this.exchanges.exchangeFor(tokens);
    if (reason !== null) return withoutToken(now, at, reason);
    return at > now ? [...waits(now, 'TOKEN_PREP'), ...planned(at)] : planned(now);
  }

  /** The next of several sources is used when the one before has failed, and not at all when it finished. */
  private chain(job: StoredJob, now: number): void {
    if (job.type !== 'R') return;
    for (const [number, file] of job.files.entries()) {
      const before = job.files[number - 1];
      if (before === undefined || before.index !== file.index) continue;
      const failed = before.timeline.at(-1)?.state === 'FAILED' ? finalAt(before.timeline) : null;
      if (failed !== null && failed > now) {
        file.timeline = [
          ...waits(now, 'NOT_USED'),
          ...plan(failed, file.course, scheduleOf(job.parameters, this.options.scale)),
        ];
      } else if (look(file.timeline, now).started === null) {
        file.timeline = waits(now, 'NOT_USED');
      }
    }
  }

  private checkDestinations(draft: Draft, now: number): void {
    const taken = new Set<string>();
    for (const job of this.live.values()) {
      for (const file of job.files) {
        if (!isFinalFile(look(file.timeline, now).state)) taken.add(file.destination);
      }
    }
    for (const { destination } of draft.pairs) {
      if (taken.has(destination)) throw duplicated(destination);
      taken.add(destination);
    }
  }
}

/** The database takes two URLs for one that differ in case alone (seen on FTS 3.13). */
export const columnKey = (url: string): string => url.toLowerCase();

/** A 409 that speaks of a duplicate, and is none. */
function strayTokens(): Refusal {
  const why =
    "(1452, 'Cannot add or update a child row: a foreign key constraint fails (`fts3`.`t_file`, CONSTRAINT `src_token_id` FOREIGN KEY (`src_token_id`) REFERENCES `t_token` (`token_id`))')";
  return new Refusal(409, `The submission is duplicated (MySQLdb._exceptions.IntegrityError) ${why}`);
}

function duplicated(destination: string): Refusal {
  const why = `(1062, "Duplicate entry '${destination}' for key 'dest_surl_uuid'")`;
  return new Refusal(409, `The submission is duplicated (MySQLdb._exceptions.IntegrityError) ${why}`);
}

/** The state of a job now; `finished` is null until it is final. */
export function jobNow(job: StoredJob, now: number): { state: string; reason: string | null; finished: number | null } {
  const ends = job.files.map((file) => finalAt(file.timeline) ?? Infinity).filter((at) => at <= now);
  const end = ends.length === 0 ? now : ends.reduce((one, other) => Math.max(one, other));
  if (job.pinned !== null) {
    return { state: job.pinned, reason: null, finished: isFinalJob(job.pinned) ? end : null };
  }
  if (job.canceledAt !== null) return { state: 'CANCELED', reason: job.canceledReason, finished: job.canceledAt };
  const files = job.files.map(({ index, timeline }) => {
    const { state, copied } = look(timeline, now);
    return { index, state, started: copied };
  });
  const { state, reason } = deriveJob(files);
  return { state, reason, finished: isFinalJob(state) ? end : null };
}
