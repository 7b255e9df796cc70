/**
 * gfal: runs a command of gfal2-util and gives back what it said.
 *
 *     look      is the file there, how large, with which checksum
 *     proof     is what stands at a destination the right file
 *     found     takes transfers whose file is proved to be there out of a list, to DONE/Okay
 *     remove    deletes files
 *
 * gfal2 speaks every protocol that FTS copies with, and takes the same proxy. A process is killed when its time is
 * over. What the commands say and end with was seen with gfal2-util 1.8: they exit with an errno, after `gfal-stat
 * error: 2 (No such file or directory) - …` on stderr; a wrong option of their own ends with 2 as well, and without
 * that line.
 */
import { spawn } from 'node:child_process';
import { UsageError } from '../errors.js';

export type Command = 'gfal-stat' | 'gfal-sum' | 'gfal-rm';

export interface GfalOptions {
  readonly timeoutSeconds: number;
  readonly env: NodeJS.ProcessEnv;
}

export interface CommandEnd {
  readonly command: Command;
  /** Null: a signal ended it. */
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It was killed: nobody knows what it has done. */
  readonly lateAfter: number | null;
}

/** They have a time limit of their own; they are given so much more to end. */
const GRACE_MS = 5000;
/** How much of a reason is kept. */
const LONGEST_REASON = 1000;
/** How much of stderr is kept; stdout is as long as what was asked for. */
const MOST_OUTPUT = 16_384;

/** @throws UsageError when the command is not installed. */
export function gfal(
  command: Command,
  args: readonly string[],
  { timeoutSeconds, env }: GfalOptions,
): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, ['-t', String(timeoutSeconds), ...args], {
      // They print times in the zone of whoever runs them.
      env: { ...env, TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A terminal sends Ctrl-C to all that run in it; what deletes is to end its batch all the same.
      detached: command === 'gfal-rm',
    });
    let [stdout, stderr] = ['', ''];
    let lateAfter: number | null = null;
    const timer = setTimeout(
      () => {
        lateAfter = timeoutSeconds;
        child.kill('SIGKILL');
      },
      timeoutSeconds * 1000 + GRACE_MS,
    );
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < MOST_OUTPUT) stderr += text;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(
        new UsageError(
          `Cannot ask the storages: ${command} cannot be started (${error.code ?? error.message}); install gfal2-util and the plugins for your storages`,
        ),
      );
    });
    child.on('close', (exit) => {
      clearTimeout(timer);
      resolve({ command, exit, stdout, stderr, lateAfter });
    });
  });
}

/** Does it say that there is no such file? Any other trouble may be the storage's own. */
export const isMissing = (ended: CommandEnd): boolean =>
  ended.lateAfter === null &&
  ended.exit === 2 &&
  failureOf(ended).startsWith(`${ended.command} error: 2 (No such file`);

/** What it says of its failure. */
export function failureOf({ command, exit, stderr, lateAfter }: CommandEnd): string {
  if (lateAfter !== null) return `no answer within ${lateAfter} s`;
  const said = stderr.split('\n').find((line) => line.startsWith(`${command} error:`));
  const reason = (said ?? stderr).trim().slice(0, LONGEST_REASON);
  return reason || `${command} ended with ${exit ?? 'a signal'} and said nothing`;
}

/** Does `work` for each item, `parallel` at a time, until something says why to stop. */
export async function forEach<Item>(
  items: Iterable<Item>,
  { parallel, mustStop }: { readonly parallel: number; readonly mustStop: () => string | null },
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    while (mustStop() === null) {
      const next = queue.next();
      if (next.done === true) return;
      await work(next.value);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}
