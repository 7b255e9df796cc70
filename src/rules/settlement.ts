/**
 * settlement: what becomes of a list whose job is final.
 *
 * `plan` turns its sorted lines (sortLines.ts) and the verdict into one transition and the rows that go with it. Pure.
 * The list itself leaves DOING in the last step.
 */
import { badLineComment, droppedLineComment, formatBadList } from '../lists/badList.js';
import { formatList, type Origin, type Transfer } from '../lists/list.js';
import { dirtyName, returnedName } from '../lists/names.js';
import { distribute, moving, type Place, type Placed, type Transition } from '../lists/transition.js';
import type { Verdict } from './rules.js';
import type { FinalList, Sorted } from './sortLines.js';

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
