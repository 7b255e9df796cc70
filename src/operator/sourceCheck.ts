/**
 * sourceCheck: what a look at the sources of a list in TODO comes to.
 *
 * Only "No such file" moves a transfer to DONE/Bad; whatever else a storage answers may be its own trouble. A list of
 * which some sources are missing goes on under a new name, as nothing in the spool is written over.
 */
import { badLineComment, formatBadList, type BadTransfer } from '../lists/badList.js';
import { formatList, type Origin, type ParsedList, type Transfer } from '../lists/list.js';
import type { CreatedList, Names } from '../rules/settlement.js';
import type { FreeList } from './freeLists.js';
import type { Stat } from '../storages/look.js';
import { distribute, type Placed, type Transition } from '../lists/transition.js';

export interface SourceRemoval {
  readonly transition: Transition;
  /** What goes on; null when nothing is left. */
  readonly created: CreatedList | null;
  readonly bad: readonly BadTransfer[];
}

/** Every line that is a transfer, in the order of the list; the same source may stand in several. */
export const transferLines = ({ transfers, duplicates }: ParsedList): Transfer[] =>
  [...transfers, ...duplicates].sort((a, b) => a.line - b.line);

/** Take the transfers whose sources are missing out of a list; null when there is none. */
export function removeMissing(
  list: FreeList,
  stats: ReadonlyMap<string, Stat>,
  names: Names,
  { campaign, now }: { campaign: string; now: Date },
): SourceRemoval | null {
  const { name, parsed } = list;
  const bad: BadTransfer[] = [];
  const rest: Transfer[] = [];
  for (const transfer of transferLines(parsed)) {
    const stat = stats.get(transfer.source);
    if (stat?.kind !== 'missing') rest.push(transfer);
    else bad.push({ transfer, ...MISSING, reason: stat.reason, at: now });
  }
  if (bad.length === 0) return null;
  const origin: Origin = { ...parsed.origin, campaign };
  const unreadable = parsed.unreadable.map((line) => badLineComment(line.line, line.why, line.text));
  const into: Placed[] = [
    { place: 'DONE/Bad', name: names.free('DONE/Bad', name), content: formatBadList(origin, bad, unreadable) },
  ];
  const created =
    rest.length === 0 ? null : { name: names.fresh(name), failures: list.failures, transfers: rest.length };
  if (created !== null)
    into.push({
      place: 'TODO',
      name: created.name,
      content: formatList({ ...origin, splitFrom: name, failures: list.failures }, rest),
    });
  return { transition: distribute(name, 'TODO', into, { sha256: list.sha256 }), created, bad };
}

const MISSING = { class: 'permanent', meaning: 'the source file is missing', server: 'gfal-stat', jobId: '-' } as const;
