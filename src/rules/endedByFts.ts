/**
 * endedByFts: a transfer that is CANCELED although nobody has cancelled it.
 *
 * FTS itself ends transfers so: those that waited too long in its queue, those of a node that died, those of a storage
 * that was banned. It then gives a reason of its own, and `cancel_job` is false. A person's cancel leaves the reason of
 * a single transfer empty, or says `Job canceled by the user` (all seen on FTS3 3.13). `cancel_job` true is a person's
 * too; false proves nothing.
 */

/** What is looked at. `cancelJob`: whether the whole job was told to be cancelled, or null if FTS does not say. */
interface EndedJob {
  readonly state: string;
  readonly cancelJob: boolean | null;
  readonly files: readonly { readonly state: string; readonly reason: string }[];
}

const BY_A_PERSON = /\bcancell?(?:ed|ation)\b.{0,40}\bby\b/is;

/** Has FTS itself ended this cancelled transfer? */
export const isEndedByFts = (reason: string, cancelJob: boolean | null): boolean =>
  cancelJob !== true && reason.trim() !== '' && !BY_A_PERSON.test(reason);

/**
 * The state by which the rules judge a job. A CANCELED one whose cancelled transfers were all ended by FTS has failed:
 * it is FINISHEDDIRTY when some have finished, and FAILED when none has.
 */
export function judgedState({ state, cancelJob, files }: EndedJob): string {
  if (state !== 'CANCELED') return state;
  const cancelled = files.filter((file) => file.state === 'CANCELED');
  if (cancelled.length === 0 || !cancelled.every(({ reason }) => isEndedByFts(reason, cancelJob))) return state;
  return files.some((file) => file.state === 'FINISHED') ? 'FINISHEDDIRTY' : 'FAILED';
}
