/**
 * dark: what must be true before a file of a dark list is deleted, in this order.
 *
 *     the list is whole, and each of its lines names one file below --under      darkList, below
 *     it is not too long, its dump not too old, and it is no great part of it    here
 *     a catalogue newer than the dump does not have the file                     catalogue
 *     the campaign carries it not, and has not brought it there                  campaignFiles
 *     the storage has it as the dump had it                                      standing
 */
import { UsageError } from '../errors.js';
import type { Span } from '../dumps/refusals.js';
import { spanAt } from '../dumps/times.js';
import type { Run, RunAlone } from '../run/program.js';
import { count } from '../text/terminal.js';
import { agree, DAY_MS, HOUR_MS, named } from '../text/words.js';
import { Below } from './below.js';
import { namedFiles } from './campaignFiles.js';
import { carryOut, type RemovalOptions } from './carryOut.js';
import { stillDark } from './catalogue.js';
import { readDarkList, type DarkList } from './darkList.js';
import { RemovalLedger } from './ledger.js';
import { Refused } from './refused.js';
import { standingOf } from './standing.js';

export interface DarkOptions extends RemovalOptions {
  readonly under: string;
  readonly catalogue?: readonly string[];
  readonly cataloguedAt?: number;
  readonly catalogueColumns?: string;
  readonly separator?: string;
  readonly bases?: string;
  readonly dumpedAt?: number;
  readonly limit: number;
  readonly force?: string;
  readonly evenOkay?: boolean;
}

const OLDEST_DAYS = 7;
const MOST_PERCENT = 2;

export async function removeDark(
  run: RunAlone,
  campaign: Run | null,
  list: string,
  options: DarkOptions,
): Promise<void> {
  const { catalogue, cataloguedAt } = options;
  if (catalogue === undefined || cataloguedAt === undefined)
    throw new UsageError(
      "What is dark now only a catalogue tells: name one with --catalogue, and say when it was made with --catalogued-at; its file's time is that of a copy",
    );
  if (campaign === null && options.bases === undefined)
    throw new UsageError(
      'Without a campaign there are no routes: say where the files of each element lie with --bases',
    );
  const below = new Below(options.under);
  const dark = readDarkList(list, below);
  const dumped = dumpTime(run, list, dark, options);
  refuseMuch(run, list, dark, options);
  const leftOut = await whatStays(run, campaign, list, dark, dumped, options);
  const { timeout: timeoutSeconds } = options;
  const sizes = new Map(dark.files.map((file) => [file.url, file]));
  const look = async (url: string): ReturnType<typeof standingOf> =>
    standingOf(sizes.get(url) ?? { url, size: null }, dumped.earliest, { timeoutSeconds, env: run.env });
  const urls = dark.files.map(({ url }) => url);
  const ledger = new RemovalLedger(list, dark.bytes);
  await carryOut(run, campaign, { list, ledger, urls, look, ...leftOut }, options);
}

/** When the dump was begun. No --force: a file that was written since the dump may be somebody's only copy. */
function dumpTime(run: RunAlone, list: string, { head }: DarkList, { dumpedAt }: DarkOptions): Span {
  const said = head.dumped?.isGuess === false ? head.dumped : null;
  if (said !== null && dumpedAt !== undefined)
    throw new UsageError(`${list} says itself when its dump was made: leave out --dumped-at`);
  const dumped = said ?? (dumpedAt === undefined ? null : spanAt(dumpedAt));
  if (dumped === null)
    throw new Refused(
      `${list} does not say for certain when its dump was begun; say it with --dumped-at (compareDumps takes it too)`,
    );
  const age = run.now().getTime() - dumped.earliest;
  if (age > OLDEST_DAYS * DAY_MS)
    throw new Refused(
      `the dump of ${list} is ${Math.floor(age / DAY_MS)} days old, ${OLDEST_DAYS} are allowed; compare a newer one`,
    );
  if (dumped.latest > run.now().getTime() + HOUR_MS)
    throw new Refused(`the dump of ${list} is of the future; look at the clocks, or at --dumped-at`);
  return dumped;
}

function refuseMuch(run: RunAlone, list: string, { head, files }: DarkList, { limit, force }: DarkOptions): void {
  if (head.forced !== null) run.summary.warn(`${list} was written with --force ${head.forced}`);
  if (files.length > limit)
    throw new Refused(
      `${list} names ${count(files.length)} ${agree(files.length, 'file', 'files')}, such as ${files[0]?.url ?? ''}, ${count(limit)} are allowed; if that is right, say --limit ${files.length}`,
    );
  const why =
    head.files === null
      ? `${list} does not say how many files its dump has`
      : files.length * 100 > MOST_PERCENT * head.files
        ? `${list} names ${count(files.length)} of the ${count(head.files)} ${agree(head.files, 'file', 'files')} that its dump has there, ${MOST_PERCENT} % are allowed`
        : null;
  if (why === null) return;
  if (force === undefined)
    throw new Refused(`${why}; that is a mistake more often than not; --force WHY does it all the same`);
  run.summary.warn(`${why}; done all the same ("${force}")`);
}

async function whatStays(
  run: RunAlone,
  campaign: Run | null,
  list: string,
  dark: DarkList,
  dumped: Span,
  options: DarkOptions,
): Promise<{ leftOut: Map<string, string>; remarks: string[] }> {
  const leftOut = new Map<string, string>();
  const { catalogue: files = [], cataloguedAt = 0, separator, catalogueColumns: columns, bases = null } = options;
  const layout = { separator, columns };
  const still = await stillDark(run, list, dark, dumped, { files, cataloguedAt, layout, bases }, campaign);
  for (const { url, path } of dark.files)
    if (!still.has(path)) leftOut.set(url, 'the catalogue has it now, or the campaign carries it');
  if (campaign === null) return { leftOut, remarks: ['No list of a campaign was looked at (--no-campaign).'] };
  const { carried, okay, bad, unreadable } = await namedFiles(campaign, dark.files, 'destination');
  if (unreadable.length > 0)
    throw new Refused(
      `lists or LFN lists of the campaign cannot be read, and may name these files: ${named(unreadable, 5)}; mend them`,
    );
  if (options.evenOkay !== true)
    for (const [url, where] of okay)
      leftOut.set(url, `the campaign has brought it there (${where}): --even-okay, if it is to go all the same`);
  for (const [url, where] of carried) leftOut.set(url, `FTS has it, or will (${where})`);
  const inBad = [...bad.keys()].filter((url) => !leftOut.has(url)).length;
  return { leftOut, remarks: inBad === 0 ? [] : [`${count(inBad)} of them are named by lists in DONE/Bad.`] };
}
