/**
 * settle: carries out the seven rules on a batch of lists that judge.ts has judged.
 *
 *     commit the rows and the transitions of all of them
 *     carry the transitions out, say what was done
 *
 * A crash before the commit changes nothing; after it, `redo` finishes the transitions. They are struck off with the
 * next batch; who has no other calls `strikeOff`. What one list of a batch meets is its own: it is named, and the
 * others are settled.
 */
import { byHour } from '../rules/hourly.js';
import { holdFrom } from '../rules/quarantine.js';
import { isExchangeRefused } from '../rules/tokens.js';
import type { Plan } from '../rules/settlement.js';
import { healthAfter, type EndedTransfer, type StorageHealth } from '../rules/storageHealth.js';
import { parsePath, targets } from '../lists/transition.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import * as outcomeRows from '../database/outcomeRows.js';
import * as storageRows from '../database/storageRows.js';
import { putRefusedToken, refusedToken } from '../database/tokenRows.js';
import type { Run } from '../run/program.js';
import { hideTokens } from '../text/hideSecrets.js';
import type { JournalEntry } from '../spool/journal.js';
import type { SubmittedList } from '../servers/look.js';
import { isOfOneList, unsettled, type Judgement, type Settled } from './judge.js';
import { noteFailed, type Standing } from './standing.js';

/** Lists in one commit, and the most transfers in those of them that leave DOING. */
export const LISTS_PER_COMMIT = 500;
const TRANSFERS_PER_COMMIT = 20_000;

/** Those that stay need not wait for others: nothing but a state changes, and they would be held in memory. */
export function isWorthACommit(judgements: readonly Judgement[]): boolean {
  const transfers = judgements.reduce((sum, { settled }) => sum + (settled?.transfers ?? 0), 0);
  return transfers === 0 || judgements.length >= LISTS_PER_COMMIT || transfers >= TRANSFERS_PER_COMMIT;
}

/** `pin`: the endpoint to which what goes to TODO is to be submitted next; null: to any. */
export function settle(
  run: Run,
  judgements: readonly Judgement[],
  standing: Standing,
  pin: string | null = null,
): void {
  let entries: readonly JournalEntry[];
  try {
    entries = commit(run, judgements, pin);
  } catch (error) {
    // It was undone as a whole: each list is tried by itself.
    const [one] = judgements;
    if (one !== undefined && judgements.length === 1) tell(run, unsettled(run, one, error));
    else if (!isOfOneList(error)) throw error;
    else for (const each of judgements) settle(run, [each], standing, pin);
    return;
  }
  run.journal.carryOut(entries);
  run.log.atOnce(() => {
    for (const judgement of judgements) {
      tell(run, judgement);
      for (const each of judgement.settled?.failed ?? []) noteFailed(standing, each);
    }
  });
}

/**
 * The rows and the transitions. A run in which nothing has changed writes nothing. What the transfers say of their
 * storages is written with them, so that a crash leaves both or neither and nothing counts twice.
 */
function commit(run: Run, judgements: readonly Judgement[], pin: string | null): readonly JournalEntry[] {
  const changed = judgements.filter(isChanged);
  if (run.dryRun || changed.length === 0) return [];
  const plans = changed.flatMap(({ settled }) => (settled === null ? [] : [settled.plan]));
  return run.journal.enter(
    plans.map(({ transition }) => transition),
    () => {
      const now = run.now();
      const ended: EndedTransfer[] = [];
      for (const judgement of changed) {
        writeRows(run, judgement, pin, now.getTime());
        for (const transfer of judgement.settled?.ended ?? []) ended.push(transfer);
      }
      for (const sum of byHour(ended, now)) outcomeRows.addHourly(run.db, sum);
      const known = (name: string): StorageHealth | null => storageRows.storage(run.db, name);
      for (const [name, health] of healthAfter(ended, known, now.getTime()))
        storageRows.putStorage(run.db, { name, ...health });
    },
  );
}

const isChanged = (judgement: Judgement): boolean =>
  judgement.settled !== null ||
  isNews(judgement) ||
  (judgement.tape ?? null) !== null ||
  judgement.isUnfinished === true ||
  judgement.goesOn?.saysWaiting === true ||
  judgement.goesOn?.saysStuck === true;

const isNews = ({ submitted: { job: before }, state }: Judgement): boolean =>
  before.state !== state || before.missingSince !== null || before.stateSince === null;

