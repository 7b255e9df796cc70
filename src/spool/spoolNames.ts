/**
 * spoolNames: names for new lists that are taken neither in the spool nor in the job table.
 *
 * One instance serves one batch: what it has given away is taken, although no file of that name stands there yet.
 * Asking for a name claims it. Throws `ListTrouble` where a name would be too long.
 */
import { ListTrouble } from '../errors.js';
import { fits, freeName, LONGEST_NAME } from '../lists/names.js';
import type { Names } from '../rules/settlement.js';
import { listPath, PLACES } from '../lists/transition.js';
import { list } from '../database/listRows.js';
import type { Db } from '../ftsJob.js';
import type { Spool } from './spool.js';

export function spoolNames({ spool, db }: { readonly spool: Spool; readonly db: Db }): Names {
  const claimed = new Set<string>();
  const claim = (path: string, wanted: string, found: string): string => {
    // A name that stays as it is need not be shorter than it was.
    if (!fits(found) && (found !== wanted || path.startsWith('TODO/')))
      throw new ListTrouble(
        `"${found}" would have ${Buffer.byteLength(found)} bytes, and list names may have ${LONGEST_NAME}`,
      );
    claimed.add(path);
    return found;
  };
  return {
    free: (place, name) => {
      const found = freeName(name, (wanted) => spool.exists(place, wanted) || claimed.has(listPath(place, wanted)));
      return claim(listPath(place, found), name, found);
    },
    fresh: (name) => {
      const taken = (wanted: string): boolean =>
        list(db, wanted) !== null ||
        PLACES.some((place) => spool.exists(place, wanted)) ||
        claimed.has(listPath('TODO', wanted));
      const found = freeName(name, taken);
      return claim(listPath('TODO', found), name, found);
    },
  };
}
