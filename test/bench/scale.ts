/**
 * scale: how the cost of a run grows when there is ten and a hundred times as much: of what the run itself has to do,
 * and of what the campaign has behind it.
 */
import { within, size, type Context, type Rows } from './context.js';
import type { Contest, Runner } from './contest.js';
import { fill, makeCampaign } from './campaign.js';
import { submitAll } from './consumerRow.js';
import { writeLfnList } from './lfns.js';
import { measured, program } from './measured.js';
import { lookAtAll, settleAll } from './monitorRows.js';
import { manyLists } from './producerMany.js';
import { oneList } from './producerOne.js';
import { Server } from './server.js';

const TIMES = [1, 10, 100] as const;

export async function scale(context: Context): Promise<Rows> {
  const submitted = await Server.start({ delayMs: 20, state: 'SUBMITTED', seed: context.seed });
  const active = await Server.start({ delayMs: 0, state: 'ACTIVE', seed: context.seed });
  const finished = await Server.start({ delayMs: 0, state: 'FINISHED', seed: context.seed });
  const grown = (what: string, least: number, runner: (name: string, count: number) => Runner): Contest[] =>
    TIMES.map((times) => {
      const count = least * times;
      const name = `scale-${what.replaceAll(/\W+/g, '-')}-${count}`;
      const label = `${count.toLocaleString('en')} ${what}`;
      return { name, what: label, rounds: 3, subject: runner(name, count), rival: null, judge: () => [] };
    });
  return {
    contests: [
      ...grown('lines in the LFN list, one list cut', size(context, 500_000, 50_000), (name, count) =>
        fromListOf(context, name, count),
      ),
      ...grown('lists cut', size(context, 100, 10), (name, count) => manyLists(context, name, count)),
      ...grown('lists submitted', size(context, 10, 2), (name, count) => submitAll(context, submitted, name, count)),
      ...grown('lists in DOING', size(context, 1000, 100), (name, count) => lookAtAll(context, active, name, count)),
      ...grown('lists finished', size(context, 100, 10), (name, count) => settleAll(context, finished, name, count)),
      ...grown('lists settled before, nothing to do', size(context, 5000, 500), (name, count) =>
        nothingAfter(context, name, count),
      ),
    ],
    release: async () => {
      for (const server of [submitted, active, finished]) await server.stop();
    },
  };
}

/** One list from the middle. The LFN list is written when its turn comes. */
function fromListOf(context: Context, name: string, lines: number): Runner {
  const lfnList = within(context, `${name}.list`);
  const runner = oneList(context, name, lfnList, lines / 2);
  let written = false;
  return {
    ...runner,
    prepare: () => {
      if (!written) writeLfnList(lfnList, context.seed, lines);
      written = true;
      return runner.prepare?.();
    },
  };
}

/** Nothing to do in a campaign that has done so much: only its database is large. */
function nothingAfter(context: Context, name: string, lists: number): Runner {
  const base = within(context, name);
  let filled = false;
  return {
    label: 'monitor',
    prepare: async () => {
      if (filled) return;
      const campaign = { base, seed: context.seed, endpoint: 'http://127.0.0.1:9' };
      makeCampaign(campaign);
      await measured(program('monitor', base));
      fill(campaign, 'DONE/Okay', lists, false);
      filled = true;
    },
    command: () => program('monitor', base),
  };
}
