/**
 * states: the job and file states of FTS3, spelled as FTS spells them (seen on FTS3 3.13).
 *
 * A state that is not in these tables may still arrive: a newer server may know more. It is carried as a plain
 * string and falls under the last of the seven rules.
 */

export const JOB_STATES = [
  'STAGING',
  'SUBMITTED',
  'READY',
  'STARTED',
  'ACTIVE',
  'ON_HOLD',
  'ON_HOLD_STAGING',
  'ARCHIVING',
  'QOS_TRANSITION',
  'QOS_REQUEST_SUBMITTED',
  'TOKEN_PREP',
  'DELETE',
  'FINISHED',
  'FINISHEDDIRTY',
  'FAILED',
  'CANCELED',
] as const;
export type JobState = (typeof JOB_STATES)[number];

const FINAL: readonly string[] = ['FINISHED', 'FINISHEDDIRTY', 'FAILED', 'CANCELED'] satisfies readonly JobState[];

/** A job in one of these will not change any more, though its files may lag behind for a while (FTS-1482). */
export const isFinal = (state: string): boolean => FINAL.includes(state);

/** Known to FTS and not final: the job goes on by itself, nobody needs to do anything. */
export const isWaiting = (state: string): boolean =>
  (JOB_STATES as readonly string[]).includes(state) && !isFinal(state);

/**
 * A cancel does not touch a file in one of these: its job is CANCELED, and it is copied when its storage is free again
 * or its token is there (seen on FTS3 3.13).
 */
export const isOutOfReach = (state: string): boolean => ['ON_HOLD', 'ON_HOLD_STAGING', 'TOKEN_PREP'].includes(state);

/**
 * FTS does nothing more with this file: it is final, and if its job was cancelled, its worker was stopped. That of a
 * single file that was cancelled may go on: see `mayStillRun`.
 */
export const isOver = (file: { readonly state: string; readonly stopping?: boolean }): boolean =>
  isFinal(file.state) && file.stopping !== true;
