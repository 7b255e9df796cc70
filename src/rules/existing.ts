/**
 * existing: transfers that failed only because something stands at their destination already, and what was found there.
 * Pure.
 *
 * FTS tells what it is only on the way to tape, and where it can ask the storage (`dst_file_report`); elsewhere it
 * reports the source's size (seen on FTS3 3.13), so the storage is asked.
 */
import { sideOf } from './reasonSide.js';

/** What a file is, as far as that is known. */
export interface Facts {
  /** `ALGORITHM:HEX` */
  readonly checksum: string | null;
  /** Bytes. */
  readonly size: number | null;
}

export type Existing =
  /** The file that was to come; `by`: who has told. */
  | { readonly kind: 'same'; readonly by: 'gfal-sum' | 'dst_file_report' }
  /** It is that file, and was to be on tape. */
  | { readonly kind: 'not on tape'; readonly why: string }
  | { readonly kind: 'different'; readonly expected: Facts; readonly found: Facts }
  /** Nothing stands there any more. */
  | { readonly kind: 'gone' }
  /** Nobody knows a checksum: nothing is guessed. */
  | { readonly kind: 'untold'; readonly why: string }
  /** It cannot be told yet: its list stays. */
  | { readonly kind: 'waits'; readonly why: string };

/** As FTS reports it. */
export interface Report {
  readonly size: number;
  /** `ALGORITHM:HEX` */
  readonly checksum: string;
  readonly onDisk: boolean;
  readonly onTape: boolean;
}

/** Can it be compared with what the list says? FTS uses the algorithm of the list, where that has one. */
export const fitsReport = ({ checksum }: Report, listed: string | undefined): boolean =>
  listed === undefined || algorithmOf(listed) === algorithmOf(checksum);

const algorithmOf = (checksum: string): string => (checksum.split(':')[0] ?? '').toLowerCase();

/** Whether the right file is where it was to be. */
export function onceThere({ onDisk, onTape }: Report): Existing {
  if (onTape) return { kind: 'same', by: 'dst_file_report' };
  return {
    kind: 'not on tape',
    why: onDisk ? 'it is on disk alone' : 'its storage has it neither on disk nor on tape',
  };
}

const EXISTS = /exists and overwrite is not enabled|overwrit(?:e|ing) (?:is )?not (?:enabled|allowed)/i;

/** Is that why it failed? With overwriting refused nothing was written. */
export const failedAsExisting = ({ state, reason }: { readonly state: string; readonly reason: string }): boolean =>
  state === 'FAILED' && sideOf(reason) === 'destination' && EXISTS.test(reason);

/** `ADLER32:0a1b2c3d, 17 bytes` */
export const factsInWords = ({ checksum, size }: Facts): string =>
  [checksum, size === null ? null : `${size} bytes`].filter((each) => each !== null).join(', ') || 'not what was sent';
