/**
 * journal: carries out transitions so that a crash at any instruction leaves nothing half done.
 *
 *     enter      one SQLite transaction: rows, and the transitions that belong to them. At that moment it has happened
 *     carryOut   the steps of the transitions, in the spool; what cannot be carried out is set aside
 *     strikeOff  with the next commit at the latest
 *     redo       at the beginning of every program: `carryOut` and `strikeOff` of what a killed run has left
 *
 * No transition is ever entered beside an older one that has been carried out: else `redo` could undo the newer one.
 */
import { createFirst, stepInWords, readSteps, type Step, type Transition } from '../lists/transition.js';
import { SpoolError } from '../errors.js';
import type { Db } from '../ftsJob.js';
import { addTransition, removeTransitions, setAside, transitions } from '../database/transitionRows.js';
import { commit } from '../database/database.js';
import type { Spool } from './spool.js';

/** A transition that cannot be carried out, as a person is told of it. */
export interface Aside {
  readonly id: number;
  readonly list: string;
  readonly steps: readonly string[];
  readonly why: string;
}

/** A transition in the journal. */
export interface JournalEntry {
  readonly id: number;
  readonly list: string;
  readonly steps: readonly Step[];
  /** Why an earlier run set it aside; null: it did not. */
  readonly aside: string | null;
}

export class Journal {
  private readonly db: Db;
  private readonly spool: Spool;
  /** Throws when another run has taken the lease: checked before every commit and every change of the spool. */
  private readonly fence: () => void;
  private readonly aside = new Map<number, Aside>();
  /** Carried out and not struck off yet, with what was in the way; a crash now has them carried out once more. */
  private readonly carriedOut = new Map<JournalEntry, string | null>();

  constructor(db: Db, spool: Spool, fence: () => void) {
    this.db = db;
    this.spool = spool;
    this.fence = fence;
  }

  /** Throws when another run has taken the lease: before anything that no transition does. */
  checkLease(): void {
    this.fence();
  }

  /** Finish what an earlier run has begun. What was set aside is tried again: a person may have mended it. */
  redo(): number {
    const entries = this.pending();
    this.carryOut(entries);
    this.strikeOff();
    return entries.length - this.aside.size;
  }

  /** What is in the journal, without touching anything. */
  pending(): JournalEntry[] {
    return transitions(this.db).map((row) => {
      const steps = readSteps(row.steps);
      // The opening of the database has looked at them already: to strike off what cannot be read would lose it.
      if (steps === null) throw new SpoolError(`Cannot read the journal: the steps of transition ${row.id} are none`);
      return { ...row, steps };
    });
  }

  setAside(): readonly Aside[] {
    return [...this.aside.values()];
  }

  /** Lists that are part of a transition set aside: nobody touches them until it is resolved. */
  isAside(list: string): boolean {
    return [...this.aside.values()].some((aside) => aside.list === list);
  }

  /** Rows without a change of the spool; what has been carried out is struck off with them. */
  commit<T>(rows: () => T): T {
    this.fence();
    const result = commit(this.db, () => {
      const done: number[] = [];
      for (const [entry, why] of this.carriedOut)
        if (why === null) done.push(entry.id);
        else setAside(this.db, entry.id, why);
      removeTransitions(this.db, done);
      return rows();
    });
    this.carriedOut.clear();
    return result;
  }

  /**
   * Rows and the transitions that belong to them: journalled in one commit, carried out, struck off. A crash before
   * the commit leaves the spool and the rows as they were; a crash after it, at any step, leaves the journal entry,
   * and `redo` does it all again.
   */
  carry(planned: readonly Transition[], rows: () => void): void {
    this.carryOut(this.enter(planned, rows));
    this.strikeOff();
  }

  /** As `carry`, but only the commit: the caller goes on with `carryOut`, before it enters anything else. */
  enter(planned: readonly Transition[], rows: () => void): JournalEntry[] {
    return this.commit(() => {
      rows();
      return planned.map((transition) => {
        const steps = createFirst(transition.steps);
        return {
          id: addTransition(this.db, transition.list, JSON.stringify(steps)),
          list: transition.list,
          steps,
          aside: null,
        };
      });
    });
  }

  /** Carry out what is in the journal. It is struck off with the next commit. */
  carryOut(entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    this.fence();
    const conflicts = this.spool.carryOut(entries.map((entry) => entry.steps));
    entries.forEach((entry, index) => {
      const why = conflicts[index] ?? null;
      this.carriedOut.set(entry, why);
      if (why === null) this.aside.delete(entry.id);
      else this.aside.set(entry.id, { id: entry.id, list: entry.list, steps: entry.steps.map(stepInWords), why });
    });
  }

  /** Strike off what has been carried out. To be called at the end of a row of `enter` and `carryOut`. */
  strikeOff(): void {
    if (this.carriedOut.size > 0) this.commit(() => {});
  }
}
