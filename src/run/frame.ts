/**
 * frame: the life of a run, the same for every program.
 *
 *     read the settings; all that is wrong is said at once, and ends the run
 *     take the lease, unless nothing is to be written
 *     open the database; refuse one that is lost, damaged, another's or older than the lists
 *     redo what an earlier run has left in the journal
 *     call the program
 *     close the database, release the lease, print the summary, end with the worst exit status
 *
 * What it guarantees: a program runs alone, on a database that fits its lists, with nothing half done; every trouble
 * becomes one message and one exit status. `--dry-run` takes no lease and writes nothing, not even to the log. What
 * only a run that writes needs is loaded by such a run.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Summary } from './summary.js';
import { escapeText } from '../text/escape.js';
import { hideSecrets } from '../text/hideSecrets.js';
import { EXIT, SpoolError, Trouble, endWith, worst, type Exit } from '../errors.js';
import {
  closeSound,
  hasNoDatabase,
  isNewCampaign,
  openDatabase,
  openNothing,
  openReadOnly,
  readCampaign,
  whyOriginal,
  type CampaignDatabase,
} from '../database/database.js';
import type * as OldCopy from '../spool/oldCopy.js';
import { asDamage, DamagedDatabase } from '../database/check.js';
import { forgetChecked } from '../database/note.js';
import { Journal } from '../spool/journal.js';
import type * as LeaseModule from '../lease/lease.js';
import { openLog, type Log } from './log.js';
import type { ListReport } from './report.js';
import { baseDirectory, commonOptions, type CommonOptions } from './options.js';
import type { Access, Program, RunAlone } from './program.js';
import { Progress } from './progress.js';
import { loadSettings, type Settings } from '../settings/settings.js';
import { Spool } from '../spool/spool.js';
import { thisProcess, type ProcessContext } from './processContext.js';

class Frame<Options extends object> {
  private readonly context: ProcessContext;
  private readonly program: Program<Options>;
  private readonly options: Options & CommonOptions;
  private readonly names: readonly string[];
  private readonly access: Access;
  private readonly writes: boolean;
  private readonly summary: Summary;
  private log: Log | null = null;
  private readonly statuses: Exit[] = [];
  private readonly heldBack: string[] = [];
  private readonly progress: Progress;
  private readonly started = process.uptime();
  private stopSignal: string | null = null;

  constructor(
    around: ProcessContext,
    program: Program<Options>,
    options: Options & CommonOptions,
    names: readonly string[],
  ) {
    // Whatever the run says passes here.
    this.context = {
      ...around,
      stdout: (text) => around.stdout(hideSecrets(text)),
      stderr: (text) => around.stderr(hideSecrets(text)),
    };
    // Nobody looks at what a run does that is to be quiet.
    const isShown = options.quiet !== true;
    this.progress = new Progress(this.context.stderr, () => (isShown ? this.context.terminalColumns() : null));
    this.program = program;
    this.options = options;
    this.names = names;
    const { database = 'write' } = program;
    this.access = typeof database === 'function' ? database(options) : database;
    this.writes = options.dryRun !== true && this.access !== 'read';
    const isTrial = options.dryRun === true && this.access !== 'read';
    this.summary = new Summary(program.name, isTrial, (list, transfers) => this.logList(list, transfers));
  }

  async run(): Promise<Exit> {
    try {
      if (!(await this.alone())) await this.inCampaign();
    } catch (error) {
      this.progress.end();
      this.fail(error);
    }
    this.progress.end();
    const exit = this.exit(this.summary.needsPerson());
    this.print(exit);
    return exitWithOutput(this.context, this.program.name, exit, this.writes);
  }

  private exit(needsPerson: boolean): Exit {
    return worst(needsPerson ? [...this.statuses, EXIT.person] : this.statuses);
  }

  /** False: it needs a campaign. */
  private async alone(): Promise<boolean> {
    const { alone } = this.program;
    if (alone === undefined) return false;
    this.context.onStop((signal) => (this.stopSignal = signal));
    return alone(this.around(), this.options, this.names);
  }

  private async inCampaign(): Promise<void> {
    const base = baseDirectory(this.options, this.context.env);
    const settings = loadSettings(this.options.config ?? path.join(base, 'castor2echo.toml'), this.context.env);
    if (fs.statSync(base, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new SpoolError(
        `Cannot use the base directory ${base}: it is not there; make it, or name another with --base`,
      );
    const lease = !this.writes ? null : await this.lease(base, settings);
    if (lease !== null || this.program.stops === true) this.context.onStop((signal) => (this.stopSignal = signal));
    const log = (this.log = openLog({
      base: lease === null ? null : base,
      ...(lease === null ? {} : { lease: lease.number }),
      program: this.program.name,
      verbose: this.options.verbose === true,
      stderr: (line) => this.stderr(line),
    }));
    try {
      await this.underLease(base, settings, lease, log);
    } catch (met) {
      const error = asDamage(base, met);
      if (lease !== null && error instanceof DamagedDatabase) forgetChecked(base);
      log.error(error instanceof Error ? error.message : String(error));
      this.logged.add(error);
      throw error;
    } finally {
      log.close();
      lease?.release();
    }
  }

  private lease(base: string, settings: Settings): Promise<LeaseModule.Lease> {
    const { acquireLease } = require('../lease/lease.js') as typeof LeaseModule;
    return acquireLease(base, {
      program: this.program.name,
      waitSeconds: this.options.wait,
      takeoverMinutes: settings.lock.takeover_minutes,
      env: this.context.env,
      onWait: (message) => this.stderr(message),
    });
  }

  private async underLease(base: string, settings: Settings, lease: LeaseModule.Lease | null, log: Log): Promise<void> {
    const spool = new Spool(base);
    const doing = hasNoDatabase(base) ? spool.listing('DOING').lists : [];
    const isOriginal = this.access === 'take over' && readCampaign(base) === null;
    if (lease !== null) spool.prepare(isOriginal || isNewCampaign(base, doing));
    const database = this.openOrSay(base, spool, doing);
    const journal = new Journal(database.db, spool, () => lease?.check());
    const { summary } = this;
    let close = (): void => void database.db.close();
    try {
      this.redo(journal, log);
      await this.program.main(
        {
          ...this.around(),
          base,
          settings,
          spool,
          db: database.db,
          campaign: database.campaign,
          journal,
          log,
          dryRun: lease === null,
          random: this.context.random,
          mustStop: () => this.mustStop(this.access === 'read' ? Infinity : settings.lock.max_run_minutes),
          exit: () => this.exit(summary.needsPerson() || journal.setAside().length > 0),
        },
        this.options,
        this.names,
      );
      this.nameAside(journal);
      for (const warning of summary.warnings()) log.warn(warning);
      log.info('run ended', { counts: summary.counts() });
      close = () => closeSound(base, database);
    } finally {
      close();
    }
  }

  /** What a program works with, with a campaign or without. */
  private around(): RunAlone {
    const { env, stdout, stderr, now } = this.context;
    return {
      summary: this.summary,
      quiet: this.options.quiet === true,
      env,
      stdout,
      stderr,
      progress: this.progress,
      now,
      mustStop: () => this.mustStop(Infinity),
      trouble: (exit, message) => {
        this.statuses.push(exit);
        this.summary.warn(message);
      },
    };
  }

  private openOrSay(base: string, spool: Spool, doing: readonly string[]): CampaignDatabase {
    try {
      return this.open(base, doing);
    } catch (error) {
      if (error instanceof SpoolError) this.program.withoutDatabase?.({ base, spool, summary: this.summary });
      throw error;
    }
  }

  private open(base: string, doing: readonly string[]): CampaignDatabase {
    if (this.access === 'mend') {
      const notOurs = whyOriginal(base);
      if (notOurs !== null) throw new SpoolError(notOurs);
      return openNothing();
    }
    const opening = { takeOver: this.access === 'take over' };
    const database = this.writes ? openDatabase(base, doing, opening) : openReadOnly(base, doing, opening);
    // Those that only read are to show what is wrong, not to be stopped by it.
    if (this.access === 'read') {
      if (typeof database.notOurs === 'string') this.summary.warn(database.notOurs);
      return database;
    }
    if (typeof database.notOurs === 'string') {
      database.db.close();
      throw new SpoolError(database.notOurs);
    }
    const { refuseOld } = require('../spool/oldCopy.js') as typeof OldCopy;
    return refuseOld(base, database);
  }

  /** Every program begins with this: what an earlier run has left half done is finished first. */
  private redo(journal: Journal, log: Log): void {
    if (!this.writes) {
      const pending = journal.pending();
      if (pending.length > 0 && this.options.dryRun === true)
        this.summary.note(`would first finish ${pending.length} transitions that an earlier run has left`);
      return;
    }
    const redone = journal.redo();
    if (redone > 0) log.info('finished what an earlier run had left', { transitions: redone });
  }

  private nameAside(journal: Journal): void {
    for (const aside of journal.setAside())
      this.summary.needsAttention(
        `Cannot move list "${aside.list}": ${aside.why}; this was set aside: put the list where one of the two names says, and the next run goes on with it (${aside.steps.join('; ')})`,
      );
  }

  /** What became of a list stands in the log by its name. Those whose jobs merely go on would fill it. */
  private logList(list: ListReport, transfers: number): void {
    if (list.action !== 'kept') this.log?.info(`list ${list.action}`, { ...list, transfers });
  }

  private mustStop(maxRunMinutes: number): string | null {
    if (this.stopSignal !== null) return `the run was asked to stop (${this.stopSignal})`;
    const minutes = (process.uptime() - this.started) / 60;
    return minutes > maxRunMinutes ? `the run is over lock.max_run_minutes (${maxRunMinutes})` : null;
  }

  private readonly logged = new Set<unknown>();

  private fail(error: unknown): void {
    if (error instanceof Trouble) {
      this.statuses.push(error.exit);
      for (const line of error.message.split('\n')) this.summary.warn(line);
      const isLogged = this.logged.has(error);
      if (error.exit !== EXIT.usage) {
        if (!isLogged) this.stderr(`${this.program.name}: ${error.message}`);
      } else if (!isLogged || this.isOnlyInSummary())
        // A wrong option has no summary; the log has said it on stderr, unless it left it to the summary.
        this.context.stderr(`${error.message.split('\n').map(escapeText).join('\n')}\n`);
      return;
    }
    this.statuses.push(EXIT.bug);
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.summary.warn(`a bug in ${this.program.name}: ${error instanceof Error ? error.message : String(error)}`);
    this.context.stderr(
      `${this.program.name}: a bug, please report it with this:\n${stack.split('\n').map(escapeText).join('\n')}\n`,
    );
  }

  private print(exit: Exit): void {
    if (this.options.quiet === true && exit === EXIT.ok && !this.summary.worthReading()) return;
    for (const line of this.heldBack) this.context.stderr(`${line}\n`);
    if (this.options.json === true) this.context.stdout(`${this.summary.json(exit)}\n`);
    else if (exit !== EXIT.usage) this.context.stdout(this.summary.text());
  }

  /**
   * Warnings go to stderr as well; not when stdout leads to the same place, where the summary says them, and with
   * `--quiet` only together with the summary.
   */
  private stderr(line: string): void {
    if (this.isOnlyInSummary()) return;
    const safe = escapeText(line);
    this.progress.end();
    if (this.options.quiet === true) this.heldBack.push(safe);
    else this.context.stderr(`${safe}\n`);
  }

  private isOnlyInSummary(): boolean {
    return this.options.json !== true && this.options.verbose !== true && this.context.sameSink();
  }
}

/**
 * The exit status of a run of which some output may be lost. Of a run that only says something that is its trouble; one
 * that has done something ends as that did.
 */
function exitWithOutput(around: ProcessContext, name: string, exit: Exit, writes: boolean): Exit {
  const lost = around.stdoutLost();
  if (lost === null) return exit;
  around.stderr(`${name}: ${lost.message}\n`);
  return writes ? exit : worst([exit, lost.exit]);
}

/** Run a program with the command line of this process, and set the process's exit status. */
export function runProgram<Options extends object>(program: Program<Options>): void {
  endWith(runIn(thisProcess, program, process.argv.slice(2)));
}

/** Run a program to its end; `args` is what stands behind its name on the command line. */
export async function runIn<Options extends object>(
  around: ProcessContext,
  program: Program<Options>,
  args: readonly string[],
): Promise<Exit> {
  const command = program.options(commonOptions(program.name, program.description));
  command.configureOutput({ writeOut: around.stdout, writeErr: around.stderr });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    // commander has printed its message already; its own exits are those of --help and --version (0) or misuse.
    const exit = (error as { exitCode?: number }).exitCode === 0 ? EXIT.ok : EXIT.usage;
    return exitWithOutput(around, program.name, exit, false);
  }
  return new Frame(around, program, command.opts<Options & CommonOptions>(), command.args).run();
}
