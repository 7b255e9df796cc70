/**
 * batches: deletes files, some in one gfal-rm and several gfal-rm at a time.
 *
 *     until nothing is left, or something says why to stop:
 *         take a batch; wait until the pace allows it
 *         is the lease still ours? are its files what they were, when that was seen a while ago?
 *         delete them                       a crash here or behind it: nobody knows of this batch what was deleted
 *         write down what became of each    a crash here: all of it is known
 *         what gfal-rm did not come to is taken again
 *
 * It stops at the first refusal for want of a permission, and after 20 failures in a row: the storage is in trouble, or
 * we are wrong.
 */
import { setTimeout } from 'node:timers/promises';
import type { RunAlone } from '../run/program.js';
import { removeFiles, type Removed } from '../storages/remove.js';
import { MINUTE_MS } from '../text/words.js';
import type { RemovalLedger, RemovalOutcome } from './ledger.js';
import type { FileStanding } from './standing.js';

export interface PaceOptions {
  readonly batch: number;
  readonly parallel: number;
  /** Default: as fast as it goes. */
  readonly perMinute?: number;
  /** For each command, in seconds. */
  readonly timeout: number;
}

/** A file that may be deleted, and when that was found. */
export interface Removable {
  readonly url: string;
  readonly seen: number;
}

export interface RemovalProgress {
  deleted: number;
  missing: number;
  readonly failed: Map<string, string>;
  /** What was found otherwise just before it was to be deleted, with why. */
  readonly left: Map<string, string>;
  /** Why not all of them were tried. */
  stopped: string | null;
}

const MOST_FAILURES = 20;
/** What was seen longer ago is looked at once more. */
const FRESH_MS = 10 * MINUTE_MS;
const POLL_MS = 200;

export class Batches {
  readonly reached: RemovalProgress = { deleted: 0, missing: 0, failed: new Map(), left: new Map(), stopped: null };
  private readonly run: Pick<RunAlone, 'env' | 'now' | 'mustStop' | 'progress'>;
  private readonly options: PaceOptions;
  private readonly ledger: RemovalLedger;
  private readonly check: () => void;
  private readonly look: (url: string) => Promise<FileStanding>;
  /** Why to stop, asked once, when the first file was deleted: was it the one that was meant? */
  private readonly afterFirst: ((url: string) => Promise<string | null>) | null;
  private readonly pace: RemovalPace;
  private queue: Removable[] = [];
  private all = 0;
  private failuresInRow = 0;

  /** `check` throws when the lease was lost; `look` says anew whether a file may be deleted. */
  constructor(
    run: Pick<RunAlone, 'env' | 'now' | 'mustStop' | 'progress'>,
    options: PaceOptions,
    ledger: RemovalLedger,
    check: () => void,
    look: (url: string) => Promise<FileStanding>,
    afterFirst: ((url: string) => Promise<string | null>) | null = null,
  ) {
    this.afterFirst = afterFirst;
    this.run = run;
    this.options = options;
    this.ledger = ledger;
    this.check = check;
    this.look = look;
    this.pace = new RemovalPace(options.perMinute ?? Infinity);
  }

  /** Errors: LeaseError, SpoolError when the ledger cannot be written, UsageError without gfal-rm. */
  async remove(files: readonly Removable[]): Promise<RemovalProgress> {
    this.queue = [...files];
    this.all = files.length;
    this.run.progress.begin({ what: 'deleting', unit: 'files' });
    if (this.afterFirst !== null) await this.removeFirst(this.afterFirst);
    const workers = await Promise.allSettled(Array.from({ length: this.options.parallel }, () => this.work()));
    this.run.progress.end();
    for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
    return this.reached;
  }

  /** One at a time, until one was deleted. */
  private async removeFirst(whyStop: (url: string) => Promise<string | null>): Promise<void> {
    while (this.reached.deleted === 0 && this.goesOn()) {
      const next = this.queue.shift();
      if (next === undefined) return;
      await this.removeBatch([next]);
      if (this.reached.deleted > 0) this.reached.stopped ??= await whyStop(next.url);
    }
  }

  private async work(): Promise<void> {
    try {
      while (this.queue.length > 0 && this.goesOn()) {
        const batch = this.queue.splice(0, Math.min(this.options.batch, this.options.perMinute ?? Infinity));
        if (!(await this.isTime(batch.length))) this.queue.unshift(...batch);
        else await this.removeBatch(batch);
      }
    } catch (error) {
      // What another one is deleting ends, and is written down; nothing new begins.
      this.reached.stopped ??= 'an error';
      throw error;
    }
  }

  private goesOn(): boolean {
    this.reached.stopped ??= this.run.mustStop();
    return this.reached.stopped === null;
  }

  private async isTime(files: number): Promise<boolean> {
    const at = this.pace.reserve(files, performance.now());
    for (let left = at - performance.now(); left > 0 && this.goesOn(); left = at - performance.now())
      await setTimeout(Math.min(left, POLL_MS));
    return this.goesOn();
  }

  private async removeBatch(batch: readonly Removable[]): Promise<void> {
    const old = batch.filter(({ seen }) => this.run.now().getTime() - seen > FRESH_MS);
    const standings = await Promise.all(old.map(async ({ url }) => [url, await this.look(url)] as const));
    const gone = new Map<string, RemovalOutcome>();
    for (const [url, standing] of standings)
      if (standing.kind === 'left') this.reached.left.set(url, standing.why);
      else if (standing.kind === 'missing') gone.set(url, 'MISSING');
    const urls = batch.map(({ url }) => url).filter((url) => !this.reached.left.has(url) && !gone.has(url));
    if (urls.length > 0) {
      this.check();
      const { ended, untried } = await removeFiles(urls, {
        timeoutSeconds: this.options.timeout,
        env: this.run.env,
      });
      for (const [url, removed] of ended) gone.set(url, this.count(url, removed));
      this.queue.unshift(...batch.filter(({ url }) => untried.includes(url)));
    }
    this.ledger.add(this.run.now(), gone);
    this.reached.missing += [...gone.values()].filter((outcome) => outcome === 'MISSING').length;
    const over = this.reached.deleted + this.reached.missing + this.reached.failed.size + this.reached.left.size;
    this.run.progress.reach(over, over / this.all);
  }

  private count(url: string, removed: Removed): RemovalOutcome {
    const { reached } = this;
    if (removed.outcome !== 'FAILED') {
      this.failuresInRow = 0;
      if (removed.outcome === 'DELETED') reached.deleted += 1;
      return removed.outcome;
    }
    reached.failed.set(url, removed.reason);
    this.failuresInRow += 1;
    if (removed.isForbidden) reached.stopped ??= `the storage does not allow it: ${removed.reason}`;
    else if (this.failuresInRow >= MOST_FAILURES) reached.stopped ??= `${MOST_FAILURES} failures in a row`;
    return `FAILED: ${removed.reason}`;
  }
}

/** When the next files may be deleted, where no more than so many a minute are allowed. */
export class RemovalPace {
  private readonly perMinute: number;
  private free = 0;

  /** Infinity: as fast as it goes. */
  constructor(perMinute: number) {
    this.perMinute = perMinute;
  }

  /** Returns when so many files may go, in ms of the clock that says `now`. */
  reserve(files: number, now: number): number {
    const at = Math.max(now, this.free);
    this.free = at + (files * MINUTE_MS) / this.perMinute;
    return at;
  }
}
