/**
 * existing: transfers that failed only because something stands at their destination already, and what was found there. Pure.
 *
 * FTS cannot tell what it is: it reports the source's size (seen on FTS3 3.13), so the storage is asked.
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
  /** The file that was to come. */
  | { readonly kind: 'same' }
  | { readonly kind: 'different'; readonly expected: Facts; readonly found: Facts }
  /** Nothing stands there any more. */
  | { readonly kind: 'gone' }
  /** Nobody knows a checksum: nothing is guessed. */
  | { readonly kind: 'untold'; readonly why: string }
  /** It cannot be told yet: its list stays. */
  | { readonly kind: 'waits'; readonly why: string };

const EXISTS = /exists and overwrite is not enabled|overwrit(?:e|ing) (?:is )?not (?:enabled|allowed)/i;

/** Is that why it failed? With overwriting refused nothing was written. */
export const failedAsExisting = ({ state, reason }: { readonly state: string; readonly reason: string }): boolean =>
  state === 'FAILED' && sideOf(reason) === 'destination' && EXISTS.test(reason);

/** `ADLER32:0a1b2c3d, 17 bytes` */
export const factsInWords = ({ checksum, size }: Facts): string =>
  [checksum, size === null ? null : `${size} bytes`].filter((each) => each !== null).join(', ') || 'not what was sent';
