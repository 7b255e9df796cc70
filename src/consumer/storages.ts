/**
 * storages: the lists that wait for a storage, as a source or as a destination: a person holds it, or it is broken.
 *
 * Such a list costs no attempt and stays in TODO, and the lists behind it go. Of the lists of a broken storage (rules/storageHealth.ts)
 * one goes as a probe in each run; where it cannot go after all (no server takes it, say), the next one takes its place. Of each
 * storage it is said once how many wait, and why.
 */
import { list } from '../database/listRows.js';
import { storages } from '../database/storageRows.js';
import type { StorageRow } from '../ftsJob.js';
import { storagesOf } from '../lists/url.js';
import { cureOf, faultInWords } from '../rules/storageHealth.js';
import type { Run } from '../run/program.js';
import { hasFilesOf, isHeld, untilWhen, type StorageChoice } from '../settings/storage.js';
import { agree, named, plural } from '../text/words.js';
import type { Candidate } from './candidate.js';

const MOST_NAMED = 3;

type WaitingList = Pick<Candidate, 'name' | 'nextStep'>;

interface BrokenStorage {
  readonly row: StorageRow;
  /** The list that goes as a probe in this run. */
  probe: string | null;
  readonly waiting: WaitingList[];
}

export class StorageBrakes {
  private readonly run: Run;
  /** Those that a person holds, with the lists that wait for each. */
  private readonly held: Map<StorageChoice, WaitingList[]>;
  private readonly broken: ReadonlyMap<string, BrokenStorage>;

  constructor(run: Run) {
    this.run = run;
    this.held = new Map(run.settings.storage.filter((each) => isHeld(each, run.now())).map((each) => [each, []]));
    this.broken = new Map(
      storages(run.db)
        .filter(({ brokenSince }) => brokenSince !== null)
        .map((row) => [row.name, { row, probe: null, waiting: [] }]),
    );
  }

  /** Must this list wait? Else it is the probe of its storages that are broken. */
  keepsBack(candidate: Candidate): boolean {
    const { name, nextStep } = candidate;
    const broken = this.brokenOf(candidate);
    const waiting = this.heldFor(candidate) ?? broken.find(({ probe }) => probe !== null)?.waiting;
    if (waiting === undefined) for (const each of broken) each.probe = name;
    else waiting.push({ name, nextStep });
    return waiting !== undefined;
  }

  /** Its lost answer was looked for, and its submission would be repeated. Must it wait, as a person holds a storage of it? */
  holdsBack(candidate: Candidate): boolean {
    const waiting = this.heldFor(candidate);
    waiting?.push({ name: candidate.name, nextStep: candidate.nextStep });
    return waiting !== null;
  }

  isProbe(list: string): boolean {
    return [...this.broken.values()].some(({ probe }) => probe === list);
  }

  /** FTS certainly has not got these after all. Returns the lists that may go in place of those that were probes. */
  giveBack(names: readonly string[]): WaitingList[] {
    const next: WaitingList[] = [];
    for (const storage of this.broken.values()) {
      const { probe } = storage;
      if (probe === null || !names.includes(probe) || list(this.run.db, probe)?.state === 'SUBMITTING') continue;
      storage.probe = null;
      next.push(...storage.waiting.splice(0, 1));
    }
    return next;
  }

  /** At the end of the run. */
  tell(): void {
    const { summary } = this.run;
    for (const [storage, waiting] of this.held)
      if (waiting.length > 0)
        summary.note(
          `${waitInTodo(waiting)}: storage "${storage.match}" is held by the settings, ${untilWhen(storage)}`,
        );
    for (const { row, probe, waiting } of this.broken.values()) {
      if (probe === null && waiting.length === 0) continue;
      const since = new Date(row.brokenSince ?? 0).toISOString();
      const tried = probe === null ? '' : `list "${probe}" goes as a probe, and `;
      summary.needsAttention(
        `${waitInTodo(waiting)} for storage ${row.name}, broken since ${since}: ${faultInWords(row)}; ${tried}the first file that arrives lets all go; ${cureOf(row)}`,
      );
    }
  }

  private brokenOf({ parsed }: Candidate): BrokenStorage[] {
    if (this.broken.size === 0) return [];
    return [...storagesOf(parsed.transfers)].flatMap((name) => this.broken.get(name) ?? []);
  }

  /** The lists that wait for the same storage that a person holds; null: there is none. */
  private heldFor({ parsed }: Candidate): WaitingList[] | null {
    return [...this.held].find(([storage]) => hasFilesOf(storage, parsed.transfers))?.[1] ?? null;
  }
}

/** They may be thousands: a few are named. */
function waitInTodo(lists: readonly WaitingList[]): string {
  const names = lists.map(({ name }) => name);
  const some = names.length === 0 ? '' : ` (${named(names, MOST_NAMED)})`;
  return `${plural(names.length, 'list')}${some} ${agree(names.length, 'waits', 'wait')} in TODO`;
}
