/**
 * failing: lists on which a server that is in use has failed, by a 5xx, a cut or no answer.
 *
 * Whose fault it is, one list cannot tell. The server's, when it accepted nothing else in this run: then no list is
 * blamed. The list's, when the same server accepted another one: after three such runs it stays back (rules/submission.ts).
 */
import { RUNS_FAILED_ALONE } from '../rules/submission.js';
import * as listRows from '../database/listRows.js';
import type { Attempt } from './attempt.js';
import type { Run } from '../run/program.js';
import type { Servers } from '../servers/servers.js';

/** A server that failed on this many lists and accepted none gets no more in this run: each costs some seconds. */
const FAILURES_BEFORE_LEAVING_OUT = 20;

export class Failing {
  private readonly run: Run;
  private readonly servers: Servers;
  /** By list, the endpoint that failed on it. */
  private readonly failed = new Map<string, string>();

  constructor(run: Run, servers: Servers) {
    this.run = run;
    this.servers = servers;
  }

  /** Not counted where the server is out: then it has failed on everything. */
  note({ candidate, session }: Attempt, why: string, hasAccepted: boolean): void {
    const { endpoint } = session;
    if (this.servers.isOut(endpoint) !== null) return;
    this.failed.set(candidate.name, endpoint);
    const count = [...this.failed.values()].filter((other) => other === endpoint).length;
    if (count >= FAILURES_BEFORE_LEAVING_OUT && !hasAccepted)
      this.servers.leaveOut(endpoint, `it failed on ${count} lists and accepted none: ${why}`);
  }

  has(list: string): boolean {
    return this.failed.has(list);
  }

  /** At the end of the run, when it is known which servers accepted a list. */
  settle(hasAccepted: (endpoint: string) => boolean): void {
    const alone = [...this.failed].filter(([, endpoint]) => hasAccepted(endpoint)).map(([list]) => list);
    const { db } = this.run.books;
    if (alone.length === 0) return;
    this.run.journal.commit(() => {
      for (const list of alone) listRows.addFailedAlone(db, list);
    });
    for (const list of alone) {
      const runs = listRows.list(db, list)?.failedAlone ?? 0;
      if (runs >= RUNS_FAILED_ALONE) this.run.summary.note(`list "${list}" stays back from now on`);
    }
  }
}
