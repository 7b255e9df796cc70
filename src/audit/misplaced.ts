/**
 * misplaced: lists whose row and place disagree, as an audit names them, and what will become of each.
 *
 * The table of placement says what the programs do with such lists; here it is only said. Lists in a transition that
 * was set aside are named there.
 */
import { nextStep, whereIs, type NextStep } from '../rules/placement.js';
import type { Db, ListRow } from '../ftsJob.js';
import * as listRows from '../database/listRows.js';

/** Deeds of lists that are where they belong, or of which nothing is known that they could contradict. */
const IN_ORDER: readonly NextStep[] = ['submit', 'submit afresh', 'look, then repeat', 'the seven rules', 'nothing'];

const NEXT: Partial<Record<NextStep, string>> = {
  'back to DOING': 'the next consumer moves it back to DOING, as FTS has its job',
  'look for its jobs': 'the next monitor looks for its jobs on every server',
  'to TODO': 'the next monitor moves it to TODO',
  'to TODO afresh': 'the next monitor moves it to TODO, its failures forgotten',
  'look, else to TODO': 'the next monitor looks for its job, else moves it to TODO',
  'name once': 'put it back, or leave it if it is not to be moved any more',
  'look and name': 'its job may be running: the next monitor looks for it',
  'leave and name': 'compare the two and remove the one too many',
};

export interface Misplaced {
  readonly list: string;
  readonly message: string;
}

export function misplaced(
  db: Db,
  todo: ReadonlySet<string>,
  doing: ReadonlySet<string>,
  each: (misplaced: Misplaced) => void,
): void {
  const look = (name: string, state: ListRow['state'] | 'none'): void => {
    const stands = whereIs(todo.has(name), doing.has(name));
    const next = nextStep(state, stands);
    if (IN_ORDER.includes(next)) return;
    const where = {
      TODO: 'in TODO',
      DOING: 'in DOING',
      neither: 'neither in TODO nor in DOING',
      both: 'in TODO and in DOING',
    };
    const row = state === 'none' ? 'the database does not know it' : `its row says ${state}`;
    each({
      list: name,
      message: `List "${name}" stands ${where[stands]} and ${row}: ${NEXT[next] ?? 'a person must look'}`,
    });
  };
  for (const row of listRows.openLists(db)) look(row.name, row.state);
  for (const name of doing) {
    const state = listRows.list(db, name)?.state;
    if (state === undefined || state === 'SETTLED') look(name, state ?? 'none');
  }
}
