/**
 * consumerRow: the consumer submits a thousand lists to a server that takes 20 ms for each; the rival makes the same
 * POSTs, four at once, and writes nothing down.
 */
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobRequest } from '../../dist/rules/submission.js';
import { fill, makeCampaign, nameOf, type Campaign } from './campaign.js';
import { size, within, type Context, type Rows } from './context.js';
import type { Measurements, Runner } from './contest.js';
import { figureAtMost, median, ratioAtLeast } from './figures.js';
import { lfn } from './lfns.js';
import { program, script } from './measured.js';
import { Server } from './server.js';
import { DESTINATION, LFNS_PER_LIST, SOURCE } from './storages.js';

const SERVICE_MS = 20;
const JOB = { overwrite: true, verify_checksum: true, retry: 0, priority: 3 };

export async function consumerRow(context: Context): Promise<Rows> {
  const lists = size(context, 1000, 200);
  const server = await Server.start({ delayMs: SERVICE_MS, state: 'SUBMITTED', seed: context.seed });
  return {
    contests: [
      {
        name: 'consumer',
        what: `${lists.toLocaleString('en')} lists of 20, a server that takes ${SERVICE_MS} ms`,
        rounds: 5,
        subject: submitAll(context, server, 'consumer', lists),
        rival: postLoop(context, server, lists),
        judge,
      },
    ],
    release: () => server.stop(),
  };
}

function judge(result: Measurements) {
  const { subject, rival } = result;
  const cpu = rival === null ? Number.NaN : median(subject, 'cpuSeconds') / median(rival, 'cpuSeconds');
  return [ratioAtLeast(result, 0.6), figureAtMost('CPU of the loop ×', cpu, 2.5)];
}

/** One run of the consumer over lists in TODO. */
export function submitAll(context: Context, server: Server, name: string, lists: number): Runner {
  const campaign: Campaign = { base: within(context, name), seed: context.seed, endpoint: server.url };
  const { base } = campaign;
  const kept = join(base, 'before.db');
  let filled = false;
  return {
    label: 'consumer',
    prepare: () => {
      if (!filled) {
        makeCampaign(campaign);
        fill(campaign, 'TODO', lists);
        copyFileSync(join(base, 'sqlite_c2e.db'), kept);
      } else {
        copyFileSync(kept, join(base, 'sqlite_c2e.db'));
        for (let number = 0; number < lists; number++)
          renameSync(join(base, 'DOING', nameOf(number)), join(base, 'TODO', nameOf(number)));
      }
      filled = true;
    },
    command: () => program('consumer', base, '--lists', String(lists)),
    finish: async () => ({ ...(await server.counts()) }),
  };
}

/** The bodies are made beforehand. */
function postLoop(context: Context, server: Server, lists: number): Runner {
  const file = within(context, 'posts.json');
  mkdirSync(context.directory, { recursive: true });
  const bodies = Array.from({ length: lists }, (_, number) => JSON.stringify(bodyOf(context.seed, number)));
  writeFileSync(file, bodies.join('\n'));
  return {
    label: 'POSTs, 4 at once',
    command: () => script('postLoop', server.url, file, '4'),
    finish: async () => ({ ...(await server.counts()) }),
  };
}

function bodyOf(seed: number, number: number): object {
  const transfers = Array.from({ length: LFNS_PER_LIST }, (_, line) => {
    const name = lfn(seed, number * LFNS_PER_LIST + line);
    return { source: SOURCE + name, destination: DESTINATION + name };
  });
  const campaign = '00000000-0000-4000-8000-000000000000';
  return jobRequest(transfers, JOB, { campaign, list: nameOf(number), attempt: 1 });
}
