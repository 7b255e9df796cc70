/**
 * program: the consumer as its command starts it. Where nothing is in TODO nothing is loaded of what submits lists,
 * which is a third of the modules.
 */
import type { Command } from 'commander';
import { tellForecast } from '../forecast/forecast.js';
import { wholeNumber } from '../run/options.js';
import type { Program, Run } from '../run/program.js';
import { renewCredentials } from '../servers/renewal.js';
import { openServers } from '../servers/servers.js';
import type * as Consumer from './consumer.js';

interface Options {
  readonly lists?: number;
}

async function main(run: Run, options: Options): Promise<void> {
  const { lists, strange } = run.spool.listing('TODO');
  if (strange.length > 0) run.summary.note(`left alone, no lists: ${strange.join(', ')}`);
  await renewCredentials(run, lists.length > 0);
  const servers = openServers(run);
  try {
    if (lists.length > 0) {
      const { consume } = require('./consumer.js') as typeof Consumer;
      await consume(run, servers, lists, options.lists ?? run.settings.consumer.lists_per_run);
    }
    await tellForecast(run, servers);
  } finally {
    await servers.close();
  }
}

export const consumer: Program<Options> = {
  name: 'consumer',
  description: 'Submits lists from TODO as FTS jobs and moves them to DOING.',
  options: (command: Command) =>
    command.option(
      '--lists <n>',
      'how many lists FTS is to accept in this run (default: consumer.lists_per_run)',
      wholeNumber(1),
    ),
  main,
};
