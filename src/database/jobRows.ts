/**
 * jobRows: the statements of the table `job`: what became of each attempt of a list.
 *
 * A condition `<> 'SETTLED'` beside a narrower one is what SQLite knows the index of the open lists by.
 */
import type { Db, JobRow } from '../ftsJob.js';
import { all, allArrays, get, run } from './statement.js';

const JOB = `job.list, job.attempt, job_id AS jobId, server, endpoint, vo, sid, posts, submitting_at AS submittingAt,
  submitted_at AS submittedAt, job.state, reason, seen_at AS seenAt, missing_since AS missingSince,
  unfinished_since AS unfinishedSince, state_since AS stateSince, sent, sent_hash AS sentHash, pair_hashes AS pairHashes, token_ids AS tokenIds,
  probe, tape_since AS tapeSince, tape_until AS tapeUntil`;
export const job = (db: Db, name: string, attempt: number): JobRow | null =>
  get(db, `SELECT ${JOB} FROM job WHERE list = ? AND attempt = ?`, name, attempt);
/** The jobs of the current attempts of these lists. */
export const currentJobs = (db: Db, names: readonly string[]): JobRow[] =>
  all(
    db,
    `SELECT ${JOB} FROM json_each(?) AS file CROSS JOIN list ON list.name = file.value
     CROSS JOIN job ON job.list = list.name AND job.attempt = list.attempt`,
    JSON.stringify(names),
  );
export const jobsOf = (db: Db, name: string): JobRow[] =>
  all(db, `SELECT ${JOB} FROM job WHERE list = ? ORDER BY attempt`, name);
export const jobById = (db: Db, jobId: string): JobRow | null =>
  get(db, `SELECT ${JOB} FROM job WHERE job_id = ?`, jobId);
/** The servers that have open lists. */
export const openEndpoints = (db: Db): { endpoint: string; server: string; lists: number }[] =>
  all(
    db,
    `SELECT job.endpoint AS endpoint, job.server AS server, count(*) AS lists FROM list
     JOIN job ON job.list = list.name AND job.attempt = list.attempt
     WHERE list.state <> 'SETTLED' AND list.state IN ('SUBMITTING', 'SUBMITTED') GROUP BY job.endpoint`,
  );
/** Whether any attempt, open or not, went to a server of this name or endpoint. */
export const isServerOfJob = (db: Db, server: string): boolean =>
  get(db, 'SELECT 1 FROM job WHERE server = ? OR endpoint = ? LIMIT 1', server, server) !== null;
/** The VOs under which the open lists were submitted; a job of the original scripts has none. */
export const openVos = (db: Db): { endpoint: string; vo: string; lists: number }[] =>
  all(
    db,
    `SELECT job.endpoint AS endpoint, job.vo AS vo, count(*) AS lists FROM list
     JOIN job ON job.list = list.name AND job.attempt = list.attempt
     WHERE list.state <> 'SETTLED' AND list.state IN ('SUBMITTING', 'SUBMITTED') AND job.vo <> '' GROUP BY job.endpoint, job.vo`,
  );
/** A new attempt, or the same one whose POST is repeated. */
export const putJob = (
  db: Db,
  row: Pick<
    JobRow,
    'list' | 'attempt' | 'jobId' | 'server' | 'endpoint' | 'vo' | 'sid' | 'posts' | 'submittingAt' | 'submittedAt'
  >,
): void =>
  run(
    db,
    `INSERT INTO job (list, attempt, job_id, server, endpoint, vo, sid, posts, submitting_at, submitted_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (list, attempt) DO UPDATE SET job_id = excluded.job_id, server = excluded.server,
       endpoint = excluded.endpoint, vo = excluded.vo, sid = excluded.sid, posts = excluded.posts,
       submitting_at = excluded.submitting_at, submitted_at = excluded.submitted_at`,
    row.list,
    row.attempt,
    row.jobId,
    row.server,
    row.endpoint,
    row.vo,
    row.sid,
    row.posts,
    row.submittingAt,
    row.submittedAt,
  );
/** What its POST sends: of the attempt's last one, whichever of them FTS takes. */
export const setSent = (
  db: Db,
  name: string,
  attempt: number,
  sent: { readonly count: number; readonly hash: string; readonly pairHashes: Uint8Array },
): void =>
  run(
    db,
    'UPDATE job SET sent = ?, sent_hash = ?, pair_hashes = ? WHERE list = ? AND attempt = ?',
    sent.count,
    sent.hash,
    sent.pairHashes,
    name,
    attempt,
  );
/** FTS's ids of the tokens that go with its POST; null: it has none. */
export const setTokenIds = (
  db: Db,
  name: string,
  attempt: number,
  tokens: { readonly source: { readonly id: string }; readonly destination: { readonly id: string } } | null,
): void =>
  run(
    db,
    'UPDATE job SET token_ids = ? WHERE list = ? AND attempt = ?',
    tokens === null ? null : `${tokens.source.id} ${tokens.destination.id}`,
    name,
    attempt,
  );
export const setPosts = (db: Db, name: string, attempt: number, posts: number): void =>
  run(db, 'UPDATE job SET posts = ? WHERE list = ? AND attempt = ?', posts, name, attempt);
