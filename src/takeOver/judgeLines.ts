/**
 * judgeLines: which transfers of the original program's lists stand where they should not.
 *
 * DONE/Okay holds also the missing files of dirty jobs, and every file that gfal-stat had not found, also when a
 * storage was down: such a file was never submitted. So a line there is judged by its list's own job, and only where
 * FTS has that no more by what was written down as missing; never by another job of the same transfer. What is missing
 * ends once, in DONE/Bad.
 *
 *     read every list once: DONE/Bad first          how many, which are doubtful, which say no reason
 *     ask for the files of the jobs of those        a FINISHED job only where a line of its list was written down as missing
 *     plan what mendLists.ts writes
 */
import type { Transfer } from '../lists/list.js';
import { isOfMissing } from '../lists/originalNames.js';
import { storedUrl } from '../lists/url.js';
import { isFinal } from '../rules/states.js';
import type { ReasonRow } from '../rules/reasons.js';
import { triage } from '../rules/triage.js';
import type { FileStatus } from '../fts3/index.js';
import type { Servers } from '../servers/servers.js';
import type { Run } from '../run/program.js';
import { filesOf, type JobPlace } from './askJobs.js';
import type { LfnListHeads } from './lfnListHeads.js';
import { MISSING, planLeft, withoutLines, withReasons, type NewNames, type Why } from './mendLists.js';
import type { TakeOverPlan } from './plan.js';
import { isParked, keyOf, keysIn, readTheirs, type TheirList } from './theirSpool.js';

/** What a reading of all lists has shown. */
export interface Lines {
  /** Lists in DONE/Dirty that wait to be split. */
  readonly unsplit: ReadonlySet<string>;
  /** Transfers of the lists that are not over, by the list's name. */
  readonly transfers: ReadonlyMap<string, number>;
  /** Lists and transfers by where they stand; parked ones apart. */
  readonly counts: ReadonlyMap<string, { readonly lists: number; readonly transfers: number }>;
  /** Lists in TODO with transfers whose source is missing. */
  readonly sourceless: readonly TheirList[];
  readonly missing: ReadonlyMap<string, Transfer | null>;
  /** What stands in DONE/Bad, or will. */
  readonly inBad: Set<string>;
}

export const PARKED = 'DOING/…';

/** What it is judged by. */
interface Judging {
  readonly run: Run;
  readonly servers: Servers;
  readonly reasons: readonly ReasonRow[];
  /** Those that were found, by the names of their lists. */
  readonly jobs: ReadonlyMap<string, JobPlace>;
  readonly lists: readonly TheirList[];
  /** What was written down as missing, by the source. */
  readonly missing: ReadonlyMap<string, Transfer | null>;
  readonly names: NewNames;
  readonly heads: LfnListHeads;
}

/** What its job says of each transfer of a list, by the destination. */
type Judged = ReadonlyMap<string, Why | 'arrived'>;

