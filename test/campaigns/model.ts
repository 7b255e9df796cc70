/**
 * model: where every transfer of a random campaign must end, whatever has happened to it.
 *
 * It knows the lines of the LFN lists, the lines that a person wrote, and which files somebody cancelled. It knows
 * nothing of jobs, rows, transitions, servers, clocks or crashes: they must make no difference.
 */
import assert from 'node:assert/strict';

import type { Line } from './lines.js';
import type { Standing } from './standing.js';
import { lfnIn } from './world.js';

/** Repeating helps `again` and never `gone` and `stubborn`. */
const ENDS: Readonly<Record<string, string>> = {
  okay: 'DONE/Okay',
  again: 'DONE/Okay',
  gone: 'DONE/Bad',
  stubborn: 'DONE/Bad',
};

export class Model {
  /** How often each LFN was written down. */
  private readonly written = new Map<string, number>();
  private readonly cancelled = new Set<string>();
  private readonly forgotten = new Set<string>();
  private badLines = 0;

  lines(lines: readonly Line[]): void {
    for (const { lfn, isBad } of lines) {
      if (isBad) this.badLines += 1;
      if (lfn !== null) this.added(lfn);
    }
  }

  /** A transfer that a person has written into a list. */
  added(lfn: string): void {
    this.written.set(lfn, (this.written.get(lfn) ?? 0) + 1);
  }

  /** Somebody has cancelled it: it may end among the bad ones, and be sent back from there. */
  cancels(source: string): void {
    this.cancelled.add(lfnIn(source));
  }

  /** A server has lost its job before we saw the end of it: the transfer is made once more, by rule 1. */
  forgets(source: string): void {
    this.forgotten.add(lfnIn(source));
  }

  /** Of a complaint of the servers' record: whether it is about us. */
  isOurs(complaint: string): boolean {
    const source = complaint.split(' ')[0] ?? '';
    return this.isOnce(source) && !(complaint.endsWith('had finished it') && this.forgotten.has(lfnIn(source)));
  }

  /** An LFN that was written down once is one transfer; of others each line may be one. */
  private isOnce(source: string): boolean {
    return this.written.get(lfnIn(source)) === 1;
  }

  /** At the end: `duplicates` lines were dropped, because the list at hand had their LFN already. */
  judge(standing: readonly Standing[], badLines: number, duplicates: number): void {
    const found = new Map<string, number>();
    for (const { place, source } of standing) {
      const lfn = lfnIn(source);
      found.set(lfn, (found.get(lfn) ?? 0) + 1);
      const places = [ENDS[lfn.split('/').at(-1) ?? ''], ...(this.cancelled.has(lfn) ? ['DONE/Bad'] : [])];
      assert.ok(places.includes(place), `${lfn} ended in ${place} instead of ${places.join(' or ')}`);
    }
    assert.deepEqual([...found.keys()].sort(), [...this.written.keys()].sort(), 'the transfers at the end');
    for (const [lfn, times] of found) assert.ok(times <= (this.written.get(lfn) ?? 0), `${lfn} ended ${times} times`);
    const lines = [...this.written.values()].reduce((sum, times) => sum + times, 0);
    assert.equal(standing.length + duplicates, lines, `${standing.length} transfers and ${duplicates} duplicates`);
    assert.equal(badLines, this.badLines, 'the lines that are no LFNs at the end');
  }
}
