/** idleRows: each program with nothing to do: cron starts them every two hours, and mostly they wait for FTS. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fill, LFN_LIST, makeCampaign } from './campaign.js';
import { within, type Context, type Rows } from './context.js';
import type { Contest } from './contest.js';
import { atMost } from './figures.js';
import { measured, program } from './measured.js';
import { Server } from './server.js';

/** A campaign at its end: its database has some 24 MB. */
const LISTS_BEFORE = 50_000;
const PROGRAMS = ['producer', 'consumer', 'monitor', 'status'];

export async function idleRows(context: Context): Promise<Rows> {
  const base = within(context, 'idle');
  // Only `status` asks it anything.
  const server = await Server.start({ delayMs: 0, state: 'FINISHED', seed: context.seed });
  makeCampaign({ base, seed: context.seed, endpoint: server.url });
  writeFileSync(join(base, LFN_LIST), '# nothing is left to be cut\n');
  // The first run makes the database.
  await measured(program('producer', base));
  const late = { base: within(context, 'late'), seed: context.seed, endpoint: server.url };
  makeCampaign(late);
  await measured(program('monitor', late.base));
  fill(late, 'DONE/Okay', LISTS_BEFORE, false);
  await measured(program('monitor', late.base));
  return {
    contests: [
      ...PROGRAMS.filter(isBuilt).map((name) => idle(base, name)),
      {
        ...idle(late.base, 'monitor'),
        name: 'idle-late',
        what: `monitor with nothing to do, after ${LISTS_BEFORE.toLocaleString('en')} lists`,
      },
    ],
    release: () => server.stop(),
  };
}

const isBuilt = (name: string): boolean => existsSync(new URL(`../../dist/${name}.js`, import.meta.url));

function idle(base: string, name: string): Contest {
  return {
    name: `idle-${name}`,
    what: `${name} with nothing to do`,
    rounds: 10,
    subject: { label: name, command: () => program(name, base) },
    rival: { label: 'node, nothing', command: () => ({ argv: ['node', '--eval', '0'] }) },
    judge: ({ subject }) => [atMost(subject, 'wallSeconds', 0.2), atMost(subject, 'peakBytes', 80e6)],
  };
}
