#!/usr/bin/env node
/**
 * doctor: looks at everything that a campaign needs, and says of each thing whether it is well, and else the cure.
 *
 * It has a frame of its own, as it must work where the others end: without settings, spool, database or credential. It
 * takes no lease, changes nothing, and asks the servers with GETs only.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { countOf, failed, failedBy, checksText, ok, type Check, type TroubleKind } from '../doctor/checks.js';
import { plural } from '../text/words.js';
import { escapeText, jsonLine } from '../text/escape.js';
import { hideSecrets } from '../text/hideSecrets.js';
import type { Books } from '../database/database.js';
import { examineCredential } from '../doctor/examineCredential.js';
import { examineCrontab, examineNode } from '../doctor/examineHost.js';
import { examineInputs } from '../doctor/examineInputs.js';
import { examineServers } from '../doctor/examineServers.js';
import { examineDatabase, examineDirectories, examineLease } from '../doctor/examineSpool.js';
import { baseDirectory, commonOptions, type CommonOptions } from '../run/options.js';
import { loadSettings, type Settings } from '../settings/settings.js';
import { EXIT, SpoolError, UsageError, worst, type Exit } from '../errors.js';
import { outputLost, print, printError } from '../output.js';

const EXITS: Readonly<Record<TroubleKind, Exit>> = {
  usage: EXIT.usage,
  spool: EXIT.spool,
  lease: EXIT.leaseHeld,
  server: EXIT.noServer,
  person: EXIT.person,
};
/** In place of settings that cannot be read. */
const DEFAULTS = { auth: 'auto', delegation_renew_hours: 24, max_run_minutes: 50 } as const;

async function examine(options: CommonOptions): Promise<Check[]> {
  const { env } = process;
  const base = baseDirectory(options, env);
  const checks = [examineNode()];
  const settings = examineSettings(options.config ?? path.join(base, 'castor2echo.toml'), env, checks);
  if (fs.statSync(base, { throwIfNoEntry: false })?.isDirectory() !== true)
    return [...checks, failed('directories', 'spool', `${base} is not there`, 'make it, or name another with --base')];
  checks.push(...looked('directories', () => examineDirectories(base)));
  const { max_run_minutes: maxRunMinutes } = settings?.lock ?? DEFAULTS;
  checks.push(...looked('lease', () => examineLease(base, maxRunMinutes, env)));
  let books: Books | null = null;
  checks.push(
    ...looked('database', () => {
      const examined = examineDatabase(base);
      books = examined.books;
      return examined.checks;
    }),
  );
  return [...checks, ...(await beyond(base, settings, books, env)), ...examineCrontab(env)];
}

/** What the spool cannot be looked at for is a check too. */
function looked(about: string, look: () => Check[]): Check[] {
  try {
    return look();
  } catch (error) {
    if (error instanceof SpoolError) return [failedBy(about, 'spool', error.message, 'mend that and look again')];
    throw error;
  }
}

/** The LFN lists, the credential and the servers, as far as the settings name them. */
async function beyond(
  base: string,
  settings: Settings | null,
  books: Books | null,
  env: NodeJS.ProcessEnv,
): Promise<Check[]> {
  try {
    if (settings === null) return examineCredential(DEFAULTS, env).checks;
    return [...(await examineInputs(base, settings, books)), ...(await examineServers(settings, books, env))];
  } finally {
    books?.db.close();
  }
}

/** Every wrong line is a check of its own. */
function examineSettings(file: string, env: NodeJS.ProcessEnv, checks: Check[]): Settings | null {
  try {
    const settings = loadSettings(file, env);
    const what = `${plural(settings.route.length, 'route')}, ${plural(settings.fts.server.length, 'server')}`;
    checks.push(ok('settings', `${file}: ${what}`));
    return settings;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const cure = 'castor2echo.example.toml shows every setting';
    for (const line of error.message.split('\n')) checks.push(failed('settings', 'usage', line, cure));
    return null;
  }
}

/** A warning needs a person, a failure is what it would be for the programs. */
const exitOf = (checks: readonly Check[]): Exit =>
  worst(
    checks.flatMap((check) => {
      if (check.state === 'ok') return [];
      return [check.state === 'warning' ? EXIT.person : EXITS[check.trouble]];
    }),
  );

function show(checks: readonly Check[], exit: Exit, options: CommonOptions): void {
  if (options.json === true) {
    const counts = {
      ok: countOf(checks, 'ok'),
      warning: countOf(checks, 'warning'),
      failed: countOf(checks, 'failed'),
    };
    const warnings = checks.filter(({ state }) => state !== 'ok').map(({ text }) => text);
    print(`${hideSecrets(jsonLine({ program: 'doctor', findings: checks, counts, warnings, exit }))}\n`);
  } else if (options.quiet !== true || exit !== EXIT.ok)
    print(
      checksText(checks)
        .map((line) => `${hideSecrets(escapeText(line))}\n`)
        .join(''),
    );
}

async function main(): Promise<Exit> {
  const command = commonOptions(
    'doctor',
    'Looks at everything that a campaign needs; each line is ok, warning or failed.',
  );
  command.configureOutput({ writeOut: print, writeErr: printError });
  try {
    command.parse();
  } catch (error) {
    return (error as { exitCode?: number }).exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  const options = command.opts<CommonOptions>();
  const checks = await examine(options);
  const exit = exitOf(checks);
  show(checks, exit, options);
  return exit;
}

async function ended(): Promise<Exit> {
  try {
    const exit = await main();
    const lost = outputLost();
    if (lost === null) return exit;
    printError(`doctor: ${lost.message}\n`);
    return worst([exit, lost.exit]);
  } catch (error) {
    if (error instanceof UsageError) {
      printError(`${error.message}\n`);
      return error.exit;
    }
    printError(`doctor: a bug, please report it with this:\n${error instanceof Error ? error.stack : String(error)}\n`);
    return EXIT.bug;
  }
}

process.exitCode = await ended();
