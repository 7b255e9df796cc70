/**
 * storages: the lists that wait for a storage, as a source or as a destination: a person holds it, or it is broken.
 *
 * Such a list costs no attempt and stays in TODO, and the lists behind it go. Of the lists of a broken storage
 * (rules/storageHealth.ts) one goes as a probe in each run: one whose answer was lost and whose submission is repeated,
 * else the oldest that has no other broken storage (the other would fail it, and say nothing of this one), else the
 * oldest. Where it cannot go after all (no server takes it, say), the next one takes its place. Of each storage it is
 * said once how many wait, and why.
 */
import { list } from '../database/listRows.js';
import { storages } from '../database/storageRows.js';
import type { StorageRow } from '../ftsJob.js';
import { scanList, type Pair } from '../lists/scanList.js';
import { storagesOf } from '../lists/url.js';
import { cureOf, faultInWords } from '../rules/storageHealth.js';
import type { Run } from '../run/program.js';
import { hasFilesOf, isHeld, untilWhen, type StorageChoice } from '../settings/storage.js';
import { agree, named, plural } from '../text/words.js';
import type { Candidate } from './candidate.js';

const MOST_NAMED = 3;

/** Behind so many lists of storages that work, no probe is looked for: in a later run those are gone. */
const MOST_IN_FRONT = 500;

type WaitingList = Pick<Candidate, 'name' | 'nextStep'>;

interface BrokenStorage {
  readonly row: StorageRow;
  /** The list that goes as a probe in this run. */
  probe: string | null;
  /** Those of its lists that were looked at. */
  readonly lists: Set<string>;
}

/** A list that may be a probe. */
interface Probe {
  readonly list: WaitingList;
  readonly broken: readonly BrokenStorage[];
}

export class StorageBrakes {
  private readonly run: Run;
  /** Those that a person holds, with the lists that wait for each. */
  private readonly held: Map<StorageChoice, string[]>;
  private readonly broken: ReadonlyMap<string, BrokenStorage>;
  /** Those that may still be tried, the oldest first. */
  private readonly untried = new Map<string, Probe>();
  /** Those that found no server: they are counted as that, and not as lists that wait for a storage. */
  private readonly withoutServer = new Set<string>();
  private inFront = 0;

  constructor(run: Run) {
    this.run = run;
    this.held = new Map(run.settings.storage.filter((each) => isHeld(each, run.now())).map((each) => [each, []]));
    this.broken = new Map(
      storages(run.db)
        .filter(({ brokenSince }) => brokenSince !== null)
        .map((row) => [row.name, { row, probe: null, lists: new Set() }]),
    );
  }

  get areAllWell(): boolean {
    return this.broken.size === 0;
  }

  /** Must this list wait? Not if it is a probe. */
  keepsBack({ name, parsed }: Candidate): boolean {
    const held = this.heldFor(parsed.transfers);
    held?.push(name);
    if (held !== null || this.isProbe(name)) return held !== null;
    const broken = this.brokenOf(parsed.transfers);
    for (const { lists } of broken) lists.add(name);
    return broken.length > 0;
  }

  /**
   * Its lost answer was looked for, and its submission would be repeated. Must it wait? Else it is the probe of its
   * broken storages.
   */
  holdsBack({ name, parsed }: Candidate): boolean {
    const held = this.heldFor(parsed.transfers);
    held?.push(name);
    if (held !== null) return true;
    const broken = this.brokenOf(parsed.transfers);
    for (const { lists } of broken) lists.add(name);
    if (broken.length > 0 && broken.every(({ probe }) => probe !== null && probe !== name)) return true;
    for (const storage of broken) storage.probe ??= name;
    return false;
  }

  isProbe(list: string): boolean {
    return [...this.broken.values()].some(({ probe }) => probe === list);
  }

  /** Is it known to have a broken storage? Then it has been a probe, or it waits. */
  isKnown(list: string): boolean {
    return [...this.broken.values()].some(({ lists }) => lists.has(list));
  }

