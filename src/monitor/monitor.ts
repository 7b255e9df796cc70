/**
 * monitor: looks at every list in DOING, asks FTS about its job, and moves it by the seven rules.
 *
 *     sort the lists in DOING by their rows           rules/placement.ts
 *     not with FTS, moved here by hand                back to TODO
 *     without a row                                   its job is looked for at every server: adopted, or rule 1
 *     whose answer was lost                           its job is looked for: adopted, or back to TODO to be repeated
 *     at each server, all servers at once:
 *       for each hundred of its lists                 ask for their jobs; for the next ones while these are dealt with
 *         a job                                       is judged; hundreds of judgements are carried out in one commit
 *         a final job of which destinations existed   is judged when it was looked at what stands there (existing.ts)
 *         a job that is gone                          is rule 1, when an hour later it still is
 *     rule 1                                          for all of them at the end, unless they are too many; in a campaign that was
 *                                                     taken over, what a server carries is adopted (servers/gate.ts)
 *     lists with an open row that stand nowhere       are named
 *
 * What it guarantees:
 * - a list leaves DOING in the transition that was committed with its row (settle.ts); until then a crash costs the next run
 *   the same questions
 * - whatever cannot be decided is named and left alone; the trouble of one list or of one server stops no other
 * - a list whose job may exist is never sent again: rule 1 needs the word of every server, or of its own an hour apart
 *
 * judge.ts says what the rules make of one list, settle.ts carries that out, standing.ts speaks of those that go on, lostLists.ts
 * knows rule 1, carried.ts what the original program has sent, recovery.ts the lists whose rows and places disagree.
 */
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nextStep, whereIs } from '../rules/placement.js';
import type { ReasonRow } from '../rules/reasons.js';
import type { Names } from '../rules/settlement.js';
import { isFinal } from '../rules/states.js';
import { whyTooLong } from '../lists/names.js';
import { listPath } from '../lists/transition.js';
import { agree, plural } from '../text/words.js';
import { EXIT, UsageError } from '../errors.js';
import type { ListRow } from '../ftsJob.js';
import * as listRows from '../database/listRows.js';
import { reading } from '../database/database.js';
import type { Lookup } from '../fts3/index.js';
import { openGate, type Gate } from '../servers/gate.js';
import { inspect, JOBS_PER_REQUEST, submittedList, submittedLists, type SubmittedList } from '../servers/look.js';
import { tellForecast } from '../forecast/forecast.js';
import { renewCredentials } from '../servers/renewal.js';
import { openServers, reasonOf, type Servers, type Session } from '../servers/servers.js';
import type { Program, Run } from '../run/program.js';
import { reasonsOf } from '../settings/reasonTable.js';
import { spoolNames } from '../spool/spoolNames.js';
import { withoutCarried } from './carried.js';
import { ExistingDestinations, type ExistingFiles } from './existing.js';
import { judge, type Judgement, type SeenList } from './judge.js';
import { believedLost, moveToTodo, resubmitLost, withinBrake, type LostList } from './lostLists.js';
import { lookAgain, lookForJobs, moveBack, nameGone } from './recovery.js';
import { isWorthACommit, LISTS_PER_COMMIT, settle } from './settle.js';
import { brokenStorages, newStanding, tellStanding, tellTurned, type Standing } from './standing.js';

/** Asked for at one time: while an answer is read, the server makes the next. */
const HUNDREDS_AT_ONCE = 2;
/** A list that was judged is settled within this time, also while an answer about others is waited for: somebody may edit it. */
const SETTLED_WITHIN_MS = 1000;

interface Options {
  readonly acceptLost?: boolean;
}

/** What the lists of all servers are dealt with by, and what is said and done of them at the end. */
interface Round {
  readonly run: Run;
  readonly servers: Servers;
  readonly reasons: () => readonly ReasonRow[];
  readonly standing: Standing;
  readonly free: Names;
  readonly lost: LostList[];
  readonly existing: ExistingDestinations;
  /** Null: this campaign was never taken over from the original program. */
  readonly gate: Gate | null;
}

