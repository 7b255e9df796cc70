/**
 * judge: what the seven rules make of one list whose job has been seen: the move, what is written down, what is said.
 *
 * It reads the list and asks for free names; what it returns is data, which settle.ts carries out. Hundreds of lists
 * wait for one commit: of each as much is kept as will be written or said, and neither its lines nor the files of its
 * job.
 */
import { parseList } from '../lists/list.js';
import { readIfJust } from '../lists/scanList.js';
import { packArrived } from '../rules/arrived.js';
import { judgedState } from '../rules/endedByFts.js';
import type { ReasonRow } from '../rules/reasons.js';
import { countsAsFailure, decide, type Verdict } from '../rules/rules.js';
import { knownSent } from '../rules/sent.js';
import { plan, type Names, type Plan } from '../rules/settlement.js';
import { sort, type FinalList, type Sorted } from '../rules/sortLines.js';
import { isFinal } from '../rules/states.js';
import { isStoragesFault } from '../rules/storageHealth.js';
import { isOnTape, tapeWait, type TapeWait } from '../rules/tape.js';
import { ListTrouble, Trouble } from '../errors.js';
import type { JobRow } from '../ftsJob.js';
import type { Job } from '../fts3/index.js';
import type { Action, Message } from '../run/report.js';
import type { Run } from '../run/program.js';
import type { SubmittedList } from '../servers/look.js';
import { DAY_MS, ifPast, plural } from '../text/words.js';
import { sha256 } from '../spool/digest.js';
import { routeNamed } from '../settings/route.js';
import type { ExistingFiles } from './existing.js';
import { noteGoingOn, type GoesOn, type Standing } from './standing.js';

/** A list in DOING, and what its server said of its job. */
export type SeenList = readonly [SubmittedList, Job];

export interface Judgement {
  readonly submitted: SubmittedList;
  /** What its server said of the job. */
  readonly state: string;
  readonly reason: string;
  readonly rule: number;
  readonly action: Action;
  /** What moves, where the list leaves DOING. */
  readonly settled: Settled | null;
  /** What its files wait for on tape, where its row does not say so yet. */
  readonly tape?: TapeWait | null;
  /** What this run says of a job that goes on, so that the next need not. */
  readonly goesOn?: GoesOn;
  /** Its job has been final with files that are not since now. */
  readonly isUnfinished?: true;
  readonly messages: readonly Message[];
}

/** The end of a list in DOING. */
export interface Settled extends Pick<Sorted, 'failed' | 'ended'> {
  readonly plan: Plan;
  /** The lineage's failures, this job counted. */
  readonly failures: number;
  readonly transfers: number;
  /** So many of them FTS has brought, were found at their destinations, go to DONE/Bad. */
  readonly okay: number;
  readonly found: number;
  readonly bad: number;
  /** The copy of one of them may still be going on. */
  readonly mayStillRun: boolean;
  /** What FTS reported of each file that finished, packed, as FTS forgets the job; null: nothing. */
  readonly arrived: Buffer | null;
}

interface Judged extends Pick<Judgement, 'submitted' | 'state' | 'reason' | 'rule'> {
  /** It was a probe of a broken storage, and failed by that storage's fault: that is no failure of the list. */
  readonly isSpared: boolean;
}

/** Never throws what is of this list alone: then it stays, and is named. */
export function judge(
  run: Run,
  reasons: readonly ReasonRow[],
  standing: Standing,
  seen: SeenList,
  names: Names,
  existing?: ExistingFiles,
): Judgement {
  try {
    return judgeList(run, reasons, standing, seen, names, existing);
  } catch (error) {
    const [submitted, { state, reason }] = seen;
    return unsettled(run, { submitted, state, reason }, error);
  }
}

function judgeList(
  run: Run,
  reasons: readonly ReasonRow[],
  standing: Standing,
  [submitted, job]: SeenList,
  names: Names,
  existing?: ExistingFiles,
): Judgement {
  const isSpared =
    isFinal(job.state) && submitted.job.probe !== null && isStoragesFault(job.files ?? [], reasons, job.cancelJob);
  const seen = { state: judged(job), failures: submitted.list.failures, isSpared };
  const { rule, verdict } = decide(seen, run.settings.monitor);
  const list = { submitted, state: job.state, reason: job.reason, rule, isSpared };
  return isFinal(job.state)
    ? judgeFinal(run, reasons, list, job, verdict, names, existing)
    : { ...judgeOpen(run, standing, list, verdict), tape: tapeNews(submitted.job, job) };
}

