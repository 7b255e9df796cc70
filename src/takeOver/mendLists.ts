/**
 * mendLists: the lists that the take-over writes anew: without what is false in them, with the reasons, or with what
 * stood in none.
 *
 * Nothing is written over: what a list becomes stands under a name that is free before the list as it was goes to
 * DONE/Dirty, or is removed where the new ones hold all of it.
 */
import { formatList, type ParsedList, type Transfer } from '../lists/list.js';
import { formatBadList, formatRest, parseBadList, reasonComment, type BadTransfer } from '../lists/badList.js';
import { failuresIn } from '../lists/originalNames.js';
import { distribute, placing, type Placed } from '../lists/transition.js';
import * as listRows from '../database/listRows.js';
import * as outcomeRows from '../database/outcomeRows.js';
import type { spoolNames } from '../spool/spoolNames.js';
import { plural } from '../text/words.js';
import { sha256 } from '../spool/digest.js';
import type { Run } from '../run/program.js';
import type { PlannedAction, TakeOverPlan } from './plan.js';
import { keyOf, type TheirList } from './theirSpool.js';

/** The names that the plan gives to new lists. */
export type NewNames = ReturnType<typeof spoolNames>;

/** Why a transfer is bad, as it will stand in front of it. */
export type Why = Omit<BadTransfer, 'transfer' | 'at'>;

export const MISSING: Why = {
  class: 'permanent',
  meaning: 'the source file is missing',
  reason: 'the original program had not found it',
  server: 'original',
  jobId: '-',
};

/**
 * The list without these lines; they go to DONE/Bad, unless they stand there. As it was it is kept in DONE/Dirty, or
 * removed from TODO.
 */
export function withoutLines(
  run: Run,
  list: TheirList & { readonly parsed: ParsedList; readonly sha256: string },
  lines: ReadonlyMap<Transfer, Why>,
  inBad: Set<string>,
  names: NewNames,
): PlannedAction {
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

/**
 * A list of DONE/Bad with a comment before each line of which it is known why, and without those that have arrived;
 * null where nothing is to be changed.
 */
export function withReasons(
  run: Run,
  list: TheirList,
  whyOf: (transfer: Transfer) => Why | undefined,
  hasArrived: (transfer: Transfer) => boolean,
  names: NewNames,
): PlannedAction | null {
  const read = run.spool.read('DONE/Bad', list.name);
  if (!('bytes' in read)) return null;
  const { origin, entries, others } = parseBadList(read.bytes);
  const left = entries.filter((entry) => !hasArrived(entry.transfer));
  const explained = left.map((entry) => {
    const why = entry.why === null ? whyOf(entry.transfer) : undefined;
    if (why === undefined) return entry;
    const reason = reasonComment({ ...why, transfer: entry.transfer, at: run.now() });
    return { ...entry, comments: [reason, ...entry.comments] };
  });
  if (explained.length === entries.length && explained.every((entry, index) => entry === entries[index])) return null;
  const content = formatRest({ ...origin, campaign: run.campaign }, explained, others);
  const isEmpty = explained.length + others.length === 0;
  const into: Placed[] = isEmpty ? [] : [{ place: 'DONE/Bad', name: names.free('DONE/Bad', list.name), content }];
  const isWhole = explained.length === entries.length;
  const original = isWhole ? { sha256: sha256(read.bytes) } : { dirty: names.free('DONE/Dirty', list.name) };
  return {
    kind: 'reasons',
    list: list.name,
    transitions: [distribute(list.name, 'DONE/Bad', into, original)],
    rows: () => {},
  };
}

/** What is missing and stands in no list at all; a source without a destination is named. */
export function planLeft(
  run: Run,
  plan: TakeOverPlan,
  left: readonly (readonly [string, Transfer | null])[],
  names: NewNames,
): void {
  const unknown = left.filter(([, transfer]) => transfer === null).map(([key]) => key);
  if (unknown.length > 0)
    run.summary.needsAttention(
      `${plural(unknown.length, 'source')} that were written down as missing stand in no list, such as ${unknown[0]}: they stay in DONE/badFileList.txt; see whether they are to be copied`,
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
        steps: [placing({ place: 'DONE/Bad', name, content: formatBadList({ campaign: run.campaign }, bad) })],
      },
    ],
    rows: () => {},
  });
}