export async function judgeLines(judging: Judging, plan: TakeOverPlan): Promise<Lines> {
  const { run, jobs, lists, missing, names, heads } = judging;
  const counts = new Map<string, { lists: number; transfers: number }>();
  const transfers = new Map<string, number>();
  const [sourceless, doubtful, unexplained]: [TheirList[], TheirList[], TheirList[]] = [[], [], []];
  // What needs no end any more: it has one, or its list will find it.
  const placed = new Set<string>();
  const inBad = new Set<string>();
  const unsplit = unsplitLists(run, lists);
  run.progress.begin({ what: 'reading the lists', unit: 'lists' });
  for (const [index, list] of inOrder(lists).entries()) {
    run.progress.reach(index, index / lists.length);
    const { place, name } = list;
    const keys = keysIn(run, list);
    for (const key of keys) heads.meet(key, list.path);
    const where = isParked(list) ? PARKED : place;
    const count = counts.get(where) ?? { lists: 0, transfers: 0 };
    counts.set(where, { lists: count.lists + 1, transfers: count.transfers + keys.length });
    if (place === 'DONE/Bad') {
      for (const key of keys) inBad.add(key);
      unexplained.push(list);
      continue;
    }
    if (place !== 'DONE/Dirty' || unsplit.has(name)) for (const key of keys) if (missing.has(key)) placed.add(key);
    if (place !== 'DONE/Okay') transfers.set(name, keys.length);
    if (place === 'TODO' && keys.some((key) => missing.has(key))) sourceless.push(list);
    if (place !== 'DONE/Okay') continue;
    const job = jobs.get(name);
    const isClear = job === undefined || job.state === 'FINISHED' || !isFinal(job.state);
    if (isClear && !keys.some((key) => missing.has(key) || inBad.has(key)))
      plan.counted.push({ name, transfers: keys.length });
    else doubtful.push(list);
  }
  const judged = await judgedByJobs(judging, [...doubtful, ...unexplained], plan);
  const arrived = judgeOkay(judging, plan, doubtful, judged, inBad);
  for (const list of unexplained) {
    const own = judged.get(list.name);
    const isMissing = (transfer: Transfer): boolean => missing.has(keyOf(transfer)) || isOfMissing(list.name);
    const whyOf = (transfer: Transfer): Why | undefined => {
      const why = own?.get(storedUrl(transfer.destination));
      return why !== undefined && why !== 'arrived' ? why : isMissing(transfer) ? MISSING : undefined;
    };
    const action = withReasons(run, list, whyOf, (transfer) => arrived.has(keyOf(transfer)), names);
    if (action !== null) plan.actions.push(action);
  }
  const left = [...missing].filter(([key]) => !placed.has(key) && !inBad.has(key));
  planLeft(run, plan, left, names);
  return { unsplit, transfers, counts, sourceless, missing, inBad };
}

/**
 * The names of the lists in DONE/Dirty that wait to be split. They were split by hand: of one that has been, other
 * lists hold the lines. One that was split in part is for a person.
 */
function unsplitLists(run: Run, lists: readonly TheirList[]): Set<string> {
  const elsewhere = standingElsewhere(run, lists);
  const unsplit = new Set<string>();
  for (const list of lists) {
    if (list.place !== 'DONE/Dirty') continue;
    const keys = keysIn(run, list);
    const split = keys.filter((key) => elsewhere.has(key)).length;
    if (keys.length > 0 && split === 0) unsplit.add(list.name);
    else if (split < keys.length)
      run.summary.needsAttention(
        `List "${list.name}" in DONE/Dirty was split in part: ${keys.length - split} of its ${keys.length} transfers stand in no other list; take the others out of it, and put it into DOING, or into TODO to send them again`,
      );
  }
  return unsplit;
}

/** The keys of the transfers in DONE/Dirty that stand in another list as well. */
function standingElsewhere(run: Run, lists: readonly TheirList[]): Set<string> {
  const dirty = new Set<string>();
  for (const list of lists) if (list.place === 'DONE/Dirty') for (const key of keysIn(run, list)) dirty.add(key);
  const elsewhere = new Set<string>();
  if (dirty.size === 0) return elsewhere;
  for (const list of lists)
    if (list.place !== 'DONE/Dirty') for (const key of keysIn(run, list)) if (dirty.has(key)) elsewhere.add(key);
  return elsewhere;
}

/** DONE/Bad first: what stands there makes a line of DONE/Okay doubtful, and is not put there again. */
const inOrder = (lists: readonly TheirList[]): TheirList[] =>
  [...lists].sort((a, b) => Number(b.place === 'DONE/Bad') - Number(a.place === 'DONE/Bad'));

