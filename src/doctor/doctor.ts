/**
 * doctor: looks at everything that a campaign needs, and says of each thing whether it is well, and else the cure.
 *
 *     the node, the settings, the directories, the table of reasons, the lease, the database
 *     the LFN lists, each server with its credential, tokens, storages, what ends too early
 *     the crontab
 *
 * Each is a `Check`: well, a warning or a failure, with its cure. What cannot be looked at is one too, and the next
 * thing is looked at. It must work where the programs end: without settings, spool, database or credential. It takes no
 * lease, changes nothing, and asks the servers with GETs only.
 */
import fs from 'node:fs';
import path from 'node:path';
import { failed, failedBy, ok, type Check, type TroubleKind } from './checks.js';
import { plural } from '../text/words.js';
import type { CampaignDatabase } from '../database/database.js';
import { examineCredential } from './examineCredential.js';
import { examineCrontab, examineNode } from './examineHost.js';
import { examineForecast } from './examineForecast.js';
import { examineInputs } from './examineInputs.js';
import { examineServers } from './examineServers.js';
import { examineStorages } from './examineStorages.js';
import { examineTokens } from './examineTokens.js';
import { examineDatabase, examineDirectories, examineLease } from './examineSpool.js';
import { baseDirectory, type CommonOptions } from '../run/options.js';
import { reasonsOf } from '../settings/reasonTable.js';
import { loadSettings, type Settings } from '../settings/settings.js';
import { EXIT, SpoolError, UsageError, worst, type Exit } from '../errors.js';

const EXITS: Readonly<Record<TroubleKind, Exit>> = {
  usage: EXIT.usage,
  spool: EXIT.spool,
  lease: EXIT.leaseHeld,
  server: EXIT.noServer,
  person: EXIT.person,
};
/** In place of settings that cannot be read. */
const DEFAULTS = { auth: 'auto', delegation_renew_hours: 24, max_run_minutes: 50 } as const;

/** All checks, with what this environment says of credentials, CAs and the crontab. */
export async function examine(
  options: Pick<CommonOptions, 'base' | 'config'>,
  env: NodeJS.ProcessEnv,
): Promise<Check[]> {
  const base = baseDirectory(options, env);
  const checks = [examineNode()];
  const settings = examineSettings(options.config ?? path.join(base, 'castor2echo.toml'), env, checks);
  if (fs.statSync(base, { throwIfNoEntry: false })?.isDirectory() !== true)
    return [...checks, failed('directories', 'spool', `${base} is not there`, 'make it, or name another with --base')];
  checks.push(...looked('directories', () => examineDirectories(base)), ...examineReasons(base));
  const { max_run_minutes: maxRunMinutes } = settings?.lock ?? DEFAULTS;
  checks.push(...looked('lease', () => examineLease(base, maxRunMinutes, env)));
  let database: CampaignDatabase | null = null;
  checks.push(
    ...looked('database', () => {
      const examined = examineDatabase(base);
      database = examined.database;
      return examined.checks;
    }),
  );
  return [...checks, ...(await beyond(base, settings, database, env)), ...examineCrontab(env)];
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

/** The LFN lists, the credential, the servers and the storages, as far as the settings name them. */
async function beyond(
  base: string,
  settings: Settings | null,
  database: CampaignDatabase | null,
  env: NodeJS.ProcessEnv,
): Promise<Check[]> {
  try {
    if (settings === null) return examineCredential(DEFAULTS, env).checks;
    const inputs = await examineInputs(base, settings, database);
    const { checks, delegations } = await examineServers(settings, database, env);
    const ahead = database === null ? [] : await examineForecast(base, settings, database.db, env, delegations);
    const tokens = examineTokens(base, settings, database, env);
    const storages = looked('storages', () => examineStorages(base, settings, database));
    return [...inputs, ...checks, ...tokens, ...storages, ...ahead];
  } finally {
    database?.db.close();
  }
}

/** Every wrong line is a check of its own. */
function examineSettings(file: string, env: NodeJS.ProcessEnv, checks: Check[]): Settings | null {
  try {
    const settings = loadSettings(file, env);
    const what = `${plural(settings.route.length, 'route')}, ${plural(settings.fts.server.length, 'server')}`;
    checks.push(ok('settings', `${file}: ${what}`));
    if (settings.job.overwrite)
      checks.push(ok('settings', 'overwrite = true: FTS deletes what stands at a destination before it copies'));
    return settings;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const cure = 'castor2echo.example.toml shows every setting';
    for (const line of error.message.split('\n')) checks.push(failed('settings', 'usage', line, cure));
    return null;
  }
}

/** The campaign's own table of reasons: where it is wrong, no list is settled. */
function examineReasons(base: string): Check[] {
  try {
    reasonsOf(base);
    return [];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [
      failed('reasons', 'usage', error.message, 'correct that row, or take it out: data/reasons.tsv shows the form'),
    ];
  }
}

/** A warning needs a person, a failure is what it would be for the programs. */
export const exitOf = (checks: readonly Check[]): Exit =>
  worst(
    checks.flatMap((check) => {
      if (check.state === 'ok') return [];
      return [check.state === 'warning' ? EXIT.person : EXITS[check.trouble]];
    }),
  );
