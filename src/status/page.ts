/**
 * report: writes the campaign as one HTML page, to be put on a web space.
 *
 * The page needs nothing but itself. Apart from that file nothing is written, and no lease is taken, so that anybody
 * may make one at any time; `monitor --report FILE` makes the same one after each run. Servers that do not answer are
 * said in the page, and do not keep it from being written.
 */
import type { Command } from 'commander';
import { gatherQuietly } from './campaignStatus.js';
import { writePage } from './htmlFile.js';
import type { Program, Run } from '../run/program.js';

interface Options {
  readonly dryRun?: boolean;
}

async function report(run: Run, { dryRun }: Options, [file = '']: readonly string[]): Promise<void> {
  if (dryRun === true) return run.summary.show(`would write ${file}`);
  writePage(run, file, await gatherQuietly(run));
  run.summary.show(`wrote ${file}`);
}

export const program: Program<Options> = {
  name: 'report',
  description: 'Writes the campaign as one HTML page that needs nothing but itself.',
  database: 'read',
  options: (command: Command) => command.argument('<file>', 'where to write it, such as index.html on a web space'),
  main: report,
};
