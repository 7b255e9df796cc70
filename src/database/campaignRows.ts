/**
 * campaignRows: the statements of the tables `campaign` and `server`: who we are, where we come from, and who we are at
 * each server.
 */
import type { Db } from '../ftsJob.js';
import { all, get, run } from './statement.js';

export const campaign = (db: Db): { uuid: string; lastStamp: string | null } | null =>
  get(db, 'SELECT uuid, last_stamp AS lastStamp FROM campaign');
/** When the take-over from the original scripts was begun and complete; null: it was not. */
export interface TakeOverTimes {
  readonly begun: number | null;
  readonly complete: number | null;
}
export const takeOverTimes = (db: Db): TakeOverTimes =>
  get(db, 'SELECT take_over_begun AS begun, take_over_complete AS complete FROM campaign') ?? {
    begun: null,
    complete: null,
  };
export const setTakeOverTimes = (db: Db, { begun, complete }: TakeOverTimes): void =>
  run(db, 'UPDATE campaign SET take_over_begun = ?, take_over_complete = ?', begun, complete);
export const createCampaign = (db: Db, uuid: string): void =>
  run(db, 'INSERT INTO campaign (one, uuid) VALUES (1, ?)', uuid);
export const setLastStamp = (db: Db, stamp: string): void => run(db, 'UPDATE campaign SET last_stamp = ?', stamp);
/** The VO of the campaign at each server where it has submitted. */
export const serverVos = (db: Db): { endpoint: string; vo: string }[] => all(db, 'SELECT endpoint, vo FROM server');
/** From now on this is the campaign's VO there; nothing is written where it is already. */
export const putServerVo = (db: Db, endpoint: string, vo: string): void =>
  run(
    db,
    `INSERT INTO server (endpoint, vo) VALUES (?, ?)
     ON CONFLICT (endpoint) DO UPDATE SET vo = excluded.vo WHERE server.vo <> excluded.vo`,
    endpoint,
    vo,
  );
