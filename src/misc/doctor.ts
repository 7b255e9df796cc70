#!/usr/bin/env node
/**
 * doctor: looks at everything that a campaign needs, and says of each thing whether it is well, and else the cure.
 *
 * It has a frame of its own, as it must work where the others end: without settings, spool, database or credential. It
 * takes no lease, changes nothing, and asks the servers with GETs only.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { countOf, failed, failedBy, findingsText, ok, type Finding, type Trouble } from '../doctor/checks.js';
import { plural } from '../text/words.js';
import { escapeText } from '../text/escape.js';
import type { Books } from '../database/database.js';
import { examineCredential } from '../doctor/examineCredential.js';
import { examineCrontab, examineNode } from '../doctor/examineHost.js';
import { examineInputs } from '../doctor/examineInputs.js';
import { examineServers } from '../doctor/examineServers.js';
import { examineDatabase, examineDirectories, examineLease } from '../doctor/examineSpool.js';
import { baseDirectory, commonOptions, type CommonOptions } from '../run/options.js';
import { loadSettings, type Settings } from '../settings/settings.js';
import { EXIT, SpoolError, UsageError, worst, type Exit } from '../errors.js';

const EXITS: Readonly<Record<Trouble, Exit>> = {
  usage: EXIT.usage,
  spool: EXIT.spool,
  lease: EXIT.leaseHeld,
  server: EXIT.noServer,
  person: EXIT.person,
};
/** In place of settings that cannot be read. */
const DEFAULTS = { auth: 'auto', delegationRenewHours: 24, maxRunMinutes: 50 } as const;

async function examine(options: CommonOptions): Promise<Finding[]> {
  const base = baseDirectory(options);
  const findings = [examineNode()];
  const settings = examineSettings(options.config ?? path.join(base, 'castor2echo.toml'), findings);
  if (fs.statSync(base, { throwIfNoEntry: false })?.isDirectory() !== true)
    return [
      ...findings,
      failed('directories', 'spool', `${base} is not there`, 'make it, or name another with --base'),
    ];
  findings.push(...looked('directories', () => examineDirectories(base)));
  findings.push(...looked('lease', () => examineLease(base, settings?.lock.maxRunMinutes ?? DEFAULTS.maxRunMinutes)));
  let books: Books | null = null;
  findings.push(
    ...looked('database', () => {
      const examined = examineDatabase(base);
      books = examined.books;
      return examined.findings;
    }),
  );
  return [...findings, ...(await beyond(base, settings, books)), ...examineCrontab(process.env)];
}

/** What the spool cannot be looked at for is a finding too. */
function looked(about: string, look: () => Finding[]): Finding[] {
  try {
    return look();
  } catch (error) {
    if (error instanceof SpoolError) return [failedBy(about, 'spool', error.message, 'mend that and look again')];
    throw error;
  }
}

/** The LFN lists, the credential and the servers, as far as the settings name them. */
async function beyond(base: string, settings: Settings | null, books: Books | null): Promise<Finding[]> {
  try {
    if (settings === null) return examineCredential(DEFAULTS, process.env).findings;
    return [...(await examineInputs(base, settings, books)), ...(await examineServers(settings, books, process.env))];
  } finally {
    books?.db.close();
  }
}

/** Every wrong line is a finding of its own. */
function examineSettings(file: string, findings: Finding[]): Settings | null {
  try {
    const settings = loadSettings(file);
    const what = `${plural(settings.routes.length, 'route')}, ${plural(settings.servers.length, 'server')}`;
    findings.push(ok('settings', `${file}: ${what}`));
    return settings;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const cure = 'castor2echo.example.toml shows every setting';
    for (const line of error.message.split('\n')) findings.push(failed('settings', 'usage', line, cure));
    return null;
  }
}

/** A warning needs a person, a failure is what it would be for the programs. */
const exitOf = (findings: readonly Finding[]): Exit =>
  worst(
    findings.flatMap((finding) => {
      if (finding.state === 'ok') return [];
      return [finding.state === 'warning' ? EXIT.person : EXITS[finding.trouble]];
    }),
  );

function print(findings: readonly Finding[], exit: Exit, options: CommonOptions): void {
  if (options.json === true) {
    const counts = {
      ok: countOf(findings, 'ok'),
      warning: countOf(findings, 'warning'),
      failed: countOf(findings, 'failed'),
    };
    const warnings = findings.filter(({ state }) => state !== 'ok').map(({ text }) => text);
    process.stdout.write(`${JSON.stringify({ program: 'doctor', findings, counts, warnings, exit })}\n`);
  } else if (options.quiet !== true || exit !== EXIT.ok)
    process.stdout.write(
      findingsText(findings)
        .map((line) => `${escapeText(line)}\n`)
        .join(''),
    );
}

async function main(): Promise<Exit> {
  const command = commonOptions(
    'doctor',
    'Looks at everything that a campaign needs; each line is ok, warning or failed.',
  );
  try {
    command.parse();
  } catch (error) {
    return (error as { exitCode?: number }).exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  const options = command.opts<CommonOptions>();
  const findings = await examine(options);
  const exit = exitOf(findings);
  print(findings, exit, options);
  return exit;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(
    `doctor: a bug, please report it with this:\n${error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = EXIT.bug;
}
