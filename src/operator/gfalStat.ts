/**
 * gfalStat: asks storages for files, with the command `gfal-stat` of gfal2-util: one process for each file, several at a
 * time, each killed when its time is over. It speaks every protocol that FTS copies from, with the same proxy.
 */
import { spawn } from 'node:child_process';
import { readStat, type Stat } from './sourceCheck.js';
import { UsageError } from '../errors.js';

export interface StatOptions {
  /** Processes at a time. */
  readonly parallel: number;
  readonly timeoutSeconds: number;
  readonly env: NodeJS.ProcessEnv;
  /** Why nothing new is to be begun. */
  readonly mustStop: () => string | null;
}

/** gfal-stat has a time limit of its own; it is given so much more to end. */
const GRACE_MS = 5000;
const MOST_OUTPUT = 16_384;

/**
 * What is known of each source; one that was not asked about any more is not in the map.
 * @throws UsageError when there is no gfal-stat
 */
export async function statSources(sources: readonly string[], options: StatOptions): Promise<Map<string, Stat>> {
  const stats = new Map<string, Stat>();
  const queue = [...new Set(sources)];
  const work = async (): Promise<void> => {
    while (options.mustStop() === null) {
      const source = queue.shift();
      if (source === undefined) return;
      stats.set(source, await statOne(source, options));
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.parallel, queue.length) }, work));
  return stats;
}

function statOne(source: string, { timeoutSeconds, env }: StatOptions): Promise<Stat> {
  return new Promise((resolve, reject) => {
    const child = spawn('gfal-stat', ['-t', String(timeoutSeconds), source], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        child.kill('SIGKILL');
      },
      timeoutSeconds * 1000 + GRACE_MS,
    );
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < MOST_OUTPUT) stderr += text;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(
        new UsageError(
          `Cannot check sources: gfal-stat cannot be started (${error.code ?? error.message}); install gfal2-util and the plugins for your storages`,
        ),
      );
    });
    child.on('close', (exit) => {
      clearTimeout(timer);
      resolve(late ? { kind: 'unknown', reason: `no answer within ${timeoutSeconds} s` } : readStat(exit, stderr));
    });
  });
}