/** The state by which the rules judge it. */
const judged = ({ state, cancelJob, files }: Job): string => judgedState({ state, cancelJob, files: files ?? [] });

/** The job goes on, or nobody knows its state: nothing moves. */
function judgeOpen(run: Run, standing: Standing, list: Judged, verdict: Verdict): Judgement {
  const { submitted, state } = list;
  if (verdict.kind === 'say' && verdict.person)
    return stays(
      list,
      `Unknown state: list "${submitted.list.name}" is ${state} at ${submitted.job.server} (job ${submitted.job.jobId}); nothing is done, ask the server's operators what it means`,
    );
  return { ...stays(list), goesOn: noteGoingOn(run, standing, submitted, state, verdict.kind === 'say') };
}

function tapeNews(before: JobRow, job: Job): TapeWait | null {
  const wait = isOnTape(job.state) ? tapeWait(job, job.state) : null;
  if (wait === null) return null;
  const isKnown = before.state === job.state && before.tapeSince === wait.since && before.tapeUntil === wait.until;
  return isKnown ? null : wait;
}

function judgeFinal(
  run: Run,
  reasons: readonly ReasonRow[],
  list: Judged,
  job: Job,
  verdict: Verdict,
  names: Names,
  existing?: ExistingFiles,
): Judgement {
  const { submitted, state, reason, rule, isSpared } = list;
  const { name } = submitted.list;
  const read = run.spool.read('DOING', name);
  if ('why' in read)
    return {
      ...stays(
        list,
        `Cannot read list "${name}" in DOING: ${read.why}; its job is ${job.state}, make the list readable`,
      ),
      action: 'skipped',
    };
  const parsed = readIfJust(read.bytes, job.files ?? []) ?? parseList(read.bytes);
  const route = routeNamed(run.settings.route, parsed.origin.route);
  const final: FinalList = {
    list: name,
    parsed,
    sha256: () => sha256(read.bytes),
    job: {
      id: submitted.job.jobId,
      server: submitted.job.server,
      cancelJob: job.cancelJob,
      files: job.files ?? [],
      sent: knownSent(submitted.job, job.metadata),
    },
    earlier: submitted.list.failures,
    failures: submitted.list.failures + (countsAsFailure(judged(job)) && !isSpared ? 1 : 0),
    campaign: run.campaign,
    at: run.now(),
    ...(existing === undefined ? {} : { existing }),
    overwritesDifferent: route?.overwrite_different === true,
  };
  const sorted = sort(final, verdict, reasons);
  if (sorted.unfinished > 0) return staysUnfinished(run, list, sorted.unfinished);
  if (sorted.misfit !== null) return stays(list, misfitText(list, sorted.misfit));
  if (sorted.untold !== null) return stays(list, untoldText(list, sorted.untold));
  const planned = plan(final, verdict, sorted, names);
  if (planned === null) return stays(list, canceledText(list, sorted.okay.length));
  return {
    submitted,
    state,
    reason,
    rule,
    action: planned.action,
    settled: {
      plan: planned,
      failures: final.failures,
      transfers: parsed.transfers.length,
      okay: sorted.okay.length,
      found: sorted.found.length,
      bad: sorted.bad.length,
      failed: sorted.failed,
      ended: sorted.ended,
      mayStillRun: sorted.mayStillRun.size > 0,
      arrived: arrivedOf(submitted.job, final),
    },
    messages: linesAside(run, list, sorted).map((text) => ({ gravity: 'warning', text })),
  };
}

function arrivedOf(row: JobRow, { job: { files, sent } }: FinalList): Buffer | null {
  // What stands in the row is not what this job was sent.
  if (sent === null && row.pairHashes !== null) return null;
  return packArrived(files, sent?.count ?? files.length);
}

/** It stays in DOING; `text`: a person must look. */
const stays = (list: Judged, text?: string): Judgement => ({
  ...list,
  action: 'kept',
  settled: null,
  messages: text === undefined ? [] : [{ gravity: 'person', text }],
});

