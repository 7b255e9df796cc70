/**
 * oldCopy: is the database as young as the lists?
 *
 * One that was brought back from a copy is whole, and knows nothing of what was cut since: the producer would cut the
 * same lines again, under new names and so under new sids, and nothing would keep FTS from carrying them out twice. The
 * lists say so themselves: a list of this campaign that was cut behind the cursor of its LFN list, which no crash
 * leaves, as the cursor moves in the commit that precedes the list. Only names younger than the youngest that the
 * database has given are looked into, in daily life none. Of a large database that nothing has touched since the last
 * run not even the names are read.
 */
import path from 'node:path';
import { parseList } from '../lists/list.js';
import { stampIn } from '../lists/names.js';
import { listPath, PLACES } from '../lists/transition.js';
import { SpoolError } from '../errors.js';
import type { Db } from '../ftsJob.js';
import { campaign } from '../database/campaignRows.js';
import { lfnLists } from '../database/lfnListRows.js';
import type { CampaignDatabase } from '../database/database.js';
import { DATABASE, repair } from '../database/check.js';
import { Spool } from './spool.js';

/**
 * The path of a list that the database should know of and does not; null when it is as young as the lists. With `all`
 * every list is looked into, for the repair.
 */
export function youngerList(base: string, db: Db, all = false): string | null {
  const { uuid, lastStamp } = campaign(db) ?? { uuid: null, lastStamp: null };
  const spool = new Spool(base);
  const cursors = new Map(lfnLists(db).map(({ name, offset }) => [name, offset]));
  for (const place of PLACES)
    for (const name of spool.listing(place).lists) {
      const stamp = stampIn(name);
      if (!all && (stamp === null || stamp <= (lastStamp ?? ''))) continue;
      const read = spool.read(place, name);
      const origin = 'bytes' in read ? parseList(read.bytes).origin : {};
      if (origin.campaign !== uuid || origin.from === undefined) continue;
      if (origin.from.lastByte >= (cursors.get(origin.from.lfnList) ?? 0)) return listPath(place, name);
    }
  return null;
}

/** Closes the database and throws when it is older than the lists. One that nobody has touched cannot have become so. */
export function refuseOld(base: string, database: CampaignDatabase): CampaignDatabase {
  if (database.untouched) return database;
  const list = youngerList(base, database.db);
  if (list === null) return database;
  database.db.close();
  throw new SpoolError(
    `Cannot use the database ${path.join(base, DATABASE)}: it is older than ${list}, which was cut behind its cursor, so it is an old copy and the same lines would be cut again; it was not changed; run ${repair(base)}`,
  );
}
