/**
 * rules: the monitor's seven rules, in the order in which they are tried.
 *
 *     what FTS said of the job, and how often its list had failed    Seen
 *     the first row of RULES that applies                            decide
 *     what is to be done with the list                               Verdict
 *
 * The room is pure: data goes in, data comes out, so that every decision is tested as a table. Beside the rules stand
 * what the rows say of a list where it stands (`placement`), where each transfer of a job goes (`settlement`), what may
 * be sent (`submission`), what reasons mean (`reasons`), which storages are broken (`storageHealth`). The headings are
 * those of the README, and a test compares the two.
 */
import { isWaiting, type JobState } from './states.js';

/** What is known of a list in DOING when the rules are asked. */
export interface Seen {
  /** The job's state as FTS spells it, or as which it is judged (`judgedState`); null: no record of a job. */
  readonly state: string | null;
  /** How many jobs of the list's lineage came back FAILED or FINISHEDDIRTY before this one. */
  readonly failures: number;
  /** It was a probe of a broken storage, and failed by that storage's fault: it counts for nothing. */
  readonly isSpared?: boolean;
}

/** The settings that the rules depend on. */
export interface RuleSettings {
  readonly max_failures: number;
  readonly canceled: 'report' | 'retry';
  readonly permanent_at_once: boolean;
}

export type Verdict =
  /** To TODO, to be submitted eventually. */
  | { readonly kind: 'resubmit' }
  /** Every transfer finished: to DONE/Okay. */
  | { readonly kind: 'settle' }
  /** Each transfer to where its own state says. */
  | { readonly kind: 'split'; readonly cancelled: 'bad' | 'retry' }
  /** The whole list to TODO once more. */
  | { readonly kind: 'retry' }
  /** The whole list to DONE/Bad. */
  | { readonly kind: 'bad' }
  /** The job goes on: nothing to do, nothing to say. */
  | { readonly kind: 'wait' }
  /** Nothing is done, but said; a person is needed only if `person`. */
  | { readonly kind: 'say'; readonly person: boolean };

export interface Rule {
  readonly heading: string;
  readonly applies: (seen: Seen) => boolean;
  readonly verdict: (seen: Seen, settings: RuleSettings) => Verdict;
}

const is =
  (state: JobState) =>
  (seen: Seen): boolean =>
    seen.state === state;

export const RULES: readonly Rule[] = [
  {
    heading: 'Job not submitted to FTS',
    applies: (seen) => seen.state === null,
    verdict: () => ({ kind: 'resubmit' }),
  },
  { heading: 'FINISHED', applies: is('FINISHED'), verdict: () => ({ kind: 'settle' }) },
  { heading: 'FINISHEDDIRTY', applies: is('FINISHEDDIRTY'), verdict: () => ({ kind: 'split', cancelled: 'bad' }) },
  { heading: 'ACTIVE', applies: is('ACTIVE'), verdict: () => ({ kind: 'wait' }) },
  { heading: 'FAILED', applies: is('FAILED'), verdict: whenFailed },
  { heading: 'SUBMITTED', applies: is('SUBMITTED'), verdict: () => ({ kind: 'wait' }) },
  { heading: 'All other cases', applies: () => true, verdict: otherwise },
];

/** Pathological with more than `maxFailures` failures, this one counted; until then it may work next time. */
function whenFailed(seen: Seen, settings: RuleSettings): Verdict {
  if (seen.failures + 1 > settings.max_failures && seen.isSpared !== true) return { kind: 'bad' };
  return settings.permanent_at_once ? { kind: 'split', cancelled: 'retry' } : { kind: 'retry' };
}

/** A cancelled job and a state that nobody knows need a person; a job that waits for tape or for a slot does not. */
function otherwise(seen: Seen, settings: RuleSettings): Verdict {
  if (seen.state === 'CANCELED' && settings.canceled === 'retry') return { kind: 'split', cancelled: 'retry' };
  return { kind: 'say', person: seen.state === null || !isWaiting(seen.state) };
}

/** The number (1–7) of the first rule that applies, and its verdict. */
export function decide(seen: Seen, settings: RuleSettings): { rule: number; verdict: Verdict } {
  const index = RULES.findIndex((rule) => rule.applies(seen));
  const rule = RULES[index];
  if (rule === undefined) throw new Error(`no rule applies to ${String(seen.state)}: the last one always must`);
  return { rule: index + 1, verdict: rule.verdict(seen, settings) };
}

/** Does a job in this state count as a failure of the list's lineage? Counted for each job, never for each look. */
export const countsAsFailure = (state: string): boolean => state === 'FAILED' || state === 'FINISHEDDIRTY';

/**
 * The brake on rule 1: more than 5 lists and more than a fifth of those looked at. So many lists without a job mean a
 * lost database or an emptied server rather than lists that were never submitted.
 */
export function tooManyLost(lost: number, lookedAt: number): boolean {
  return lost > 5 && lost > lookedAt / 5;
}
