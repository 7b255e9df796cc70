/**
 * storages: the lists that wait for a storage, as a source or as a destination: a person holds it.
 *
 * Such a list costs no attempt and stays in TODO, and the lists behind it go. Of each storage it is said once how many wait.
 */
import type { Run } from '../run/program.js';
import { isHeld, liesIn, untilWhen, type StorageChoice } from '../settings/storage.js';
import { agree, plural } from '../text/words.js';
import type { Candidate } from './candidate.js';

export class StorageBrakes {
  private readonly run: Run;
  /** Those that a person holds, with how many lists wait for each. */
  private readonly held: Map<StorageChoice, number>;

  constructor(run: Run) {
    this.run = run;
    this.held = new Map(run.settings.storage.filter((each) => isHeld(each, run.now())).map((each) => [each, 0]));
  }

  /** Must this list wait? Then it is reported. */
  keepsBack(candidate: Pick<Candidate, 'name' | 'parsed'>): boolean {
    const held = this.holdOf(candidate);
    if (held === null) return false;
    this.held.set(held, (this.held.get(held) ?? 0) + 1);
    this.run.summary.list({ list: candidate.name, action: 'waiting' });
    return true;
  }

  /** At the end of the run. */
  tell(): void {
    for (const [storage, lists] of this.held)
      if (lists > 0)
        this.run.summary.note(
          `${plural(lists, 'list')} ${agree(lists, 'waits', 'wait')} in TODO: storage "${storage.match}" is held by the settings, ${untilWhen(storage)}`,
        );
  }

  private holdOf({ parsed }: Pick<Candidate, 'parsed'>): StorageChoice | null {
    for (const storage of this.held.keys())
      if (parsed.transfers.some((each) => liesIn(storage, each.source) || liesIn(storage, each.destination)))
        return storage;
    return null;
  }
}
