/**
 * listRows: the statements of the table `list`: how far we are with each list.
 *
 * A condition `<> 'SETTLED'` beside a narrower one is what SQLite knows the index of the open lists by.
 */
import { withoutNumber } from '../lists/names.js';
import type { RowState } from '../rules/placement.js';
import type { Db, ListRow } from '../ftsJob.js';
import { all, get, run, statement } from './statement.js';

const LIST = `name, state, attempt, failures, transfers, split_from AS splitFrom, since, said, said_at AS saidAt, pinned,
  hold_until AS holdUntil, failed_at AS failedAt, failed_alone AS failedAlone, stuck_said_at AS stuckSaidAt`;
export const list = (db: Db, name: string): ListRow | null => get(db, `SELECT ${LIST} FROM list WHERE name = ?`, name);
export const lists = (db: Db, names: readonly string[]): ListRow[] =>
  all(db, `SELECT ${LIST} FROM json_each(?) AS file CROSS JOIN list ON list.name = file.value`, JSON.stringify(names));
/** Where the list is: the state of its row, and the endpoint of its job where it has one; null: there is no row. */
export const whereabouts = (db: Db, name: string): { state: RowState; endpoint: string | null } | null =>
  get(
    db,
    `SELECT list.state AS state, job.endpoint AS endpoint FROM list
     LEFT JOIN job ON job.list = list.name AND job.attempt = list.attempt WHERE list.name = ?`,
    name,
  );
type Whereabouts = [state: RowState | null, endpoint: string | null];
/** The same of many lists, in the order of their names here; a state of null: there is no row. */
export const whereaboutsOf = (db: Db, names: readonly string[]): Iterable<Whereabouts> =>
  statement(
    db,
    `SELECT list.state, job.endpoint FROM json_each(?) AS file
     LEFT JOIN list ON list.name = file.value
     LEFT JOIN job ON job.list = list.name AND job.attempt = list.attempt`,
  )
    .raw()
    .iterate(JSON.stringify(names)) as Iterable<Whereabouts>;
export const openLists = (db: Db): ListRow[] => all(db, `SELECT ${LIST} FROM list WHERE state <> 'SETTLED'`);
/** How many these are, and how many transfers are in them; since when FTS has had one of them. */
export const openSum = (db: Db): { lists: number; transfers: number; oldest: number | null } =>
  get(
    db,
    `SELECT count(*) AS lists, ifnull(sum(transfers), 0) AS transfers, min(iif(state = 'SUBMITTED', since, NULL)) AS oldest
     FROM list WHERE state <> 'SETTLED'`,
  ) ?? { lists: 0, transfers: 0, oldest: null };
/** When a run has last changed something; null: none has yet. */
export const lastChange = (db: Db): number | null =>
  get<{ at: number | null }>(db, 'SELECT max(since) AS at FROM list')?.at ?? null;
/** Their names alone, one at a time. */
export const openListNames = (db: Db): Iterable<string> =>
  statement(db, "SELECT name FROM list WHERE state <> 'SETTLED'").pluck().iterate() as Iterable<string>;
/** Until when this list is not to be sent, or the one beside which it was put; null: it was never held. */
export const holdUntil = (db: Db, name: string): number | null =>
  get<{ until: number | null }>(
    db,
    'SELECT max(hold_until) AS until FROM list WHERE name IN (?, ?)',
    name,
    withoutNumber(name),
  )?.until ?? null;
export const setHold = (db: Db, name: string, until: number): void =>
  run(db, 'UPDATE list SET hold_until = ? WHERE name = ?', until, name);
/** How many of these lists are not to be sent now, and until when the last of them. */
export const heldAmong = (db: Db, names: readonly string[], now: number): { lists: number; until: number | null } =>
  get(
    db,
    `SELECT count(*) AS lists, max(hold_until) AS until
     FROM json_each(?) AS file CROSS JOIN list ON list.name = file.value WHERE list.hold_until > ?`,
    JSON.stringify(names),
    now,
  ) ?? { lists: 0, until: null };
/** A list that now waits in TODO: new, or once more. What it was split from may not be sent before `hold_until`: nor may it. */
export const waiting = (
  db: Db,
  row: { name: string; failures: number; transfers: number; splitFrom: string | null; now: number },
): void =>
  run(
    db,
    `INSERT INTO list (name, state, attempt, failures, transfers, split_from, since, hold_until)
     VALUES (?, 'WAITING', 0, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET state = 'WAITING', failures = excluded.failures, transfers = excluded.transfers,
       since = excluded.since, said = NULL, said_at = NULL, failed_at = NULL, failed_alone = 0`,
    row.name,
    row.failures,
    row.transfers,
    row.splitFrom,
    row.now,
    row.splitFrom === null ? null : holdUntil(db, row.splitFrom),
  );
