/**
 * tokenRows: the statements of the table `refused_token`: tokens that FTS could not exchange. Only FTS's id of each is
 * kept, never a token.
 */
import type { Db } from '../ftsJob.js';
import { get, run } from './statement.js';

/** With which list it was sent, and when that was seen to have failed; null: it was not refused. */
export const refusedToken = (db: Db, id: string): { list: string; at: number } | null =>
  get(db, 'SELECT list, at FROM refused_token WHERE id = ?', id);
/** What was known of it stays. */
export const putRefusedToken = (db: Db, id: string, list: string, at: number): void =>
  run(db, 'INSERT INTO refused_token (id, list, at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING', id, list, at);