function writeRows(run: Run, judgement: Judgement, pin: string | null, now: number): void {
  const { submitted, state, reason, settled, tape = null, goesOn, isUnfinished } = judgement;
  const { db } = run;
  const { name, attempt } = submitted.list;
  const arrived = settled?.arrived ?? null;
  if (isNews(judgement) || arrived !== null)
    jobRows.setSeen(db, name, attempt, { state, reason: hideTokens(reason), now, arrived });
  if (tape !== null) jobRows.setTape(db, name, attempt, tape);
  if (isUnfinished === true) jobRows.setUnfinishedSince(db, name, attempt, now);
  if (goesOn?.saysWaiting === true) listRows.setSaid(db, name, state, now);
  if (goesOn?.saysStuck === true) listRows.setStuckSaid(db, name, now);
  if (settled === null) return;
  writeSettled(run, submitted, settled, pin, now);
  if (submitted.job.probe !== null) letOthersProbe(run, name, settled, now);
  for (const id of refusedIds(judgement)) putRefusedToken(db, id, name, now);
}

/** The tokens of a job of which one could not be exchanged; FTS does not tell truly which, so neither is sent again. */
const refusedIds = ({ submitted: { job }, settled }: Judgement): string[] =>
  settled?.failed.some(({ reason }) => isExchangeRefused(reason)) === true ? (job.tokenIds?.split(' ') ?? []) : [];

/** What comes back of a probe goes behind: the trouble may be in its own files, and another list may come through. */
function letOthersProbe({ db }: Run, name: string, { plan }: Settled, now: number): void {
  for (const waiting of waitingAfter(name, plan)) listRows.setFailed(db, waiting, now);
}

/** What of a settled list waits in TODO. */
const waitingAfter = (name: string, { row, created }: Plan): string[] => [
  ...(row === 'WAITING' ? [name] : []),
  ...created.map((each) => each.name),
];

function writeSettled(run: Run, { list, job }: SubmittedList, settled: Settled, pin: string | null, now: number): void {
  const { db } = run;
  const { name } = list;
  const { plan } = settled;
  listRows.setSettled(db, name, plan.row, settled.failures, now);
  const okay = [settled.okay, settled.found].filter((transfers) => transfers > 0);
  for (const path of targets(plan.transition)) {
    const to = parsePath(path);
    if (to?.place !== 'DONE/Okay') continue;
    // What FTS has brought stands in the first of them, what was found in the other.
    const transfers = okay.shift() ?? 0;
    outcomeRows.putOkay(db, to.name, transfers);
  }
  for (const created of plan.created) listRows.waiting(db, { ...created, splitFrom: name, now });
  // The list itself as well, wherever it goes: a person may send it back from DONE.
  const { quarantine_minutes: minutes } = run.settings.monitor;
  if (settled.mayStillRun && minutes > 0)
    for (const held of [name, ...plan.created.filter((each) => each.held === true).map((created) => created.name)])
      listRows.setHold(db, held, holdFrom(now, minutes));
  if (pin !== null) for (const waiting of waitingAfter(name, plan)) listRows.setPinned(db, waiting, pin);
  for (const { class: kind, meaning, reason, transfer, jobId } of settled.failed)
    outcomeRows.addFailure(db, {
      class: kind,
      meaning,
      lastSeen: now,
      list: name,
      source: transfer.source,
      reason,
      endpoint: job.endpoint,
      jobId,
    });
}

function tell(run: Run, judgement: Judgement): void {
  const { submitted, state, rule, action, settled, messages } = judgement;
  const { list, job } = submitted;
  const to = settled === null ? [] : targets(settled.plan.transition);
  const { jobId, server } = job;
  run.summary.list({ list: list.name, state, rule, action, jobId, server, to }, settled?.transfers ?? 0);
  run.summary.bad(settled?.bad ?? 0);
  for (const message of messages) run.summary.say(message);
  // Of many lists that were sent with them it is said once.
  if (refusedIds(judgement).some((id) => refusedToken(run.db, id)?.list === list.name))
    run.summary.needsAttention(
      `FTS could not exchange the tokens with which list "${list.name}" was sent (job ${jobId}): they are not sent again; the lists of its route wait in TODO until its source_token_file and destination_token_file hold others`,
    );
}
