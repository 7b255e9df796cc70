/**
 * proxyLeft: whether the proxy (or token) of this user will do, although the command that renews it complained.
 *
 *     node dist/misc/proxyLeft.js SINCE
 *
 * For cronjobs/start.sh: such a command may warn and end with 1 and have made a good proxy all the same. Exit status 0 when
 * it was made after SINCE (seconds of the epoch) and is valid, or will last for some runs; else 1, with the reason.
 */
import { HOUR_MS } from '../text/words.js';
import * as fs from 'node:fs';
import { CredentialError, discoverCredential, type Credential } from '../fts3/index.js';
import { printError } from '../output.js';

/** Three runs of a campaign that runs every two hours: long enough for somebody who reads their mail. */
const ENOUGH_MS = 6 * HOUR_MS;

process.exitCode = main(Number(process.argv[2]), new Date());

function main(since: number, now: Date): number {
  try {
    const credential = discoverCredential(process.env, { auth: 'auto', uid: process.getuid?.() ?? 0, now });
    const left = (credential.expires?.getTime() ?? Infinity) - now.getTime();
    if (left >= ENOUGH_MS || madeAfter(credential, since)) return 0;
    printError(`The ${credential.path} ends at ${credential.expires?.toISOString()}\n`);
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    printError(`${error.message}\n`);
  }
  return 1;
}

function madeAfter({ path }: Credential, since: number): boolean {
  const made = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return made >= since * 1000;
}
