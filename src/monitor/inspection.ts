/**
 * inspection: asks each server about the jobs of its lists in DOING, and has them judged and settled.
 *
 *     at each server, all servers at once:
 *       for each hundred of its lists                 ask for their jobs; for the next ones while these are dealt with
 *         a job                                       is judged; hundreds of judgements are carried out in one commit
 *         a final job of which destinations existed   is judged when it was looked at what stands there (existing.ts)
 *         a job that is gone                          is noted: what becomes of its list is decided at the end of the run
 *         of whatever else                            the list is named, and stays
 */
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { ReasonRow } from '../rules/reasons.js';
import type { Names } from '../rules/settlement.js';
import { isFinal } from '../rules/states.js';
import { agree, plural } from '../text/words.js';
import { reading } from '../database/database.js';
import type { Lookup } from '../fts3/index.js';
import type { Gate } from '../servers/gate.js';
import { inspect, JOBS_PER_REQUEST, submittedList, submittedLists, type SubmittedList } from '../servers/look.js';
import { reasonOf, type Servers, type Session } from '../servers/servers.js';
import type { Run } from '../run/program.js';
import type { ExistingDestinations, ExistingFiles } from './existing.js';
import { judge, type Judgement, type SeenList } from './judge.js';
import { believedLost, type LostList } from './lostLists.js';
import { isWorthACommit, LISTS_PER_COMMIT, settle } from './settle.js';
import type { Standing } from './standing.js';

/** Asked for at one time: of one the states come, of one the files, and one is judged. */
const HUNDREDS_AT_ONCE = 3;
/** A list that was judged is settled within this time, also while an answer about others is waited for: somebody may edit it. */
const SETTLED_WITHIN_MS = 1000;

/** What the lists of all servers are dealt with by, and what is said and done of them at the end. */
export interface Round {
  readonly run: Run;
  readonly servers: Servers;
  readonly reasons: () => readonly ReasonRow[];
  readonly standing: Standing;
  /** What names are free: of two servers each may have lists that are judged and not settled. */
  readonly free: Names;
  readonly lost: LostList[];
  readonly existing: ExistingDestinations;
  /** Null: this campaign was never taken over from the original program. */
  readonly gate: Gate | null;
}

/** `submitted`: lists by the endpoint of their job. Returns how many could not be looked at. */
export async function inspectServers(round: Round, submitted: ReadonlyMap<string, readonly string[]>): Promise<number> {
  const left = await Promise.all([...submitted].map(([endpoint, own]) => inspectServer(round, endpoint, own)));
  return left.reduce((sum, lists) => sum + lists, 0);
}

/** Look at these lists of one server. Returns how many could not be looked at. */
async function inspectServer(round: Round, endpoint: string, lists: readonly string[]): Promise<number> {
  const { run, servers, standing } = round;
  const session = await servers.session(endpoint);
  if (session !== null) await delegate(run, servers, session);
  // What it throws it throws at once; an answer that is waited for later is never refused.
  const ask = (first: number): Promise<ReadonlyMap<SubmittedList, Lookup> | null> => {
    const names = lists.slice(first, first + JOBS_PER_REQUEST);
    if (names.length === 0 || session === null || run.mustStop() !== null) return Promise.resolve(null);
    const chunk = reading(run.db, () => submittedLists(run.db, names));
    return inspect(servers, session, chunk);
  };
  const judged: Judgement[] = [];
  const toLookAt: SeenList[] = [];
  let notLookedAt = 0;
  const asked: ReturnType<typeof ask>[] = [];
  let next = 0;
  let judgedSince = 0;
  try {
    for (let first = 0; first < lists.length; first += JOBS_PER_REQUEST) {
      for (; asked.length < HUNDREDS_AT_ONCE; next += JOBS_PER_REQUEST) asked.push(ask(next));
      const answer = asked.shift() ?? Promise.resolve(null);
      if (judged.length > 0 && !(await comes(answer, judgedSince + SETTLED_WITHIN_MS - performance.now())))
        settle(run, judged.splice(0), standing);
      const lookups = await answer;
      if (lookups === null) {
        notLookedAt = lists.length - first;
        break;
      }
      if (judged.length === 0) judgedSince = performance.now();
      // What has come meanwhile is read first, and its files are asked for: the server makes them while this is judged.
      await turn();
      conclude(round, lookups, judged, toLookAt);
      if (isWorthACommit(judged)) settle(run, judged.splice(0), standing);
      if (toLookAt.length >= LISTS_PER_COMMIT) {
        settle(run, judged.splice(0), standing);
        await settleExisting(round, toLookAt.splice(0));
      }
    }
    settle(run, judged, standing);
  } finally {
    await Promise.all(asked);
  }
  await settleExisting(round, toLookAt);
  run.journal.strikeOff();
  if (notLookedAt > 0) sayLeft(run, servers, endpoint, lists.slice(-notLookedAt));
  return notLookedAt;
}

