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

/** Nothing of this file can still be carried out: it is final, and if it was cancelled, its worker has stopped. */
export const isOver = (file: { readonly state: string; readonly stopping?: boolean }): boolean =>
  isFinal(file.state) && file.stopping !== true;
