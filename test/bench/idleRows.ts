/** idleRows: each program with nothing to do: cron starts them every two hours, and mostly they wait for FTS. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LFN_LIST, makeCampaign } from './campaign.js';
import { within, type Context, type Rows } from './context.js';
import type { Contest } from './contest.js';
import { atMost } from './figures.js';
import { measured, program } from './measured.js';

const PROGRAMS = ['producer', 'consumer', 'monitor', 'status'];

export async function idleRows(context: Context): Promise<Rows> {
  const base = within(context, 'idle');
  makeCampaign({ base, seed: context.seed, endpoint: 'http://127.0.0.1:9' });
  writeFileSync(join(base, LFN_LIST), '# nothing is left to be cut\n');
  // The first run makes the database.
  await measured(program('producer', base));
  return { contests: PROGRAMS.filter(isBuilt).map((name) => idle(base, name)) };
}

const isBuilt = (name: string): boolean => existsSync(new URL(`../../dist/${name}.js`, import.meta.url));

function idle(base: string, name: string): Contest {
  return {
    name: `idle-${name}`,
    what: `${name} with nothing to do`,
    rounds: 10,
    subject: { label: name, command: () => program(name, base) },
    rival: { label: 'node, nothing', command: () => ({ argv: ['node', '--eval', '0'] }) },
    judge: ({ subject }) => [atMost(subject, 'wallSeconds', 0.3), atMost(subject, 'peakBytes', 80e6)],
  };
}
