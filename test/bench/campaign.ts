/**
 * campaign: makes campaigns to measure on, as the programs themselves would have left them.
 *
 * Rows are written by the programs' own statements, all in one commit; lists have the programs' own text. Files are not
 * fsynced one by one: the benchmark syncs before each run.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatOrigin } from '../../dist/lists/origin.js';
import { lastStampOf } from '../../dist/lists/names.js';
import type { Transfer } from '../../dist/lists/transfer.js';
import { packArrived } from '../../dist/rules/arrived.js';
import { sentOf } from '../../dist/rules/sent.js';
import { sidFor } from '../../dist/rules/submission.js';
import { commit, openDatabase, type CampaignDatabase } from '../../dist/database/database.js';
import * as campaignRows from '../../dist/database/campaignRows.js';
import * as jobRows from '../../dist/database/jobRows.js';
import * as listRows from '../../dist/database/listRows.js';
import * as outcomeRows from '../../dist/database/outcomeRows.js';
import { jobIdOf } from './jobs.js';
import { BYTES_PER_LINE, lfn } from './lfns.js';
import { DESTINATION, LFNS_PER_LIST, SOURCE } from './storages.js';

export const LFN_LIST = 'TODO/ListOfLFNs/bench.list';
/** An hour ago: a list that is in one state for days is named, and the run ends with 3. */
const NOW = Date.now() - 3_600_000;

export interface Campaign {
  readonly base: string;
  readonly seed: number;
  readonly endpoint: string;
}

/** The settings and an empty spool, in place of whatever was there. */
export function makeCampaign(campaign: Campaign): void {
  const { base, endpoint } = campaign;
  rmSync(base, { recursive: true, force: true });
  for (const place of ['TODO/ListOfLFNs', 'DOING', 'DONE/Okay', 'DONE/Bad', 'DONE/Dirty'])
    mkdirSync(join(base, place), { recursive: true });
  const settings = [
    '[[route]]',
    'match = "*"',
    `source = "${SOURCE}"`,
    `destination = "${DESTINATION}"`,
    '[[fts.server]]',
    'name = "RAL"',
    `endpoint = "${endpoint}"`,
    '',
  ];
  writeFileSync(join(base, 'castor2echo.toml'), settings.join('\n'));
}

/** The campaign's database, made where there is none. */
export function withBooks<T>(base: string, act: (database: CampaignDatabase) => T): T {
  const database = openDatabase(base, []);
  try {
    return commit(database.db, () => act(database));
  } finally {
    database.db.close();
  }
}

/** The name of a list by its number, counted from 0: 9,999 a second, as the producer would name them. */
export function nameOf(number: number): string {
  const time = new Date(NOW + 1000 * Math.floor(number / 9999)).toISOString();
  const stamp = time.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `FTSList-${stamp}-${String((number % 9999) + 1).padStart(4, '0')}.txt`;
}

/** The text of a list: the lines of the LFN list that follow each other. */
export function textOf({ seed }: Campaign, uuid: string, number: number): string {
  const first = number * LFNS_PER_LIST;
  const from = {
    lfnList: LFN_LIST,
    firstByte: first * BYTES_PER_LINE,
    lastByte: (first + LFNS_PER_LIST) * BYTES_PER_LINE - 1,
  };
  const lines = transfersOf(seed, number).map(({ source, destination }) => `${source}  ${destination}`);
  return [...formatOrigin({ campaign: uuid, from }), ...lines, ''].join('\n');
}

const transfersOf = (seed: number, number: number): Transfer[] =>
  Array.from({ length: LFNS_PER_LIST }, (_, line) => {
    const name = lfn(seed, number * LFNS_PER_LIST + line);
    return { source: `${SOURCE}${name}`, destination: `${DESTINATION}${name}` };
  });

/** So many lists in a place, from the first on, with their rows. */
export function fill(campaign: Campaign, place: 'TODO' | 'DOING' | 'DONE/Okay', lists: number, withFiles = true): void {
  withBooks(campaign.base, (database) => {
    for (let number = 0; number < lists; number++) {
      const name = nameOf(number);
      if (place === 'TODO')
        listRows.waiting(database.db, { name, failures: 0, transfers: LFNS_PER_LIST, splitFrom: null, now: NOW });
      else submittedRow(campaign, database, number, place);
      if (withFiles) writeFileSync(join(campaign.base, place, name), textOf(campaign, database.campaign, number));
    }
    // A database that does not know of the lists would be taken for an old copy.
    const stamp = lastStampOf([nameOf(lists - 1)]);
    if (stamp !== null) campaignRows.setLastStamp(database.db, stamp);
  });
}

function submittedRow(
  { endpoint }: Campaign,
  database: CampaignDatabase,
  number: number,
  place: 'DOING' | 'DONE/Okay',
): void {
  const { db, campaign } = database;
  const [name, attempt] = [nameOf(number), 1];
  const jobId = jobIdOf(number);
  listRows.submitting(db, { name, attempt, failures: 0, transfers: LFNS_PER_LIST, now: NOW });
  jobRows.putJob(db, {
    list: name,
    attempt,
    jobId,
    server: 'RAL',
    endpoint,
    vo: 'lhcb',
    sid: sidFor(campaign, name, attempt),
    posts: 1,
    submittingAt: NOW,
    submittedAt: NOW,
  });
  const isDone = place !== 'DOING';
  listRows.setState(db, name, isDone ? 'SETTLED' : 'SUBMITTED', NOW);
  if (isDone) outcomeRows.putOkay(db, name, LFNS_PER_LIST);
  jobRows.setSeen(db, name, attempt, { state: isDone ? 'FINISHED' : 'ACTIVE', reason: '', now: NOW });
}

/** What was sent in so many lists, and what FTS reported of it. */
export function addRecords({ base, seed }: Campaign, lists: number): void {
  withBooks(base, ({ db }) => {
    for (let number = 0; number < lists; number++) addRecord(db, seed, number);
  });
}

function addRecord(db: CampaignDatabase['db'], seed: number, number: number): void {
  const transfers = transfersOf(seed, number);
  const [name, attempt] = [nameOf(number), 1];
  jobRows.setSent(db, name, attempt, sentOf(transfers));
  const files = transfers.map((transfer, index) => ({
    ...transfer,
    index,
    state: 'FINISHED',
    reason: '',
    size: 4_566_009_041 + index,
    finishedAt: new Date(NOW + 1000 * index),
  }));
  const arrived = packArrived(files, files.length);
  jobRows.setSeen(db, name, attempt, { state: 'FINISHED', reason: '', now: NOW, arrived });
}
