/**
 * plan: what the take-over will do, as data: it is shown, agreed to, and then carried out.
 *
 * An action is one list's: rows, and a change of the spool or none. All of one kind are one line of the table.
 */
import type { Transition } from '../lists/transition.js';
import type { Db } from '../ftsJob.js';

export const ACTION_KINDS = {
  'goes on': 'lists in DOING whose job is known: the monitor goes on',
  found: 'lists without a record whose job was found: they are in DOING then',
  'job gone': 'lists in DOING whose job no server has: rule 1, after an hour',
  'no job': 'lists in DOING without any job: the monitor sends them to TODO',
  back: 'parked lists, and unsplit ones of DONE/Dirty: to DOING',
  waits: 'lists in TODO: they wait, with the failures that their names tell',
  'is over': 'lists in DONE, or nowhere: their jobs are noted',
  'false line': 'lists in DONE/Okay with lines that are false: those to DONE/Bad',
  missing: 'lists with missing sources: those to DONE/Bad',
  reasons: 'lists in DONE/Bad: written anew with the reasons that FTS has',
} as const;
export type ActionKind = keyof typeof ACTION_KINDS;

export interface PlannedAction {
  readonly kind: ActionKind;
  readonly list: string;
  /** What follows from nothing else: done in one commit with the rows. */
  readonly transitions: readonly Transition[];
  readonly rows: (db: Db) => void;
}

/** Shared by very many actions that change nothing in the spool. */
export const NONE: readonly Transition[] = [];

/** What stops the take-over from being complete; the next call goes on. */
export interface TakeOverPlan {
  readonly actions: PlannedAction[];
  /** Lists in DONE/Okay that stay as they are, with how many transfers they hold. */
  readonly counted: { readonly name: string; readonly transfers: number }[];
  /** Why something waits, as sentences. */
  readonly waiting: string[];
}
