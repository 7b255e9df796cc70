/**
 * part: what each part of the rehearsal of the storages is: a route, its files, how its storages behave, and what must
 * come of it.
 */
import type { Outcome, RehearsalServer, ScriptedTransfer, Submission } from '../../server/options.js';
import type { Finished } from '../finishedLists.js';
import type { ProgramEnd } from '../programs.js';
import type { Fates } from '../scenario.js';

export interface Part extends Fates {
  /** Its route and its LFN list have it too. */
  readonly name: string;
  /** A line of the story. */
  readonly title: string;
  /** They are in its LFN list. */
  readonly lines: readonly string[];
  readonly source: string;
  readonly destination: string;
  /** What its route has beside, as lines of TOML. */
  readonly settings: readonly string[];
  /** What stands behind its route: a table of its storage. */
  readonly table?: readonly string[];
  /** What a server makes of a transfer of it that was just accepted. */
  outcome(transfer: ScriptedTransfer): Outcome;
  /** When the servers are there. */
  begin?(servers: readonly RehearsalServer[]): void;
  /** Before a program starts, and when one has ended. */
  beforeProgram?(program: string): void;
  afterProgram?(end: ProgramEnd): void | Promise<void>;
  /** Is this what a program must say to a person, as things stand? */
  isExplained?(warning: string): boolean;
  checks(done: Done): readonly PartCheck[];
}

/** What a part can ask and say while the rehearsal goes on. */
export interface PartContext {
  /** The base directory of its campaign. */
  readonly base: string;
  readonly seed: number;
  /** Jobs of its route, as they stand now, the oldest first. */
  readonly jobs: (part: Pick<Part, 'destination'>) => readonly Submission[];
  /** How many lists of its route stand in DOING. */
  readonly inDoing: (part: Pick<Part, 'name'>) => number;
  /** The bodies of all submissions so far. */
  readonly requests: () => readonly string[];
  /** What a program says with `--json`. */
  readonly ask: (program: string) => Promise<unknown>;
  /** A line of the story. */
  readonly say: (text: string) => void;
}

/** What a campaign has left in DONE. */
export interface Done {
  readonly okay: Finished['transfers'];
  readonly bad: Finished['transfers'];
}

/** One thing that was to come of it, and whether it did. */
export interface PartCheck {
  readonly holds: boolean;
  readonly text: string;
}

/** So many of something, and no other number. */
export const exactly = (wanted: number, found: number, what: string): PartCheck =>
  found === wanted
    ? { holds: true, text: `${found} ${what}` }
    : { holds: false, text: `${found} and not ${wanted}: ${what}` };

/** `found` of something, which must be from `least` to `most`. */
export const bounded = (least: number, most: number, found: number, what: string): PartCheck =>
  found >= least && found <= most
    ? { holds: true, text: `${found} ${what}` }
    : { holds: false, text: `${found} and not ${least}${most === Infinity ? ' or more' : ` to ${most}`}: ${what}` };

/** Those of these transfers that are the part's own. */
export const ownOf = <Transfer extends { readonly destination: string }>(
  { destination }: Pick<Part, 'destination'>,
  transfers: readonly Transfer[],
): Transfer[] => transfers.filter((each) => each.destination.startsWith(destination));

/** Transfers of these jobs that a server has carried out. */
export const finishedIn = (jobs: readonly Submission[]): number =>
  jobs.reduce((sum, { transfers }) => sum + transfers.filter(({ state }) => state === 'FINISHED').length, 0);
