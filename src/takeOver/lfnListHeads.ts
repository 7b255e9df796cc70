/**
 * lfnListHeads: are the first lines of an LFN list cut already?
 *
 * The original program took out of an LFN list what it had cut, so what stands in it is to come; but when it was killed
 * in between, or when a copy of the list from before stands beside it, its first lines stand in lists too, and would be
 * sent once more.
 */
import { openInput, type LfnListInput } from '../lfnLists/lfnLists.js';
import { agree, plural } from '../text/words.js';
import type { Run } from '../run/program.js';
import { keyOf } from './theirSpool.js';

/** So many lines of each are looked at: those of a whole list of theirs, and many more. */
const LINES = 500;

export class LfnListHeads {
  /** The LFN list that begins with it, by the key of a transfer. */
  private readonly heads = new Map<string, string>();
  private readonly met = new Map<string, { lines: number; readonly path: string }>();

  constructor(run: Run, inputs: readonly LfnListInput[]) {
    for (const input of inputs) this.read(run, input);
  }

  /** A list at `path` holds this transfer. */
  meet(key: string, path: string): void {
    const name = this.heads.get(key);
    if (name === undefined) return;
    const met = this.met.get(name);
    if (met === undefined) this.met.set(name, { lines: 1, path });
    else met.lines += 1;
  }

  private read(run: Run, input: LfnListInput): void {
    const reader = openInput(run, input);
    try {
      for (let lines = 0, line = reader.next(); line !== null && lines < LINES; lines++, line = reader.next())
        if (line.kind === 'lfn') this.heads.set(keyOf({ source: input.route.source + line.lfn }), input.name);
    } finally {
      reader.close();
    }
  }

  tell({ summary }: Run): void {
    for (const [name, { lines, path }] of this.met)
      summary.needsAttention(
        `LFN list "${name}" begins with ${plural(lines, 'line')} that ${agree(lines, 'stands', 'stand')} in lists already, such as ${path}: what stands twice is sent twice; take it out of the LFN list, or move it away, before the producer runs`,
      );
  }
}
