/**
 * proxyLeft: whether the proxy (or token) of this user will do, although the command that renews it complained.
 *
 *     node dist/misc/proxyLeft.js SINCE
 *
 * For cronjobs/start.sh: such a command may warn and end with 1 and have made a good proxy all the same. Exit status 0
 * when it was made after SINCE (seconds of the epoch) and is valid, or will last for some runs; else 1, with the
 * reason.
 */
import { Command, CommanderError } from 'commander';
import fs from 'node:fs';
import { CredentialError, discoverCredential, type Credential } from '../fts3/index.js';
import { EXIT } from '../errors.js';
import { print, printError } from '../output.js';
import { wholeNumber } from '../run/options.js';
import { HOUR_MS } from '../text/words.js';

/** Three runs of a campaign that runs every two hours: long enough for somebody who reads their mail. */
const ENOUGH_MS = 6 * HOUR_MS;

const EXIT_STATUS = `
Exit status:
  0  it was made after <since> and is valid, or lasts six hours more
  1  it does not; the reason stands on stderr
  2  wrong option`;

process.exitCode = main(process.argv, new Date());

function main(argv: readonly string[], now: Date): number {
  try {
    const since = sinceOf(argv);
    const credential = discoverCredential(process.env, { auth: 'auto', uid: process.getuid?.() ?? 0, now });
    const left = (credential.expires?.getTime() ?? Infinity) - now.getTime();
    if (left >= ENOUGH_MS || madeAfter(credential, since)) return 0;
    printError(`The ${credential.path} ends at ${credential.expires?.toISOString()}\n`);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof CredentialError)) throw error;
    printError(`${error.message}\n`);
  }
  return 1;
}

function sinceOf(argv: readonly string[]): number {
  const [since] = new Command('proxyLeft')
    .description('Says by its exit status whether the proxy or token of this user will do.')
    .argument('<since>', 'it was made after this time, in seconds of the epoch', wholeNumber(0))
    .addHelpText('after', EXIT_STATUS)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: printError })
    .parse(argv).processedArgs as [number];
  return since;
}

function madeAfter({ path }: Credential, since: number): boolean {
  const made = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return made >= since * 1000;
}
