/**
 * cancelChoice: which jobs a person wants to be cancelled. All that is given must fit; nothing given chooses nothing.
 */
import { isFinal } from '../rules/states.js';

export interface CancelChoice {
  readonly all: boolean;
  readonly lists: readonly string[];
  /** Names or endpoints. */
  readonly servers: readonly string[];
  /** As FTS spells them. */
  readonly states: readonly string[];
  readonly olderThanMs: number | null;
}

/** A job of a list in DOING, before FTS is asked about it. */
export interface OpenJob {
  readonly list: string;
  readonly server: string;
  readonly endpoint: string;
  /** Milliseconds since 1970; null: the answer to its submission was never recorded. */
  readonly submittedAt: number | null;
}

export function choosesSomething({ all, lists, servers, states, olderThanMs }: CancelChoice): boolean {
  return all || lists.length > 0 || servers.length > 0 || states.length > 0 || olderThanMs !== null;
}

/** By what we know of it: whether FTS is to be asked at all. */
export function isChosen(job: OpenJob, choice: CancelChoice, now: number): boolean {
  const { lists, servers, olderThanMs } = choice;
  if (!choosesSomething(choice)) return false;
  if (lists.length > 0 && !lists.includes(job.list)) return false;
  if (servers.length > 0 && !servers.includes(job.server) && !servers.includes(job.endpoint)) return false;
  return olderThanMs === null || (job.submittedAt !== null && now - job.submittedAt > olderThanMs);
}

/** By what FTS says of it now: a final job has nothing left to be cancelled. */
export function isCancellable(state: string, choice: CancelChoice): boolean {
  return !isFinal(state) && (choice.states.length === 0 || choice.states.includes(state));
}

/** `8 ACTIVE at RAL`, most first: what is to be cancelled, or was. */
export function countsInWords(jobs: readonly { readonly state: string; readonly server: string }[]): string {
  const counts = new Map<string, number>();
  for (const { state, server } of jobs) {
    const key = `${state} at ${server}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}
