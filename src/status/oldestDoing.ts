/**
 * oldestDoing: the list that has been in DOING for longest, and what it waits for. Reads only, and asks no server.
 */
import { byAge } from '../lists/names.js';
import type { Oldest } from './report.js';
import { submittedByAge } from '../database/listRows.js';
import { Histories } from '../explain/histories.js';
import type { Run } from '../run/program.js';

/** Null when DOING is empty. */
export async function oldestDoing(run: Run): Promise<Oldest | null> {
  const doing = new Set(run.spool.listing('DOING').lists);
  const submitted = submittedByAge(run.books.db).find(({ name }) => doing.has(name));
  // Without a row, as after the loss of the database, its name says how old it is.
  const name = submitted?.name ?? [...doing].sort(byAge)[0];
  if (name === undefined) return null;
  const { since, attempts, next } = await new Histories(run, null).list(name, null);
  const last = attempts.at(-1);
  return { list: name, since, server: last?.server ?? null, state: last?.state ?? null, next };
}
