/**
 * lostLists: the lists of rule 1, whose jobs FTS does not have.
 *
 * They wait for the end of the run: so many at once mean a lost database or an emptied server, and then none of them
 * moves until a person says so. A job that FTS had accepted is believed to be lost only when a look an hour later sees
 * the same, and one last seen CANCELED never; it counts as a failure. One of the original program that we have never
 * seen is no failure, does not count for the brake, and needs no person: what its table says of a job proves nothing.
 */
import { batchesOf, HOUR_MS, ifPast, plural } from '../text/words.js';
import { tooManyLost } from '../rules/rules.js';
import { backToTodo } from '../rules/settlement.js';
import { listPath } from '../lists/transition.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import type { SubmittedList } from '../servers/look.js';
import type { Run } from '../run/program.js';

/** How many lists are moved in one commit when nothing has to be asked about them. */
const MOVES_PER_COMMIT = 500;

export interface LostList {
  readonly name: string;
  /** The state of its job when it was last seen; null: it never had one. */
  readonly state: string | null;
  /** The failures of its lineage; absent: as many as before. */
  readonly failures?: number;
  /** A job of the original program that we have never seen: the brake does not count it. */
  readonly neverSeen?: true;
}

/** Its job was accepted once, and is now neither live nor archived. Null: that is not believed yet, and the list stays. */
export function believedLost(run: Run, { list, job }: SubmittedList): LostList | null {
  const now = run.now().getTime();
  const known = ifPast(job.missingSince, now);
  const since = known ?? now;
  const neverSeen = job.sid === '' && job.state === null;
  if (job.state !== 'CANCELED' && now - since >= HOUR_MS)
    return neverSeen
      ? { name: list.name, state: null, neverSeen }
      : { name: list.name, state: job.state, failures: list.failures + 1 };
  if (known === null && !run.dryRun)
    run.journal.commit(() => jobRows.setMissingSince(run.db, list.name, list.attempt, now));
  run.summary.list({ list: list.name, action: 'kept', state: job.state, jobId: job.jobId, server: job.server });
  const next =
    job.state === 'CANCELED'
      ? `it was CANCELED: to send its transfers again: node dist/misc/requeue.js ${list.name}`
      : 'if it is still gone in an hour, the list goes back to TODO';
  const gone = `Job ${job.jobId} of list "${list.name}" is gone from ${job.server}, from its archive too; ${next}`;
  if (neverSeen) run.summary.warn(gone);
  else run.summary.needsAttention(gone);
  return null;
}

/**
 * Those under rule 1 that may move, at the end: the brake needs to know how many there are. `accepted`: a person has
 * said that they may.
 */
export function withinBrake(
  run: Run,
  lost: readonly LostList[],
  lookedAt: number,
  accepted: boolean,
): readonly LostList[] {
  const theirs = lost.filter(({ neverSeen }) => neverSeen === true);
  const ours = lost.filter(({ neverSeen }) => neverSeen !== true);
  const among = lookedAt - theirs.length;
  if (accepted || !tooManyLost(ours.length, among)) return lost;
  for (const { name, state } of ours) run.summary.list({ list: name, rule: 1, action: 'kept', state });
  run.summary.needsAttention(
    `${plural(ours.length, 'list')} of ${among} in DOING have no job in FTS: so many at once mean a lost database or an emptied server, so none was moved; if they really are to be submitted again: node dist/monitor.js --accept-lost`,
  );
  return theirs;
}

/** Rule 1. */
export function resubmitLost(run: Run, lost: readonly LostList[]): void {
  moveToTodo(
    run,
    lost,
    ({ name, failures }) => {
      listRows.setState(run.db, name, 'WAITING', run.now().getTime());
      if (failures !== undefined) listRows.setFailures(run.db, name, failures);
    },
    ({ name, state }) =>
      run.summary.list({ list: name, rule: 1, action: 'moved', state, to: [listPath('TODO', name)] }),
  );
}

/** Lists that FTS does not have, from DOING to TODO. `row` writes in the commit of the move, `tell` follows it. */
export function moveToTodo<List extends { readonly name: string }>(
  run: Run,
  lists: readonly List[],
  row: (list: List) => void,
  tell: (list: List) => void,
): void {
  for (const batch of batchesOf(lists, MOVES_PER_COMMIT)) {
    const moves = batch.map(({ name }) => backToTodo(name).transition);
    if (!run.dryRun) run.journal.carry(moves, () => batch.forEach(row));
    batch.forEach(tell);
  }
}
