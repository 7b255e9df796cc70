/**
 * examineHost: the doctor's look at the machine: Node, and what cron is told.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { failed, judgeCrontab, judgeNode, warning, type Check } from './checks.js';
import { wantedNode } from '../run/package.js';

const TIMEOUT_MS = 10_000;

export const examineNode = (): Check => judgeNode(process.version, wantedNode());

/** cron's, or where there is none acron's. */
export function examineCrontab(env: NodeJS.ProcessEnv): Check[] {
  const texts = ['crontab', 'acrontab'].map((command) => listed(command, env));
  const known = texts.filter((text) => text !== null);
  if (known.length === 0)
    return [warning('crontab', 'there is no crontab command on this host', 'look on the host where cron runs')];
  const text = known.join('\n');
  return [judgeCrontab(text), ...missingScripts(text, env)];
}

/** The table's text, "" when there is none; null without the command. */
function listed(command: string, env: NodeJS.ProcessEnv): string | null {
  const { error, status, stdout } = spawnSync(command, ['-l'], { env, encoding: 'utf8', timeout: TIMEOUT_MS });
  if (error !== undefined) return null;
  return status === 0 ? stdout : '';
}

/** Scripts of ours that cron is to start and that are not there. */
function missingScripts(text: string, env: NodeJS.ProcessEnv): Check[] {
  const named = text.split('\n').flatMap((line) => {
    if (/^\s*#/.test(line)) return [];
    return line.match(/[^\s"';|&]*\/(?:producer|consumer|monitor)\.(?:sh|js)/g) ?? [];
  });
  const home = env['HOME'] ?? '';
  return [...new Set(named)]
    .map((script) => script.replace(/^(~|\$HOME|\$\{HOME\})(?=\/)/, home))
    .filter((script) => script.startsWith('/') && !existsSync(script))
    .map((script) => failed('crontab', 'person', `it starts ${script}, which is not there`, 'correct the path'));
}
