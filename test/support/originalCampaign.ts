/**
 * originalCampaign: what the original Python scripts (May 2018 to February 2019) leave in the directory of a campaign.
 *
 *     import * as original from '../support/originalCampaign.js';
 *
 * Each function does one thing that one of those scripts did, or left undone when it was killed; a test composes a
 * campaign of them, with the lists that `Campaign.put` writes, which have their form. Jobs are really submitted, as the
 * scripts did: without a sid, so that the server gives them random ids. A server that is started with `now` has taken
 * them whenever the test wants.
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import type { Campaign } from './campaign.js';

/** The name of a list of the original, by a number (0 to 59) that says how old it is; one prefix before the other: "uuD". */
export const originalName = (age: number, prefixes = ''): string =>
  `${prefixes}FTSList-05042018-1000${String(age).padStart(2, '0')}.txt`;

/** The columns of its table in three versions of ftsJob.py; the first stood in sqlite_example.db. */
const COLUMNS = {
  'two columns': ['file VARCHAR(250)', 'ftsid VARCHAR(250)'],
  'no server': [
    '"FTS file name" VARCHAR(250)',
    '"FTS job ID" VARCHAR(250)',
    '"FTS job status" VARCHAR(250)',
    '"Number of non-successful times" INTEGER',
  ],
  get server(): string[] {
    return [...this['no server'], '"FTS server" VARCHAR(250)'];
  },
};

export interface OriginalRow {
  readonly list: string;
  readonly jobId: string;
  /** As FTS spells it; "submitted" until the monitor has looked, "Unknow" after an error. */
  readonly status?: string;
  /** How often the monitor has looked. */
  readonly looks?: number;
  readonly server?: string;
}

const DATABASE = 'sqlite_c2e.db';

/** ftsJob.py: makes the table, as `create_all` of SQLAlchemy does where there is no database. */
export function makeTable(campaign: Campaign, version: keyof typeof COLUMNS = 'server', file = DATABASE): void {
  const columns = COLUMNS[version].map((column) => `${column} NOT NULL, `);
  const key = version === 'two columns' ? 'file' : '"FTS file name"';
  const sql = ['CREATE TABLE "FTSJobMap" (', ...columns.map((column) => `\t${column}`), `\tPRIMARY KEY (${key})`, ')'];
  inDatabase(campaign, file, (db) => db.exec(sql.join('\n')));
}

/** A row, in whatever columns the table has. The first version kept the id as fts-transfer-submit printed it. */
export function putRow(campaign: Campaign, row: OriginalRow, file = DATABASE): void {
  const { list, jobId, status = 'submitted', looks = 0, server = '' } = row;
  inDatabase(campaign, file, (db) => {
    const columns = columnsOf(db);
    const values = columns.length === 2 ? [list, `${jobId}\n`] : [list, jobId, status, looks, server];
    const places = columns.map(() => '?').join(', ');
    db.prepare(`INSERT OR REPLACE INTO "FTSJobMap" VALUES (${places})`).run(...values.slice(0, columns.length));
  });
}

/** Of a list that has a row the id alone is written: status and server stay those of its first job. */
function noteJob(campaign: Campaign, row: OriginalRow): void {
  let known = false;
  inDatabase(campaign, DATABASE, (db) => {
    const [list, id] = columnsOf(db);
    const update = db.prepare(`UPDATE "FTSJobMap" SET "${id}" = ? WHERE "${list}" = ?`);
    known = update.run(row.jobId, row.list).changes > 0;
  });
  if (!known) putRow(campaign, row);
}

const columnsOf = (db: Sqlite.Database): string[] =>
  (db.pragma('table_info("FTSJobMap")') as { name: string }[]).map(({ name }) => name);

function inDatabase(campaign: Campaign, file: string, act: (db: Sqlite.Database) => void): void {
  const db = new Sqlite(campaign.path(file));
  try {
    act(db);
  } finally {
    db.close();
  }
}

/** getNextFileSet.py: the first LFNs of an LFN list become a list in TODO, and `sed -i` takes them out of it. */
export function cut(campaign: Campaign, lfnList: string, name: string, count = 2): void {
  campaign.write(`TODO/ListOfLFNs/${lfnList}`, restAfterCut(campaign, lfnList, name, count));
}

/** The same, killed within `sed -i`: the list is in TODO, the LFN list has it still, and sed's new file lies beside it. */
export function cutAndDie(campaign: Campaign, lfnList: string, name: string, count = 2, sed = 'sedAbC123'): void {
  campaign.write(`TODO/ListOfLFNs/${sed}`, restAfterCut(campaign, lfnList, name, count));
}

function restAfterCut(campaign: Campaign, lfnList: string, name: string, count: number): string {
  const lines = campaign.read(`TODO/ListOfLFNs/${lfnList}`).split('\n');
  campaign.put('TODO', name, lines.slice(0, count));
  return lines.slice(count).join('\n');
}

