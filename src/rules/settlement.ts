/**
 * settlement: what becomes of a list whose job is final.
 *
 * `sort` puts every line of the list into exactly one heap by what its own file says; `plan` turns sorted and verdict
 * into one transition and the rows that go with it. Both are pure. The list itself leaves DOING in the last step.
 */
import { badLineComment, droppedLineComment, formatBadList, type BadTransfer } from '../lists/badList.js';
import { isEndedByFts } from './endedByFts.js';
import { factsInWords, type Existing } from './existing.js';
import { formatList, type Origin, type ParsedList, type Transfer } from '../lists/list.js';
import { match, type FileOutcome } from './match.js';
import { mayStillRun } from './quarantine.js';
import type { ReasonRow } from './reasons.js';
import type { EndedTransfer } from './storageHealth.js';
import { isUnedited, type Sent } from './sent.js';
import type { Verdict } from './rules.js';
import { distribute, moving, type Place, type Placed, type Transition } from '../lists/transition.js';
import { hideTokens } from '../text/hideSecrets.js';
import { triage } from './triage.js';
import { dirtyName, returnedName } from '../lists/names.js';

/** Every line of a list, by what becomes of it. */
export interface Sorted {
  readonly okay: readonly Transfer[];
  /** What no job of ours has brought, and is at its destination all the same. */
  readonly found: readonly Transfer[];
  /** How. */
  readonly foundBy: readonly string[];
  /** To be sent again over what stands at their destinations. */
  readonly overwrite: readonly Transfer[];
  /** Why a destination that exists could not be told yet, of the first; the list stays until all are. */
  readonly untold: string | null;
  readonly bad: readonly BadTransfer[];
  readonly retry: readonly Transfer[];
  /** The failures among them, also of those that are retried: for the statistics. */
  readonly failed: readonly BadTransfer[];
  /** Everything that finished or failed, with its time and bytes: likewise, and for the health of the storages. */
  readonly ended: readonly EndedTransfer[];
  /** Lines that the job does not know: to TODO, never nowhere. */
  readonly unknown: readonly Transfer[];
  /** Those of `bad` and `retry` whose copy may still be going on. */
  readonly mayStillRun: ReadonlySet<Transfer>;
  /** How many files are not final although their job is (FTS-1482). */
  readonly unfinished: number;
  /** How many files of the job no line of the list names. */
  readonly extra: number;
  /**
   * The first line without a file, and the first file without a line (null: there is none), where not one file of the job fits the
   * list, or not every line of a list that nobody has edited.
   */
  readonly misfit: { readonly line: Transfer; readonly file: FileOutcome | null } | null;
}

export interface FinalList {
  readonly list: string;
  readonly parsed: ParsedList;
  /** The hash of the list file as it was read: it is removed only while it still is that. Few lists are. */
  readonly sha256: () => string;
  readonly job: {
    readonly id: string;
    readonly server: string;
    readonly cancelJob: boolean | null;
    readonly files: readonly FileOutcome[];
    /** Null: not known. */
    readonly sent: Sent | null;
  };
  /** The lineage's failures before this job. */
  readonly earlier: number;
  /** The lineage's failures, this job counted. */
  readonly failures: number;
  readonly campaign: string;
  readonly at: Date;
  /** Of files whose destinations exist already, by `file_index`; none: nobody has looked. */
  readonly existing?: ReadonlyMap<number, Existing>;
  /** Is what is different there to be written over? */
  readonly overwritesDifferent?: boolean;
}

/** What is taken in the spool and in the job table. */
export interface Names {
  /** A name in that place with no file of that name yet. Asking for a name claims it. */
  readonly free: (place: Place, name: string) => string;
  /** A name that no list of the campaign has or had: its sid must be new as well. */
  readonly fresh: (name: string) => string;
}

/** A list that a settlement creates in TODO. */
export interface CreatedList {
  readonly name: string;
  readonly failures: number;
  readonly transfers: number;
  /** The copy of one of its transfers may still be going on. */
  readonly held?: boolean;
}

export interface Plan {
  readonly transition: Transition;
  readonly action: 'moved' | 'split' | 'bad';
  /** What the list's own row becomes: it waits in TODO again, or its story is over. */
  readonly row: 'WAITING' | 'SETTLED';
  readonly created: readonly CreatedList[];
}