export const setSubmitted = (db: Db, name: string, attempt: number, jobId: string, now: number): void =>
  run(db, 'UPDATE job SET submitted_at = ?, job_id = ? WHERE list = ? AND attempt = ?', now, jobId, name, attempt);
/**
 * A state that is seen for the first time is in it since now, and so is a job of which that was not noted. What its
 * tape did is of one state. `arrived`: what FTS reported of its files that finished, see rules/arrived.ts.
 */
export const setSeen = (
  db: Db,
  name: string,
  attempt: number,
  seen: { state: string; reason: string; now: number; arrived?: Uint8Array | null },
): void =>
  run(
    db,
    `UPDATE job SET state = ?, reason = ?, seen_at = ?, missing_since = NULL, arrived = ifnull(?, arrived),
       state_since = CASE WHEN state IS ? AND state_since <= ? THEN state_since ELSE ? END,
       tape_since = iif(state IS ?, tape_since, NULL), tape_until = iif(state IS ?, tape_until, NULL)
     WHERE list = ? AND attempt = ?`,
    seen.state,
    seen.reason,
    seen.now,
    seen.arrived ?? null,
    seen.state,
    seen.now,
    seen.now,
    seen.state,
    seen.state,
    name,
    attempt,
  );
/** What its files wait for on tape, in the state in which it was seen. */
export const setTape = (
  db: Db,
  name: string,
  attempt: number,
  { since, until }: { readonly since: number | null; readonly until: number | null },
): void =>
  run(db, 'UPDATE job SET tape_since = ?, tape_until = ? WHERE list = ? AND attempt = ?', since, until, name, attempt);
export const setMissingSince = (db: Db, name: string, attempt: number, now: number): void =>
  run(db, 'UPDATE job SET missing_since = ? WHERE list = ? AND attempt = ?', now, name, attempt);
export const setUnfinishedSince = (db: Db, name: string, attempt: number, now: number | null): void =>
  run(db, 'UPDATE job SET unfinished_since = ? WHERE list = ? AND attempt = ?', now, name, attempt);
/** It goes although a storage of it is broken. */
export const setProbe = (db: Db, name: string, attempt: number): void =>
  run(db, 'UPDATE job SET probe = 1 WHERE list = ? AND attempt = ?', name, attempt);
/** An attempt of a list, as far as it tells what has arrived by it. */
export interface AttemptRow {
  readonly attempt: number;
  readonly jobId: string;
  readonly server: string;
  readonly isAdopted: boolean;
  /** The last one that was seen, of a list that the monitor has settled; else null. */
  readonly settledAs: string | null;
  readonly pairHashes: Buffer | null;
  readonly arrived: Buffer | null;
}
export interface AttemptsOfList {
  readonly splitFrom: string | null;
  /** The newest first. */
  readonly attempts: readonly AttemptRow[];
}
/** All attempts of those of these lists that have a row. As arrays, which take half the time of objects: there are half a million. */
export function attemptsByList(db: Db, names: readonly string[]): Map<string, AttemptsOfList> {
  const found = new Map<string, AttemptsOfList & { readonly attempts: AttemptRow[] }>();
  const rows = allArrays<
    [string, string | null, number | null, string, string, number, string | null, Buffer | null, Buffer | null]
  >(
    db,
    `SELECT list.name, list.split_from, job.attempt, job.job_id, job.server, job.sid = '',
       CASE list.state WHEN 'SETTLED' THEN job.state END, job.pair_hashes, job.arrived
     FROM json_each(?) AS file CROSS JOIN list ON list.name = file.value LEFT JOIN job ON job.list = list.name`,
    JSON.stringify(names),
  );
  for (const [name, splitFrom, attempt, jobId, server, isAdopted, settledAs, pairHashes, arrived] of rows) {
    const of = found.get(name) ?? { splitFrom, attempts: [] };
    found.set(name, of);
    if (attempt !== null)
      of.attempts.push({ attempt, jobId, server, isAdopted: isAdopted === 1, settledAs, pairHashes, arrived });
  }
  for (const { attempts } of found.values()) attempts.sort((one, other) => other.attempt - one.attempt);
  return found;
}
/** What a person has decided about a job that FTS cannot be asked about any more. */
export const setReason = (db: Db, name: string, attempt: number, reason: string): void =>
  run(db, 'UPDATE job SET reason = ? WHERE list = ? AND attempt = ?', reason, name, attempt);
/** An attempt that FTS never took: its number is used again. */
export const removeJob = (db: Db, name: string, attempt: number): void =>
  run(db, 'DELETE FROM job WHERE list = ? AND attempt = ?', name, attempt);
/**
 * The lists that FTS has, by the state of their job as it was last seen; and of how many the tape has been asked, since
 * when and until when.
 */
export const openJobStates = (
  db: Db,
): { state: string | null; lists: number; begun: number; since: number | null; until: number | null }[] =>
  all(
    db,
    `SELECT job.state AS state, count(*) AS lists, count(tape_since) AS begun, min(tape_since) AS since, max(tape_until) AS until FROM list
     JOIN job ON job.list = list.name AND job.attempt = list.attempt
     WHERE list.state = 'SUBMITTED' AND list.state <> 'SETTLED' GROUP BY job.state ORDER BY lists DESC`,
  );
