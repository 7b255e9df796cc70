/**
 * afterRedo: the spool as it will stand when the journal is carried out.
 *
 * A run that was killed leaves transitions open; the rows are those of afterwards, and `redo` will make the spool so. An
 * audit judges that spool: what a crash has left half done is not damage. Transitions that were set aside do not count:
 * nobody knows how they will end.
 */
import { draftName } from '../spool/draftName.js';
import type { Step } from '../lists/transition.js';

const draftOf = (list: string): string => {
  const name = list.slice(list.lastIndexOf('/') + 1);
  return list.slice(0, -name.length) + draftName(name);
};

export class Standing {
  private readonly moves = new Map<string, string>();
  private readonly removals = new Map<string, string>();
  private readonly places = new Map<string, string>();

  constructor(open: readonly (readonly Step[])[]) {
    for (const step of open.flat()) {
      if (step.op === 'move') this.moves.set(step.from, step.to);
      else if (step.op === 'remove') this.removals.set(step.path, step.sha256);
      else this.places.set(step.path, step.content);
    }
  }

  /** Where the file at this path will stand; null when it will be gone. `sha256` is asked only where it matters. */
  pathOf(path: string, exists: (path: string) => boolean, sha256: () => string): string | null {
    const to = this.moves.get(path);
    if (to !== undefined) return exists(to) ? path : to;
    const removal = this.removals.get(path);
    return removal !== undefined && removal === sha256() ? null : path;
  }

  /** Lists that are still to be placed, with their content. */
  missing(exists: (path: string) => boolean): { path: string; content: string }[] {
    return [...this.places].filter(([path]) => !exists(path)).map(([path, content]) => ({ path, content }));
  }

  /** Is this a draft that the journal will write over? */
  explainsDraft(path: string): boolean {
    return [...this.places.keys()].some((list) => draftOf(list) === path);
  }
}