/** Sort the lines of a final job's list. Whole-list verdicts override what a single file would get. */
export function sort(settled: FinalList, verdict: Verdict, reasons: readonly ReasonRow[]): Sorted {
  const { sent } = settled.job;
  const { matched, unknown, extra } = match(settled.parsed.transfers, settled.job.files, sent);
  const okay: Transfer[] = [];
  const found: Transfer[] = [];
  const foundBy = new Set<string>();
  const overwrite: Transfer[] = [];
  let untold: string | null = null;
  const bad: BadTransfer[] = [];
  const retry: Transfer[] = [];
  const failed: BadTransfer[] = [];
  const ended: EndedTransfer[] = [];
  const running = new Set<Transfer>();
  let unfinished = 0;
  for (const { line, file } of matched) {
    const end = triage(file, reasons, settled.job.cancelJob);
    if (end.to === 'unfinished') {
      unfinished += 1;
      continue;
    }
    const at = file.finishedAt ?? null;
    const existing = settled.existing?.get(file.index);
    if (existing?.kind === 'same') {
      found.push(line);
      foundBy.add(existing.by);
      continue;
    }
    if (existing?.kind === 'waits') untold ??= `${line.destination}: ${existing.why}`;
    const size = end.to === 'okay' ? whyOtherSize(line, file) : null;
    if (size !== null) {
      const { server, id: jobId } = settled.job;
      const other = { transfer: line, ...OTHER_SIZE, reason: size, server, jobId, at: settled.at };
      bad.push(other);
      failed.push(other);
      ended.push({ outcome: other.class, at, bytes: 0, transfer: line, reason: size });
      continue;
    }
    if (end.to === 'okay') {
      okay.push(line);
      ended.push({ outcome: 'finished', at, bytes: file.size || (line.size ?? 0), transfer: line, reason: '' });
      continue;
    }
    const there = existing?.kind === 'untold' || existing?.kind === 'not on tape' ? existing : null;
    const asTold: BadTransfer = {
      transfer: line,
      class: end.class,
      meaning: there === null ? end.meaning : MEANINGS[there.kind],
      reason: `${there === null ? '' : `${there.why}; `}${hideTokens(file.reason)}`,
      server: settled.job.server,
      jobId: settled.job.id,
      at: settled.at,
    };
    // Counted as what it turned out to be, also where it is written over.
    const failure = existing?.kind === 'different' ? asDifferent(asTold, existing) : asTold;
    failed.push(failure);
    if (mayStillRun(file)) running.add(line);
    if (existing?.kind === 'gone') {
      retry.push(line);
      continue;
    }
    if (existing?.kind === 'different') {
      if (settled.overwritesDifferent === true) overwrite.push(line);
      else bad.push(failure);
      continue;
    }
    ended.push({ outcome: end.class, at, bytes: 0, transfer: line, reason: failure.reason });
    const byPerson = file.state === 'CANCELED' && !isEndedByFts(file.reason, settled.job.cancelJob);
    const cancelled = byPerson && verdict.kind === 'split' && verdict.cancelled === 'retry';
    const isBad = end.to === 'bad' && verdict.kind !== 'retry' && !cancelled;
    if (verdict.kind === 'bad' || isBad || end.to === 'never again') bad.push(failure);
    else retry.push(line);
  }
  const [line] = unknown;
  const fits =
    line === undefined || (matched.length > 0 && !(sent !== null && isUnedited(sent, settled.parsed.transfers)));
  const misfit = fits ? null : { line, file: extra[0] ?? null };
  return {
    okay,
    found,
    foundBy: [...foundBy].sort(),
    overwrite,
    untold,
    bad,
    retry,
    failed,
    ended,
    unknown,
    mayStillRun: running,
    unfinished,
    extra: extra.length,
    misfit,
  };
}

/** Of what stands there, and is not done by that. */
const MEANINGS = {
  untold: 'the destination exists, and cannot be compared',
  'not on tape': 'the right file is at the destination, and not on tape',
} as const;

const OTHER_SIZE = { class: 'permanent', meaning: 'what was copied has not the size that the list says' } as const;

/** FTS has copied what the source is: null or 0 is unknown, as with `strict_copy`. Its `checksum` is what was asked for, no measurement. */
function whyOtherSize(line: Transfer, { size }: FileOutcome): string | null {
  if (line.size === undefined || !size || size === line.size) return null;
  return `${size} bytes by FTS, ${line.size} bytes in the list`;
}

/** With both values, for the person who decides which of the two is right. */
function asDifferent(failure: BadTransfer, { expected, found }: Extract<Existing, { kind: 'different' }>): BadTransfer {
  const reason = `${factsInWords(found)} there, ${factsInWords(expected)} expected; ${failure.reason}`;
  return { ...failure, class: 'permanent', meaning: 'another file is at the destination', reason };
}

/**
 * Plan what the verdict asks of the spool. `wait`, `say` and unfinished sorted plan nothing: null. Nor does a job that
 * does not fit its list: to repeat the lines would copy them again over what may be good copies, and again each time.
 */
