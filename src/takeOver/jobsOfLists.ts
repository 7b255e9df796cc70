/**
 * jobsOfLists: gives each job of the original program to its list, and each of its lists a row.
 *
 *     a row's list stands where its job can be dealt with        the job is noted, and the monitor goes on with it
 *     its job runs, and the list stands elsewhere or nowhere     it is the job of the list in TODO or DOING that holds its transfers
 *     a list in DOING without a job                              every server is asked about each of its destinations, and about
 *                                                                the jobs of ours that have ended lately
 *     a list in TODO without a job                               it waits; the consumer asks before it is sent
 *
 * Nothing is taken from the states in their table, nor from their servers.
 */
import { failuresIn, timeInName } from '../lists/originalNames.js';
import { storedUrl } from '../lists/url.js';
import { isFinal } from '../rules/states.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import type { OriginalRow } from '../database/originalTable.js';
import type { Db } from '../ftsJob.js';
import type { RowState } from '../rules/placement.js';
import { carriedTo, recordOriginal, whyNotAdopted } from '../servers/carried.js';
import { reasonOf, type Servers, type Session } from '../servers/servers.js';
import type { Run } from '../run/program.js';
import type { Job } from '../fts3/index.js';
import { filesOf, type JobAnswers, type JobPlace } from './askJobs.js';
import { moving } from '../lists/transition.js';
import { NONE, type PlannedAction, type ActionKind, type TakeOverPlan } from './plan.js';
import { isParked, readTheirs, type TheirList } from './theirSpool.js';

/** Jobs that have ended lately, in one GET (the most that FTS gives). */
const RECENT_JOBS = 500;

/** What is known when the lists get their jobs. */
export interface Known {
  readonly run: Run;
  readonly servers: Servers;
  /** Those that answer, and those that do not: all that are to be asked. */
  readonly endpoints: readonly string[];
  readonly rows: readonly OriginalRow[];
  readonly asked: JobAnswers;
  readonly lists: readonly TheirList[];
  /** Lists in DONE/Dirty that wait to be split, by their names. */
  readonly unsplit: ReadonlySet<string>;
  /** How many each list holds that is not over, by its name. */
  readonly transfers: ReadonlyMap<string, number>;
}

/** A job that runs and whose list does not stand where it could be dealt with. */
interface Stray {
  readonly row: OriginalRow;
  readonly job: JobPlace;
}

export async function planJobs(known: Known, plan: TakeOverPlan): Promise<void> {
  const { run, rows, asked, lists } = known;
  const standing = new Map<string, TheirList[]>();
  for (const list of lists)
    if (list.place !== 'DONE/Okay' && list.place !== 'DONE/Bad')
      standing.set(list.name, [...(standing.get(list.name) ?? []), list]);
  const strays: Stray[] = [];
  const dealt = new Set<string>();
  for (const row of rows) {
    const { list, jobId } = row;
    if (jobId === null) continue;
    const noted = jobRows.jobById(run.db, jobId);
    // It may be that of a list under another name.
    if (noted !== null) dealt.add(noted.list);
    else if (asked.unsure.has(jobId)) dealt.add(list);
    else {
      const job = asked.found.get(jobId) ?? null;
      if (job !== null && !isFinal(job.state) && live(known, standing.get(list) ?? []) === null)
        strays.push({ row, job });
      else planRow(known, plan, row, job, standing.get(list) ?? []);
      if (live(known, standing.get(list) ?? []) !== null) dealt.add(list);
    }
  }
  const adopted = await planStrays(known, plan, strays, dealt);
  for (const name of adopted) dealt.add(name);
  await planWithoutJob(known, plan, dealt);
}

/** The list of that name which the programs look at, or will: in DOING, parked, to be split, or in TODO; null: none. */
function live({ unsplit }: Known, lists: readonly TheirList[]): TheirList | null {
  const find = (is: (list: TheirList) => boolean): TheirList | undefined => lists.find(is);
  return (
    find(({ place }) => place === 'DOING') ??
    find(({ place, name }) => place === 'DONE/Dirty' && unsplit.has(name)) ??
    find(({ place }) => place === 'TODO') ??
    null
  );
}

/** A row of theirs whose job is known, or known to be nowhere. */
function planRow(
  known: Known,
  plan: TakeOverPlan,
  row: OriginalRow,
  job: JobPlace | null,
  lists: readonly TheirList[],
): void {
  const { run } = known;
  const where = live(known, lists);
  const ours = listRows.list(run.db, row.list);
  const open = ours === null ? null : jobRows.job(run.db, ours.name, ours.attempt);
  if (open !== null && open.sid !== '' && ours?.state !== 'SETTLED' && ours?.state !== 'WAITING') {
    run.summary.needsAttention(
      `List "${row.list}" has two jobs: ${open.jobId} at ${open.server}, which this program submitted, and ${row.jobId}, the original's${job === null ? '' : ` (${job.state} at ${job.session.name})`}; cancel the one too many`,
    );
    return;
  }
  const isOver = where === null;
  const waits = where?.place === 'TODO' && (job === null || isFinal(job.state));
  const state: RowState = isOver ? 'SETTLED' : waits ? 'WAITING' : 'SUBMITTED';
  const back = isOver || waits ? null : backToDoing(run, where);
  if (back === 'taken') return;
  plan.actions.push({
    kind: kindOf(where, waits, back !== null, job),
    list: row.list,
    transitions: back === null ? NONE : [back],
    rows: (db) => {
      note(known, db, row, job);
      if (state !== 'SUBMITTED') listRows.setState(db, row.list, state, run.now().getTime());
    },
  });
}

