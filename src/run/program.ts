/**
 * program: what a program is, and what it works with.
 *
 * `runProgram` reads the command line and hands over to the frame, which does the same for every program.
 */
import type { Command } from 'commander';
import type { Summary } from './summary.js';
import { EXIT, type Exit } from '../errors.js';
import type { Books } from '../database/database.js';
import { Frame } from './frame.js';
import type { Journal } from '../spool/journal.js';
import type { Log } from './log.js';
import { commonOptions, type CommonOptions } from './options.js';
import type { Settings } from '../settings/settings.js';
import type { Spool } from '../spool/spool.js';
import { thisProcess, type Surroundings } from './surroundings.js';

/** What a program works with. */
export interface Run {
  readonly base: string;
  readonly settings: Settings;
  readonly spool: Spool;
  readonly books: Books;
  readonly journal: Journal;
  readonly summary: Summary;
  readonly log: Log;
  readonly dryRun: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** Why the run must not begin anything new: its time is over, or it was asked to stop. */
  readonly mustStop: () => string | null;
  /** Ends the run with this status unless a graver one comes. */
  readonly trouble: (exit: Exit, message: string) => void;
  /** What the run would end with if it ended now. */
  readonly exit: () => Exit;
}

export interface Program<Options> {
  readonly name: string;
  readonly description: string;
  /** Adds the program's own options. */
  readonly options: (command: Command) => Command;
  /** What it does with the database: write (the default), read alone (no lease, nothing is written), or mend. */
  readonly database?: 'write' | 'read' | 'mend';
  /** `names`: what stands on the command line beside the options. */
  readonly main: (run: Run, options: Options, names: readonly string[]) => Promise<void>;
}

/** Run a program with the command line of this process, and set the process's exit status. */
export async function runProgram<Options extends object>(program: Program<Options>): Promise<void> {
  process.exitCode = await runIn(thisProcess, program, process.argv.slice(2));
}

/** Run a program to its end; `args` is what stands behind its name on the command line. */
export async function runIn<Options extends object>(
  around: Surroundings,
  program: Program<Options>,
  args: readonly string[],
): Promise<Exit> {
  const command = program.options(commonOptions(program.name, program.description));
  command.configureOutput({ writeOut: around.stdout, writeErr: around.stderr });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    // commander has printed its message already; its own exits are those of --help and --version (0) or misuse.
    return (error as { exitCode?: number }).exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return new Frame(around, program, command.opts<Options & CommonOptions>(), command.args).run();
}
