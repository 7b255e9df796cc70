/**
 * settle: carries out the seven rules on a batch of lists.
 *
 * For each list the rules decide and `plan` says what moves; the rows and the transitions of the whole batch are
 * committed together and carried out. A crash before that commit changes nothing; after it, `redo` finishes it. What one
 * list of a batch meets is its own: it is named, and the others are settled.
 */
import { ifPast } from '../text/words.js';
import { byHour, type Ended } from '../rules/hourly.js';
import { parseList, type ParsedList } from '../lists/list.js';
import { judgedState } from '../rules/endedByFts.js';
import { holdFrom } from '../rules/quarantine.js';
import type { ReasonRow } from '../rules/reasons.js';
import { countsAsFailure, decide, type Verdict } from '../rules/rules.js';
import { knownSent } from '../rules/sent.js';
import { plan, sort, type Sorted, type Names, type Plan, type FinalList } from '../rules/settlement.js';
import { isFinal } from '../rules/states.js';
import { plural } from '../text/words.js';
import { parsePath, targets } from '../lists/transition.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import * as outcomeRows from '../database/outcomeRows.js';
import { ListTrouble, Trouble } from '../errors.js';
import type { Job } from '../fts3/index.js';
import type { SubmittedList } from '../servers/look.js';
import type { Run } from '../run/program.js';
import type { JournalEntry } from '../spool/journal.js';
import { spoolNames } from '../spool/spoolNames.js';
import { StandingLists } from './standing.js';

const DAY_MS = 86_400_000;

/** What one list of a batch comes to. */
interface Outcome {
  readonly plan: Plan | null;
  /** Null when nothing is to be written: a run in which nothing has changed writes nothing. */
  readonly rows: (() => void) | null;
  /** Of a list that is settled: what ended in it. */
  readonly ended?: readonly Ended[];
  readonly tell: () => void;
}

export class Settlements {
  private readonly run: Run;
  private readonly reasons: readonly ReasonRow[];
  /** The endpoint to which what goes to TODO is to be submitted next; null: to any. */
  private readonly pin: string | null;
  private readonly standing: StandingLists;

  constructor(run: Run, reasons: readonly ReasonRow[], pin: string | null = null) {
    this.run = run;
    this.reasons = reasons;
    this.pin = pin;
    this.standing = new StandingLists(run);
  }

  /** Say what has been seen of lists whose jobs go on. */
  tellStanding(): void {
    this.standing.tell();
  }

  /** Apply the rules to lists whose jobs have been seen. */
  settle(batch: readonly (readonly [SubmittedList, Job])[]): void {
    const names = spoolNames(this.run);
    const outcomes = batch.map(([doing, job]) => this.attempt(doing, job, names));
    const entries = this.commit(batch, outcomes);
    if (entries === null) return;
    this.run.journal.carryOut(entries);
    this.run.journal.strikeOff();
    outcomes.forEach((outcome) => outcome.tell());
  }

  /** The rows and the transitions of a batch. Null when that cannot be: each of its lists was then dealt with by itself. */
  private commit(
    batch: readonly (readonly [SubmittedList, Job])[],
    outcomes: readonly Outcome[],
  ): readonly JournalEntry[] | null {
    const plans = outcomes.flatMap((outcome) => (outcome.plan === null ? [] : [outcome.plan]));
    const writes = outcomes.flatMap((outcome) => (outcome.rows === null ? [] : [outcome.rows]));
    if (this.run.dryRun || writes.length === 0) return [];
    try {
      return this.run.journal.enter(
        plans.map((each) => each.transition),
        () => {
          for (const write of writes) write();
          const ended = outcomes.flatMap((outcome) => outcome.ended ?? []);
          for (const sum of byHour(ended, this.run.now())) outcomeRows.addHourly(this.run.books.db, sum);
        },
      );
    } catch (error) {
      // The commit was undone as a whole.
      if (!isOfOneList(error)) throw error;
      const [one] = batch;
      if (one !== undefined && batch.length === 1) this.failed(...one, error).tell();
      else for (const each of batch) this.settle([each]);
      return null;
    }
  }

  private attempt(doing: SubmittedList, job: Job, names: Names): Outcome {
    try {
      return this.apply(doing, job, names);
    } catch (error) {
      if (!isOfOneList(error)) throw error;
      return this.failed(doing, job, error);
    }
  }

  /** Whatever it is, it is this list's: it stays, and the others go on. */
  private failed(doing: SubmittedList, job: Job, error: unknown): Outcome {
    const { name } = doing.list;
    return {
      plan: null,
      rows: null,
      tell: () => {
        this.report(
          doing,
          job,
          decide({ state: job.state, failures: 0 }, this.run.settings.monitor).rule,
          'skipped',
          [],
        );
        const isKnown = error instanceof ListTrouble;
        if (!isKnown) this.run.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
        const why = error instanceof Error ? error.message : String(error);
        const cure = isKnown
          ? 'its job is over: put those of its transfers that have not finished into a new list in TODO with a shorter name, and move this one to DONE/Dirty'
          : 'please report it, the log has its stack; the next run tries again';
        this.run.summary.needsAttention(
          `Cannot settle list "${name}" in DOING (job ${job.id} is ${job.state}): ${why}; it stays: ${cure}`,
        );
      },
    };
  }

