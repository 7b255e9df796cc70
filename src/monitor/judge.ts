/**
 * judge: what the seven rules make of one list whose job has been seen: the move, what is written down, what is said.
 *
 * It reads the list and asks for free names; what it returns is data, which settle.ts carries out.
 */
import { parseList } from '../lists/list.js';
import { judgedState } from '../rules/endedByFts.js';
import type { ReasonRow } from '../rules/reasons.js';
import { countsAsFailure, decide, type Verdict } from '../rules/rules.js';
import { knownSent } from '../rules/sent.js';
import { plan, type Names, type Plan } from '../rules/settlement.js';
import { sort, type FinalList, type Sorted } from '../rules/sortLines.js';
import { isFinal } from '../rules/states.js';
import { isStoragesFault } from '../rules/storageHealth.js';
import type { Job } from '../fts3/index.js';
import type { Action, Message } from '../run/report.js';
import type { Run } from '../run/program.js';
import type { SubmittedList } from '../servers/look.js';
import { DAY_MS, ifPast, plural } from '../text/words.js';
import { sha256 } from '../spool/spool.js';
import { routeNamed } from '../settings/route.js';
import type { ExistingFiles } from './existing.js';
import { noteGoingOn, type GoesOn, type Standing } from './standing.js';

/** A list in DOING, and what its server said of its job. */
export type SeenList = readonly [SubmittedList, Job];

export interface Judgement {
  readonly submitted: SubmittedList;
  readonly job: Job;
  readonly rule: number;
  /** It was a probe of a broken storage, and failed by that storage's fault: that is no failure of the list. */
  readonly isSpared?: boolean;
  readonly action: Action;
  /** What moves, where the list leaves DOING. */
  readonly settled: { readonly final: FinalList; readonly sorted: Sorted; readonly plan: Plan } | null;
  /** What this run says of a job that goes on, so that the next need not. */
  readonly goesOn?: GoesOn;
  /** Its job has been final with files that are not since now. */
  readonly isUnfinished?: true;
  readonly messages: readonly Message[];
}

type Judged = Pick<Judgement, 'submitted' | 'job' | 'rule' | 'isSpared'>;

/** Throws what the names and a row of this list make impossible; that concerns this list alone. */
export function judgeList(
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
  const list = { submitted, job, rule, isSpared };
  return isFinal(job.state)
    ? judgeFinal(run, reasons, list, verdict, names, existing)
    : judgeOpen(run, standing, list, verdict);
}

/** The state by which the rules judge it. */
const judged = ({ state, cancelJob, files }: Job): string => judgedState({ state, cancelJob, files: files ?? [] });

/** The job goes on, or nobody knows its state: nothing moves. */
function judgeOpen(run: Run, standing: Standing, list: Judged, verdict: Verdict): Judgement {
  const { submitted, job } = list;
  if (verdict.kind === 'say' && verdict.person)
    return stays(
      list,
      `Unknown state: list "${submitted.list.name}" is ${job.state} at ${submitted.job.server} (job ${submitted.job.jobId}); nothing is done, ask the server's operators what it means`,
    );
  return { ...stays(list), goesOn: noteGoingOn(run, standing, submitted, job.state, verdict.kind === 'say') };
}

function judgeFinal(
  run: Run,
  reasons: readonly ReasonRow[],
  list: Judged,
  verdict: Verdict,
  names: Names,
  existing?: ExistingFiles,
): Judgement {
  const { submitted, job, isSpared } = list;
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
  const parsed = parseList(read.bytes);
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
    failures: submitted.list.failures + (countsAsFailure(judged(job)) && isSpared !== true ? 1 : 0),
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
    ...list,
    action: planned.action,
    settled: { final, sorted, plan: planned },
    messages: linesAside(run, list, sorted).map((text) => ({ gravity: 'warning', text })),
  };
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
  const { submitted, job } = list;
  const now = run.now().getTime();
  const since = ifPast(submitted.job.unfinishedSince, now);
  const what = `job ${submitted.job.jobId} of list "${submitted.list.name}" is ${job.state}, but ${plural(files, 'file')} of it not final`;
  if (since !== null && now - since >= DAY_MS)
    return stays(list, `${what}, for over a day: ask the operators of ${submitted.job.server}`);
  return {
    ...stays(list),
    ...(since === null ? { isUnfinished: true } : {}),
    messages: [{ gravity: 'note', text: `${what} yet: looked at again in the next run` }],
  };
}

/** Its lines may be what the job has copied, and repeating them would copy them over and over. */
function misfitText({ submitted, job }: Judged, { line, file }: NonNullable<Sorted['misfit']>): string {
  const theirs =
    file === null
      ? 'the job shows no file beside those of other lines'
      : `the first file of the job without a line is "${file.source} ${file.destination}"`;
  return `Job ${job.id} of list "${submitted.list.name}" is ${job.state} at ${submitted.job.server}, but its files are not those of the list: the first line without a file is "${line.source} ${line.destination}", ${theirs}; nothing is sent again by itself: give the list in DOING the lines of its job again, and put what is to be copied anew into TODO as a new list`;
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