function kindOf(where: TheirList | null, waits: boolean, moves: boolean, job: JobPlace | null): ActionKind {
  if (where === null) return 'is over';
  if (waits) return 'waits';
  if (moves) return where.place === 'TODO' ? 'found' : 'back';
  return job === null ? 'job gone' : 'goes on';
}

/** The rows of its job. One that is nowhere is noted at the server of the row, where it will be missed. */
function note({ run, servers, endpoints, transfers }: Known, db: Db, row: OriginalRow, job: JobPlace | null): void {
  const now = run.now().getTime();
  const endpoint = row.endpoint ?? endpoints[0] ?? '';
  const session = job?.session ?? { name: servers.nameOf(endpoint), endpoint, vo: '' };
  const failures = failuresIn(row.list, run.settings.monitor.max_failures);
  const since = Math.min(job?.since ?? timeInName(row.list) ?? now, now);
  const found = { jobId: row.jobId ?? '', session, since, state: job?.state ?? null };
  recordOriginal(db, row.list, found, { failures, transfers: transfers.get(row.list) ?? 0, now });
}

/** The move of a list that does not stand in DOING; null: it does. `taken`: another one of that name stands there, which is named. */
function backToDoing(run: Run, list: TheirList): PlannedAction['transitions'][number] | 'taken' | null {
  if (list.place === 'DOING' && !isParked(list)) return null;
  if (!run.spool.exists('DOING', list.name)) {
    if (!isParked(list)) return moving(list.name, list.place, 'DOING');
    return { list: list.name, steps: [{ op: 'move', from: list.path, to: `DOING/${list.name}` }] };
  }
  run.summary.needsAttention(
    `List ${list.path} stands in DOING as well: neither is touched; compare them and remove the one too many`,
  );
  return 'taken';
}

/** Jobs that run while their list stands nowhere: after an answer of 500 the program took the list for not sent, and renamed it. */
async function planStrays(
  known: Known,
  plan: TakeOverPlan,
  strays: readonly Stray[],
  dealt: ReadonlySet<string>,
): Promise<Set<string>> {
  const { run, servers } = known;
  const adopted = new Set<string>();
  if (strays.length === 0) return adopted;
  const byId = new Map(strays.map((stray) => [stray.job.jobId, stray]));
  const byDestination = new Map<string, Job>();
  for await (const { job, seen } of filesOf(
    servers,
    strays.map((stray) => stray.job),
  )) {
    if (seen === null) {
      plan.waiting.push(`job ${job.jobId} runs at ${job.session.name}, and what it carries cannot be asked now`);
      byId.delete(job.jobId);
    } else for (const file of seen.files ?? []) byDestination.set(file.destination, seen);
  }
  const claims = new Map<string, { readonly list: TheirList; readonly job: Job }[]>();
  for (const list of known.lists) {
    if ((list.place !== 'TODO' && list.place !== 'DOING') || dealt.has(list.name)) continue;
    const read = readTheirs(run, list);
    const jobs = new Set(read.parsed.transfers.flatMap((line) => byDestination.get(storedUrl(line.destination)) ?? []));
    for (const job of jobs) {
      const session = byId.get(job.id)?.job.session;
      if (session === undefined) continue;
      const why = whyNotAdopted(job, session, run.campaign, read.parsed.transfers) ?? (jobs.size > 1 ? SEVERAL : null);
      if (why === null) claims.set(job.id, [...(claims.get(job.id) ?? []), { list, job }]);
      else sayConflict(run, list, `job ${job.id} at ${session.name} is carrying transfers of it, and ${why}`);
    }
  }
  for (const [jobId, { row, job }] of byId) {
    const [claim, ...others] = claims.get(jobId) ?? [];
    if (claim === undefined || others.length > 0) {
      sayStray(run, row, job, claim === undefined ? [] : [claim, ...others].map(({ list }) => list.path));
      continue;
    }
    const back = backToDoing(run, claim.list);
    if (back === 'taken') continue;
    adopted.add(claim.list.name);
    plan.actions.push(adoption(known, claim.list.name, job.session, claim.job, back));
  }
  return adopted;
}

const SEVERAL = 'another job is too: cancel all but one';

function adoption(
  { run }: Known,
  list: string,
  session: Session,
  job: Job,
  back: PlannedAction['transitions'][number] | null,
): PlannedAction {
  const now = run.now().getTime();
  const since = Math.min(job.submittedAt?.getTime() ?? now, now);
  const failures = failuresIn(list, run.settings.monitor.max_failures);
  return {
    kind: 'found',
    list,
    transitions: back === null ? [] : [back],
    rows: (db) =>
      recordOriginal(
        db,
        list,
        { jobId: job.id, session, since, state: job.state },
        { failures, transfers: job.files?.length ?? 0, now },
      ),
  };
}

