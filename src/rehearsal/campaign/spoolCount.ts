/**
 * spoolCount: how many transfers stand in each directory of the spool, while a rehearsal goes on.
 */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { listsIn } from './finishedLists.js';

export interface Counts {
  readonly todo: number;
  readonly doing: number;
  readonly okay: number;
  readonly bad: number;
}

export class SpoolCount {
  private readonly base: string;
  /** A list's name stands for its content: lists are never written twice. */
  private readonly counted = new Map<string, number>();

  constructor(base: string) {
    this.base = base;
  }

  /** Nothing stands anywhere before the first program has made the directories. */
  count(): Counts {
    const [todo, doing, okay, bad] = ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad'].map((place) => this.transfers(place));
    return { todo: todo ?? 0, doing: doing ?? 0, okay: okay ?? 0, bad: bad ?? 0 };
  }

  private transfers(place: string): number {
    return listsIn(this.base, place).reduce((sum, name) => sum + this.inList(`${place}/${name}`), 0);
  }

  private inList(list: string): number {
    const known = this.counted.get(list);
    if (known !== undefined) return known;
    const lines = readFileSync(path.join(this.base, list), 'utf8').split('\n');
    const count = lines.filter((line) => line !== '' && !line.startsWith('#')).length;
    this.counted.set(list, count);
    return count;
  }
}
