/**
 * doneRows: what reads a whole campaign at its end: `status`, `audit` and `manifest` over ten million transfers in half
 * a million lists.
 *
 * `status` is measured the first time, when the database was written by others and is read from end to end, and again
 * after a monitor that had nothing to do, as cron leaves it. A program that is not built is left out.
 */
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cursorAt } from '../../dist/lfnLists/cursor.js';
import * as lfnListRows from '../../dist/database/lfnListRows.js';
import { addRecords, fill, LFN_LIST, makeCampaign, withBooks, type Campaign } from './campaign.js';
import { size, within, type Context, type Rows } from './context.js';
import type { Check, Contest, Measurements } from './contest.js';
import { atMost } from './figures.js';
import { BYTES_PER_LINE, writeLfnList } from './lfns.js';
import { measured, program } from './measured.js';
import { Server } from './server.js';
import { LFNS_PER_LIST } from './storages.js';

interface Reader {
  readonly name: string;
  readonly program: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly bytes: number;
  /** It makes this file. */
  readonly out?: string;
  readonly options?: readonly string[];
}

const READERS: readonly Reader[] = [
  { name: 'status-first', program: 'status', rounds: 1, seconds: 5, bytes: 150e6 },
  { name: 'status-again', program: 'status', rounds: 5, seconds: 1, bytes: 150e6 },
  { name: 'audit', program: 'misc/audit', rounds: 2, seconds: 60, bytes: 300e6 },
  { name: 'manifest', program: 'misc/manifest', rounds: 1, seconds: 90, bytes: 300e6, out: 'manifest.tsv' },
  {
    name: 'manifest-sorted',
    program: 'misc/manifest',
    rounds: 1,
    seconds: 90,
    bytes: 300e6,
    out: 'manifest.tsv',
    options: ['--sorted'],
  },
];

export async function doneRows(context: Context): Promise<Rows> {
  const readers = READERS.filter(({ program: name }) => existsSync(new URL(`../../dist/${name}.js`, import.meta.url)));
  if (readers.length === 0) return { contests: [] };
  const lists = size(context, 500_000, 25_000);
  const base = within(context, 'done');
  const server = await Server.start({ delayMs: 0, state: 'FINISHED', seed: context.seed });
  const campaign: Campaign = { base, seed: context.seed, endpoint: server.url };
  makeCampaign(campaign);
  // The programs make a new campaign what it is, `.campaign` included, before there are lists in it.
  await measured(program('monitor', base));
  fill(campaign, 'DONE/Okay', lists);
  addLfnList(campaign, lists * LFNS_PER_LIST);
  let hasRecords = false;
  const records = (): void => {
    if (!hasRecords) addRecords(campaign, lists);
    hasRecords = true;
  };
  return {
    contests: readers.map((reader) => contestOf(context, base, lists, reader, records)),
    release: () => server.stop(),
  };
}

/** Cut to its end. */
function addLfnList({ base, seed }: Campaign, lines: number): void {
  const path = join(base, LFN_LIST);
  writeLfnList(path, seed, lines);
  const file = openSync(path, 'r');
  const cursor = cursorAt(file, lines * BYTES_PER_LINE, lines);
  closeSync(file);
  withBooks(base, ({ db }) =>
    lfnListRows.putLfnList(db, { name: LFN_LIST, ...cursor, transfers: lines, duplicates: 0, badLines: 0 }),
  );
}

/** `records`: has what a manifest is made of written into the database, once. */
function contestOf(context: Context, base: string, lists: number, reader: Reader, records: () => void): Contest {
  const out = reader.out === undefined ? [] : ['--out', within(context, reader.out)];
  const judge = ({ subject }: Measurements): Check[] => [
    atMost(subject, 'wallSeconds', reader.seconds, !context.quick),
    atMost(subject, 'peakBytes', reader.bytes, !context.quick),
  ];
  return {
    name: reader.name,
    what: `${reader.name.replace('-', ', ')}: ${lists.toLocaleString('en')} lists of ${LFNS_PER_LIST} in DONE`,
    rounds: reader.rounds,
    subject: {
      label: reader.program,
      prepare: async () => {
        if (reader.name !== 'status-first') await measured(program('monitor', base));
        if (reader.out === undefined) return;
        rmSync(within(context, reader.out), { force: true });
        records();
      },
      command: () => program(reader.program, base, ...out, ...(reader.options ?? [])),
    },
    rival: null,
    judge,
  };
}
