/**
 * queue: what is still to be done, counted in the campaign, and when that will be.
 */
import * as listRows from '../database/listRows.js';
import { inputsToShow, type LfnListInput } from '../lfnLists/lfnLists.js';
import { LineCount } from '../lfnLists/lineCount.js';
import type { Queue } from '../rules/forecast.js';
import { scanList, type Pair } from '../lists/scanList.js';
import { titleOf } from '../settings/route.js';
import { hasFilesOf, isHeld } from '../settings/storage.js';
import { countRoutes } from '../spool/listRoutes.js';
import { Summary } from '../run/summary.js';
import type { Run } from '../run/program.js';
import { lately, leftToCut, queueFrom } from './reckoning.js';

/** How much of each LFN list is read: enough for an estimate, and nothing for a disk. */
const MOST_BYTES = 1024 * 1024;

type Campaign = Pick<Run, 'base' | 'settings' | 'spool' | 'db' | 'now'>;

/** `inRun`: see reckoning.ts. */
export async function queueOf(campaign: Campaign, inRun: boolean): Promise<Queue> {
  const { db, spool, settings } = campaign;
  const toCut = leftToCut(campaign, await lfnListsOf(campaign), new LineCount(false), MOST_BYTES);
  const { lists, transfers, oldest } = listRows.openSum(db);
  // Lists that a person has put there: no run has counted their lines yet.
  const unknown = [...listRows.whereaboutsOf(db, spool.listing('TODO').lists)].filter(([state]) => state === null);
  const inEach = lists > 0 ? transfers / lists : settings.producer.lfns_per_list;
  const open = {
    toCut,
    oldest,
    lists: lists + unknown.length,
    transfers: transfers + Math.round(unknown.length * inEach),
  };
  return queueFrom(campaign, open, lately(campaign, toCut), inRun);
}

/** The routes, as messages call them, of which something is still to be submitted. */
export async function routesToSend(campaign: Campaign): Promise<ReadonlySet<string>> {
  const count = new LineCount(false);
  const toCut = (await lfnListsOf(campaign)).filter((input) => leftToCut(campaign, [input], count, MOST_BYTES) > 0);
  const inTodo = [...countRoutes(campaign.spool, 'TODO').keys()].map((name) => `"${name}"`);
  return new Set([...toCut.map(({ route }) => titleOf(route)), ...inTodo]);
}

/** Does a person hold a storage of each list in TODO, and of each route by which something is still to be cut? */
export async function isAllHeld(campaign: Campaign): Promise<boolean> {
  const { settings, spool, now } = campaign;
  const held = settings.storage.filter((storage) => isHeld(storage, now()));
  const waits = (transfers: readonly Pair[]): boolean => held.some((storage) => hasFilesOf(storage, transfers));
  if (held.length === 0) return false;
  const count = new LineCount(false);
  for (const input of await lfnListsOf(campaign))
    if (!waits([input.route]) && leftToCut(campaign, [input], count, MOST_BYTES) > 0) return false;
  return spool.listing('TODO').lists.every((name) => {
    const read = spool.read('TODO', name);
    return 'bytes' in read && waits(scanList(read.bytes).transfers);
  });
}

/** What is wrong with the LFN lists is for the producer and `status` to say. */
const lfnListsOf = (campaign: Campaign): Promise<LfnListInput[]> =>
  inputsToShow({ ...campaign, summary: new Summary('forecast', true) });
