/**
 * lostLists: the lists of rule 1, whose jobs FTS does not have.
 *
 * They wait for the end of the run: so many at once mean a lost database or an emptied server, and then none of them
 * moves until a person says so. A job that FTS had accepted is believed to be lost only when a look an hour later sees
 * the same, and one last seen CANCELED never; it counts as a failure.
 */
import { ifPast } from '../text/words.js';
import { tooManyLost } from '../rules/rules.js';
import { plural } from '../text/words.js';
import { at } from '../lists/transition.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import type { SubmittedList } from '../servers/look.js';
import type { Run } from '../run/program.js';

const MISSING_MS = 3_600_000;

/** How many lists are moved in one commit when nothing has to be asked about them. */
const MOVES_PER_COMMIT = 500;

/** Moves lists from DOING to TODO; `row` is called for each of them in the same commit. */
type BackToTodo = (names: readonly string[], row: (name: string) => void) => void;

export class LostLists {
  private readonly run: Run;
  private readonly backToTodo: BackToTodo;
  private readonly lost: { readonly name: string; readonly state: string | null; readonly failures?: number }[] = [];

  constructor(run: Run, backToTodo: BackToTodo) {
    this.run = run;
    this.backToTodo = backToTodo;
  }

  /** No server has a job of this list. `state`: of its job when it was last seen. */
  add(name: string, state: string | null): void {
    this.lost.push({ name, state });
  }

  /** Accepted once, and now neither live nor archived. Believed only when it is still so an hour later. */
  missing({ list, job }: SubmittedList): void {
    const now = this.run.now().getTime();
    const known = ifPast(job.missingSince, now);
    const since = known ?? now;
    if (job.state !== 'CANCELED' && now - since >= MISSING_MS) {
      this.lost.push({ name: list.name, state: job.state, failures: list.failures + 1 });
      return;
    }
    if (known === null && !this.run.dryRun)
      this.run.journal.commit(() => jobRows.setMissingSince(this.run.books.db, list.name, list.attempt, now));
    this.run.summary.list({ list: list.name, action: 'kept', state: job.state, jobId: job.jobId, server: job.server });
    const next =
      job.state === 'CANCELED'
        ? `it was CANCELED: to send its transfers again: node dist/misc/requeue.js ${list.name}`
        : 'if it is still gone in an hour, the list goes back to TODO';
    this.run.summary.needsAttention(
      `Job ${job.jobId} of list "${list.name}" is gone from ${job.server}, from its archive too; ${next}`,
    );
  }

  /** Rule 1, at the end: the brake needs to know how many there are. */
  resubmit(lookedAt: number, accepted: boolean): void {
    if (!accepted && tooManyLost(this.lost.length, lookedAt)) {
      for (const { name, state } of this.lost) this.run.summary.list({ list: name, rule: 1, action: 'kept', state });
      this.run.summary.needsAttention(describe(this.lost.length, lookedAt));
      return;
    }
    inBatches(this.lost, (batch) => {
      this.backToTodo(
        batch.map(({ name }) => name),
        (name) => {
          const { db } = this.run.books;
          const failures = batch.find((each) => each.name === name)?.failures;
          listRows.setState(db, name, 'WAITING', this.run.now().getTime());
          if (failures !== undefined) listRows.setFailures(db, name, failures);
        },
      );
      for (const { name, state } of batch)
        this.run.summary.list({ list: name, rule: 1, action: 'moved', state, to: [at('TODO', name)] });
    });
  }
}

export function inBatches<Item>(items: readonly Item[], act: (batch: readonly Item[]) => void): void {
  for (let first = 0; first < items.length; first += MOVES_PER_COMMIT)
    act(items.slice(first, first + MOVES_PER_COMMIT));
}

const describe = (lost: number, lookedAt: number): string =>
  `${plural(lost, 'list')} of ${lookedAt} in DOING have no job in FTS: so many at once mean a lost database or an emptied server, so none was moved; if they really are to be submitted again: node dist/monitor.js --accept-lost`;