/** What the jobs of these lists say of their files, as far as FTS has them. */
async function judgedByJobs(
  { servers, reasons, jobs }: Judging,
  lists: readonly TheirList[],
  plan: TakeOverPlan,
): Promise<Map<string, Judged>> {
  const judged = new Map<string, Judged>();
  const names = new Map<string, string>();
  for (const { name } of lists) {
    const job = jobs.get(name);
    if (job !== undefined && isFinal(job.state)) names.set(job.jobId, name);
  }
  const asked = [...names.values()].flatMap((name) => jobs.get(name) ?? []);
  for await (const { job, files } of filesOf(servers, asked)) {
    const name = names.get(job.jobId) ?? '';
    if (files === null)
      plan.waiting.push(`what became of the files of "${name}" cannot be asked at ${job.session.name}`);
    else judged.set(name, new Map(files.map((file) => [storedUrl(file.destination), judge(file, job, reasons)])));
  }
  return judged;
}

function judge(file: FileStatus, job: JobPlace, reasons: readonly ReasonRow[]): Why | 'arrived' {
  const end = triage(file, reasons);
  if (end.to === 'okay') return 'arrived';
  const { class: reasonClass, meaning } =
    end.to === 'unfinished' ? { class: 'transient', meaning: `FTS left it ${file.state}` } : end;
  return { class: reasonClass, meaning, reason: file.reason, server: job.session.name, jobId: job.jobId };
}

/** Plans what becomes of the doubtful lists of DONE/Okay. Returns the keys of what has arrived and stands in DONE/Bad as well. */
function judgeOkay(
  { run, missing, jobs, names }: Judging,
  plan: TakeOverPlan,
  doubtful: readonly TheirList[],
  judged: ReadonlyMap<string, Judged>,
  inBad: Set<string>,
): Set<string> {
  const arrived = new Set<string>();
  for (const list of doubtful) {
    const read = readTheirs(run, list);
    const own = judged.get(list.name);
    // Its job exists and could not be asked: the next call judges it.
    const job = jobs.get(list.name);
    if (own === undefined && job !== undefined && isFinal(job.state)) continue;
    const isFalse = new Map<Transfer, Why>();
    for (const line of read.parsed.transfers) {
      const why = own === undefined ? undefined : (own.get(storedUrl(line.destination)) ?? NOT_SUBMITTED);
      if (why === 'arrived') {
        if (inBad.has(keyOf(line))) arrived.add(keyOf(line));
      } else if (missing.has(keyOf(line)) && (own === undefined || why === NOT_SUBMITTED)) isFalse.set(line, MISSING);
      else if (why !== undefined) isFalse.set(line, why);
      // In DONE/Bad too, and nothing says which is right: it is looked at again.
      else if (inBad.has(keyOf(line))) isFalse.set(line, MISSING);
    }
    if (isFalse.size === 0) plan.counted.push({ name: list.name, transfers: read.parsed.transfers.length });
    else plan.actions.push(withoutLines(run, { ...list, ...read }, isFalse, inBad, names));
  }
  return arrived;
}

/** gfal-stat had not found it, and whether that was true nobody knows. */
const NOT_SUBMITTED: Why = {
  class: 'permanent',
  meaning: 'the source file is missing',
  reason: 'it was not submitted with its list',
  server: 'original',
  jobId: '-',
};

/** Lists in TODO which get no job: what is missing is not sent. */
export function planMissing(
  run: Run,
  plan: TakeOverPlan,
  { sourceless, missing, inBad }: Lines,
  names: NewNames,
): void {
  const moving = new Set(plan.actions.filter(({ transitions }) => transitions.length > 0).map(({ list }) => list));
  for (const list of sourceless) {
    if (moving.has(list.name)) continue;
    const read = readTheirs(run, list);
    const isMissing = read.parsed.transfers.filter((line) => missing.has(keyOf(line)));
    const lines = new Map(isMissing.map((line): [Transfer, Why] => [line, MISSING]));
    plan.actions.push(withoutLines(run, { ...list, ...read }, lines, inBad, names));
  }
}
