/**
 * producerOne: the producer cuts one list from an LFN list of 50 million lines, at its start, in its middle, at its
 * end.
 *
 * The rival is what the original program did for every list: `head`, then `sed -i` to take the lines away.
 */
import { closeSync, linkSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cursorAt } from '../../dist/lfnLists/cursor.js';
import * as lfnListRows from '../../dist/database/lfnListRows.js';
import { LFN_LIST, makeCampaign, withBooks } from './campaign.js';
import { size, within, type Context, type Rows } from './context.js';
import type { Check, Contest, Measurements, Runner } from './contest.js';
import { atMost, median, ratioAtLeast } from './figures.js';
import { BYTES_PER_LINE, writeLfnList } from './lfns.js';
import { program } from './measured.js';
import { LFNS_PER_LIST } from './storages.js';

const NO_SERVER = 'http://127.0.0.1:9';

export function producerOne(context: Context): Rows {
  const lines = size(context, 50_000_000, 5_000_000);
  const lfnList = within(context, 'large.list');
  writeLfnList(lfnList, context.seed, lines);
  const at = (position: string, line: number): Runner => ({
    ...oneList(context, `producer-one-${position}`, lfnList, line),
    label: `producer, at the ${position}`,
  });
  const contest: Contest = {
    name: 'producer-one',
    what: `one list of 20 from an LFN list of ${lines / 1e6} million lines`,
    rounds: size(context, 7, 3),
    subject: at('end', lines - LFNS_PER_LIST),
    alongside: [at('start', 0), at('middle', lines / 2)],
    rival: headAndSed(within(context, 'head-and-sed'), lfnList),
    judge: (result) => judge(context, result),
  };
  return { contests: [contest] };
}

/** One run of the producer that finds the cursor at that line. */
export function oneList(context: Context, name: string, lfnList: string, line: number): Runner {
  const base = within(context, name);
  return {
    label: 'producer',
    prepare: () => {
      makeCampaign({ base, seed: context.seed, endpoint: NO_SERVER });
      linkSync(lfnList, join(base, LFN_LIST));
      if (line > 0) setCursor(base, line);
    },
    command: () => program('producer', base),
    finish: () => rmSync(base, { recursive: true }),
  };
}

function setCursor(base: string, line: number): void {
  const file = openSync(join(base, LFN_LIST), 'r');
  const cursor = cursorAt(file, line * BYTES_PER_LINE, line);
  closeSync(file);
  withBooks(base, ({ db }) =>
    lfnListRows.putLfnList(db, { name: LFN_LIST, ...cursor, transfers: line, duplicates: 0, badLines: 0 }),
  );
}

function headAndSed(directory: string, lfnList: string): Runner {
  return {
    label: 'head + sed -i',
    prepare: () => {
      mkdirSync(directory, { recursive: true });
      linkSync(lfnList, join(directory, 'input'));
    },
    command: () => ({
      argv: ['sh', '-c', `head -n ${LFNS_PER_LIST} input > list && sed -i 1,${LFNS_PER_LIST}d input`],
      cwd: directory,
    }),
    finish: () => rmSync(directory, { recursive: true }),
  };
}

function judge(context: Context, result: Measurements): Check[] {
  const end = median(result.subject, 'wallSeconds');
  const elsewhere = result.alongside.map((runs) => median(runs, 'wallSeconds') / end);
  return [
    atMost(result.subject, 'wallSeconds', 0.4),
    atMost(result.subject, 'peakBytes', 120e6),
    ratioAtLeast(result, 25, !context.quick),
    {
      target: 'start and middle like the end, ± 20 %',
      value: elsewhere.map((times) => `× ${times.toFixed(2)}`).join(', '),
      met: elsewhere.every((times) => Math.abs(times - 1) <= 0.2),
    },
  ];
}
