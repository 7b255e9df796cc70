/** draftName: what a list is called while it is written. */
import { fits } from '../lists/names.js';
import { sha256 } from './digest.js';

/** Always the same for one list, so that the next run writes over what a crash has left; no longer than a file system allows. */
export function draftName(list: string): string {
  return `.${fits(list) ? list : sha256(list)}.draft`;
}
