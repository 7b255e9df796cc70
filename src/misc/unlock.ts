/**
 * unlock: shows who holds the lease of a campaign, and with --yes takes it away.
 *
 * For a person who knows that the host of the holder is gone; a holder that died on this host is replaced without
 * this command. A holder that is alive after all finds out at its next step and ends, having done nothing twice.
 */
import { Command, CommanderError } from 'commander';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { escapeText, jsonLine } from '../text/escape.js';
import { breakLease, leaseState, type LeaseState } from '../lease/lease.js';
import { describeHolder } from '../lease/leaseHolder.js';
import { whyOriginal } from '../database/database.js';
import { hasTilde, NO_TILDE } from '../disk.js';
import { EXIT, SpoolError, Trouble, UsageError, worst, type Exit } from '../errors.js';
import { outputLost, print, printError } from '../output.js';

interface Options {
  readonly base: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const EXIT_STATUS = `
Exit status:
  0  nobody holds the lease, or it was taken away
  1  a bug
  2  wrong option
  4  the lease directory cannot be read or written
  6  another run holds the lease`;

process.exitCode = main(process.argv);

function main(argv: readonly string[]): Exit {
  try {
    return unlock(parse(argv, process.env), process.env);
  } catch (error) {
    if (error instanceof CommanderError) return exitWithOutput(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
    const trouble = error instanceof Trouble ? error : null;
    printError(`${trouble?.message ?? (error instanceof Error ? error.stack : String(error))}\n`);
    return trouble?.exit ?? EXIT.bug;
  }
}

function parse(argv: readonly string[], env: NodeJS.ProcessEnv): Options {
  const here = path.resolve(__dirname, '../..');
  return new Command('unlock')
    .description('Shows who holds the lease of the campaign, and with --yes takes it away.')
    .option('--base <dir>', 'base directory of the campaign', env['C2E_BASE'] ?? here)
    .option('--yes', 'take the lease away from its holder')
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', EXIT_STATUS)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: printError })
    .parse(argv)
    .opts<Options>();
}

function unlock(options: Options, env: NodeJS.ProcessEnv): Exit {
  if (hasTilde(options.base)) throw new UsageError(`Cannot use the base directory ${options.base}: ${NO_TILDE}`);
  if (!existsSync(options.base)) {
    throw new SpoolError(
      `Cannot look for the lease: there is no directory "${options.base}"; name another with --base`,
    );
  }
  const state = leaseState(options.base, env);
  const held = state?.held ?? false;
  const broken = held && options.yes === true;
  if (broken) breakLease(options.base);
  const exit = held && !broken ? EXIT.leaseHeld : EXIT.ok;
  const summary = { program: 'unlock', number: null, holder: null, ageSeconds: null, ...state, held, broken, exit };
  print(`${options.json === true ? jsonLine(summary) : escapeText(sentence(state, broken))}\n`);
  const notOurs = whoseCampaign(options.base);
  if (notOurs !== null) printError(`unlock: ${escapeText(notOurs)}\n`);
  // A lease that was taken away is taken away, whoever hears of it.
  return broken ? exit : exitWithOutput(exit);
}

/** A lease can be taken away also where SQLite cannot be loaded. */
function whoseCampaign(base: string): string | null {
  try {
    return whyOriginal(base);
  } catch (error) {
    if (error instanceof SpoolError) return null;
    throw error;
  }
}

/** The exit status, or what is graver: that not all was said. */
function exitWithOutput(exit: Exit): Exit {
  const lost = outputLost();
  if (lost === null) return exit;
  printError(`unlock: ${lost.message}\n`);
  return worst([exit, lost.exit]);
}

function sentence(state: LeaseState | null, broken: boolean): string {
  if (state === null) return 'The lease is free: no program ever ran here.';
  const { number, held, holder, ageSeconds } = state;
  const who = holder === null ? `a program that has not said its name (${ageSeconds} s ago)` : describeHolder(holder);
  if (!held) return `The lease is free: the last one, ${number}, was that of ${who}.`;
  if (broken) return `Lease ${number} was taken away from ${who}. If it is still running, it ends at its next step.`;
  return `Lease ${number} is held by ${who}. If that host is gone, take the lease away with --yes.`;
}