/**
 * `acceptLost`: a person has said that the lists under rule 1 may move, however many they are. `names`: lists in DOING or their
 * paths; empty: all.
 */
async function lookAt(run: Run, servers: Servers, acceptLost: boolean, names: readonly string[]): Promise<void> {
  const { lists, strange } = run.spool.listing('DOING');
  const [doing, todo] = [chosen(new Set(lists), names), new Set(run.spool.listing('TODO').lists)];
  if (strange.length > 0 && names.length === 0) run.summary.note(`left alone, no lists: ${strange.join(', ')}`);
  const gate = openGate(run, servers);
  const existing = new ExistingDestinations(run, servers);
  const reasons = reasonsOf(run.base);
  const broken = brokenStorages(run);
  // Of two servers each may have lists that are judged and not settled: what is free is told to both.
  const free = spoolNames(run);
  const round: Round = { run, servers, reasons, standing: newStanding(), free, lost: [], existing, gate };
  const sorted = reading(run.db, () => sortOut(run, doing, todo));
  moveBack(run, await withoutCarried(run, gate, sorted.back, (name) => addAdopted(run, sorted, name)));
  let notLookedAt = await lookForLost(round, sorted);
  notLookedAt += await lookForAnswers(round, sorted);
  notLookedAt += await inspectServers(round, sorted);
  const found: Pick<SortedOut, 'submitted'> = { submitted: new Map() };
  const mayMove = withinBrake(run, round.lost, doing.size, acceptLost);
  const lost = await withoutCarried(run, gate, mayMove, (name) => addAdopted(run, found, name));
  notLookedAt += await inspectServers(round, found);
  tellStanding(run, round.standing);
  tellTurned(run, broken);
  resubmitLost(run, lost);
  gate?.tell();
  if (names.length === 0) await nameGone(run, servers, gone(run, doing, todo));
  if (notLookedAt > 0 && servers.all().every((server) => servers.whyExcluded(server.endpoint) !== null))
    run.trouble(EXIT.noServer, 'No FTS server is usable in this run: the lists stay where they are');
}

function chosen(doing: ReadonlySet<string>, names: readonly string[]): ReadonlySet<string> {
  if (names.length === 0) return doing;
  const wanted = new Set(names.map((name) => path.basename(name)));
  const missing = [...wanted].filter((name) => !doing.has(name));
  if (missing.length > 0)
    throw new UsageError(`Nothing was looked at: not in DOING: ${missing.join(', ')}; name lists that stand there`);
  return wanted;
}

/** The names of the lists in DOING, by what is to be done with them. Their rows are read when it is their turn. */
interface SortedOut {
  readonly withoutRow: string[];
  /** Whose answer was lost. */
  readonly open: string[];
  /** By the endpoint of their job. */
  readonly submitted: Map<string, string[]>;
  readonly back: { readonly name: string }[];
}

function sortOut(run: Run, doing: ReadonlySet<string>, todo: ReadonlySet<string>): SortedOut {
  const sorted: SortedOut = { withoutRow: [], open: [], submitted: new Map(), back: [] };
  const names = [...doing].filter((name) => !run.journal.isAside(name));
  for (const [name, state, endpoint] of listRows.whereaboutsOf(run.db, names)) {
    const next = nextStep(state ?? 'none', whereIs(todo.has(name), true));
    if (next === 'look for its jobs') sorted.withoutRow.push(name);
    else if (next === 'to TODO' || next === 'to TODO afresh') {
      if (!isTooLong(run, name)) sorted.back.push({ name });
    } else if (next === 'leave and name') nameBoth(run, name);
    else if (next === 'the seven rules') addSubmitted(sorted, endpoint ?? '', name);
    else sorted.open.push(name);
  }
  return sorted;
}