export function plan(settled: FinalList, verdict: Verdict, sorted: Sorted, names: Names): Plan | null {
  if (sorted.misfit !== null) return null;
  switch (verdict.kind) {
    case 'wait':
    case 'say':
      return null;
    case 'resubmit':
      return backToTodo(settled.list);
    case 'retry':
      return sorted.bad.length + sorted.found.length + sorted.overwrite.length === 0
        ? backToTodo(settled.list)
        : split(settled, verdict, sorted, names);
    case 'settle':
    case 'split':
    case 'bad':
      return sorted.unfinished > 0
        ? null
        : (whole(settled, verdict, sorted, names) ?? split(settled, verdict, sorted, names));
  }
}

/** DOING to TODO under the same name. A crash before the move: redone; after it: the row already says WAITING. */
export function backToTodo(list: string): Plan {
  return {
    transition: moving(list, 'DOING', 'TODO'),
    action: 'moved',
    row: 'WAITING',
    created: [],
  };
}

/** The cases in which every line goes the same way, so that the list can simply be moved. */
function whole(settled: FinalList, verdict: Verdict, sorted: Sorted, names: Names): Plan | null {
  const { list, parsed } = settled;
  if (sorted.unknown.length > 0 || parsed.unreadable.length > 0) return null;
  if (sorted.found.length + sorted.overwrite.length > 0) return null;
  // A line whose destination an earlier one has was written into the list after it was submitted: it never ran.
  if (parsed.duplicates.length > 0 && verdict.kind === 'settle') return null;
  if (sorted.bad.length === 0 && sorted.retry.length === 0 && verdict.kind === 'settle') {
    // To ask for a name claims it.
    const transition = moving(list, 'DOING', 'DONE/Okay', names.free('DONE/Okay', list));
    return { transition, action: 'moved', row: 'SETTLED', created: [] };
  }
  return sorted.bad.length === 0 && sorted.okay.length === 0 && sorted.retry.length > 0 ? backToTodo(list) : null;
}

/**
 * Each heap to a list of its own, all of them created before the list leaves DOING. It goes to DONE/Dirty as it was;
 * a list that is wholly bad is removed instead, as DONE/Bad then holds all of it.
 */
function split(settled: FinalList, verdict: Verdict, sorted: Sorted, names: Names): Plan {
  const { list, parsed } = settled;
  const origin: Origin = { ...parsed.origin, campaign: settled.campaign };
  const into: Placed[] = [];
  const created: CreatedList[] = [];
  const place = (where: Place, name: string, content: string): void => {
    into.push({ place: where, name, content });
  };
  const create = (wanted: string, transfers: readonly Transfer[], failures: number, head: Origin = origin): void => {
    const name = names.fresh(wanted);
    place('TODO', name, formatList({ ...head, splitFrom: list, failures }, transfers));
    const held = transfers.some((each) => sorted.mayStillRun.has(each));
    created.push({ name, failures, transfers: transfers.length, ...(held ? { held } : {}) });
  };

  const okay = (transfers: readonly Transfer[], head: Origin): void => {
    if (transfers.length > 0) place('DONE/Okay', names.free('DONE/Okay', list), formatList(head, transfers));
  };
  okay(sorted.okay, origin);
  okay(sorted.found, {
    ...origin,
    found: { by: sorted.foundBy.join(' and '), at: settled.at.toISOString().replace(/\.\d+Z$/, 'Z') },
  });
  // A list that failed once too often says how often that was.
  const badOrigin = verdict.kind === 'bad' ? { ...origin, failures: settled.failures } : origin;
  const leftOver = [
    ...parsed.unreadable.map((line) => badLineComment(line.line, line.why, line.text)),
    ...parsed.duplicates.map(droppedLineComment),
  ];
  if (sorted.bad.length > 0 || leftOver.length > 0)
    place('DONE/Bad', names.free('DONE/Bad', list), formatBadList(badOrigin, sorted.bad, leftOver));
  if (sorted.retry.length > 0) create(dirtyName(list), sorted.retry, settled.failures);
  if (sorted.overwrite.length > 0)
    create(dirtyName(list), sorted.overwrite, settled.failures, { ...origin, overwrite: true });
  // For these lines it was a round in which none of them settled.
  if (sorted.unknown.length > 0) create(returnedName(list), sorted.unknown, settled.earlier + 1);

  const original = verdict.kind === 'bad' ? { sha256: settled.sha256() } : { dirty: names.free('DONE/Dirty', list) };
  return {
    transition: distribute(list, 'DOING', into, original),
    action: verdict.kind === 'bad' ? 'bad' : 'split',
    row: 'SETTLED',
    created,
  };
}
