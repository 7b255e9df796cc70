/** notOver: may the job of a list that stands in DONE/Bad be running all the same? */
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import type { Db } from '../ftsJob.js';
import { listPath } from '../lists/transition.js';
import type { Journal } from './journal.js';

/** What stands in DONE/Bad came from a job that had ended, unless a person has put it there. Null: it has ended. */
export function whyNotOver(
  { db, journal }: { readonly db: Db; readonly journal: Journal },
  name: string,
): string | null {
  if (journal.isAside(name)) return 'a change of it was set aside; resolve that first';
  const list = listRows.list(db, name);
  if (list?.state !== 'SUBMITTED' && list?.state !== 'SUBMITTING') return null;
  const job = jobRows.job(db, name, list.attempt);
  return `its job ${job?.jobId ?? ''} at ${job?.server ?? 'FTS'} may still carry it out; put the list back into ${listPath('DOING', name)} and run the monitor`;
}