function addSubmitted({ submitted }: Pick<SortedOut, 'submitted'>, endpoint: string, name: string): void {
  const same = submitted.get(endpoint);
  if (same === undefined) submitted.set(endpoint, [name]);
  else same.push(name);
}

/** Lists without a row: a job of theirs is adopted, and the rules see it in this same run. Returns how many were not looked at. */
async function lookForLost({ run, servers, lost, gate }: Round, sorted: SortedOut): Promise<number> {
  let notLookedAt = 0;
  for (const name of sorted.withoutRow) {
    const found = run.mustStop() === null ? await lookForJobs(run, servers, name) : 'unsure';
    if (found === 'unsure') notLookedAt += 1;
    else if (found === 'adopted') addAdopted(run, sorted, name);
    else if (gate?.mustWait(name, null) !== true && !isTooLong(run, name)) lost.push({ name, state: null });
  }
  return notLookedAt;
}

/** Lists whose answer was lost. Returns how many were not looked at. */
async function lookForAnswers({ run, servers }: Round, sorted: SortedOut): Promise<number> {
  let notLookedAt = 0;
  for (const name of sorted.open) {
    const { job } = submittedList(run.db, name);
    const found = run.mustStop() === null ? await lookAgain(run, servers, job) : 'unsure';
    if (found === 'unsure') notLookedAt += 1;
    else if (found === 'adopted') addAdopted(run, sorted, name);
    // The row stays SUBMITTING: the consumer repeats the same sid at the same server.
    else
      moveToTodo(
        run,
        [{ name }],
        () => {},
        () => run.summary.list({ list: name, action: 'moved', to: [listPath('TODO', name)] }),
      );
  }
  return notLookedAt;
}

function addAdopted(run: Run, sorted: Pick<SortedOut, 'submitted'>, name: string): void {
  const row = listRows.whereabouts(run.db, name);
  if (row?.state === 'SUBMITTED' && row.endpoint !== null) addSubmitted(sorted, row.endpoint, name);
  else run.summary.list({ list: name, action: 'adopted' });
}

/** One server's lists after the other, but the servers at once. Returns how many could not be looked at. */
async function inspectServers(round: Round, { submitted }: Pick<SortedOut, 'submitted'>): Promise<number> {
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

/** Lists with an open row that stand neither in TODO nor in DOING. */
function gone({ db, journal, spool }: Run, doing: ReadonlySet<string>, todo: ReadonlySet<string>): ListRow[] {
  // What this run has moved to TODO is not gone: the spool is asked, not the listing from before.
  const names: string[] = [];
  for (const name of listRows.openListNames(db)) if (!doing.has(name) && !todo.has(name)) names.push(name);
  return names
    .filter((name) => !journal.isAside(name) && !spool.exists('TODO', name) && !spool.exists('DOING', name))
    .flatMap((name) => listRows.list(db, name) ?? []);
}

/** A list without a job that could not be submitted under its name: it stays, and is named. */
function isTooLong(run: Run, name: string): boolean {
  const why = whyTooLong(name);
  if (why === null) return false;
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.needsAttention(
    `List "${name}" in DOING is not moved to TODO: FTS has no job of it, and its name ${why}; it stays: give it a shorter name`,
  );
  return true;
}

function nameBoth(run: Run, name: string): void {
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.needsAttention(
    `List "${name}" stands in TODO and in DOING: neither is touched; compare them and remove the one too many`,
  );
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

export const monitor: Program<Options> = {
  name: 'monitor',
  description: 'Looks at every list in DOING and moves it by the seven rules.',
  options: (command) =>
    command
      .argument('[list...]', 'lists in DOING (default: all)')
      .option('--accept-lost', 'move lists under rule 1 to TODO however many they are'),
  main: async (run, options, names) => {
    await renewCredentials(run);
    const servers = openServers(run);
    try {
      await lookAt(run, servers, options.acceptLost === true, names);
      await tellForecast(run, servers);
    } finally {
      await servers.close();
    }
  },
};
