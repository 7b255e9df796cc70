/**
 * dirtyLists: which lists of DONE/Dirty wait to be split. They were split by hand: of one that has been, other lists hold the
 * lines.
 */
import type { Run } from '../run/program.js';
import { keysIn, type TheirList } from './theirSpool.js';

/** Their names. One that was split in part is for a person. */
export function unsplitLists(run: Run, lists: readonly TheirList[]): Set<string> {
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
