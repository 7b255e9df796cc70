/**
 * measured: runs a whole process and says what it cost: wall time, CPU time (user and system) and peak memory.
 *
 * A Node process reports about itself (see usage); of another one the CPU time is what this process's waited-for
 * children have used meanwhile, to 10 ms, and the peak is not known.
 *
 * Errors: an Error with the process's output when it does not end as expected.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Figure {
  readonly wallSeconds: number;
  readonly cpuSeconds: number | null;
  readonly peakBytes: number | null;
}

export interface Command {
  /** A program and its arguments; `node` stands for the Node that runs the benchmark. */
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The exit statuses that are as they should be; by default 0 alone. */
  readonly exits?: readonly number[];
}

const USAGE = fileURLToPath(new URL('usage.cjs', import.meta.url));
const TICKS_PER_SECOND = 100;

/** A program of the toolkit, as cron would start it. */
export const program = (name: string, base: string, ...options: string[]): Command => ({
  argv: ['node', fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url)), '--base', base, ...options],
});

/** A script of the benchmark. */
export const script = (name: string, ...options: string[]): Command => ({
  argv: ['node', fileURLToPath(new URL(`${name}.js`, import.meta.url)), ...options],
});

export async function measured(command: Command): Promise<Figure> {
  const report = join(tmpdir(), `castor2echo-usage-${process.pid}.json`);
  rmSync(report, { force: true });
  const waitedFor = childrenSeconds();
  const begin = process.hrtime.bigint();
  await ended(command, report);
  const wallSeconds = Number(process.hrtime.bigint() - begin) / 1e9;
  if (existsSync(report)) {
    const own = JSON.parse(readFileSync(report, 'utf8')) as Omit<Figure, 'wallSeconds'>;
    rmSync(report);
    return { wallSeconds, ...own };
  }
  const after = childrenSeconds();
  const cpuSeconds = waitedFor === null || after === null ? null : after - waitedFor;
  return { wallSeconds, cpuSeconds, peakBytes: null };
}

async function ended({ argv, cwd, env, exits = [0] }: Command, report: string): Promise<void> {
  const [name, ...options] = argv;
  const isNode = name === 'node';
  const { PATH, HOME } = process.env;
  const child = spawn(isNode ? process.execPath : name, [...(isNode ? ['--require', USAGE] : []), ...options], {
    cwd: cwd ?? tmpdir(),
    env: { PATH, HOME, TZ: 'UTC', BENCH_USAGE: report, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const hear = (text: string): void => {
    if (said.length < 4000) said += text;
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve(status));
  });
  if (exit === null || !exits.includes(exit)) throw new Error(`${argv.join(' ')} ended with ${exit}:\n${said}`);
}

/** CPU seconds of all children that were waited for: `cutime` and `cstime` of proc(5). */
function childrenSeconds(): number | null {
  if (!existsSync('/proc/self/stat')) return null;
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
