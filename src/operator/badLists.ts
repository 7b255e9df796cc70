/**
 * badLists: the lists in DONE/Bad that a person sends back to TODO.
 *
 * Each leaves DONE/Bad in one transition, which first creates what is sent back and what stays. A list that stands in
 * DONE/Bad although its job may be running (somebody moved it there by hand) is not sent back.
 */
import { parseBadList, type BadEntry, type ParsedBadList } from '../lists/badList.js';
import {
  fitsChoice,
  groupReasons,
  sendBack,
  type Choice,
  whyNoDetour,
  type Detour,
  type Returned,
} from './sendBack.js';
import { byAge } from '../lists/names.js';
import { batchesOf, clip, plural } from '../text/words.js';
import { targets } from '../lists/transition.js';
import { ListTrouble } from '../errors.js';
import * as listRows from '../database/listRows.js';
import type { Run } from '../run/program.js';
import { whyNotOver } from '../spool/notOver.js';
import { spoolNames } from '../spool/spoolNames.js';
import { sha256 } from '../spool/digest.js';

/** Lists that share one commit. */
const LISTS_PER_COMMIT = 200;

/** A list with the transfers of it that go back. */
interface Chosen {
  readonly name: string;
  readonly sha256: string;
  readonly parsed: ParsedBadList;
  readonly entries: ReadonlySet<BadEntry>;
}

export class BadLists {
  private readonly run: Run;
  private readonly chosen: Chosen[] = [];

  constructor(run: Run) {
    this.run = run;
  }

  /** All of them, the oldest first. */
  all(): string[] {
    return [...this.run.spool.listing('DONE/Bad').lists].sort(byAge);
  }

  /** Every transfer in DONE/Bad, for the groups of reasons. */
  entries(): BadEntry[] {
    return this.all().flatMap((name) => [...(this.read(name)?.parsed.entries ?? [])]);
  }

  /** Choose what fits of these lists. Lists that hold no transfer at all are passed over. */
  choose(names: readonly string[], choice: Choice): void {
    for (const name of names) {
      const read = this.read(name);
      if (read === null) continue;
      const entries = new Set(read.parsed.entries.filter((entry) => fitsChoice(entry, choice)));
      if (entries.size > 0 && this.isOver(name)) this.chosen.push({ ...read, entries });
    }
  }

  plan(): string[] {
    return this.chosen.map(({ name, parsed, entries }) => {
      const of = entries.size === parsed.entries.length ? 'all' : `${entries.size} of`;
      return `list "${name}" in DONE/Bad: ${of} ${plural(parsed.entries.length, 'transfer')}`;
    });
  }

  /** The reasons of what was chosen, the most frequent first. */
  reasons(): string[] {
    return describeReasons(this.chosen.flatMap(({ entries }) => [...entries]));
  }

  /** `by`: see `sendBack`. */
  sendBack(by: Detour | null): void {
    for (const batch of batchesOf(this.chosen, LISTS_PER_COMMIT)) {
      const names = spoolNames(this.run);
      const { campaign } = this.run;
      this.commit(
        batch.flatMap((list) => {
          const why = by === null ? null : whyNoDetour(list.entries, by);
          if (why !== null) return this.refuse(list.name, why);
          try {
            return [sendBack(list, list.entries, names, campaign, by)];
          } catch (error) {
            if (!(error instanceof ListTrouble)) throw error;
            return this.refuse(list.name, `${error.message}; give it a shorter name`);
          }
        }),
      );
    }
  }

  private refuse(name: string, why: string): [] {
    this.run.summary.list({ list: name, action: 'skipped' });
    this.run.summary.needsAttention(`Cannot send back list "${name}" in DONE/Bad: ${why}`);
    return [];
  }

  private commit(batch: readonly Returned[]): void {
    const { db } = this.run;
    const now = this.run.now().getTime();
    if (!this.run.dryRun)
      this.run.journal.carry(
        batch.map(({ transition }) => transition),
        () => {
          for (const { transition, created } of batch)
            listRows.waiting(db, { ...created, splitFrom: transition.list, now });
        },
      );
    for (const { transition, created } of batch) {
      const report = { list: transition.list, action: 'moved', to: targets(transition) } as const;
      this.run.summary.list(report, created.transfers);
    }
  }

  private read(name: string): Omit<Chosen, 'entries'> | null {
    const read = this.run.spool.read('DONE/Bad', name);
    if ('bytes' in read) return { name, sha256: sha256(read.bytes), parsed: parseBadList(read.bytes) };
    this.run.summary.list({ list: name, action: 'skipped' });
    this.run.summary.needsAttention(
      `Cannot read list "${name}" in DONE/Bad: ${read.why}; make it a readable regular file`,
    );
    return null;
  }

  private isOver(name: string): boolean {
    const why = whyNotOver(this.run, name);
    if (why !== null) this.refuse(name, why);
    return why === null;
  }
}

/** `permanent: the source file is missing: 12 transfers, such as …` */
export function describeReasons(entries: readonly BadEntry[]): string[] {
  return groupReasons(entries).flatMap(({ class: reasonClass, meaning, count, sample }) => [
    `${reasonClass}: ${meaning}: ${plural(count, 'transfer')}, such as`,
    `    ${sample.transfer.source}`,
    ...(sample.why === null || sample.why.reason === '' ? [] : [`    ${clip(sample.why.reason)}`]),
  ]);
}
