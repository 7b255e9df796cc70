/**
 * verdict: what it means where a path stands: in the catalogue before and after the dump, in the dump, in the campaign.
 * Pure.
 */

/** Where a path stands: bits of a number. */
export const CATALOGUE = 1;
export const BEFORE = 2;
export const DUMP = 4;
/** DONE/Okay, DONE/Bad; what is in TODO or DOING: FTS has it, or will. */
export const OKAY = 8;
export const BAD = 16;
export const CARRIED = 32;

/** `new` and `gone`: the catalogue has changed while the dump was made, so that nothing follows. `other`: of no account. */
export type FileVerdict = 'there' | 'lost' | 'dark' | 'new' | 'gone' | 'carried' | 'other';

export interface Compared {
  readonly hasCatalogue: boolean;
  /** There is one from before the dump too. */
  readonly hasBefore: boolean;
}

export function judgeFile(sides: number, { hasCatalogue, hasBefore }: Compared): FileVerdict {
  const isDumped = (sides & DUMP) !== 0;
  // Half a copy looks dark, and one that is not there yet looks lost.
  if ((sides & CARRIED) !== 0) return 'carried';
  if (!hasCatalogue) return (sides & OKAY) === 0 ? 'other' : isDumped ? 'there' : 'lost';
  const after = (sides & CATALOGUE) !== 0;
  const before = hasBefore ? (sides & BEFORE) !== 0 : after;
  if (after !== before) return after ? 'new' : 'gone';
  if (after) return isDumped ? 'there' : 'lost';
  return isDumped ? 'dark' : 'other';
}
