/**
 * standing: what is said of lists whose jobs go on: rule 7's message, and the lists that have been in one state for too long.
 *
 * Both are grouped by state, a line each. A run for a person says all of it, and the log always has it; a run with `--quiet` says
 * each list's part once a UTC day, and only such a run uses that up, so that a look by hand takes nothing out of the cron mail.
 */
import { isWaiting } from '../rules/states.js';
import { agree, DAY_MS, duration, ifPast, plural } from '../text/words.js';
import * as listRows from '../database/listRows.js';
import type { Run } from '../run/program.js';
import type { SubmittedList } from '../servers/look.js';

/** Of the lists of one state so many are named. */
const MOST_NAMED = 5;

interface Stuck {
  readonly name: string;
  readonly ms: number;
}

export class StandingLists {
  private readonly run: Run;
  /** Of rule 7, all. */
  private readonly waiting = new Map<string, string[]>();
  /** Of these, what this run prints. */
  private readonly said = new Map<string, string[]>();
  private readonly stuck = new Map<string, Stuck[]>();

  constructor(run: Run) {
    this.run = run;
  }

  /** Note a list whose job is in this state. `says`: rule 7 does, of a state in which a job goes on by itself. Returns what is to be written, or null. */
  note({ list, job }: SubmittedList, state: string, says: boolean): (() => void) | null {
    const { quiet, settings } = this.run;
    const { db } = this.run.books;
    const now = this.run.now().getTime();
    const since = job.state === state ? (ifPast(job.stateSince, now) ?? now) : now;
    const saysWaiting = says && !(quiet && list.said !== null && isWaiting(list.said) && isToday(list.saidAt, now));
    const isStuck = now - since > settings.monitor.stuckDays * DAY_MS && !(quiet && isToday(list.stuckSaidAt, now));
    if (says) add(this.waiting, state, list.name);
    if (saysWaiting) add(this.said, state, list.name);
    if (isStuck) add(this.stuck, state, { name: list.name, ms: now - since });
    if (!quiet || !(saysWaiting || isStuck)) return null;
    return () => {
      if (saysWaiting) listRows.setSaid(db, list.name, state, now);
      if (isStuck) listRows.setStuckSaid(db, list.name, now);
    };
  }

  /** Say it, when all lists have been looked at. */
  tell(): void {
    const { summary, log, settings } = this.run;
    for (const [state, names] of this.waiting) log.info(goOn(state, names), { rule: 7, state, lists: names });
    for (const [state, names] of this.said) summary.daily(goOn(state, names));
    for (const [state, lists] of this.stuck) {
      const named = lists.sort((a, b) => b.ms - a.ms).map(({ name, ms }) => `${name} (${duration(ms)})`);
      summary.needsAttention(
        `${state} for over ${plural(settings.monitor.stuckDays, 'day')} (monitor.stuck_days): ${plural(lists.length, 'list')}: ${some(named)}; see with node dist/misc/explain.js what FTS says, ask the server's operators, or cancel: node dist/misc/cancel.js`,
      );
    }
  }
}

const goOn = (state: string, names: readonly string[]): string =>
  `${state}: ${plural(names.length, 'list')} ${agree(names.length, 'goes on by itself', 'go on by themselves')}: ${some([...names].sort())}`;

function add<Value>(to: Map<string, Value[]>, state: string, value: Value): void {
  const same = to.get(state);
  if (same === undefined) to.set(state, [value]);
  else same.push(value);
}

/** A day of UTC, not 24 hours: cron's runs are not that punctual. */
const isToday = (at: number | null, now: number): boolean =>
  at !== null && Math.floor(at / DAY_MS) === Math.floor(now / DAY_MS);

const some = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;
