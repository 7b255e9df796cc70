/**
 * removeDark: deletes what is dark on a storage, by a list of compareDumps; or, by a manifest, old copies of what has
 * arrived.
 *
 *     what may be deleted at all                    dark.ts, or sources.ts for old copies: every doubt ends it here
 *     what the storage says now, and the deletion   carryOut.ts
 *     what was deleted                              ledger.ts, beside the list: the same command goes on from it
 *
 * Under the lease of the campaign, so that no list moves while it deletes and what it was sure of stays so;
 * `--no-campaign` says that there is none. What is deleted is gone.
 */
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import { readTime } from '../dumps/times.js';
import { wholeNumber } from '../run/options.js';
import type { Program, Run, RunAlone } from '../run/program.js';
import { removeDark, type DarkOptions } from './dark.js';
import { removeSources } from './sources.js';

interface Options extends DarkOptions {
  readonly campaign: boolean;
  readonly sources?: string;
}

async function main(run: RunAlone, options: Options, [list]: readonly string[], campaign: Run | null): Promise<void> {
  const { sources } = options;
  if ((list === undefined) === (sources === undefined))
    throw new UsageError('Name what is to be deleted: a dark list, or a manifest with --sources');
  if (list !== undefined) await removeDark(run, campaign, list, options);
  if (sources !== undefined) await removeSources(run, campaign, sources, options);
}

const EXAMPLES = `
EXAMPLE
  removeDark compared-20180412/dark-prod.list \\
    --under gsiftp://gridftp.echo.stfc.ac.uk/lhcb:prod/ \\
    --catalogue catalogue-20180414.txt --catalogued-at 2018-04-14 \\
    --bases bases.txt --dry-run
`;

export const program: Program<Options> = {
  name: 'removeDark',
  description: 'Deletes what is dark on a storage, or old copies of what has arrived. What is deleted is gone.',
  options: (command: Command) =>
    command
      .argument('[list]', 'a dark list as compareDumps writes it')
      .requiredOption('--under <url>', "the URL of the list's base, with a slash at its end")
      .option('--sources <manifest>', 'delete the old copies of what has verifiably arrived, in place of a dark list')
      .option('--catalogue <file...>', 'a catalogue from after the dump: storage element;LFN')
      .option('--catalogued-at <time>', 'when it was made', readTime)
      .option('--bases <file>', 'where the files of each storage element lie: RAL-DST;prod (default: by the routes)')
      .option('--catalogue-columns <numbers>', 'where storage element, LFN, checksum and size stand', '1,2,3,4')
      .option('--separator <character>', 'what separates the columns, or tab, blank, comma (default: found out)')
      .option('--dumped-at <time>', 'when the dump was begun, where the list does not say it for certain', readTime)
      .option('--limit <n>', 'no longer a list', wholeNumber(1), 1000)
      .option('--force <why>', 'delete more than 2 % of what the dump has below the base')
      .option('--even-okay', 'delete also what the campaign has brought there')
      .option('--no-campaign', 'there is no campaign: look at no lists')
      .option('--parallel <n>', 'how many commands at a time', wholeNumber(1), 4)
      .option('--batch <n>', 'how many files each gfal-rm is given', wholeNumber(1), 20)
      .option('--per-minute <n>', 'delete no more a minute (default: as fast as it goes)', wholeNumber(1))
      .option('--timeout <seconds>', 'how long to wait for each command', wholeNumber(1), 180)
      .option('--yes', 'delete without asking, together with --expect')
      .option('--expect <n>', 'so many files are to be deleted, or none', wholeNumber(0))
      .addHelpText('after', EXAMPLES),
  alone: async (run, options, names) => {
    if (options.campaign) return false;
    await main(run, options, names, null);
    return true;
  },
  main: (run, options, names) => main(run, options, names, run),
};
