/**
 * runProgram: runs the shipped programs as child processes, and kills them at each of their points in turn.
 *
 * A child gets a clean environment: PATH, HOME, TZ=UTC and C2E_BASE, and what the test adds; nothing of the settings
 * or credentials of whoever runs the tests. Its working directory is none of a campaign.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { tmpdir } from 'node:os';
import { isAbsolute } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Where the child is to end, or what is to fail; see point. */
export interface Crash {
  readonly at?: number;
  readonly after?: number;
  readonly half?: number;
  readonly from?: number;
  readonly errno?: string;
  readonly signal?: NodeJS.Signals;
  /** A file that gets a line for each call. */
  readonly record?: string;
}

export interface RunOptions {
  readonly base: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly crash?: Crash;
  /** After this the child is killed and `run` throws; by default a minute. */
  readonly timeoutMs?: number;
}

export interface Outcome {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts `dist/<program>.js`, or the script at an absolute path; for tests that talk with a running child. */
export function start(program: string, options: RunOptions): Child {
  const script = isAbsolute(program) ? program : fileURLToPath(new URL(`../../dist/${program}.js`, import.meta.url));
  const preload = options.crash === undefined ? [] : ['--import', new URL('./crashPoint.js', import.meta.url).href];
  return spawn(process.execPath, [...preload, script, ...(options.args ?? [])], {
    cwd: tmpdir(),
    env: environment(options),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs a program to its end, however it ends. Throws only when it does not end in time. */
export async function run(program: string, options: RunOptions): Promise<Outcome> {
  const child = start(program, options);
  child.stdin.end();
  return outcome(child, program, options.timeoutMs);
}

/** What a child says, and how it ends. */
export async function outcome(child: Child, program = 'the program', timeoutMs = 60_000): Promise<Outcome> {
  let [stdout, stderr, late] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  const [exit, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject).on('close', (...how) => resolve(how));
  });
  clearTimeout(timer);
  if (late) throw new Error(`${program} did not end within ${timeoutMs} ms; it said:\n${stdout}${stderr}`);
  return { exit, signal, stdout, stderr };
}

export interface KillOptions {
  /** `before` the n-th call, right `after` it, or when it is `half` done; by default before. */
  readonly when?: 'before' | 'after' | 'half';
  /** The exit statuses of a run that survives; by default 0 alone. */
  readonly exits?: readonly number[];
}

/** So many points means that a program does not end. */
const MOST_POINTS = 5000;

/**
 * Runs a program killed at its 1st, 2nd, … point, each time on what `prepare` made anew, until a run survives. `check`
 * is called after each kill, and after the run that survived. Returns the number of points at which it was killed.
 */
export async function killUntilSurvives<Prepared extends RunOptions>(
  program: string,
  prepare: () => Prepared | Promise<Prepared>,
  check: (base: string, point: number, prepared: Prepared) => void | Promise<void>,
  options: KillOptions = {},
): Promise<number> {
  const { when = 'before', exits = [0] } = options;
  for (let point = 1; point <= MOST_POINTS; point++) {
    const prepared = await prepare();
    const crash = when === 'before' ? { at: point } : { [when]: point };
    const { exit, signal, stdout, stderr } = await run(program, { ...prepared, crash });
    const killed = signal === 'SIGKILL';
    if (!killed && !exits.includes(exit ?? -1)) {
      const how = signal ?? `exit ${exit}`;
      throw new Error(`${program} ended with ${how} instead of being killed at point ${point}:\n${stdout}${stderr}`);
    }
    await check(prepared.base, point, prepared);
    if (!killed) return point - 1;
  }
  throw new Error(`${program} was still being killed at point ${MOST_POINTS}`);
}

function environment(options: RunOptions): NodeJS.ProcessEnv {
  const { PATH, HOME, NODE_V8_COVERAGE } = process.env;
  const inherited = { PATH, HOME, ...(NODE_V8_COVERAGE && { NODE_V8_COVERAGE }) };
  return { ...inherited, TZ: 'UTC', C2E_BASE: options.base, ...options.env, ...crashEnvironment(options.crash ?? {}) };
}

function crashEnvironment(crash: Crash): Record<string, string> {
  return Object.fromEntries(
    Object.entries(crash).map(([name, value]) => [`CRASH_${name.toUpperCase()}`, String(value)]),
  );
}
