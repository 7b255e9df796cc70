/**
 * transitionRows: the statements of the table `transition`, the journal of the spool; spool/journal.ts says in which
 * order they come.
 */
import type { Db, TransitionRow } from '../ftsJob.js';
import { all, run, statement } from './statement.js';

export const transitions = (db: Db): TransitionRow[] =>
  all(db, 'SELECT id, list, steps, aside FROM transition ORDER BY id');
export const addTransition = (db: Db, name: string, steps: string): number =>
  Number(statement(db, 'INSERT INTO transition (list, steps) VALUES (?, ?)').run(name, steps).lastInsertRowid);
export const transitionsOf = (db: Db, name: string): TransitionRow[] =>
  all(db, 'SELECT id, list, steps, aside FROM transition WHERE list = ? ORDER BY id', name);
export const removeTransitions = (db: Db, ids: readonly number[]): void =>
  run(db, 'DELETE FROM transition WHERE id IN (SELECT value FROM json_each(?))', JSON.stringify(ids));
export const setAside = (db: Db, id: number, why: string): void =>
  run(db, 'UPDATE transition SET aside = ? WHERE id = ?', why, id);
