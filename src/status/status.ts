/**
 * status: says what the campaign is doing: transfers by where they stand, servers, failures, and when it will be done.
 *
 *     count the lines of the LFN lists, and the transfers of the spool, by place
 *     read from the database what the runs have noted: failures, tape, storages, credentials
 *     ask each server whether it is there
 *     show it: as text (`statusText`), JSON, page (`htmlPage`) or metrics (`metrics`)
 *
 * It takes no lease and writes nothing, so that anybody may look at any time. With `--watch` it looks again every few
 * seconds until it is interrupted.
 */
import type { Command } from 'commander';
import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { statusPage } from './statusText.js';
import { countSpool, gather, type Gathered } from './campaignStatus.js';
import { inputsToShow } from '../lfnLists/lfnLists.js';
import { LineCount } from '../lfnLists/lineCount.js';
import { painter } from '../text/paint.js';
import type { Program, Run } from '../run/program.js';
import { EXIT } from '../errors.js';
import { transitions } from '../database/transitionRows.js';

interface Options {
  readonly watch?: boolean;
  readonly json?: boolean;
}

const SECONDS = 5;
/** Clears the terminal and goes to its first line. */
const CLEAR = '\x1b[H\x1b[2J\x1b[3J';

async function status(run: Run, options: Options): Promise<void> {
  const lfnLists = await inputsToShow(run);
  const count = new LineCount(options.watch === true);
  const paint = painter(process.stdout.isTTY, run.env);
  const page = ({ report, facts }: Gathered): string => statusPage(report, facts, paint);
  let seen = await gather(run, lfnLists, count);
  if (options.watch === true && options.json !== true && process.stdout.isTTY) {
    while (run.mustStop() === null) {
      const time = run.now().toISOString().slice(0, 19);
      run.stdout(`${CLEAR}${onScreen(page(seen))}\n\n${time}Z, Ctrl-C ends`);
      await sleep(run);
      if (run.mustStop() === null) seen = await gather(run, lfnLists, count);
    }
    run.stdout(CLEAR);
  }
  run.summary.show(page(seen), seen.report);
  for (const { list, aside } of transitions(run.db))
    if (aside !== null)
      run.summary.warn(`A change of list "${list}" was set aside: ${aside}; the next run says what to do`);
  if (seen.report.servers.every((server) => !server.reachable)) run.trouble(EXIT.noServer, 'No FTS server is usable');
}

/** What fits above the two lines with the time: else the terminal would scroll, and the progress would be out of sight. */
function onScreen(page: string): string {
  const { columns, rows } = process.stdout;
  const lines = page.split('\n');
  let [shown, left] = [0, rows - 3];
  for (const line of lines) {
    left -= Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns));
    if (left < 0) return [...lines.slice(0, shown), `… ${lines.length - shown} more lines`].join('\n');
    shown += 1;
  }
  return page;
}

/** Until the next look, or until the run is asked to stop. */
async function sleep(run: Run): Promise<void> {
  for (let tenths = 0; tenths < SECONDS * 10 && run.mustStop() === null; tenths += 1) await pause(100);
}

export const program: Program<Options> = {
  name: 'status',
  description: 'Says what the campaign is doing. It writes nothing.',
  database: 'read',
  options: (command: Command) =>
    command.option('--watch', `on a terminal, look again every ${SECONDS} seconds until interrupted`),
  withoutDatabase: (run) => {
    const { page, known } = countSpool(run);
    run.summary.show(page);
    for (const [key, value] of Object.entries(known)) run.summary.add(key, value);
  },
  main: status,
};
