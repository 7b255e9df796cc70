/**
 * options: the options that every program takes, those that several share, and the exit statuses in its `--help`.
 */
import { Command, InvalidArgumentError } from 'commander';
import path from 'node:path';
import { hasTilde, NO_TILDE } from '../disk.js';
import { UsageError } from '../errors.js';
import { PACKAGE, version } from './package.js';

/** The options that every program takes. */
export interface CommonOptions {
  readonly base?: string;
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly wait: number;
  readonly verbose?: boolean;
}

export const EXIT_STATUS = `
EXIT STATUS
  0  all lists handled, or nothing to do
  1  a bug (its stack is printed)
  2  wrong option or setting
  3  some lists need a person or could not be handled; each is named
  4  the spool or the database is unusable
  5  no FTS server usable
  6  another run holds the lease
`;

/** `--base`, else C2E_BASE, else the package itself. Errors: `UsageError` for one that only a shell could find. */
export function baseDirectory(options: Pick<CommonOptions, 'base'>, env: NodeJS.ProcessEnv): string {
  const base = options.base ?? env['C2E_BASE'] ?? PACKAGE;
  if (hasTilde(base)) throw new UsageError(`Cannot use the base directory ${base}: ${NO_TILDE}`);
  return path.resolve(base);
}

/** A command with the options that every program takes, and their exit statuses in its help. */
export function commonOptions(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .exitOverride()
    .allowExcessArguments(false)
    .option('--base <dir>', 'base directory of the campaign (default: $C2E_BASE, else the package itself)')
    .option('--config <file>', 'settings (default: castor2echo.toml in the base directory)')
    .option('--dry-run', 'say what would be done; change nothing, here or at a server')
    .option('--json', 'print the summary as one JSON object')
    .option('--quiet', 'print only when a person is needed or the exit status is not 0')
    .option('--wait <seconds>', 'how long to wait for another run to end', wholeNumber(0), 120)
    .option('--verbose', 'print what happens as it happens, on stderr')
    .version(version())
    .addHelpText('after', EXIT_STATUS);
}

/** How programs ask the storages for files. */
export interface StorageOptions {
  readonly parallel: number;
  /** For each file, in seconds. */
  readonly timeout: number;
}

export const storageOptions = (command: Command): Command =>
  command
    .option('--parallel <n>', 'how many to ask for at a time', wholeNumber(1), 8)
    .option('--timeout <seconds>', 'how long to wait for each', wholeNumber(1), 60);

/** commander's parser for a whole number of at least `least`. */
export const wholeNumber =
  (least: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < least)
      throw new InvalidArgumentError(`It must be a whole number, at least ${least}.`);
    return number;
  };
