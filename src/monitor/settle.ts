/**
 * settle: carries out the seven rules on a batch of lists.
 *
 *     judge each list                    (judge.ts: what moves, what is written down, what is said)
 *     commit the rows and the transitions of all of them
 *     carry the transitions out, say what was done
 *
 * A crash before the commit changes nothing; after it, `redo` finishes the transitions. They are struck off with the next batch;
 * who has no other calls `strikeOff`. What one list of a batch meets is its own: it is named, and the others are settled.
 */
import { packArrived } from '../rules/arrived.js';
import { byHour } from '../rules/hourly.js';
import { holdFrom } from '../rules/quarantine.js';
import type { ReasonRow } from '../rules/reasons.js';
import { decide } from '../rules/rules.js';
import { isOnTape, tapeWait, type TapeWait } from '../rules/tape.js';
import { isExchangeRefused } from '../rules/tokens.js';
import type { FinalList } from '../rules/sortLines.js';
import { healthAfter, type StorageHealth } from '../rules/storageHealth.js';
import { parsePath, targets } from '../lists/transition.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import * as outcomeRows from '../database/outcomeRows.js';
import * as storageRows from '../database/storageRows.js';
import { putRefusedToken, refusedToken } from '../database/tokenRows.js';
import { ListTrouble, Trouble } from '../errors.js';
import type { JobRow } from '../ftsJob.js';
import type { Run } from '../run/program.js';
import { hideTokens } from '../text/hideSecrets.js';
import type { JournalEntry } from '../spool/journal.js';
import { spoolNames } from '../spool/spoolNames.js';
import type { ExistingFiles } from './existing.js';
import { judgeList, type Judgement, type SeenList } from './judge.js';
import { newStanding, noteFailed, type Standing } from './standing.js';

/** `pin`: the endpoint to which what goes to TODO is to be submitted next. `standing`: for lists whose jobs go on. */
interface Settling {
  readonly pin?: string | null;
  readonly standing?: Standing;
  /** What stands at destinations that exist already, by list. */
  readonly existing?: ReadonlyMap<string, ExistingFiles>;
}

/** Apply the rules to lists whose jobs have been seen. */
export function settle(
  run: Run,
  reasons: readonly ReasonRow[],
  batch: readonly SeenList[],
  { pin = null, standing = newStanding(), existing = new Map() }: Settling = {},
): void {
  const names = spoolNames(run);
  carryOut(
    run,
    batch.map((seen) => {
      try {
        return judgeList(run, reasons, standing, seen, names, existing.get(seen[0].list.name));
      } catch (error) {
        return failed(run, seen, error);
      }
    }),
    pin,
    standing,
  );
}

function carryOut(run: Run, judgements: readonly Judgement[], pin: string | null, standing: Standing): void {
  let entries: readonly JournalEntry[];
  try {
    entries = commit(run, judgements, pin);
  } catch (error) {
    // It was undone as a whole: each list is tried by itself.
    const [one] = judgements;
    if (one !== undefined && judgements.length === 1) tell(run, failed(run, [one.submitted, one.job], error));
    else if (!isOfOneList(error)) throw error;
    else for (const each of judgements) carryOut(run, [each], pin, standing);
    return;
  }
  run.journal.carryOut(entries);
  run.log.atOnce(() => {
    for (const judgement of judgements) {
      tell(run, judgement);
      for (const each of judgement.settled?.sorted.failed ?? []) noteFailed(standing, each);
    }
  });
}

/**
 * The rows and the transitions. A run in which nothing has changed writes nothing. What the transfers say of their storages is
 * written with them, so that a crash leaves both or neither and nothing counts twice.
 */
function commit(run: Run, judgements: readonly Judgement[], pin: string | null): readonly JournalEntry[] {
  const changed = judgements.filter(isChanged);
  if (run.dryRun || changed.length === 0) return [];
  const plans = changed.flatMap(({ settled }) => (settled === null ? [] : [settled.plan]));
  return run.journal.enter(
    plans.map(({ transition }) => transition),
    () => {
      for (const judgement of changed) writeRows(run, judgement, pin);
      const ended = changed.flatMap(({ settled }) => settled?.sorted.ended ?? []);
      for (const sum of byHour(ended, run.now())) outcomeRows.addHourly(run.db, sum);
      const known = (name: string): StorageHealth | null => storageRows.storage(run.db, name);
      for (const [name, health] of healthAfter(ended, known, run.now().getTime()))
        storageRows.putStorage(run.db, { name, ...health });
    },
  );
}

const isChanged = (judgement: Judgement): boolean =>
  judgement.settled !== null ||
  isNews(judgement) ||
  tapeNews(judgement) !== null ||
  judgement.isUnfinished === true ||
  judgement.goesOn?.saysWaiting === true ||
  judgement.goesOn?.saysStuck === true;

const isNews = ({ submitted: { job: before }, job }: Judgement): boolean =>
  before.state !== job.state || before.missingSince !== null || before.stateSince === null;

/** What its files wait for on tape, where its row does not say so yet. */
function tapeNews({ submitted: { job: before }, job }: Judgement): TapeWait | null {
  const wait = isOnTape(job.state) ? tapeWait(job, job.state) : null;
  if (wait === null) return null;
  const isKnown = before.state === job.state && before.tapeSince === wait.since && before.tapeUntil === wait.until;
  return isKnown ? null : wait;
}

