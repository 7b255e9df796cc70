/**
 * originalTable: takes over `FTSJobMap`, the job table of the original Python scripts.
 *
 * Its columns are found by their content, as the scripts changed them over the years: the list ends in `.txt`, the
 * job id is a UUID, the server a URL. Its counter counted looks, not failures, so failures begin at 0.
 */
import * as path from 'node:path';
import { isListName } from '../lists/names.js';
import { isFinal } from '../rules/states.js';
import type { Db } from '../ftsJob.js';
import { putJob } from './jobRows.js';
import { submitting, setState } from './listRows.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

interface OriginalJob {
  readonly list: string;
  readonly jobId: string;
  readonly endpoint: string;
  readonly finished: boolean;
}

/** Called inside the transaction that makes the schema. `doing` and `todo` say where its lists stand now. */
export function takeOver(db: Db, doing: readonly string[], todo: readonly string[]): void {
  const exists = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'FTSJobMap'").get();
  if (exists === undefined) return;
  takeOverRows(db, db.prepare('SELECT * FROM FTSJobMap').all() as Record<string, unknown>[], doing, todo);
}

/** The same for rows that were read elsewhere. */
export function takeOverRows(
  db: Db,
  rows: readonly Readonly<Record<string, unknown>>[],
  doing: readonly string[],
  todo: readonly string[],
): void {
  const now = Date.now();
  const [inDoing, inTodo] = [new Set(doing), new Set(todo)];
  for (const job of rows.map(recognise)) {
    if (job === null) continue;
    submitting(db, { name: job.list, attempt: 1, failures: 0, transfers: 0, now });
    putJob(db, {
      list: job.list,
      attempt: 1,
      jobId: job.jobId,
      server: new URL(job.endpoint).hostname,
      endpoint: job.endpoint,
      vo: '',
      sid: '',
      posts: 1,
      submittingAt: now,
      submittedAt: now,
    });
    // In TODO with a job that had ended, it was sent back by hand; in neither, its story is over.
    const waits = inTodo.has(job.list) && job.finished;
    const open = inDoing.has(job.list) || inTodo.has(job.list);
    setState(db, job.list, waits ? 'WAITING' : open ? 'SUBMITTED' : 'SETTLED', now);
  }
}

function recognise(row: Readonly<Record<string, unknown>>): OriginalJob | null {
  const cells = Object.values(row)
    .filter((cell): cell is string => typeof cell === 'string')
    .map((cell) => cell.trim());
  const list = cells.find((cell) => cell.endsWith('.txt'));
  const jobId = cells.find((cell) => UUID.test(cell));
  const endpoint = cells.find((cell) => /^https?:\/\/[A-Za-z0-9.:[\]-]+\/?$/.test(cell) && URL.canParse(cell));
  if (list === undefined || !isListName(path.basename(list)) || jobId === undefined || endpoint === undefined)
    return null;
  return {
    list: path.basename(list),
    jobId: jobId.toLowerCase(),
    endpoint: endpoint.replace(/\/$/, ''),
    finished: cells.some((cell) => isFinal(cell.toUpperCase())),
  };
}
