/**
 * renewal: runs the person's own command that renews the proxy and the tokens, where little is left of one, or FTS has
 * refused it.
 *
 * Such commands warn and end with 1 although they have made a proxy, and with 0 although they have not: what they leave
 * decides. Whatever comes of it, the run goes on with what is there.
 */
import { spawn } from 'node:child_process';
import { hasRefusedToken } from './routeTokens.js';
import { credentialLives, type CredentialLife } from './credentials.js';
import type { Run } from '../run/program.js';
import { hideTokens } from '../text/hideSecrets.js';
import { clip, HOUR_MS, MINUTE_MS } from '../text/words.js';

const LONGEST_MS = 2 * MINUTE_MS;
/** For what it has said to arrive. An agent that it has left behind may hold its stderr open. */
const LAST_WORDS_MS = 200;
/** How much of what it says is kept. */
const MOST_OUTPUT = 2000;

/**
 * Before the first request of a run. `sends`: it may send tokens of storages, so that those which FTS has refused are
 * to be replaced as well. A dry run only says that it would.
 */
export async function renewCredentials(run: Run, sends = false): Promise<void> {
  const { renew_command: command, renew_hours: hours } = run.settings.auth;
  if (command === undefined) return;
  const look = (): CredentialLife[] =>
    credentialLives(run).map((life) => (sends && hasRefusedToken(run.db, life) ? { ...life, ...REFUSED } : life));
  const enough = run.now().getTime() + hours * HOUR_MS;
  const before = look();
  const short = before.filter(({ ends }) => ends < enough);
  if (short.length === 0) return;
  if (run.dryRun) {
    run.summary.note(`would run auth.renew_command, as ${reasonsOf(short, hours)}`);
    return;
  }
  const said = await execute(command, run);
  // One that always lives for less is renewed when it ends later than before.
  const left = look().filter(({ ends }, index) => ends < enough && ends <= (before[index]?.ends ?? 0));
  if (left.length === 0) run.log.info('renewed by auth.renew_command', { places: placesOf(short) });
  else
    run.summary.needsAttention(
      `auth.renew_command has not renewed ${placesOf(left)} (${left.map(({ why }) => why).join('; ')}): it ${said}; try it by hand: ${command}`,
    );
}

/** As long as it stands in its file it is worth nothing, whenever it ends. */
const REFUSED = { ends: 0, why: 'FTS could not exchange it or its partner' } as const;

function reasonsOf(short: readonly CredentialLife[], hours: number): string {
  const refused = short.filter(({ why }) => why === REFUSED.why);
  const ending = short.filter(({ why }) => why !== REFUSED.why);
  return [
    ...(ending.length === 0 ? [] : [`less than ${hours} hours are left of ${placesOf(ending)}`]),
    ...(refused.length === 0 ? [] : [`FTS could not exchange what is in ${placesOf(refused)}`]),
  ].join(', and ');
}

const placesOf = (lives: readonly CredentialLife[]): string =>
  [...new Set(lives.map(({ file }) => file ?? 'our credential'))].join(', ');

/** How it ended. Its stdout is not looked at: it may be the token. */
function execute(command: string, { env, base }: Run): Promise<string> {
  return new Promise((resolve) => {
    // A group of its own, so that all that it has started can be ended.
    const child = spawn('sh', ['-c', command], { env, cwd: base, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    let [text, how] = ['', ''];
    const timer = setTimeout(() => {
      how = `took longer than ${LONGEST_MS / MINUTE_MS} minutes and was ended`;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, LONGEST_MS);
    let lastWords: NodeJS.Timeout | undefined;
    const finish = (): void => {
      clearTimeout(timer);
      clearTimeout(lastWords);
      child.stderr.destroy();
      const words = clip(hideTokens(text.trim().replace(/\s+/g, ' ')));
      resolve(`${how}, ${words === '' ? 'saying nothing' : `saying "${words}"`}`);
    };
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      if (text.length < MOST_OUTPUT) text += more;
    });
    child.on('error', (error) => {
      how = `cannot be started (${error.message})`;
      finish();
    });
    child.on('exit', (exit, signal) => {
      how ||= `ended with ${exit ?? signal}`;
      lastWords = setTimeout(finish, LAST_WORDS_MS);
    });
    child.on('close', finish);
  });
}
