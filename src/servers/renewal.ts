/**
 * renewal: runs the person's own command that renews the proxy and the tokens, where little is left of one.
 *
 * Such commands warn and end with 1 although they have made a proxy, and with 0 although they have not: what they leave
 * decides. Whatever comes of it, the run goes on with what is there.
 */
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { CredentialError, discoverCredential, readStorageToken } from '../fts3/index.js';
import type { Run } from '../run/program.js';
import { hideTokens } from '../text/hideSecrets.js';
import { clip, HOUR_MS, MINUTE_MS } from '../text/words.js';

const LONGEST_MS = 2 * MINUTE_MS;
/** For what it has said to arrive. An agent that it has left behind may hold its stderr open. */
const LAST_WORDS_MS = 200;
/** Of what it says. */
const MOST_OUTPUT = 2000;

/** A proxy or token, and when it ends; 0: it cannot be used, and why. */
interface Credential {
  readonly place: string;
  readonly ends: number;
  readonly why: string;
}

/** Before the first request of a run. A dry run only says that it would. */
export async function renewCredentials(run: Run): Promise<void> {
  const { renew_command: command, renew_hours: hours } = run.settings.auth;
  if (command === undefined) return;
  const enough = run.now().getTime() + hours * HOUR_MS;
  const before = credentialsOf(run);
  const short = before.filter(({ ends }) => ends < enough);
  if (short.length === 0) return;
  if (run.dryRun) {
    run.summary.note(`would run auth.renew_command, as less than ${hours} hours are left of ${placesOf(short)}`);
    return;
  }
  const said = await execute(command, run);
  // One that always lives for less is renewed when it ends later than before.
  const left = credentialsOf(run).filter(({ ends }, index) => ends < enough && ends <= (before[index]?.ends ?? 0));
  if (left.length === 0) run.log.info('renewed by auth.renew_command', { places: placesOf(short) });
  else
    run.summary.needsAttention(
      `auth.renew_command has not renewed ${placesOf(left)} (${left.map(({ why }) => why).join('; ')}): it ${said}; try it by hand: ${command}`,
    );
}

const placesOf = (credentials: readonly Credential[]): string =>
  [...new Set(credentials.map(({ place }) => place))].join(', ');

/** Ours, and those of the routes; always in the same order. */
function credentialsOf({ settings, env, base, now }: Run): Credential[] {
  const { server, auth } = settings.fts;
  // http is only ever a loopback address, for rehearsals: it needs no credential.
  const own = server.some(({ endpoint }) => endpoint.startsWith('https:'))
    ? [seen('our credential', () => discoverCredential(env, { auth, uid: process.getuid?.() ?? 0, now: now() }))]
    : [];
  const files = settings.route.flatMap((route) => [route.source_token_file, route.destination_token_file]);
  const tokens = files.flatMap((file) => (file === undefined ? [] : [path.resolve(base, file)]));
  return [...own, ...tokens.map((file) => seen(file, () => readStorageToken(file, now())))];
}

function seen(place: string, read: () => { path: string; expires: Date | null }): Credential {
  try {
    const { path: file, expires } = read();
    return { place: file, ends: expires?.getTime() ?? Infinity, why: `ends at ${expires?.toISOString()}` };
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error;
    return { place, ends: 0, why: error.message };
  }
}

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
