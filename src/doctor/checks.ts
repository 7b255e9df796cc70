/**
 * checks: what the doctor has found, and how grave it is.
 *
 *     each `examine…` measures one side of a campaign: host, credential, servers, settings and inputs, spool and database
 *     each measure is judged here, as a table could be, and becomes a line: ok, warning or failed, with the cure
 *
 * A warning is something that works today; a failure stops some program, and says which kind of trouble that program
 * would end with. Nothing is changed, no lease is taken, servers are asked with GETs only, and what cannot be looked at
 * is a line as well.
 */
import { duration, HOUR_MS } from '../text/words.js';
import { wrapped } from '../text/terminal.js';

/** What kind of trouble a failure is: it decides the exit status. */
export type TroubleKind = 'usage' | 'spool' | 'lease' | 'server' | 'person';

export type Check = { readonly about: string; readonly text: string } & (
  | { readonly state: 'ok' }
  | { readonly state: 'warning'; readonly cure: string }
  | { readonly state: 'failed'; readonly trouble: TroubleKind; readonly cure: string }
);

export const ok = (about: string, text: string): Check => ({ about, state: 'ok', text });
export const warning = (about: string, text: string, cure: string): Check => ({
  about,
  state: 'warning',
  text,
  cure,
});
export const failed = (about: string, trouble: TroubleKind, text: string, cure: string): Check => ({
  about,
  state: 'failed',
  trouble,
  text,
  cure,
});

/** A failure from the message of an error, "…: the state of things; the cure". */
export function failedBy(about: string, trouble: TroubleKind, message: string, otherwise = ''): Check {
  const [what = '', ...cure] = message.split('; ');
  return failed(about, trouble, what, cure.join('; ') || otherwise);
}

const MB = 1_000_000;

/** `wanted` as in package.json: ">=20.19". */
export function judgeNode(version: string, wanted: string): Check {
  const [major = 0, minor = 0] = numbers(version);
  const [leastMajor = 0, leastMinor = 0] = numbers(wanted);
  const enough = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  if (enough) return ok('node', version);
  return failed('node', 'usage', `${version} is too old: ${wanted} is needed`, 'install a newer Node (see the README)');
}

/** Bytes and inodes that this user may still use; null where the file system does not count inodes. */
export function judgeSpace(bytes: number, inodes: number | null): Check {
  const free = `${Math.floor(bytes / MB).toLocaleString('en-US')} MB free`;
  const left = inodes === null ? free : `${free}, ${inodes.toLocaleString('en-US')} files`;
  const cure = 'free some space there; nothing is lost when it is full, but nothing moves either';
  if (bytes < 10 * MB || (inodes !== null && inodes < 1000)) return failed('space', 'spool', left, cure);
  if (bytes < 1000 * MB || (inodes !== null && inodes < 20_000)) return warning('space', left, cure);
  return ok('space', left);
}

/** How far a server's clock is ahead of ours. */
export function judgeClock(server: string, aheadMs: number): Check {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const apart = `${seconds} s ${aheadMs > 0 ? 'behind' : 'ahead of'} ${server}`;
  const cure = "check this host's clock (chronyc tracking, timedatectl)";
  if (seconds >= 300) return failed('clock', 'server', `${apart}: credentials seem expired, or not valid yet`, cure);
  return seconds >= 60 ? warning('clock', apart, cure) : ok('clock', `within a minute of ${server}`);
}

/** How long a credential lasts; `renewHours`: what the programs want to have left. */
export function judgeLife(about: string, what: string, leftMs: number, renewHours: number, cure: string): Check {
  const left = `${what}, ${duration(leftMs)} left`;
  if (leftMs < HOUR_MS) return failed(about, 'server', `${left}: FTS wants an hour`, cure);
  return leftMs < renewHours * HOUR_MS ? warning(about, left, cure) : ok(about, left);
}

/** The text of a crontab: does it start the programs? */
export function judgeCrontab(text: string): Check {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const missing = ['consumer', 'monitor'].filter(
    (program) => !lines.some((line) => line.includes(`${program}.sh`) || line.includes(`${program}.js`)),
  );
  if (missing.length === 0) return ok('crontab', 'starts the consumer and the monitor');
  return warning(
    'crontab',
    `does not start the ${missing.join(' and the ')}`,
    'copy the lines of cronjobs/crontab.example into crontab -e (or acrontab -e)',
  );
}

/** One line each, with the cure below it, and the count at the end. */
/** What is said stands in a column of its own. */
const INDENT = 22;

export function checksText(checks: readonly Check[]): string[] {
  return [
    ...checks.flatMap((check) => [
      ...wrapped(check.text, INDENT, `${check.state.padEnd(8)} ${check.about.padEnd(12)} `),
      ...(check.state === 'ok' ? [] : wrapped(check.cure, INDENT, `${'→'.padStart(INDENT - 1)} `)),
    ]),
    `doctor: ${(['ok', 'warning', 'failed'] as const).map((state) => `${countOf(checks, state)} ${state}`).join(', ')}`,
  ];
}

export const countOf = (checks: readonly Check[], state: Check['state']): number =>
  checks.filter((check) => check.state === state).length;

const numbers = (version: string): number[] => (version.match(/\d+/g) ?? []).map(Number);
