/**
 * model: what must be true of a random campaign at its end, whatever has happened to it.
 *
 * It knows the lines that the producer reads and the lines that a person wrote, and of each transfer the end that its LFN
 * names. It knows nothing of jobs, rows, transitions or crashes: they must make no difference.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { SOURCE } from '../crash/scene.js';

/** Repeating helps `again` and never `gone` and `stubborn`. */
const ENDS: Readonly<Record<string, string>> = {
  okay: 'DONE/Okay',
  again: 'DONE/Okay',
  gone: 'DONE/Bad',
  stubborn: 'DONE/Bad',
};

export class Model {
  private readonly lines: string[] = [];
  private readonly byHand: string[] = [];

  /** Lines of the LFN list, all of which will have been read at the end. */
  append(lines: readonly string[]): void {
    this.lines.push(...lines);
  }

  /** A transfer that a person has written into a list. */
  added(lfn: string): void {
    this.byHand.push(lfn);
  }

  /** At the end: each transfer stands where its LFN says, each line that is no LFN is named, and there is nothing else. */
  judge(base: string): void {
    const good = this.lines.filter(isLfn);
    const expected = [...good, ...this.byHand].map((lfn) => `${ENDS[lfn.split('/').at(-1) ?? '']} ${SOURCE}${lfn}`);
    const bad = this.lines.filter((line) => line !== '' && !line.startsWith('#') && !isLfn(line));
    const found = ['DONE/Okay', 'DONE/Bad'].flatMap((place) => linesIn(base, place).map((line) => ({ place, line })));
    const standing = found
      .filter(({ line }) => line.startsWith('srm:'))
      .map(({ place, line }) => `${place} ${line.split(' ')[0]}`);
    assert.deepEqual(standing.sort(), expected.sort(), 'the transfers at the end');
    const named = found.filter(({ line }) => line.startsWith('# bad LFN: '));
    assert.equal(named.length, bad.length, 'the lines that are no LFNs at the end');
  }
}

const isLfn = (line: string): boolean => /^\/\S+$/.test(line);

function linesIn(base: string, place: string): string[] {
  const directory = join(base, place);
  return readdirSync(directory).flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'));
}
