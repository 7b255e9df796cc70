/**
 * monitorRows: the monitor over a hundred thousand lists whose jobs go on, and over ten thousand that have all
 * finished.
 *
 * The server answers at once. The rival of the second asks for the same jobs, parses the same JSON and renames the same
 * files, as many before each fsync of the directories.
 */
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LISTS_PER_COMMIT } from '../../dist/monitor/settle.js';
import { fill, makeCampaign, nameOf, textOf, type Campaign } from './campaign.js';
import { size, within, type Context, type Rows } from './context.js';
import type { Contest, Measurements, Runner } from './contest.js';
import { atMost, figureAtMost, ratioAtLeast } from './figures.js';
import { program, script } from './measured.js';
import { Server } from './server.js';

const JOBS_PER_REQUEST = 100;

export async function monitorOpen(context: Context): Promise<Rows> {
  const lists = size(context, 100_000, 20_000);
  const server = await Server.start({ delayMs: 0, state: 'ACTIVE', seed: context.seed });
  const contest: Contest = {
    name: 'monitor-open',
    what: `${lists.toLocaleString('en')} lists in DOING, nothing changed`,
    rounds: 3,
    subject: lookAtAll(context, server, 'monitor-open', lists),
    rival: null,
    judge: (result) => [
      atMost(result.subject, 'wallSeconds', 60, !context.quick),
      atMost(result.subject, 'peakBytes', 250e6, !context.quick),
      ...requestsOf(result, lists, 0),
    ],
  };
  return { contests: [contest], release: () => server.stop() };
}

export async function monitorFinished(context: Context): Promise<Rows> {
  const lists = size(context, 10_000, 2000);
  const server = await Server.start({ delayMs: 0, state: 'FINISHED', seed: context.seed });
  const contest: Contest = {
    name: 'monitor-finished',
    what: `${lists.toLocaleString('en')} lists that have all finished`,
    rounds: 5,
    subject: settleAll(context, server, 'monitor-finished', lists),
    rival: settleLoop(context, server, lists),
    judge: (result) => [ratioAtLeast(result, 0.5), ...requestsOf(result, lists, lists)],
  };
  return { contests: [contest], release: () => server.stop() };
}

function requestsOf({ subject }: Measurements, lists: number, final: number) {
  const { looks = Number.NaN, looksWithFiles = Number.NaN } = subject.further;
  return [
    figureAtMost('requests', looks, lists / JOBS_PER_REQUEST),
    figureAtMost('requests with files', looksWithFiles, final / JOBS_PER_REQUEST),
  ];
}

/** A run that finds every job as it was. It changes nothing, so the campaign is made once. */
export function lookAtAll(context: Context, server: Server, name: string, lists: number): Runner {
  const campaign: Campaign = { base: within(context, name), seed: context.seed, endpoint: server.url };
  let filled = false;
  return {
    label: 'monitor',
    prepare: () => {
      if (filled) return;
      makeCampaign(campaign);
      fill(campaign, 'DOING', lists);
      filled = true;
    },
    command: () => program('monitor', campaign.base),
    finish: async () => ({ ...(await server.counts()) }),
  };
}

/** A run that moves every list to DONE/Okay. Before the next one they and the database are put back. */
export function settleAll(context: Context, server: Server, name: string, lists: number): Runner {
  const { base, ...rest } = { base: within(context, name), seed: context.seed, endpoint: server.url };
  const kept = join(base, 'before.db');
  let filled = false;
  return {
    label: 'monitor',
    prepare: () => {
      if (!filled) {
        makeCampaign({ base, ...rest });
        fill({ base, ...rest }, 'DOING', lists);
        copyFileSync(join(base, 'sqlite_c2e.db'), kept);
      } else {
        copyFileSync(kept, join(base, 'sqlite_c2e.db'));
        for (let number = 0; number < lists; number++)
          renameSync(join(base, 'DONE/Okay', nameOf(number)), join(base, 'DOING', nameOf(number)));
      }
      filled = true;
    },
    command: () => program('monitor', base),
    finish: async () => ({ ...(await server.counts()) }),
  };
}

/** The files go there and, the next time, back. */
function settleLoop(context: Context, server: Server, lists: number): Runner {
  const directory = within(context, 'settle-loop');
  let [from, to] = [join(directory, 'A'), join(directory, 'B')];
  mkdirSync(from, { recursive: true });
  mkdirSync(to, { recursive: true });
  for (let number = 0; number < lists; number++)
    writeFileSync(join(from, nameOf(number)), textOf({ base: '', endpoint: '', seed: context.seed }, '', number));
  return {
    label: 'GET, parse, rename, fsync',
    command: () => script('settleLoop', server.url, from, to, String(LISTS_PER_COMMIT)),
    finish: async () => {
      [from, to] = [to, from];
      return { ...(await server.counts()) };
    },
  };
}
