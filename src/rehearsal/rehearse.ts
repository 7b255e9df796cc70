#!/usr/bin/env node
/**
 * rehearse: a whole campaign with the real programs, against two FTS3 servers that live in this process and copy
 * nothing.
 *
 *     npm run rehearse -- [--lfns N] [--seed S] [--fts-version V] [--calm] [--proof] [--stop-after ROUNDS] [--base DIR] [--keep]
 *     npm run rehearse -- --storages [--lfns N] [--seed S] [--base DIR] [--keep]
 *
 * Transfers fail, answers get lost, programs are killed and a server goes down, always the same for the same seed. It
 * ends with 0 only if every LFN is accounted for, nothing was carried out twice, and DONE/Bad holds what it must.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import path from 'node:path';
import { plural } from '../text/words.js';
import { painter } from '../text/paint.js';
import { wrapped, type Paint } from '../text/terminal.js';
import { EXIT, Trouble, UsageError, endWith } from '../errors.js';
import { outputLost, print, printError } from '../output.js';
import { makeDirectory, markPassed, removePassed } from './campaign/directory.js';
import { LiveLine } from './campaign/liveLine.js';
import type { CampaignProgress } from './campaign/driver.js';
import { Rehearsal } from './campaign/rehearsal.js';
import { StoragesRehearsal } from './campaign/storages/rehearsal.js';
import { storagesTable, violationsOf } from './campaign/storages/table.js';
import { table } from './campaign/table.js';
import { FTS_VERSIONS, type FtsVersion } from './server/protocol/versions.js';

interface Options {
  readonly lfns?: number;
  readonly seed: number;
  readonly ftsVersion: FtsVersion;
  readonly calm?: boolean;
  readonly proof?: boolean;
  readonly storages?: boolean;
  readonly keep?: boolean;
  readonly stopAfter?: number;
  readonly base?: string;
}

const MOST_LFNS = 100_000;
const [LFNS, LFNS_OF_STORAGES] = [1000, 500] as const;
const [LEAST_OF_STORAGES, MOST_OF_STORAGES] = [200, 10_000] as const;
const MOST_ROUNDS = 80;
/** What shells give a program that ended by SIGINT. */
const INTERRUPTED = 130;

const EXIT_STATUS = `
The directory is kept, so that you can look around in it. The next rehearsal
that goes well removes those before it that went well too, unless it is told to
--keep them. The directory of one that failed or was interrupted is yours to
remove, and so is one that you named with --base.

EXIT STATUS
  0    every LFN is accounted for, and no transfer was carried out twice; or it
       was stopped half-way, as was wished
  1    a bug of the rehearsal (its stack is printed)
  2    wrong option, or the directory is not empty
  3    a guarantee was broken; each violation is named
  4    the directory cannot be used
  130  interrupted
`;

function parse(): Options {
  return new Command('rehearse')
    .description('Rehearses a campaign with the real programs, against two FTS3 servers on loopback that copy nothing.')
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: printError })
    .allowExcessArguments(false)
    .option(
      '--lfns <n>',
      `how many LFNs, at most ${MOST_LFNS} (default: 1000); of --storages ${LEAST_OF_STORAGES} to ${MOST_OF_STORAGES} (default: 500)`,
      wholeNumber(1, MOST_LFNS),
    )
    .option('--seed <n>', 'the same seed: the same faults', wholeNumber(0, 2 ** 32), 1)
    .addOption(new Option('--fts-version <v>', 'the version of the servers').choices([...FTS_VERSIONS]).default('3.13'))
    .option('--calm', 'nothing goes wrong')
    .option('--proof', 'prove at the end, by dumps of the storage, that everything has arrived')
    .addOption(
      new Option(
        '--storages',
        'another rehearsal: a tape source, tokens, a half-filled destination, a storage that breaks and comes back',
      ).conflicts(['calm', 'proof', 'stopAfter', 'ftsVersion']),
    )
    .option(
      '--stop-after <rounds>',
      'stop half-way; the servers go on until Ctrl-C, so that you can look around',
      wholeNumber(1, MOST_ROUNDS),
    )
    .option('--base <dir>', 'base directory, empty or new (default: a new one, rehearsal-…, in the current directory)')
    .option('--keep', 'do not remove the directories of earlier rehearsals')
    .addHelpText('after', EXIT_STATUS)
    .parse()
    .opts<Options>();
}

const wholeNumber =
  (least: number, most: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return number;
  };

