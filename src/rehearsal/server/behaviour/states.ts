/**
 * states: the state of a job, derived from its files.
 *
 * As seen on FTS 3.13: the first file handed to a worker makes the job ACTIVE; it is final when every file is; finished
 * and failed files make FINISHEDDIRTY, failed and none finished FAILED (even with cancelled ones), cancelled without
 * failed CANCELED. Files that share a `file_index` are several sources of one transfer: one of them finished is enough.
 */

export const FAILED_REASON = 'One or more files failed. Please have a look at the details for more information';
export const CANCELED_REASON = 'Job canceled by the user';

const FINAL_FILE = new Set(['FINISHED', 'FAILED', 'CANCELED']);
const FINAL_JOB = new Set(['FINISHED', 'FINISHEDDIRTY', 'FAILED', 'CANCELED']);

export function isFinalFile(state: string): boolean {
  return FINAL_FILE.has(state);
}

export function isFinalJob(state: string): boolean {
  return FINAL_JOB.has(state);
}

export interface FileState {
  readonly index: number;
  readonly state: string;
  /** Whether it was ever handed to a worker. */
  readonly started: boolean;
}

/** The state of a job, and its reason: null until it is final, "" when it finished. */
export function deriveJob(files: readonly FileState[]): { state: string; reason: string | null } {
  const transfers = [...groupByIndex(files).values()].map(outcome);
  if (!transfers.every(isFinalFile)) return { state: openState(files), reason: null };
  const finished = transfers.includes('FINISHED');
  const failed = transfers.includes('FAILED');
  if (finished && failed) return { state: 'FINISHEDDIRTY', reason: FAILED_REASON };
  if (failed) return { state: 'FAILED', reason: FAILED_REASON };
  if (transfers.includes('CANCELED')) return { state: 'CANCELED', reason: null };
  return { state: 'FINISHED', reason: '' };
}

function openState(files: readonly FileState[]): string {
  const open = files.map((file) => file.state).filter((state) => !isFinalFile(state) && state !== 'NOT_USED');
  if (open.every((state) => state === 'ARCHIVING')) return 'ARCHIVING';
  if (files.some((file) => file.started)) return 'ACTIVE';
  if (open.some((state) => state === 'STAGING' || state === 'STARTED')) return 'STAGING';
  return open.every((state) => state === 'READY') ? 'READY' : 'SUBMITTED';
}

/** The outcome of one transfer: of its sources, one finished beats one that may still, and that beats the failed. */
function outcome(sources: readonly string[]): string {
  if (sources.includes('FINISHED')) return 'FINISHED';
  const open = sources.find((state) => !isFinalFile(state) && state !== 'NOT_USED');
  return open ?? (sources.includes('FAILED') ? 'FAILED' : 'CANCELED');
}

function groupByIndex(files: readonly FileState[]): Map<number, string[]> {
  const groups = new Map<number, string[]>();
  for (const { index, state } of files) groups.set(index, [...(groups.get(index) ?? []), state]);
  return groups;
}
