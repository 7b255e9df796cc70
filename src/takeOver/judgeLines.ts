/**
 * judgeLines: which transfers of the original program's lists stand where they should not.
 *
 * DONE/Okay holds also the missing files of dirty jobs, and every file that gfal-stat had not found, also when a storage was
 * down. So a line there is judged by its list's own job, and only where FTS has that no more by what was written down as missing;
 * never by another job of the same transfer. What is missing ends once, in DONE/Bad. All lists are read, each once.
 */
import { formatList, type ParsedList, type Transfer } from '../lists/list.js';
import { formatBadList, formatRest, parseBadList, reasonComment, type BadTransfer } from '../lists/badList.js';
import { distribute, type Placed } from '../lists/transition.js';
import { storedUrl } from '../lists/url.js';
import { isFinal } from '../rules/states.js';
import type { ReasonRow } from '../rules/reasons.js';
import { triage } from '../rules/triage.js';
import * as listRows from '../database/listRows.js';
import * as outcomeRows from '../database/outcomeRows.js';
import type { Servers } from '../servers/servers.js';
import type { FileStatus } from '../fts3/index.js';
import type { spoolNames } from '../spool/spoolNames.js';
import { failuresIn } from '../lists/originalNames.js';
import type { Run } from '../run/program.js';
import { filesOf, type FoundJob } from './askJobs.js';
import type { Action, Plan } from './plan.js';
import { isParked, keyOf, readTheirs, type TheirList } from './theirSpool.js';

/** What a reading of all lists has shown. */
export interface Lines {
  /** Lists in DONE/Dirty of which no transfer stands elsewhere: they wait to be split. */
  readonly unsplit: ReadonlySet<string>;
  /** Transfers of the lists that are not over, by the list's name. */
  readonly transfers: ReadonlyMap<string, number>;
  /** Lists and transfers by where they stand; parked ones apart. */
  readonly counts: ReadonlyMap<string, { readonly lists: number; readonly transfers: number }>;
  /** Lists in TODO with transfers whose source is missing. */
  readonly suspects: readonly TheirList[];
  readonly missing: ReadonlyMap<string, Transfer | null>;
  /** What stands in DONE/Bad, or will. */
  readonly inBad: Set<string>;
}

export const PARKED = 'DOING/…';

/** Why a transfer is bad, as it will stand in front of it. */
type Why = Omit<BadTransfer, 'transfer' | 'at'>;
const MISSING: Why = {
  class: 'permanent',
  meaning: 'the source file is missing',
  reason: 'written down as missing by the original program',
  server: 'original',
  jobId: '-',
};

/** The names that the plan gives to new lists. */
export type NewNames = ReturnType<typeof spoolNames>;

/** What it is judged by. */
interface Judging {
  readonly run: Run;
  readonly servers: Servers;
  readonly reasons: readonly ReasonRow[];
  /** Those that were found, by the names of their lists. */
  readonly jobs: ReadonlyMap<string, FoundJob>;
  readonly lists: readonly TheirList[];
  readonly missing: ReadonlyMap<string, Transfer | null>;
  readonly names: NewNames;
}

export async function judgeLines(
  { run, servers, reasons, jobs, lists, missing, names }: Judging,
  plan: Plan,
): Promise<Lines> {
  const failures = await failedFiles(servers, reasons, jobs, lists, plan);
  const elsewhere = standingElsewhere(run, lists);
  const suspects: TheirList[] = [];
  const counts = new Map<string, { lists: number; transfers: number }>();
  const transfers = new Map<string, number>();
  /** What needs no end any more: it has one, or its list will find it. */
  const placed = new Set<string>();
  const inBad = new Set<string>();
  for (const list of inOrder(lists)) {
    const read = readTheirs(run, list);
    const { parsed } = read;
    const where = isParked(list) ? PARKED : list.place;
    const count = counts.get(where) ?? { lists: 0, transfers: 0 };
    counts.set(where, { lists: count.lists + 1, transfers: count.transfers + parsed.transfers.length });
    if (list.place !== 'DONE/Okay' && list.place !== 'DONE/Bad') transfers.set(list.name, parsed.transfers.length);
    const keys = parsed.transfers.map(keyOf);
    if (list.place === 'DONE/Dirty') continue;
    if (list.place === 'DONE/Bad') {
      for (const key of keys) inBad.add(key);
      const action = withReasons(run, list, failures.get(list.name), names);
      if (action !== null) plan.actions.push(action);
      continue;
    }
    for (const key of keys) placed.add(key);
    if (list.place === 'TODO' && keys.some((key) => missing.has(key))) suspects.push(list);
    if (list.place !== 'DONE/Okay') continue;
    const isFalse = falseLines(parsed, jobs.get(list.name), failures.get(list.name), missing);
    if (isFalse.size > 0) plan.actions.push(withoutLines(run, { ...list, ...read }, isFalse, inBad, names));
    else plan.actions.push(counted(list.name, keys.length));
  }
  const unsplit = unsplitOf(run, lists, elsewhere);
  // A list that is to be split says itself what became of them.
  for (const list of lists)
    if (list.place === 'DONE/Dirty' && unsplit.has(list.name))
      for (const line of readTheirs(run, list).parsed.transfers) placed.add(keyOf(line));
  planLeft(
    run,
    plan,
    [...missing].filter(([key]) => !placed.has(key) && !inBad.has(key)),
    names,
  );
  return { unsplit, transfers, counts, suspects, missing, inBad };
}

