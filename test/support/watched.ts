/**
 * watched: a program within this process whose calls are recorded, or made to fail, as those of a started one are by
 * crashPoint.
 *
 * A kill needs a process; to see what a run calls, or to let a call of it fail, does not, and a start is most of what
 * it costs.
 */
import { countCommits } from './commitCalls.js';
import { countDiskCalls } from './diskCalls.js';
import { Life, lives } from './life.js';
import type { Call } from './point.js';
import { countRequests } from './requestCalls.js';
import type { Crash, Outcome, RunOptions } from './runProgram.js';
import { runWithin, type Within } from './runWithin.js';

countDiskCalls();
countCommits();
countRequests();

/** A life that does not end: it counts, records and fails as a process does with the same words; see point. */
class WatchedLife extends Life {
  readonly made: string[] = [];
  private readonly failing: Pick<Crash, 'at' | 'from' | 'errno'>;
  private inACall = false;

  constructor(failing: Pick<Crash, 'at' | 'from' | 'errno'>) {
    super();
    this.failing = failing;
  }

  override point<T>(call: Call<T>): T {
    const { at, from = Infinity, errno } = this.failing;
    if (this.inACall || (errno !== undefined && call.failure === undefined)) return call.make();
    const n = this.made.push(`${call.operation} ${call.path}`);
    if (errno !== undefined && call.failure !== undefined && (n === at || n >= from)) throw call.failure(errno);
    this.inACall = true;
    try {
      return call.make();
    } finally {
      this.inACall = false;
    }
  }
}

/** What is done, and its calls as in a record of crashPoint, without their numbers. */
export async function watched<Result>(
  act: () => Promise<Result>,
  failing: Pick<Crash, 'at' | 'from' | 'errno'> = {},
): Promise<{ result: Result; calls: string[] }> {
  const life = new WatchedLife(failing);
  return { result: await lives.run(life, act), calls: life.made };
}

export interface Watched {
  readonly outcome: Outcome;
  /** The base directory as BASE: "renameSync BASE/a -> BASE/b". */
  readonly calls: string[];
}

export async function runWatched(
  program: Within,
  { base, args = [], env = {} }: Pick<RunOptions, 'base' | 'args' | 'env'>,
  failing: Pick<Crash, 'at' | 'from' | 'errno'> = {},
): Promise<Watched> {
  const { result, calls } = await watched(() => runWithin(program, ['--base', base, ...args], { env }), failing);
  return { outcome: result, calls: calls.map((call) => call.replaceAll(base, 'BASE')) };
}
