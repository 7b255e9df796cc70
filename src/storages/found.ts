/**
 * found: takes transfers whose files were found at their destinations out of a list, to DONE/Okay.
 *
 * They get a list of their own, whose head says how they were found, so that it can be told from what FTS has carried.
 * What is left goes on under a new name, as nothing in the spool is written over.
 */
import { badLineComment, formatRest, type BadEntry, type ParsedBadList } from '../lists/badList.js';
import { formatList, type Origin, type ParsedList } from '../lists/list.js';
import type { Transfer } from '../lists/transfer.js';
import { distribute, targets, type Placed, type Transition } from '../lists/transition.js';
import { heldNow } from '../rules/quarantine.js';
import type { CreatedList, Names } from '../rules/settlement.js';
import * as listRows from '../database/listRows.js';
import * as outcomeRows from '../database/outcomeRows.js';
import type { Run } from '../run/program.js';
import { batchesOf } from '../text/words.js';

export interface FoundTransfers {
  readonly transition: Transition;
  /** In DONE/Okay. */
  readonly okay: { readonly name: string; readonly transfers: number };
  /** What goes on in TODO; null: nothing does. */
  readonly created: CreatedList | null;
}

/** How they were found: `gfal-sum`, `the dump of 2018-04-12T10:00:00Z`; and when. */
export interface How {
  readonly by: string;
  readonly at: Date;
}

/** Lists that share one commit. */
const LISTS_PER_COMMIT = 200;

/** `list`: in TODO, free to be changed. Lines of it that cannot be read stay with it as comments. */
export function foundInTodo(
  list: { readonly name: string; readonly sha256: string; readonly parsed: ParsedList; readonly failures: number },
  found: ReadonlySet<Transfer>,
  how: How,
  names: Names,
  campaign: string,
): FoundTransfers {
  const { name, sha256, parsed, failures } = list;
  const origin: Origin = { ...parsed.origin, campaign };
  const lines = [...parsed.transfers, ...parsed.duplicates].sort((one, other) => one.line - other.line);
  const rest = lines.filter((each) => !found.has(each));
  const unreadable = parsed.unreadable.map((line) => badLineComment(line.line, line.why, line.text));
  const okay = lines.filter((each) => found.has(each));
  const into = [okayList(name, origin, okay, how, names, rest.length === 0 ? unreadable : [])];
  const created = rest.length === 0 ? null : { name: names.fresh(name), failures, transfers: rest.length };
  if (created !== null)
    into.push({
      place: 'TODO',
      name: created.name,
      content: formatList({ ...origin, splitFrom: name, failures }, rest, unreadable),
    });
  return { transition: distribute(name, 'TODO', into, { sha256 }), okay: inOkay(into, okay), created };
}

/** `list`: in DONE/Bad; what is left keeps its reasons. */
export function foundInBad(
  list: { readonly name: string; readonly sha256: string; readonly parsed: ParsedBadList },
  found: ReadonlySet<BadEntry>,
  how: How,
  names: Names,
  campaign: string,
): FoundTransfers {
  const { name, sha256, parsed } = list;
  const origin: Origin = { ...parsed.origin, campaign };
  const okay = parsed.entries.filter((entry) => found.has(entry)).map(({ transfer }) => transfer);
  const kept = parsed.entries.filter((entry) => !found.has(entry));
  const into = [okayList(name, origin, okay, how, names, [])];
  if (kept.length > 0 || parsed.others.length > 0)
    into.push({
      place: 'DONE/Bad',
      name: names.free('DONE/Bad', name),
      content: formatRest(origin, kept, parsed.others),
    });
  return { transition: distribute(name, 'DONE/Bad', into, { sha256 }), okay: inOkay(into, okay), created: null };
}

/** Until when a copy of one of its transfers may be going on, or its clean-up come; null: none is. Milliseconds since 1970. */
export const copiedUntil = ({ db, now, settings }: Run, name: string): number | null =>
  heldNow(listRows.holdUntil(db, name), now().getTime(), settings.monitor.quarantine_minutes);

/** A crash before the commit leaves the lists as they were; behind it the next run goes on with the transitions. */
export function carryFound(run: Run, all: readonly FoundTransfers[]): void {
  for (const batch of batchesOf(all, LISTS_PER_COMMIT)) {
    if (!run.dryRun)
      run.journal.carry(
        batch.map(({ transition }) => transition),
        () => batch.forEach((each) => writeRows(run, each)),
      );
    for (const { transition, okay } of batch)
      run.summary.list({ list: transition.list, action: 'split', to: targets(transition) }, okay.transfers);
  }
}

function writeRows({ db, now }: Run, { transition, okay, created }: FoundTransfers): void {
  const at = now().getTime();
  const old = listRows.list(db, transition.list);
  outcomeRows.putOkay(db, okay.name, okay.transfers);
  if (!transition.steps.some((step) => step.op === 'remove' && step.path.startsWith('TODO/'))) return;
  if (old !== null) listRows.setState(db, old.name, 'SETTLED', at);
  if (created === null) return;
  listRows.waiting(db, { ...created, splitFrom: transition.list, now: at });
  listRows.setPinned(db, created.name, old?.pinned ?? null);
}

function okayList(
  name: string,
  origin: Origin,
  transfers: readonly Transfer[],
  { by, at }: How,
  names: Names,
  comments: readonly string[],
): Placed {
  const found = { by, at: at.toISOString().replace(/\.\d+Z$/, 'Z') };
  return {
    place: 'DONE/Okay',
    name: names.free('DONE/Okay', name),
    content: formatList({ ...origin, found }, transfers, comments),
  };
}

const inOkay = ([okay]: readonly Placed[], transfers: readonly Transfer[]): FoundTransfers['okay'] => ({
  name: okay?.name ?? '',
  transfers: transfers.length,
});
