/** keeper: a running leaseKeeper as a test holds it: what it said, questions to it, and its end. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { outcome, start, type Outcome, type RunOptions } from './runProgram.js';
import { until } from './until.js';

export const KEEPER = fileURLToPath(new URL('./leaseKeeper.js', import.meta.url));

export interface Keeper {
  readonly pid: number;
  /** Resolves at the line "held N", with N. */
  held(): Promise<number>;
  /** What `lease.check()` says in that process: "ok" or "lost". */
  check(): Promise<string>;
  /** Sends a signal, if it still runs; SIGSTOP is waited for. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Resolves when it has stopped itself (true), or holds the lease or has ended (false). */
  stopped(): Promise<boolean>;
  /** Wakes it if it is stopped; resolves when it holds the lease (true) or has ended (false). */
  holdsWhenAwake(): Promise<boolean>;
  /** Ends its input, so that it releases; resolves with how it ended. */
  end(): Promise<Outcome>;
}

export function startKeeper(options: RunOptions): Keeper {
  const child = start(KEEPER, options);
  const pid = child.pid ?? 0;
  const ended = outcome(child, 'the keeper');
  let [said, gone] = ['', false];
  // A test that does not ask how it ended learns of a failure by what it waits for.
  ended.catch(() => undefined).finally(() => (gone = true));
  child.stdout.on('data', (text: string) => void (said += text));
  const line = async (pattern: RegExp): Promise<string> => {
    await until(`a keeper says ${pattern}`, () => pattern.test(said));
    const [all = '', captured = all] = pattern.exec(said) ?? [];
    said = said.replace(all, '');
    return captured;
  };
  return {
    pid,
    held: async () => Number(await line(/held (\d+)\n/)),
    check() {
      child.stdin.write('check\n');
      return line(/(ok|lost)\n/);
    },
    async signal(signal) {
      child.kill(signal);
      if (signal === 'SIGSTOP') await until('the keeper stops', () => stateOf(pid) === 'T');
    },
    async stopped() {
      await until('the keeper stops, holds or ends', () => gone || stateOf(pid) === 'T' || said.includes('held'));
      return stateOf(pid) === 'T';
    },
    async holdsWhenAwake() {
      child.kill('SIGCONT');
      await until('the keeper holds or ends', () => gone || said.includes('held'));
      return said.includes('held');
    },
    end() {
      child.stdin.end();
      return ended;
    },
  };
}

/** The state of a process as proc(5) has it: "T" stopped, "Z" zombie; null when there is none. */
export function stateOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] ?? null;
  } catch {
    return null;
  }
}