function writeRows(run: Run, judgement: Judgement, pin: string | null): void {
  const { submitted, job, settled, goesOn, isUnfinished } = judgement;
  const { db } = run;
  const { name, attempt } = submitted.list;
  const now = run.now().getTime();
  const arrived = settled === null ? null : arrivedOf(submitted.job, settled.final);
  if (isNews(judgement) || arrived !== null)
    jobRows.setSeen(db, name, attempt, { state: job.state, reason: hideTokens(job.reason), now, arrived });
  const tape = tapeNews(judgement);
  if (tape !== null) jobRows.setTape(db, name, attempt, tape);
  if (isUnfinished === true) jobRows.setUnfinishedSince(db, name, attempt, now);
  if (goesOn?.saysWaiting === true) listRows.setSaid(db, name, job.state, now);
  if (goesOn?.saysStuck === true) listRows.setStuckSaid(db, name, now);
  if (settled === null) return;
  writeSettled(run, submitted.job.endpoint, settled, pin);
  if (submitted.job.probe !== null) letOthersProbe(run, settled);
  for (const id of refusedIds(judgement)) putRefusedToken(db, id, name, now);
}

/** The tokens of a job of which one could not be exchanged; FTS does not tell truly which, so neither is sent again. */
const refusedIds = ({ submitted: { job }, settled }: Judgement): string[] =>
  settled?.sorted.failed.some(({ reason }) => isExchangeRefused(reason)) === true
    ? (job.tokenIds?.split(' ') ?? [])
    : [];

/** What comes back of a probe goes behind: the trouble may be in its own files, and another list may come through. */
function letOthersProbe({ db, now }: Run, { final, plan }: NonNullable<Judgement['settled']>): void {
  const back = plan.row === 'WAITING' ? [final.list] : [];
  for (const name of [...back, ...plan.created.map((created) => created.name)])
    listRows.setFailed(db, name, now().getTime());
}

/** What is kept in the commit that settles the list, as FTS forgets the job: a crash leaves both or neither. Null: nothing. */
function arrivedOf(row: JobRow, { job: { files, sent } }: FinalList): Buffer | null {
  // What stands in the row is not what this job was sent.
  if (sent === null && row.pairHashes !== null) return null;
  return packArrived(files, sent?.count ?? files.length);
}

function writeSettled(
  run: Run,
  endpoint: string,
  { final, sorted, plan }: NonNullable<Judgement['settled']>,
  pin: string | null,
): void {
  const { db } = run;
  const now = run.now().getTime();
  listRows.setSettled(db, final.list, plan.row, final.failures, now);
  const okay = [sorted.okay.length, sorted.found.length].filter((transfers) => transfers > 0);
  for (const path of targets(plan.transition)) {
    const to = parsePath(path);
    if (to?.place !== 'DONE/Okay') continue;
    // What FTS has brought stands in the first of them, what was found in the other.
    const transfers = okay.shift() ?? 0;
    outcomeRows.putOkay(db, to.name, transfers);
  }
  for (const created of plan.created) listRows.waiting(db, { ...created, splitFrom: final.list, now });
  // The list itself as well, wherever it goes: a person may send it back from DONE.
  const { quarantine_minutes: minutes } = run.settings.monitor;
  if (sorted.mayStillRun.size > 0 && minutes > 0)
    for (const name of [final.list, ...plan.created.filter(({ held }) => held === true).map((created) => created.name)])
      listRows.setHold(db, name, holdFrom(now, minutes));
  if (pin !== null) {
    const back = plan.row === 'WAITING' ? [final.list] : [];
    for (const name of [...back, ...plan.created.map((created) => created.name)]) listRows.setPinned(db, name, pin);
  }
  for (const { class: kind, meaning, reason, transfer, jobId } of sorted.failed)
    outcomeRows.addFailure(db, {
      class: kind,
      meaning,
      lastSeen: now,
      list: final.list,
      source: transfer.source,
      reason,
      endpoint,
      jobId,
    });
}

function tell(run: Run, judgement: Judgement): void {
  const { submitted, job, rule, action, settled, messages } = judgement;
  const { list, job: row } = submitted;
  const to = settled === null ? [] : targets(settled.plan.transition);
  const transfers = settled?.final.parsed.transfers.length ?? 0;
  run.summary.list(
    { list: list.name, state: job.state, rule, action, jobId: row.jobId, server: row.server, to },
    transfers,
  );
  run.summary.bad(settled?.sorted.bad.length ?? 0);
  for (const message of messages) run.summary.say(message);
  // Of many lists that were sent with them it is said once.
  if (refusedIds(judgement).some((id) => refusedToken(run.db, id)?.list === list.name))
    run.summary.needsAttention(
      `FTS could not exchange the tokens with which list "${list.name}" was sent (job ${row.jobId}): they are not sent again; the lists of its route wait in TODO until its source_token_file and destination_token_file hold others`,
    );
}

/** Whatever it is, it is this list's: it stays, and the others go on. Throws what is not of one list. */
function failed(run: Run, [submitted, job]: SeenList, error: unknown): Judgement {
  if (!isOfOneList(error)) throw error;
  const isKnown = error instanceof ListTrouble;
  if (!isKnown) run.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const why = error instanceof Error ? error.message : String(error);
  const cure = isKnown
    ? 'its job is over: put those of its transfers that have not finished into a new list in TODO with a shorter name, and move this one to DONE/Dirty'
    : 'please report it, the log has its stack; the next run tries again';
  const text = `Cannot settle list "${submitted.list.name}" in DOING (job ${job.id} is ${job.state}): ${why}; it stays: ${cure}`;
  const { rule } = decide({ state: job.state, failures: 0 }, run.settings.monitor);
  return { submitted, job, rule, action: 'skipped', settled: null, messages: [{ gravity: 'person', text }] };
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