/** A list that FTS has got is pinned to no server any more, and has not failed to get there. */
export const setState = (db: Db, name: string, state: RowState, now: number): void =>
  run(
    db,
    `UPDATE list SET state = ?, since = ?, said = NULL, said_at = NULL,
       pinned = CASE WHEN open THEN pinned END, failed_at = CASE WHEN open THEN failed_at END,
       failed_alone = CASE WHEN open THEN failed_alone ELSE 0 END
     FROM (SELECT ? NOT IN ('SUBMITTED', 'SETTLED') AS open) WHERE name = ?`,
    state,
    now,
    state,
    name,
  );
/**
 * Its submission failed, and it is not sure that the server is to blame; or it came back from a broken storage: it goes
 * behind all lists that are older than this.
 */
export const setFailed = (db: Db, name: string, now: number): void =>
  run(db, 'UPDATE list SET failed_at = ? WHERE name = ?', now, name);
/** It failed in a run in which the same server accepted another list. */
export const addFailedAlone = (db: Db, name: string): void =>
  run(db, 'UPDATE list SET failed_alone = failed_alone + 1 WHERE name = ?', name);
/** A person wants it tried again. */
export const forgetFailed = (db: Db, name: string): void =>
  run(db, 'UPDATE list SET failed_at = NULL, failed_alone = 0 WHERE name = ?', name);
/** The next submission of this list goes to that endpoint and to no other; null: to any. */
export const setPinned = (db: Db, name: string, endpoint: string | null): void =>
  run(db, 'UPDATE list SET pinned = ? WHERE name = ?', endpoint, name);
/** The lists that were split from this one. */
export const splitsOf = (db: Db, name: string): ListRow[] =>
  all(db, `SELECT ${LIST} FROM list WHERE split_from = ? ORDER BY name`, name);
export const setFailures = (db: Db, name: string, failures: number): void =>
  run(db, 'UPDATE list SET failures = ? WHERE name = ?', failures, name);
/** What a list has become whose job is final. */
export const setSettled = (db: Db, name: string, state: RowState, failures: number, now: number): void =>
  run(
    db,
    `UPDATE list SET state = ?, failures = ?, since = ?, said = NULL, said_at = NULL,
       pinned = CASE ? WHEN 'SETTLED' THEN NULL ELSE pinned END WHERE name = ?`,
    state,
    failures,
    now,
    state,
    name,
  );
export const setSaid = (db: Db, name: string, said: string, now: number): void =>
  run(db, 'UPDATE list SET said = ?, said_at = ? WHERE name = ?', said, now, name);
/** A person was told in a cron mail that it has been in one state for long. */
export const setStuckSaid = (db: Db, name: string, now: number): void =>
  run(db, 'UPDATE list SET stuck_said_at = ? WHERE name = ?', now, name);
export const submitting = (
  db: Db,
  row: { name: string; attempt: number; failures: number; transfers: number; now: number },
): void =>
  run(
    db,
    `INSERT INTO list (name, state, attempt, failures, transfers, since) VALUES (?, 'SUBMITTING', ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET state = 'SUBMITTING', attempt = excluded.attempt, failures = excluded.failures,
       transfers = excluded.transfers, since = excluded.since, said = NULL, said_at = NULL`,
    row.name,
    row.attempt,
    row.failures,
    row.transfers,
    row.now,
  );
/** A list whose attempt FTS never took: it waits, at the attempt before. */
export const freeAgain = (db: Db, name: string, attempt: number, now: number): void =>
  run(db, "UPDATE list SET state = 'WAITING', attempt = ?, since = ? WHERE name = ?", attempt - 1, now, name);
/** Lists that FTS may have and of whose job there is no record. */
export const dropListsWithoutJob = (db: Db): void =>
  run(
    db,
    `DELETE FROM list WHERE state IN ('SUBMITTING', 'SUBMITTED')
     AND NOT EXISTS (SELECT 1 FROM job WHERE job.list = list.name AND job.attempt = list.attempt)`,
  );
/** A list that FTS has or may have, and of whose job there is no record; null when there is none, as it should be. */
export const listWithoutJob = (db: Db): string | null =>
  get<{ name: string }>(
    db,
    `SELECT name FROM list WHERE state <> 'SETTLED' AND state IN ('SUBMITTING', 'SUBMITTED')
     AND NOT EXISTS (SELECT 1 FROM job WHERE job.list = list.name AND job.attempt = list.attempt) LIMIT 1`,
  )?.name ?? null;
/** The lists that FTS has, the one that it has had for longest first. */
export const submittedByAge = (db: Db): { name: string; since: number }[] =>
  all(db, "SELECT name, since FROM list WHERE state = 'SUBMITTED' AND state <> 'SETTLED' ORDER BY since, name");
/** How many lists were submitted and have had no answer yet. */
export const answersMissing = (db: Db): number =>
  get<{ n: number }>(db, "SELECT count(*) AS n FROM list WHERE state = 'SUBMITTING' AND state <> 'SETTLED'")?.n ?? 0;
