/**
 * programs: starts the toolkit's programs as cron does: each a process of its own, in an environment with little in it.
 *
 * They run with `--json`, so that the rehearsal can follow them. `run` never throws for what a program does; whatever
 * its end, it is reported.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** How a program ended. */
export interface ProgramEnd {
  readonly program: string;
  /** Null: a signal ended it. */
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly seconds: number;
  /** As in its summary; empty if it did not come to print one. */
  readonly counts: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  /** All that it has said, as JSON; null if that was none. */
  readonly report: unknown;
}

export class Programs {
  private readonly base: string;
  private readonly env: Readonly<Record<string, string>>;
  private readonly children = new Set<ChildProcess>();

  /** `env`: what they are given beside. */
  constructor(base: string, env: Readonly<Record<string, string>> = {}) {
    this.base = base;
    this.env = env;
  }

  /** `program`: `monitor`, `misc/audit`. */
  async run(program: string, args: readonly string[] = []): Promise<ProgramEnd> {
    const script = path.join(__dirname, `../../${program}.js`);
    const { PATH, HOME } = process.env;
    const started = Date.now();
    const child = spawn(process.execPath, [script, '--json', ...args], {
      cwd: tmpdir(),
      env: { PATH, HOME, C2E_BASE: this.base, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children.add(child);
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (err += text));
    const end = await new Promise<Pick<ProgramEnd, 'exit' | 'signal'>>((resolve, reject) => {
      child.on('error', reject).on('close', (exit, signal) => resolve({ exit, signal }));
    });
    this.children.delete(child);
    return { program, ...end, seconds: (Date.now() - started) / 1000, ...said(out, err) };
  }

  /** Sends a signal to whatever runs. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    for (const child of this.children) child.kill(signal);
  }
}

/** The summary, or else what came on stderr. */
function said(out: string, err: string): Pick<ProgramEnd, 'counts' | 'warnings' | 'report'> {
  try {
    const report = JSON.parse(out) as Pick<ProgramEnd, 'counts' | 'warnings'>;
    return { counts: report.counts, warnings: report.warnings, report };
  } catch {
    return { counts: {}, warnings: err.split('\n').filter(Boolean), report: null };
  }
}