export interface Submission {
  /** LFNs whose source gfal-stat did not find: not submitted, and written to DONE/badFileList.txt. */
  readonly missing?: readonly string[];
  /** Killed after the list was moved to DOING, or after the submission: then no row says it. */
  readonly killed?: 'before the submission' | 'before the row';
  /** Somebody else submits, of the same VO or another. */
  readonly dn?: string;
  readonly vo?: string;
}

/** checkAndSubmitJob.py: a list of TODO goes to DOING, to a server, and into the table. Returns the job's id. */
export async function submit(
  campaign: Campaign,
  server: RehearsalServer,
  name: string,
  submission: Submission = {},
): Promise<string> {
  const { missing = [], killed } = submission;
  campaign.move(`TODO/${name}`, `DOING/${name}`);
  if (killed === 'before the submission') return '';
  const lines = campaign.read(`DOING/${name}`).trimEnd().split('\n');
  const lost = missing.map((lfn) => campaign.line(lfn));
  appendToBadFileList(campaign, missing);
  const there = lines.filter((line) => !lost.includes(line));
  const jobId = await post(server, there, submission);
  if (killed !== 'before the row') noteJob(campaign, { list: name, jobId, server: server.url });
  return jobId;
}

/** Submits lines as fts3.rest.client.easy does it: `new_job` with what the script gave it, and its own nulls. */
async function post(server: RehearsalServer, lines: readonly string[], { dn, vo }: Submission): Promise<string> {
  const files = lines.map((line) => {
    const [source, destination] = line.split('  ');
    return { sources: [source], destinations: [destination] };
  });
  const given = { overwrite: true, verify_checksum: true, reuse: false, retry: 0 };
  const nulls = { bring_online: null, copy_pin_lifetime: null, job_metadata: null, priority: null, sid: null };
  const headers = new Headers({ 'content-type': 'application/json' });
  if (dn !== undefined) headers.set('x-rehearsal-dn', dn);
  if (vo !== undefined) headers.set('x-rehearsal-vo', vo);
  const answer = await fetch(`${server.url}/jobs`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ files, params: { ...given, ...nulls, id_generator: 'standard' } }),
  });
  assert.equal(answer.status, 200);
  return ((await answer.json()) as { job_id: string }).job_id;
}

/** monitorFTSStatus.py after a failure, a cancel, or a server's one 500: the list goes to TODO under one more `u`. Returns its name. */
export function retry(campaign: Campaign, name: string): string {
  campaign.move(`DOING/${name}`, `TODO/u${name}`);
  return `u${name}`;
}

/**
 * monitorFTSStatus.py after FINISHEDDIRTY: DONE/Okay has everything but what failed, so also what is missing; that
 * stands in an `M` list of DONE/Bad too, and what failed in a `D` list of TODO.
 */
export function split(
  campaign: Campaign,
  name: string,
  { failed = [], missing = [] }: { readonly failed?: readonly string[]; readonly missing?: readonly string[] },
): void {
  const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
  const lines = campaign.read(`DOING/${name}`).trimEnd().split('\n');
  const again = failed.map((lfn) => campaign.line(lfn));
  campaign.write(`DOING/${name}`, text(lines.filter((line) => !again.includes(line))));
  campaign.move(`DOING/${name}`, `DONE/Okay/${name}`);
  if (failed.length > 0) campaign.write(`TODO/D${name}`, text(again));
  if (missing.length > 0) campaign.write(`DONE/Bad/M${name}`, text(missing.map((lfn) => campaign.line(lfn))));
}

/** A list of DOING is parked, waits in DONE/Dirty to be split, or had no source that gfal-stat found. */
export function moveAway(
  campaign: Campaign,
  name: string,
  to: 'DOING/RALSpecific' | 'DONE/Dirty' | 'DONE/MissingInCastor',
): void {
  mkdirSync(campaign.path(to), { recursive: true });
  campaign.move(`DOING/${name}`, `${to}/${name}`);
}

/** gfal-stat did not find them; each submission of their list wrote them again. They need not stand in any list. */
export function appendToBadFileList(campaign: Campaign, lfns: readonly string[]): void {
  for (const lfn of lfns) appendFileSync(campaign.path('DONE/badFileList.txt'), `${campaign.line(lfn)}\n`);
}

/** The scripts, where the README of the original has them, and what they and a killed split leave. */
export function leaveFiles(campaign: Campaign, splitting: readonly string[] = []): void {
  const scripts = ['TODO/getNextFileSet.py', 'DOING/checkAndSubmitJob.py', 'DONE/monitorFTSStatus.py', 'ftsJob.py'];
  for (const script of scripts) writeFileSync(campaign.path(script), '#!/usr/bin/env python\n');
  campaign.write('DONE/status.log', 'Summary of Transfers\nACTIVE :  2\n');
  const lines = splitting.map((lfn) => `${campaign.line(lfn)}\n`);
  campaign.write('DONE/temp1.txt', lines.join(''));
  campaign.write('DONE/temp2.txt', lines.slice(1).join(''));
}