/** Does it come within this time? */
async function comes(awaited: Promise<unknown>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const late = pause(Math.max(ms, 0), false, { signal: waiting.signal }).catch(() => false);
  try {
    return await Promise.race([awaited.then(() => true), late]);
  } finally {
    waiting.abort();
  }
}

/** The queued jobs need a delegated credential until they are done; without one the monitor goes on looking. */
async function delegate(run: Run, servers: Servers, session: Session): Promise<void> {
  try {
    await servers.delegate(session);
  } catch (error) {
    run.summary.warn(`Cannot delegate a credential to ${session.name}: ${reasonOf(error)}`);
  }
}

/** What follows from one answer: its lists are added to `judged`, or to those of which destinations are to be looked at first. */
function conclude(
  round: Round,
  lookups: ReadonlyMap<SubmittedList, Lookup>,
  judged: Judgement[],
  toLookAt: SeenList[],
): void {
  const { run, lost, existing } = round;
  for (const [submitted, lookup] of lookups) {
    if (lookup.kind === 'job') {
      const seen: SeenList = [submitted, lookup.job];
      if (isFinal(lookup.job.state) && existing.concerns(seen)) toLookAt.push(seen);
      else judged.push(judgeIn(round, seen));
    } else if (lookup.kind === 'missing') {
      const believed = believedLost(run, submitted);
      if (believed !== null) lost.push(believed);
    } else sayUnseen(run, submitted, lookup);
  }
}

const judgeIn = ({ run, reasons, standing, free }: Round, seen: SeenList, existing?: ExistingFiles): Judgement =>
  judge(run, reasons(), standing, seen, free, existing);

/** Lists of which transfers failed only as their destinations exist: first it is looked at what stands there. */
async function settleExisting(round: Round, lists: readonly SeenList[]): Promise<void> {
  if (lists.length === 0) return;
  const found = await round.existing.look(lists);
  const judged = lists.map((seen) => judgeIn(round, seen, found.get(seen[0].list.name)));
  settle(round.run, judged, round.standing);
}

/** The server says nothing of this job that can be used. */
function sayUnseen(
  run: Run,
  { list, job }: SubmittedList,
  { kind, message }: Extract<Lookup, { readonly message: string }>,
): void {
  run.summary.list({ list: list.name, action: 'skipped', jobId: job.jobId, server: job.server });
  run.summary.needsAttention(
    kind === 'forbidden'
      ? `Cannot look at job ${job.jobId} of list "${list.name}": ${job.server} does not allow it (${message}); run with a credential of VO "${job.vo}"`
      : `Cannot tell the state of list "${list.name}": of job ${job.jobId} ${job.server} gives no usable answer (${message}); it stays in DOING, the next run looks again; if that stays so, ask the server's operators about the job`,
  );
}

function sayLeft(run: Run, servers: Servers, endpoint: string, lists: readonly string[]): void {
  for (const name of lists) {
    const { jobId, server } = submittedList(run.db, name).job;
    run.summary.list({ list: name, action: 'skipped', jobId, server });
  }
  const why = servers.whyExcluded(endpoint) ?? run.mustStop() ?? 'unknown';
  run.summary.needsAttention(
    `${plural(lists.length, 'list')} at ${servers.nameOf(endpoint)} not looked at: ${why}; ${agree(lists.length, 'it stays', 'they stay')} in DOING, the next run looks again`,
  );
}
