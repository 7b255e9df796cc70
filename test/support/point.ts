/**
 * point: counts the calls of this process that change something outside it, and ends the process at one of them.
 *
 *   CRASH_AT=n        SIGKILL instead of the n-th call (from 1)
 *   CRASH_AFTER=n     SIGKILL right after the n-th call
 *   CRASH_HALF=n      SIGKILL when half of what the n-th call writes is written; instead of it, when it writes nothing
 *   CRASH_SIGNAL=S    that signal instead of SIGKILL; after SIGSTOP and SIGCONT the call is made
 *   CRASH_ERRNO=E     the call of CRASH_AT throws that error instead, for example ENOSPC; a call that cannot fail so is not
 *                     counted then
 *   CRASH_FROM=n      with CRASH_ERRNO: the n-th call and every later one throws, as on a disk that stays full
 *   CRASH_RECORD=F    appends "n operation path" to F before each call
 *
 * In a process that has several lives, the call is counted for the life that makes it; see life.
 *
 * A call within a call (writeFileSync opens and writes) is not counted again, so that the numbers do not depend on
 * how a version of Node is built inside.
 */
import { appendFileSync } from 'node:fs';

import { lives } from './life.js';

export interface Call<T> {
  /** As in the record: "renameSync", "COMMIT". */
  readonly operation: string;
  /** What it works on, as in the record. */
  readonly path: string;
  readonly make: () => T;
  /** Does half of it, where there is a half. */
  readonly half?: () => void;
  /** The error that such a call throws for an errno; without it the call cannot be made to fail. */
  readonly failure?: (errno: string) => Error;
}

const env = process.env;
const [at, after, half, from] = ['CRASH_AT', 'CRASH_AFTER', 'CRASH_HALF', 'CRASH_FROM'].map((name) =>
  Number(env[name] ?? 0),
);
const signal = (env['CRASH_SIGNAL'] ?? 'SIGKILL') as NodeJS.Signals;
const { CRASH_ERRNO: errno, CRASH_RECORD: record } = env;

let calls = 0;
let within = false;

/** Makes the call, unless this is where the process is to end. */
export function point<T>(call: Call<T>): T {
  const life = lives.getStore();
  if (life !== undefined) return life.point(call);
  if (within || (errno !== undefined && call.failure === undefined)) return call.make();
  calls += 1;
  note(call);
  if (errno !== undefined && (calls === at || (from !== 0 && calls >= (from ?? 0)))) {
    if (call.failure !== undefined) throw call.failure(errno);
  } else if (calls === at) {
    end();
  }
  within = true;
  try {
    if (calls === half) {
      call.half?.();
      end();
    }
    const result = call.make();
    if (calls === after) end();
    return result;
  } finally {
    within = false;
  }
}

function note({ operation, path }: Call<unknown>): void {
  if (record === undefined) return;
  within = true;
  appendFileSync(record, `${calls} ${operation} ${path}\n`);
  within = false;
}

/** The kernel delivers a signal to oneself before kill(2) returns: nothing runs after SIGKILL. */
function end(): void {
  process.kill(process.pid, signal);
}
