/** report: what a run says of one list, and of anything else. */

export const ACTIONS = ['cut', 'submitted', 'adopted', 'waiting', 'kept', 'moved', 'split', 'bad', 'skipped'] as const;
export type Action = (typeof ACTIONS)[number];

/** One list, as `--json` shows it. Paths are relative to the base directory. */
export interface ListReport {
  readonly list: string;
  readonly state: string | null;
  readonly rule: number | null;
  readonly action: Action;
  readonly jobId: string | null;
  readonly server: string | null;
  readonly to: readonly string[];
}

/** How grave a message is: a plain note, a warning, or something that waits for a person (exit 3). */
export type Gravity = 'note' | 'warning' | 'person';

export interface Message {
  readonly gravity: Gravity;
  readonly text: string;
}