/** Of lists in TODO which get no job: what is missing is not sent. */
export function planMissing(run: Run, plan: Plan, { suspects, missing, inBad }: Lines, names: NewNames): void {
  const moving = new Set(plan.actions.filter(({ transitions }) => transitions.length > 0).map(({ list }) => list));
  for (const list of suspects) {
    if (moving.has(list.name)) continue;
    const read = readTheirs(run, list);
    const lines = new Map(
      read.parsed.transfers.filter((line) => missing.has(keyOf(line))).map((line) => [line, MISSING]),
    );
    plan.actions.push(withoutLines(run, { ...list, ...read }, lines, inBad, names));
  }
}

/** DONE/Bad first: what stands there is not put there again. */
const inOrder = (lists: readonly TheirList[]): TheirList[] =>
  [...lists].sort((a, b) => Number(b.place === 'DONE/Bad') - Number(a.place === 'DONE/Bad'));

/** What FTS says of the files of lists in DONE that did not arrive, by the list and the destination. */
async function failedFiles(
  servers: Servers,
  reasons: readonly ReasonRow[],
  jobs: ReadonlyMap<string, FoundJob>,
  lists: readonly TheirList[],
  plan: Plan,
): Promise<Map<string, Map<string, Why>>> {
  const failed = new Map<string, Map<string, Why>>();
  const names = new Map<string, string>();
  for (const { place, name } of lists) {
    const job = jobs.get(name);
    if ((place === 'DONE/Okay' || place === 'DONE/Bad') && job !== undefined && isFinal(job.state))
      if (job.state !== 'FINISHED') names.set(job.jobId, name);
  }
  const asked = [...new Set(names.values())].flatMap((name) => jobs.get(name) ?? []);
  for await (const { job, files } of filesOf(servers, asked)) {
    const name = names.get(job.jobId) ?? '';
    if (files === null)
      plan.waiting.push(`what became of the files of "${name}" cannot be asked at ${job.session.name}`);
    else failed.set(name, new Map(files.flatMap((file) => whyOf(file, job, reasons))));
  }
  return failed;
}

function whyOf(file: FileStatus, job: FoundJob, reasons: readonly ReasonRow[]): [string, Why][] {
  const end = triage(file, reasons);
  if (end.to === 'okay' || end.to === 'unfinished') return [];
  const { class: reasonClass, meaning } = end;
  const why = { class: reasonClass, meaning, reason: file.reason, server: job.session.name, jobId: job.jobId };
  return [[storedUrl(file.destination), why]];
}

/** Lines of a list in DONE/Okay that are not, with the reason. */
function falseLines(
  parsed: ParsedList,
  job: FoundJob | undefined,
  failures: ReadonlyMap<string, Why> | undefined,
  missing: ReadonlyMap<string, Transfer | null>,
): Map<Transfer, Why> {
  const isJudged = job !== undefined && isFinal(job.state);
  return new Map(
    parsed.transfers.flatMap((line): [Transfer, Why][] => {
      const why = isJudged
        ? failures?.get(storedUrl(line.destination))
        : missing.has(keyOf(line))
          ? MISSING
          : undefined;
      return why === undefined ? [] : [[line, why]];
    }),
  );
}

/** The list without these lines; they go to DONE/Bad, unless they stand there. As it was it is kept in DONE/Dirty, or removed from TODO. */
function withoutLines(
  run: Run,
  list: TheirList & { readonly parsed: ParsedList; readonly sha256: string },
  lines: ReadonlyMap<Transfer, Why>,
  inBad: Set<string>,
  names: NewNames,
): Action {
  const { name, place, parsed, sha256 } = list;
  const now = run.now();
  const origin = { ...parsed.origin, campaign: run.campaign };
  const rest = parsed.transfers.filter((line) => !lines.has(line));
  const bad = [...lines]
    .filter(([transfer]) => !inBad.has(keyOf(transfer)))
    .map(([transfer, why]): BadTransfer => ({ ...why, transfer, at: now }));
  for (const { transfer } of bad) inBad.add(keyOf(transfer));
  const into: Placed[] = [];
  const isTodo = place === 'TODO';
  const restName = isTodo ? names.fresh(name) : names.free('DONE/Okay', name);
  if (rest.length > 0) into.push({ place, name: restName, content: formatList(origin, rest) });
  if (bad.length > 0)
    into.push({ place: 'DONE/Bad', name: names.free('DONE/Bad', name), content: formatBadList(origin, bad) });
  const original = isTodo ? { sha256 } : { dirty: names.free('DONE/Dirty', name) };
  return {
    kind: isTodo ? 'missing' : 'false line',
    list: name,
    transitions: [distribute(name, place, into, original)],
    rows: (db) => {
      if (isTodo && listRows.list(db, name) !== null) listRows.setState(db, name, 'SETTLED', now.getTime());
      if (rest.length === 0) return;
      const failures = failuresIn(name, run.settings.monitor.max_failures);
      const row = { name: restName, failures, transfers: rest.length, splitFrom: null, now: now.getTime() };
      if (isTodo) listRows.waiting(db, row);
      else outcomeRows.putOkay(db, restName, rest.length);
    },
  };
}