async function rehearse(options: Options): Promise<number> {
  const { storages = false, lfns = storages ? LFNS_OF_STORAGES : LFNS } = options;
  if (storages && (lfns < LEAST_OF_STORAGES || lfns > MOST_OF_STORAGES))
    throw new UsageError(
      `Cannot rehearse storages with ${plural(lfns, 'LFN')}: --lfns must be from ${LEAST_OF_STORAGES} to ${MOST_OF_STORAGES}`,
    );
  const base = makeDirectory(options.base, process.cwd(), new Date());
  const paint = painter(process.stdout.isTTY, process.env);
  const line = new LiveLine(lfns, { isTTY: process.stdout.isTTY, write: print }, paint);
  return storages ? overStorages(base, options, lfns, line, paint) : throughFaults(base, options, lfns, line, paint);
}

async function throughFaults(
  base: string,
  options: Options,
  lfns: number,
  line: LiveLine,
  paint: Paint,
): Promise<number> {
  const directory = shown(base);
  const { seed, ftsVersion, calm = false, proof = false, stopAfter = Infinity } = options;
  const watch = (progress: CampaignProgress): void => line.show(progress);
  const rehearsal = new Rehearsal(base, { lfns, seed, ftsVersion, calm, proof, stopAfter }, watch, ({ rounds }) => {
    line.clear();
    print(halfway(base, rounds));
  });
  interruptOnSignal(rehearsal);
  print(`Rehearsing a campaign of ${plural(lfns, 'LFN')} in ${directory}\n`);
  const ended = await rehearsal.run().finally(() => line.clear());
  if (ended === null) return interrupted(directory);
  if ('halfway' in ended) {
    print(`The servers have stopped. To remove what there is: rm -r ${directory}\n`);
    return violated(ended.violations);
  }
  print(`\n${table(directory, ended, paint)}`);
  return over(base, options, ended.violations);
}

async function overStorages(
  base: string,
  options: Options,
  lfns: number,
  line: LiveLine,
  paint: Paint,
): Promise<number> {
  const directory = shown(base);
  const tell = (text: string): void => {
    line.clear();
    print(`${text}\n`);
  };
  const watch = (progress: CampaignProgress): void => line.show(progress);
  const rehearsal = new StoragesRehearsal(base, { lfns, seed: options.seed }, watch, (text) =>
    tell(wrapped(text, 4, '  * ').join('\n')),
  );
  interruptOnSignal(rehearsal);
  tell(`Rehearsing ${plural(lfns, 'transfer')} between storages in ${directory}`);
  const ended = await rehearsal.run().finally(() => line.clear());
  if (ended === null) return interrupted(directory);
  print(`\n${storagesTable(directory, ended, paint)}`);
  return over(base, options, violationsOf(ended));
}

/** Once: a second Ctrl-C ends the process as usual. */
function interruptOnSignal(rehearsal: { interrupt(): void }): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => rehearsal.interrupt());
}

function interrupted(directory: string): number {
  print(`Interrupted. What there is stays in ${directory}\nTo remove it: rm -r ${directory}\n`);
  return INTERRUPTED;
}

function over(base: string, options: Options, violations: readonly string[]): number {
  if (violations.length > 0) return EXIT.person;
  passed(base, options);
  return EXIT.ok;
}

/** The servers of a campaign that is stopped half-way are there for whoever looks around. */
const halfway = (base: string, rounds: number): string => `
Stopped after ${plural(rounds, 'round')}. The servers go on until Ctrl-C. In another terminal:
  export C2E_BASE=${quoted(base)}
  node dist/status.js         looks around
  node dist/monitor.js        goes on with it, as do the producer and the consumer
`;

function violated(violations: readonly string[]): number {
  for (const each of violations) print(`! ${each}\n`);
  return violations.length > 0 ? EXIT.person : EXIT.ok;
}

/** Only the directories that were made without being named are removed again. */
function passed(base: string, options: Options): void {
  if (options.keep !== true && options.base === undefined) removePassed(path.dirname(base));
  if (options.base === undefined)
    markPassed(base, 'This rehearsal went well: the next one may remove its directory.\n');
}

/** The path as somebody in the current directory would write it in a shell. */
function shown(base: string): string {
  const relative = path.relative(process.cwd(), base);
  const shorter = relative.startsWith('..') || relative === '' ? base : relative;
  return quoted(shorter);
}

const quoted = (file: string): string => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`);

async function main(): Promise<number> {
  try {
    return await rehearse(parse());
  } catch (error) {
    // commander has printed its message already.
    if (error instanceof Error && 'exitCode' in error) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const known = error instanceof Trouble;
    printError(`${known ? error.message : `a bug of the rehearsal: ${String((error as Error).stack)}`}\n`);
    return known ? error.exit : EXIT.bug;
  }
}

async function ended(): Promise<number> {
  const exit = await main();
  const lost = outputLost();
  if (lost === null) return exit;
  printError(`rehearse: ${lost.message}\n`);
  return exit === EXIT.ok ? lost.exit : exit;
}

endWith(ended());
