/**
 * tape: what a job waits for while its files come from tape (STAGING) or go there (ARCHIVING), by what FTS says of
 * them. Pure.
 *
 * FTS gives up at its first look after the time-out, and the time-out of a request for many files is the longest among
 * them, also those of other jobs: so it ends then at the earliest (seen on FTS3 3.13).
 */
export const TAPE_STATES = ['STAGING', 'ARCHIVING'] as const;
export type TapeState = (typeof TAPE_STATES)[number];

/** As much of what FTS says of a job as decides; time-outs are seconds. */
export interface JobOnTape {
  readonly bringOnline: number | null;
  readonly archiveTimeout: number | null;
  readonly files:
    | readonly { readonly state: string; readonly stagingStart: Date | null; readonly archiveStart: Date | null }[]
    | null;
}

export interface TapeWait {
  /** Files for which the tape has not been asked yet. */
  readonly notBegun: number;
  readonly begun: number;
  /** When the first of those was asked for; ms. */
  readonly since: number | null;
  /** When FTS gives up on the last at the earliest; null: some have not begun, or it does not say. */
  readonly until: number | null;
}

export const isOnTape = (state: string): state is TapeState => (TAPE_STATES as readonly string[]).includes(state);

/** Null: no file of it is in that state, or its files are not known. */
export function tapeWait({ files, bringOnline, archiveTimeout }: JobOnTape, state: TapeState): TapeWait | null {
  const seconds = state === 'STAGING' ? bringOnline : archiveTimeout;
  const starts = (files ?? []).flatMap((file) => {
    if (state === 'STAGING') return ['STAGING', 'STARTED'].includes(file.state) ? [file.stagingStart] : [];
    return file.state === 'ARCHIVING' ? [file.archiveStart] : [];
  });
  if (starts.length === 0) return null;
  const begun = starts.flatMap((start) => timeOrNull(start?.getTime()) ?? []);
  const isKnown = begun.length === starts.length && seconds !== null && seconds > 0;
  return {
    notBegun: starts.length - begun.length,
    begun: begun.length,
    since: begun.reduce<number | null>((first, start) => Math.min(first ?? start, start), null),
    until: isKnown
      ? timeOrNull(begun.reduce((last, start) => Math.max(last, start), 0) + Math.round(seconds) * 1000)
      : null,
  };
}

/** What a row of the database can hold. */
const timeOrNull = (ms: number | undefined): number | null =>
  ms !== undefined && ms >= 0 && ms <= 8.64e15 ? ms : null;