const counted = (name: string, transfers: number): Action => ({
  kind: 'counted',
  list: name,
  transitions: [],
  rows: (db) => outcomeRows.putOkay(db, name, transfers),
});

/** A list of DONE/Bad with a comment before each line of which FTS knows why; null where none is to be added. */
function withReasons(
  run: Run,
  list: TheirList,
  failures: ReadonlyMap<string, Why> | undefined,
  names: NewNames,
): Action | null {
  if (failures === undefined) return null;
  const read = run.spool.read('DONE/Bad', list.name);
  if (!('bytes' in read)) return null;
  const { origin, entries, others } = parseBadList(read.bytes);
  const explained = entries.map((entry) => {
    const why = failures.get(storedUrl(entry.transfer.destination));
    if (entry.why !== null || why === undefined) return entry;
    return {
      ...entry,
      comments: [reasonComment({ ...why, transfer: entry.transfer, at: run.now() }), ...entry.comments],
    };
  });
  if (explained.every((entry, index) => entry === entries[index])) return null;
  const content = formatRest({ ...origin, campaign: run.campaign }, explained, others);
  const into = [{ place: 'DONE/Bad' as const, name: names.free('DONE/Bad', list.name), content }];
  return {
    kind: 'reasons',
    list: list.name,
    transitions: [distribute(list.name, 'DONE/Bad', into, { sha256: read.sha256 })],
    rows: () => {},
  };
}

/** What is missing and stands in no list at all; a source without a destination is named. */
function planLeft(run: Run, plan: Plan, left: readonly (readonly [string, Transfer | null])[], names: NewNames): void {
  const unknown = left.filter(([, transfer]) => transfer === null).map(([key]) => key);
  if (unknown.length > 0)
    run.summary.needsAttention(
      `${unknown.length} sources that were written down as missing stand in no list, such as ${unknown[0]}: they stay in DONE/badFileList.txt; see whether they are to be copied`,
    );
  const bad = left.flatMap(([, transfer]) => (transfer === null ? [] : [{ ...MISSING, transfer, at: run.now() }]));
  if (bad.length === 0) return;
  const name = names.free('DONE/Bad', 'missing-sources.txt');
  plan.actions.push({
    kind: 'missing',
    list: name,
    transitions: [
      {
        list: name,
        steps: [{ op: 'place', path: `DONE/Bad/${name}`, content: formatBadList({ campaign: run.campaign }, bad) }],
      },
    ],
    rows: () => {},
  });
}

/** The keys of the transfers in DONE/Dirty that stand in another list as well. */
function standingElsewhere(run: Run, lists: readonly TheirList[]): Set<string> {
  const dirty = new Set<string>();
  for (const list of lists)
    if (list.place === 'DONE/Dirty') for (const line of readTheirs(run, list).parsed.transfers) dirty.add(keyOf(line));
  const elsewhere = new Set<string>();
  if (dirty.size === 0) return elsewhere;
  for (const list of lists)
    if (list.place !== 'DONE/Dirty')
      for (const line of readTheirs(run, list).parsed.transfers) if (dirty.has(keyOf(line))) elsewhere.add(keyOf(line));
  return elsewhere;
}

/** Dirty lists are split by hand: of one that has been, other lists hold the lines. One that was split in part is for a person. */
function unsplitOf(run: Run, lists: readonly TheirList[], elsewhere: ReadonlySet<string>): Set<string> {
  const unsplit = new Set<string>();
  for (const list of lists) {
    if (list.place !== 'DONE/Dirty') continue;
    const keys = readTheirs(run, list).parsed.transfers.map(keyOf);
    const split = keys.filter((key) => elsewhere.has(key)).length;
    if (keys.length > 0 && split === 0) unsplit.add(list.name);
    else if (split < keys.length)
      run.summary.needsAttention(
        `List "${list.name}" in DONE/Dirty was split in part: ${keys.length - split} of its ${keys.length} transfers stand in no other list; take the others out of it, and put it into DOING, or into TODO to send them again`,
      );
  }
  return unsplit;
}