  /** The probes of the storages that have none; each list is tried once. `ahead`: the queue behind what was looked at. */
  nextProbes(ahead: Iterator<WaitingList>): WaitingList[] {
    const chosen: WaitingList[] = [];
    for (const isAlone of [true, false])
      for (const storage of this.broken.values()) {
        const probe = storage.probe === null ? this.probeOf(storage, isAlone, ahead) : null;
        if (probe === null) continue;
        this.untried.delete(probe.list.name);
        for (const each of probe.broken) each.probe ??= probe.list.name;
        chosen.push(probe.list);
      }
    return chosen;
  }

  /** No server is usable: this list is no probe after all. */
  foundNoServer(list: string): void {
    this.withoutServer.add(list);
    for (const storage of this.broken.values()) if (storage.probe === list) storage.probe = null;
  }

  /** FTS certainly has not got some of the probes: then their storages have none. */
  giveBack(): void {
    for (const storage of this.broken.values()) {
      const state = storage.probe === null ? undefined : list(this.run.db, storage.probe)?.state;
      if (state !== 'SUBMITTING' && state !== 'SUBMITTED') storage.probe = null;
    }
  }

  /** At the end of the run. */
  tell(): void {
    const { summary } = this.run;
    for (const [storage, waiting] of this.held)
      if (waiting.length > 0)
        summary.note(
          `${waitInTodo(waiting)}: storage "${storage.match}" is held by the settings, ${untilWhen(storage)}`,
        );
    for (const { row, probe, lists } of this.broken.values()) {
      const waiting = [...lists].filter((name) => !this.isProbe(name) && !this.withoutServer.has(name));
      if (probe === null && waiting.length === 0) continue;
      const broken = `storage ${row.name}, broken since ${new Date(row.brokenSince ?? 0).toISOString()}: ${faultInWords(row)}`;
      const end = `the first file that arrives lets all go; ${cureOf(row)}`;
      const tried = probe === null ? '' : `list "${probe}" goes as a probe, and `;
      summary.needsAttention(
        waiting.length === 0
          ? `List "${probe}" goes as a probe of ${broken}; ${end}`
          : `${waitInTodo(waiting)} for ${broken}; ${tried}${end}`,
      );
    }
  }

  /** The oldest list that may be a probe of this storage, `isAlone`: of no other one that is broken. */
  private probeOf(storage: BrokenStorage, isAlone: boolean, ahead: Iterator<WaitingList>): Probe | null {
    const fits = ({ broken }: Probe): boolean => broken.includes(storage) && (!isAlone || broken.length === 1);
    for (const probe of this.untried.values()) if (fits(probe)) return probe;
    while (this.inFront < MOST_IN_FRONT) {
      const { value, done } = ahead.next();
      if (done === true) break;
      const probe = this.look(value);
      if (probe === null) this.inFront += 1;
      else if (fits(probe)) return probe;
    }
    return null;
  }

  /** Null: nothing that is broken keeps it back, or a person does. */
  private look(waiting: WaitingList): Probe | null {
    const read = this.run.spool.read('TODO', waiting.name);
    if ('why' in read) return null;
    const { transfers } = scanList(read.bytes);
    const broken = this.brokenOf(transfers);
    if (broken.length === 0 || this.heldFor(transfers) !== null) return null;
    for (const { lists } of broken) lists.add(waiting.name);
    const probe = { list: waiting, broken };
    this.untried.set(waiting.name, probe);
    return probe;
  }

  private brokenOf(transfers: readonly Pair[]): BrokenStorage[] {
    if (this.broken.size === 0) return [];
    return [...storagesOf(transfers)].flatMap((name) => this.broken.get(name) ?? []);
  }

  /** The lists that wait for the same storage that a person holds; null: there is none. */
  private heldFor(transfers: readonly Pair[]): string[] | null {
    return [...this.held].find(([storage]) => hasFilesOf(storage, transfers))?.[1] ?? null;
  }
}

/** They may be thousands: a few are named. */
function waitInTodo(names: readonly string[]): string {
  const some = names.length === 0 ? '' : ` (${named(names, MOST_NAMED)})`;
  return `${plural(names.length, 'list')}${some} ${agree(names.length, 'waits', 'wait')} in TODO`;
}
