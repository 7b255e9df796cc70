/**
 * courses: what becomes of a transfer, and when.
 *
 * Between mock:// URLs their arguments decide, elsewhere the script of the rehearsal, which is told how many jobs of
 * this server carried the pair before; without a word from it a transfer finishes after a second.
 */
import { isMock, mockCourse } from './mock.js';
import type { Course } from './mock.js';
import type { Outcome, ScriptedTransfer } from '../options.js';
import type { Parameters } from '../protocol/parameters.js';
import type { Pair } from '../protocol/submission.js';
import type { Schedule } from './timeline.js';

export type Script = (transfer: ScriptedTransfer) => Outcome | undefined;

/** In the words of davs. */
const UNVERIFIED: Outcome = {
  state: 'FAILED',
  reason: 'TRANSFER [5] DESTINATION CHECKSUM MISMATCH User-defined and destination ADLER32 do not match ( != 00000001)',
  recoverable: false,
};

export class Courses {
  private readonly script: Script | undefined;
  private readonly attempts = new Map<string, number>();

  constructor(script: Script | undefined) {
    this.script = script;
  }

  /** The course of a pair in a job that is being accepted: one more attempt at it. */
  next(pair: Pair, parameters: Parameters): Course {
    const { source, destination } = pair;
    const attempt = (this.attempts.get(`${source} ${destination}`) ?? 0) + 1;
    this.attempts.set(`${source} ${destination}`, attempt);
    const overwrite = parameters.overwriteFlag !== null;
    if (isMock(source) && isMock(destination)) {
      const { verifyChecksum, timeout } = parameters;
      return mockCourse(source, destination, { overwrite, verifyChecksum, checksum: pair.checksum, timeout });
    }
    const checksum = pair.checksum.includes(':') ? { checksum: pair.checksum } : {};
    const outcome = this.script?.({ source, destination, attempt, overwrite, ...checksum });
    // Seen on FTS 3.13: with nothing to compare with, mode "target" copies the file and fails it afterwards.
    const unverifiable = parameters.verifyChecksum === 't' && !pair.checksum.includes(':');
    return scripted(unverifiable ? { ...outcome, ...UNVERIFIED } : outcome, pair.userSize);
  }
}

/** What the parameters of a job say about its stages and repetitions. */
export function scheduleOf(parameters: Parameters, scale: number): Schedule {
  return {
    staging: parameters.bringOnline > 0 || parameters.copyPinLifetime > 0,
    archiving: parameters.archiveTimeout > 0,
    retries: Math.max(0, parameters.retry),
    retryDelay: parameters.retryDelay > 0 ? parameters.retryDelay : 120,
    scale,
  };
}

function scripted(outcome: Outcome | undefined, userSize: number): Course {
  const failed = outcome?.state === 'FAILED';
  const none = { seconds: 0, errno: 0 };
  return {
    staging: outcome?.staging ?? none,
    archiving: none,
    there: outcome?.there ?? null,
    copy: {
      seconds: outcome?.seconds ?? 1,
      reason: failed ? (outcome.reason ?? 'TRANSFER [5] Input/output error') : null,
      recoverable: failed && (outcome.recoverable ?? true),
      size: outcome?.size ?? userSize,
    },
  };
}