function sayConflict(run: Run, list: TheirList, why: string): void {
  run.summary.needsAttention(
    `List ${list.path} is not sent: ${why}; cancel what is too many, or wait until it is over`,
  );
}

function sayStray(run: Run, row: OriginalRow, job: JobPlace, lists: readonly string[]): void {
  const what = `Job ${job.jobId} of list "${row.list}" is ${job.state} at ${job.session.name}`;
  run.summary.needsAttention(
    lists.length === 0
      ? `${what}, and no list in TODO or DOING is its: put the list into DOING, where the monitor finds it, or cancel the job: fts-rest-transfer-cancel -s ${job.session.endpoint} ${job.jobId}`
      : `${what}, and several lists hold its transfers: ${lists.join(', ')}; keep one of them, and take over again`,
  );
}

/** Lists in TODO and DOING of which their table has no job. */
async function planWithoutJob(known: Known, plan: TakeOverPlan, dealt: ReadonlySet<string>): Promise<void> {
  const { run } = known;
  const without = known.lists.filter(
    ({ place, name }) =>
      !dealt.has(name) &&
      (place === 'TODO' || place === 'DOING' || (place === 'DONE/Dirty' && known.unsplit.has(name))) &&
      !hasRow(run, name),
  );
  const doing = without.filter(({ place }) => place !== 'TODO');
  const recent = doing.length === 0 ? [] : await recentJobs(known, plan);
  for (const list of doing) await planDoing(known, plan, list, recent);
  for (const { name, place } of without)
    if (place === 'TODO' && !run.spool.exists('DOING', name))
      plan.actions.push({ kind: 'waits', list: name, transitions: [], rows: (db) => waits(known, db, name) });
}

/** Has a list of that name been here under our rule? */
const hasRow = (run: Run, name: string): boolean => listRows.list(run.db, name) !== null;

function waits({ run, transfers }: Known, db: Db, name: string): void {
  const failures = failuresIn(name, run.settings.monitor.max_failures);
  listRows.waiting(db, {
    name,
    failures,
    transfers: transfers.get(name) ?? 0,
    splitFrom: null,
    now: run.now().getTime(),
  });
}

async function planDoing(
  known: Known,
  plan: TakeOverPlan,
  list: TheirList,
  recent: readonly { readonly session: Session; readonly job: Job }[],
): Promise<void> {
  const { run, servers, endpoints } = known;
  const { transfers } = readTheirs(run, list).parsed;
  const back = backToDoing(run, list);
  if (back === 'taken') return;
  const carried = await carriedTo(servers, endpoints, run.campaign, transfers);
  if (carried.kind === 'conflict') return sayConflict(run, list, carried.why);
  if (carried.kind === 'unasked') {
    const why = servers.whyExcluded(carried.endpoint) ?? 'it gives no answer that can be used';
    plan.waiting.push(
      `${list.path} has no job that is known, and ${servers.nameOf(carried.endpoint)} cannot be asked (${why})`,
    );
    return;
  }
  // The newest that is just this list's.
  const ended = recent.find(({ session, job }) => whyNotAdopted(job, session, run.campaign, transfers) === null);
  const found = carried.kind === 'job' ? carried : ended;
  if (found !== undefined) plan.actions.push(adoption(known, list.name, found.session, found.job, back));
  else
    plan.actions.push({
      kind: back === null ? 'no job' : 'back',
      list: list.name,
      transitions: back === null ? [] : [back],
      rows: (db) => waits(known, db, list.name),
    });
}

/**
 * Our user's jobs that have ended and that their table does not know, the newest first: one of them may be a list's
 * that was killed between submission and note.
 */
async function recentJobs(
  known: Known,
  plan: TakeOverPlan,
): Promise<{ readonly session: Session; readonly job: Job }[]> {
  const { servers, endpoints, rows } = known;
  const noted = new Set(rows.map(({ jobId }) => jobId));
  const jobs: { readonly session: Session; readonly job: Job }[] = [];
  for (const endpoint of endpoints) {
    const session = await servers.session(endpoint);
    if (session === null) continue;
    try {
      const listed = await session.client.recentJobs(RECENT_JOBS, session.userDn);
      const unknown = listed
        .filter(({ id }) => !noted.has(id))
        .map(({ id, state, submittedAt }) => ({ jobId: id, session, state, since: submittedAt?.getTime() ?? null }));
      for await (const { seen } of filesOf(servers, unknown)) if (seen !== null) jobs.push({ session, job: seen });
    } catch (error) {
      plan.waiting.push(`${session.name} does not list its newest jobs (${reasonOf(error)})`);
    }
  }
  const time = ({ job }: { readonly job: Job }): number => job.submittedAt?.getTime() ?? 0;
  return jobs.filter(({ job }) => (job.files?.length ?? 0) > 0).sort((a, b) => time(b) - time(a));
}