  private apply(doing: SubmittedList, job: Job, names: Names): Outcome {
    const seen = { state: judged(job), failures: doing.list.failures };
    const { rule, verdict } = decide(seen, this.run.settings.monitor);
    return isFinal(job.state) ? this.final(doing, job, rule, verdict, names) : this.going(doing, job, rule, verdict);
  }

  /** The job goes on, or nobody knows its state: nothing moves. */
  private going(doing: SubmittedList, job: Job, rule: number, verdict: Verdict): Outcome {
    const isUnknown = verdict.kind === 'say' && verdict.person;
    const said = isUnknown ? null : this.standing.note(doing, job.state, verdict.kind === 'say');
    return {
      plan: null,
      rows:
        said === null && !isNews(doing, job)
          ? null
          : () => {
              this.seen(doing, job);
              said?.();
            },
      tell: () => {
        this.report(doing, job, rule, 'kept', []);
        const where = `list "${doing.list.name}" is ${job.state} at ${doing.job.server} (job ${doing.job.jobId})`;
        if (isUnknown)
          this.run.summary.needsAttention(
            `Unknown state: ${where}; nothing is done, ask the server's operators what it means`,
          );
      },
    };
  }

  private final(doing: SubmittedList, job: Job, rule: number, verdict: Verdict, names: Names): Outcome {
    const read = this.run.spool.read('DOING', doing.list.name);
    if ('why' in read) return this.unreadable(doing, job, rule, read.why);
    const settled: FinalList = {
      list: doing.list.name,
      parsed: parseList(read.bytes),
      sha256: read.sha256,
      job: {
        id: doing.job.jobId,
        server: doing.job.server,
        cancelJob: job.cancelJob,
        files: job.files ?? [],
        sent: knownSent(doing.job, job.metadata),
      },
      earlier: doing.list.failures,
      failures: doing.list.failures + (countsAsFailure(judged(job)) ? 1 : 0),
      campaign: this.run.books.campaign,
      at: this.run.now(),
    };
    const sorted = sort(settled, verdict, this.reasons);
    if (sorted.unfinished > 0) return this.unfinished(doing, job, rule, sorted);
    if (sorted.misfit !== null) return this.misfit(doing, job, rule, sorted.misfit);
    const planned = plan(settled, verdict, sorted, names);
    return planned === null
      ? this.canceled(doing, job, rule, sorted)
      : this.planned(doing, job, rule, settled, sorted, planned);
  }

  private planned(
    doing: SubmittedList,
    job: Job,
    rule: number,
    settled: FinalList,
    sorted: Sorted,
    planned: Plan,
  ): Outcome {
    return {
      plan: planned,
      rows: () => this.writeRows(doing, job, settled, sorted, planned),
      ended: sorted.ended,
      tell: () => {
        this.report(doing, job, rule, planned.action, targets(planned.transition), lineCount(settled.parsed));
        this.run.summary.bad(sorted.bad.length);
        if (sorted.unknown.length > 0)
          this.run.summary.warn(
            `${plural(sorted.unknown.length, 'line')} of list "${doing.list.name}" not known to job ${doing.job.jobId}: ${this.run.dryRun ? 'would go' : 'sent'} to TODO as a list of their own`,
          );
        if (sorted.extra > 0)
          this.run.summary.warn(
            `Job ${doing.job.jobId} of list "${doing.list.name}" had ${plural(sorted.extra, 'transfer')} that the list does not name any more`,
          );
      },
    };
  }

  private writeRows(doing: SubmittedList, job: Job, settled: FinalList, sorted: Sorted, planned: Plan): void {
    const { db } = this.run.books;
    const now = this.run.now().getTime();
    this.seen(doing, job);
    listRows.setSettled(db, doing.list.name, planned.row, settled.failures, now);
    for (const path of targets(planned.transition)) {
      const to = parsePath(path);
      if (to?.place === 'DONE/Okay') outcomeRows.putOkay(db, to.name, sorted.okay.length);
    }
    for (const created of planned.created) listRows.waiting(db, { ...created, splitFrom: doing.list.name, now });
    this.hold(doing.list.name, sorted, planned, now);
    if (this.pin !== null) {
      const back = planned.row === 'WAITING' ? [doing.list.name] : [];
      for (const name of [...back, ...planned.created.map((created) => created.name)])
        listRows.setPinned(db, name, this.pin);
    }
    for (const failed of sorted.failed)
      outcomeRows.addFailure(db, {
        class: failed.class,
        meaning: failed.meaning,
        lastSeen: now,
        list: doing.list.name,
        source: failed.transfer.source,
        reason: failed.reason,
        endpoint: doing.job.endpoint,
        jobId: doing.job.jobId,
      });
  }

