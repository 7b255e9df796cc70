/**
 * program: what a program is, and what it works with. The frame runs it.
 */
import type { Command } from 'commander';
import type { Summary } from './summary.js';
import type { Exit } from '../errors.js';
import type { Db } from '../ftsJob.js';
import type { Journal } from '../spool/journal.js';
import type { Log } from './log.js';
import type { CommonOptions } from './options.js';
import type { Progress } from './progress.js';
import type { Settings } from '../settings/settings.js';
import type { Spool } from '../spool/spool.js';

/** What a program works with. */
export interface Run {
  readonly base: string;
  readonly settings: Settings;
  readonly spool: Spool;
  readonly db: Db;
  /** The campaign's UUID. */
  readonly campaign: string;
  readonly journal: Journal;
  readonly summary: Summary;
  readonly log: Log;
  readonly dryRun: boolean;
  /** For cron: only what is new since the last such run is to be said again. */
  readonly quiet: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Prints at once; what is said at the end of the run goes through `summary`. */
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Shows on a terminal how far long work is. */
  readonly progress: Progress;
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

/** What there is without a campaign. */
export type RunAlone = Pick<
  Run,
  'summary' | 'quiet' | 'env' | 'stdout' | 'stderr' | 'progress' | 'now' | 'mustStop' | 'trouble'
>;

/**
 * What a program does with the database: write, read alone (no lease, nothing is written), mend, or take over that of
 * the original program.
 */
export type Access = 'write' | 'read' | 'mend' | 'take over';

export interface Program<Options> {
  readonly name: string;
  readonly description: string;
  /** Adds the program's own options. */
  readonly options: (command: Command) => Command;
  /** By default it writes. */
  readonly database?: Access | ((options: Options) => Access);
  /** It only reads, and for long: it asks `mustStop`, so that Ctrl-C ends it in order. */
  readonly stops?: true;
  /**
   * Does what needs no campaign, neither settings nor database nor base directory: true. False: what is asked needs
   * one, and nothing was done yet. A program that has this asks `mustStop` also where it only reads.
   */
  readonly alone?: (run: RunAlone, options: Options & CommonOptions, names: readonly string[]) => Promise<boolean>;
  /** What it can say where the database cannot be opened; the trouble itself is said by the frame. */
  readonly withoutDatabase?: (run: Pick<Run, 'base' | 'spool' | 'summary'>) => void;
  /** `names`: what stands on the command line beside the options. */
  readonly main: (run: Run, options: Options, names: readonly string[]) => Promise<void>;
}
