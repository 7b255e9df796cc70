/**
 * program: what a program is, and what it works with.
 *
 * `runProgram` reads the command line and hands over to the frame, which does the same for every program.
 */
import type { Command } from 'commander';
import type { Summary } from '../core/summary.js';
import { EXIT, type Exit } from '../errors.js';
import type { Books } from './database.js';
import { Frame } from './frame.js';
import type { Journal } from './journal.js';
import type { Log } from './log.js';
import { commonOptions, type CommonOptions } from './options.js';
import type { Settings } from './settings.js';
import type { Spool } from './spool.js';

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
  readonly now: () => Date;
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

/** Run a program to its end and set the process's exit status. */
export async function runProgram<Options extends object>(program: Program<Options>): Promise<void> {
  const command = program.options(commonOptions(program.name, program.description));
  try {
    command.parse();
  } catch (error) {
    // commander has printed its message already; its own exits are those of --help and --version (0) or misuse.
    process.exitCode = (error as { exitCode?: number }).exitCode === 0 ? EXIT.ok : EXIT.usage;
    return;
  }
  process.exitCode = await new Frame(program, command.opts<Options & CommonOptions>(), command.args).run();
}