/** Final before its files are (FTS-1482): they follow within minutes, or something is wrong at the server. */
function staysUnfinished(run: Run, list: Judged, files: number): Judgement {
  const { submitted, state } = list;
  const now = run.now().getTime();
  const since = ifPast(submitted.job.unfinishedSince, now);
  const what = `job ${submitted.job.jobId} of list "${submitted.list.name}" is ${state}, but ${plural(files, 'file')} of it not final`;
  if (since !== null && now - since >= DAY_MS)
    return stays(list, `${what}, for over a day: ask the operators of ${submitted.job.server}`);
  return {
    ...stays(list),
    ...(since === null ? { isUnfinished: true } : {}),
    messages: [{ gravity: 'note', text: `${what} yet: looked at again in the next run` }],
  };
}

/** Its lines may be what the job has copied, and repeating them would copy them over and over. */
function misfitText(
  { submitted: { list, job }, state }: Judged,
  { line, file }: NonNullable<Sorted['misfit']>,
): string {
  const theirs =
    file === null
      ? 'the job shows no file beside those of other lines'
      : `the first file of the job without a line is "${file.source} ${file.destination}"`;
  return `Job ${job.jobId} of list "${list.name}" is ${state} at ${job.server}, but its files are not those of the list: the first line without a file is "${line.source} ${line.destination}", ${theirs}; nothing is sent again by itself: give the list in DOING the lines of its job again, and put what is to be copied anew into TODO as a new list`;
}

const untoldText = ({ submitted: { list, job } }: Judged, untold: string): string =>
  `List "${list.name}" stays in DOING, its job ${job.jobId} is over: it cannot be told yet what stands at a destination that exists already, ${untold}; the next run looks again`;

const canceledText = ({ submitted: { list, job } }: Judged, okay: number): string =>
  `List "${list.name}" was cancelled at ${job.server} (job ${job.jobId}): ${okay} of its transfers had finished; to send the others again: node dist/misc/requeue.js ${list.name}`;

/** Lines that the job does not know, and files of the job that the list does not name. */
function linesAside(run: Run, { submitted: { list, job } }: Judged, { unknown, extra }: Sorted): string[] {
  const texts: string[] = [];
  if (unknown.length > 0)
    texts.push(
      `${plural(unknown.length, 'line')} of list "${list.name}" not known to job ${job.jobId}: ${run.dryRun ? 'would go' : 'sent'} to TODO as a list of their own`,
    );
  if (extra > 0)
    texts.push(
      `Job ${job.jobId} of list "${list.name}" had ${plural(extra, 'transfer')} that the list does not name any more`,
    );
  return texts;
}

/** Whatever it is, it is this list's: it stays, and the others go on. Throws what is not of one list. */
export function unsettled(
  run: Run,
  list: Pick<Judgement, 'submitted' | 'state' | 'reason'>,
  error: unknown,
): Judgement {
  const { submitted, state, reason } = list;
  if (!isOfOneList(error)) throw error;
  const isKnown = error instanceof ListTrouble;
  if (!isKnown) run.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const why = error instanceof Error ? error.message : String(error);
  const cure = isKnown
    ? 'its job is over: put those of its transfers that have not finished into a new list in TODO with a shorter name, and move this one to DONE/Dirty'
    : 'please report it, the log has its stack; the next run tries again';
  const text = `Cannot settle list "${submitted.list.name}" in DOING (job ${submitted.job.jobId} is ${state}): ${why}; it stays: ${cure}`;
  const { rule } = decide({ state, failures: 0 }, run.settings.monitor);
  return { submitted, state, reason, rule, action: 'skipped', settled: null, messages: [{ gravity: 'person', text }] };
}

/** Not of the disk, the database or the lease: those are everybody's. */
export function isOfOneList(error: unknown): boolean {
  if (error instanceof Trouble) return error instanceof ListTrouble;
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  const isOfDatabase =
    typeof code === 'string' &&
    code.startsWith('SQLITE_') &&
    !/^SQLITE_(?:CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(code);
  return !isOfDatabase && typeof syscall !== 'string';
}