  /** The list itself as well, wherever it goes: a person may send it back from DONE. */
  private hold(list: string, sorted: Sorted, planned: Plan, now: number): void {
    const { quarantineMinutes } = this.run.settings.monitor;
    if (sorted.mayStillRun.size === 0 || quarantineMinutes === 0) return;
    const held = planned.created.filter((created) => created.held === true).map((created) => created.name);
    for (const name of [list, ...held]) listRows.setHold(this.run.books.db, name, holdFrom(now, quarantineMinutes));
  }

  /** Final before its files are (FTS-1482): they follow within minutes, or something is wrong at the server. */
  private unfinished(doing: SubmittedList, job: Job, rule: number, sorted: Sorted): Outcome {
    const now = this.run.now().getTime();
    const known = ifPast(doing.job.unfinishedSince, now);
    const since = known ?? now;
    return {
      plan: null,
      rows: () => {
        this.seen(doing, job);
        if (known === null) jobRows.setUnfinishedSince(this.run.books.db, doing.list.name, doing.list.attempt, now);
      },
      tell: () => {
        this.report(doing, job, rule, 'kept', []);
        const what = `job ${doing.job.jobId} of list "${doing.list.name}" is ${job.state}, but ${plural(sorted.unfinished, 'file')} of it not final`;
        if (now - since >= DAY_MS)
          this.run.summary.needsAttention(`${what}, for over a day: ask the operators of ${doing.job.server}`);
        else this.run.summary.note(`${what} yet: looked at again in the next run`);
      },
    };
  }

  /** The list stays: its lines may be what the job has copied, and repeating them would copy them over and over. */
  private misfit(doing: SubmittedList, job: Job, rule: number, { line, file }: NonNullable<Sorted['misfit']>): Outcome {
    return {
      plan: null,
      rows: isNews(doing, job) ? () => this.seen(doing, job) : null,
      tell: () => {
        this.report(doing, job, rule, 'kept', []);
        const theirs =
          file === null
            ? 'the job shows no file beside those of other lines'
            : `the first file of the job without a line is "${file.source} ${file.destination}"`;
        this.run.summary.needsAttention(
          `Job ${job.id} of list "${doing.list.name}" is ${job.state} at ${doing.job.server}, but its files are not those of the list: the first line without a file is "${line.source} ${line.destination}", ${theirs}; nothing is sent again by itself: give the list in DOING the lines of its job again, and put what is to be copied anew into TODO as a new list`,
        );
      },
    };
  }

  private canceled(doing: SubmittedList, job: Job, rule: number, sorted: Sorted): Outcome {
    return {
      plan: null,
      rows: isNews(doing, job) ? () => this.seen(doing, job) : null,
      tell: () => {
        this.report(doing, job, rule, 'kept', []);
        this.run.summary.needsAttention(
          `List "${doing.list.name}" was cancelled at ${doing.job.server} (job ${doing.job.jobId}): ${sorted.okay.length} of its transfers had finished; to send the others again: node dist/misc/requeue.js ${doing.list.name}`,
        );
      },
    };
  }

  private unreadable(doing: SubmittedList, job: Job, rule: number, why: string): Outcome {
    return {
      plan: null,
      rows: isNews(doing, job) ? () => this.seen(doing, job) : null,
      tell: () => {
        this.report(doing, job, rule, 'skipped', []);
        this.run.summary.needsAttention(
          `Cannot read list "${doing.list.name}" in DOING: ${why}; its job is ${job.state}, make the list readable`,
        );
      },
    };
  }

  private seen(doing: SubmittedList, job: Job): void {
    if (!isNews(doing, job)) return;
    jobRows.setSeen(this.run.books.db, doing.list.name, doing.list.attempt, {
      state: job.state,
      reason: job.reason,
      now: this.run.now().getTime(),
    });
  }

  private report(
    doing: SubmittedList,
    job: Job,
    rule: number,
    action: 'kept' | 'moved' | 'split' | 'bad' | 'skipped',
    to: readonly string[],
    transfers = 0,
  ): void {
    const { jobId, server } = doing.job;
    const report = { list: doing.list.name, state: job.state, rule, action, jobId, server, to };
    this.run.summary.list(report, transfers);
    if (action !== 'kept') this.run.log.info(`list ${action}`, report);
  }
}

/** Not of the disk, the database or the lease: those are everybody's. */
function isOfOneList(error: unknown): boolean {
  if (error instanceof Trouble) return error instanceof ListTrouble;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  const isOfDatabase =
    typeof code === 'string' &&
    code.startsWith('SQLITE_') &&
    !/^SQLITE_(?:CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(code);
  return !isOfDatabase && typeof syscall !== 'string';
}

const isNews = ({ job: before }: SubmittedList, job: Job): boolean =>
  before.state !== job.state || before.missingSince !== null || before.stateSince === null;

/** The state by which the rules judge it. */
const judged = ({ state, cancelJob, files }: Job): string => judgedState({ state, cancelJob, files: files ?? [] });

const lineCount = (parsed: ParsedList): number => parsed.transfers.length;
