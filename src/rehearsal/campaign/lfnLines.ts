/**
 * lfnLines: the lines of the LFN lists, each of which must be accounted for.
 *
 * Like everything that the account is made of, it reads the files by itself.
 */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';

export interface LfnLine {
  readonly lfnList: string;
  /** Counted from 1. */
  readonly line: number;
  /** Where it begins in the file. */
  readonly byte: number;
  readonly lfn: string;
}

/** Every line that is neither blank nor a comment, of all the LFN lists. */
export function lfnLines(base: string, lfnLists: readonly string[]): LfnLine[] {
  return lfnLists.flatMap((lfnList) => {
    let byte = 0;
    return readFileSync(path.join(base, lfnList), 'utf8')
      .split('\n')
      .flatMap((text, index) => {
        const line = { lfnList, line: index + 1, byte, lfn: text.trim() };
        byte += Buffer.byteLength(text) + 1;
        return line.lfn === '' || line.lfn.startsWith('#') ? [] : [line];
      });
  });
}
