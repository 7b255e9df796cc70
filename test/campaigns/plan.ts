/**
 * plan: a random campaign as data: its LFN lists, its settings, and what happens to it, in order.
 */
import type { FaultKind } from '../../dist/rehearsal/server/options.js';
import type { Death } from '../support/life.js';
import type { Line } from './lines.js';
import type { ProgramName } from './stage.js';

/** What a person does to a list, chosen by `pick` among those that there are. */
export const BY_HAND = [
  'mv to DOING',
  'mv to TODO',
  'cp to the other',
  'send back',
  'add a line',
  'add a comment',
  'scribble',
] as const;
export type ByHand = (typeof BY_HAND)[number];

export interface Settings {
  readonly lfnsPerList: number;
  readonly listsPerRun: number;
  readonly concurrency: number;
  readonly maxDoing: number;
  readonly maxFailures: number;
  readonly permanentAtOnce: boolean;
  readonly canceled: 'report' | 'retry';
  /** Of the two servers; null: it is not in the settings. One of them always is. */
  readonly weights: readonly [number | null, number | null];
}

/** What happens at a server. */
export type ServerEvent =
  | {
      readonly kind: 'faults';
      readonly server: number;
      readonly does: FaultKind;
      /** `POST, blind`: nor can anybody look what came of it. */
      readonly on: 'POST' | 'POST, blind' | 'GET' | 'any';
      readonly after: number;
      readonly times: number;
    }
  | {
      readonly kind:
        'down' | 'up' | 'archive' | 'forget' | 'ban' | 'unban' | 'hold' | 'ban and cancel' | 'no more faults';
      readonly server: number;
    }
  /** What it shows as the time is wrong from now on, by so many seconds. */
  | { readonly kind: 'clock'; readonly server: number; readonly seconds: number }
  /** An operator ends every file of a job at once, or the first ones, as far as they are not final. */
  | { readonly kind: 'cancel'; readonly pick: number; readonly files: number }
  /** Files that it accepts from now on wait so long for their token. */
  | { readonly kind: 'tokens'; readonly server: number; readonly seconds: number }
  /** Its owner cancels the first files of a job, each alone: their copies go on. */
  | { readonly kind: 'cancel alone'; readonly pick: number; readonly files: number }
  /** Its owner cancels a job: its files are CANCELED at once, and their workers stop some seconds later. */
  | { readonly kind: 'cancel job'; readonly pick: number };

/** The proxy with which the programs run from now on: whose it is, and of which VO. */
export interface Credential {
  readonly whose: 'ours' | "a colleague's";
  readonly vo: 'lhcb' | 'atlas';
}

export type Event =
  | { readonly kind: 'run'; readonly program: ProgramName }
  /** The first few of all calls take the lease. */
  | { readonly kind: 'killed'; readonly program: ProgramName; readonly death: Death }
  /** The death, if any, is that of the first. */
  | {
      readonly kind: 'two at once';
      readonly programs: readonly [ProgramName, ProgramName];
      readonly death: Death;
    }
  /** Stands still before its n-th request; its lease is broken, others run, and then it goes on. */
  | {
      readonly kind: 'frozen';
      readonly program: 'consumer' | 'monitor';
      readonly n: number;
      readonly others: readonly ProgramName[];
    }
  /** Time passes for everybody. */
  | { readonly kind: 'time'; readonly seconds: number }
  /**
   * The clock of our machine is wrong from now on, by so many seconds. Not behind by days: a submission without an
   * answer would look so old, once the clock is right, that a person has to decide.
   */
  | { readonly kind: 'clock'; readonly seconds: number }
  | ({ readonly kind: 'credential' } & Credential)
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'by hand'; readonly does: ByHand; readonly pick: number }
  | { readonly kind: 'more LFNs'; readonly file: number; readonly lines: readonly Line[] }
  | { readonly kind: 'servers'; readonly event: ServerEvent };

export interface Plan {
  /** Of each LFN list; the second goes by another route. */
  readonly files: readonly (readonly Line[])[];
  readonly bom: boolean;
  readonly settings: Settings;
  readonly checkDuplicates: boolean;
  readonly events: readonly Event[];
  /** Of the draws. */
  readonly seed: number;
}
