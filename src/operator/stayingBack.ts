/**
 * stayingBack: lists in TODO on which servers have failed so often that the consumer tries them no more, until a person
 * wants it.
 */
import { staysBack } from '../rules/submission.js';
import * as listRows from '../database/listRows.js';
import type { Run } from '../run/program.js';

export class StayingBack {
  private readonly run: Run;
  private readonly chosen: string[] = [];

  constructor(run: Run) {
    this.run = run;
  }

  has(name: string): boolean {
    return this.run.spool.exists('TODO', name) && staysBack(listRows.list(this.run.db, name));
  }

  all(): string[] {
    return this.run.spool.listing('TODO').lists.filter((name) => staysBack(listRows.list(this.run.db, name)));
  }

  choose(names: readonly string[]): void {
    this.chosen.push(...names);
  }

  plan(): string[] {
    return this.chosen.map((name) => `list "${name}" in TODO: stays back; the next consumer tries it again`);
  }

  release(): void {
    if (this.chosen.length === 0) return;
    this.run.journal.commit(() => {
      for (const name of this.chosen) listRows.forgetFailed(this.run.db, name);
    });
    for (const name of this.chosen) this.run.summary.list({ list: name, action: 'waiting' });
  }
}
