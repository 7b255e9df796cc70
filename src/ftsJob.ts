/**
 * ftsJob: the SQLite schema, its row types, and one function for each statement.
 *
 * The three programs share it. A `list` row says how far we are with a list, a `job` row what became of one of its
 * attempts, `lfn_list` how far an LFN list is cut, `transition` is the journal of the spool, `failure` counts what
 * went wrong, `hourly` what ended when. Times are milliseconds since 1970, UTC. Nothing here begins or commits a transaction: database.ts does.
 */
import type Database from 'better-sqlite3';
import type { Hourly } from './rules/hourly.js';
import type { RowState } from './rules/placement.js';

export type Db = Database.Database;

/** `PRAGMA user_version` of the schema below. */
export const SCHEMA_VERSION = 2;

/** Milliseconds that a date can be made of; and numbers that JavaScript can count. */
const times = (...columns: string[]): string =>
  columns.map((column) => `${column} BETWEEN 0 AND 8640000000000000`).join(' AND ');
const counts = (...columns: string[]): string =>
  columns.map((column) => `${column} BETWEEN 0 AND 9007199254740991`).join(' AND ');
const name = (column: string): string => `${column} GLOB '[^./]*.txt' AND ${column} NOT GLOB '*/*'`;
const endpoint = (column: string): string => `${column} GLOB 'http*://?*' AND ${column} NOT GLOB '*[^!-~]*'`;
const id = (column: string): string => `length(${column}) BETWEEN 1 AND 64 AND ${column} NOT GLOB '*[^-0-9A-Za-z]*'`;

/**
 * What every row of a table is like, beside the types of its columns. STRICT and CHECK are there for what the disk or a
 * person does to a row, not for us: `quick_check`, with which every opening begins, tells of any row that breaks them,
 * so that none reaches a program.
 */
const CHECKS = {
  campaign: `one = 1 AND ${id('uuid')}`,
  server: `${endpoint('endpoint')} AND vo <> ''`,
  list: `${name('name')} AND state IN ('WAITING', 'SUBMITTING', 'SUBMITTED', 'SETTLED')
    AND ${counts('attempt', 'failures', 'transfers', 'failed_alone')}
    AND ${times('since', 'said_at', 'hold_until', 'failed_at', 'stuck_said_at')}
    AND ${endpoint('pinned')}`,
  job: `${name('list')} AND ${id('job_id')} AND ${endpoint('endpoint')}
    AND ${counts('attempt', 'posts', 'sent')}
    AND ${times('submitting_at', 'submitted_at', 'seen_at', 'missing_since', 'unfinished_since', 'state_since')}`,
  lfn_list: `name <> '' AND ${counts('size', 'transfers', 'duplicates', 'bad_lines')}
    AND offset BETWEEN 0 AND size AND line BETWEEN 0 AND size AND head_length BETWEEN 0 AND 65536`,
  cut: `${times('at')} AND ${counts('transfers')}`,
  failure: `${counts('count')} AND ${times('first_seen', 'last_seen')}`,
  hourly: `${times('hour')} AND ${counts('transfers', 'bytes')}`,
  okay: `${name('name')} AND ${counts('transfers')}`,
  transition: `${counts('id')} AND json_valid(steps)`,
} as const;

export const SCHEMA = `
CREATE TABLE campaign (
  one        INTEGER PRIMARY KEY,
  uuid       TEXT NOT NULL,
  last_stamp TEXT,                        -- of the last list name used: names never go back behind it
  CHECK (${CHECKS.campaign})
) STRICT;
CREATE TABLE server (                     -- who we are there: another VO's jobs would get other ids
  endpoint TEXT PRIMARY KEY,
  vo       TEXT NOT NULL,                 -- under which the campaign submits there: the first seen
  CHECK (${CHECKS.server})
) WITHOUT ROWID, STRICT;
CREATE TABLE list (
  name       TEXT PRIMARY KEY,
  state      TEXT NOT NULL,
  attempt    INTEGER NOT NULL,            -- the current one; 0 before the first
  failures   INTEGER NOT NULL,            -- jobs of the lineage that came back FAILED or FINISHEDDIRTY
  transfers  INTEGER NOT NULL,
  split_from TEXT,
  since      INTEGER NOT NULL,            -- of this state
  said       TEXT,                        -- the last thing said about it that is said only once a day, or once
  said_at    INTEGER,
  pinned     TEXT,                        -- the endpoint that its next submission must go to: a person has said so
  hold_until INTEGER,                     -- not submitted before: the clean-up of a dead copy may still come
  failed_at  INTEGER,                     -- its submission failed then: it goes last in the queue
  failed_alone INTEGER NOT NULL DEFAULT 0, -- runs in which it failed while the same server accepted another list
  stuck_said_at INTEGER,                  -- a person was last told that it has been in one state for long
  CHECK (${CHECKS.list})
) WITHOUT ROWID, STRICT;
CREATE INDEX list_open ON list (state) WHERE state <> 'SETTLED';
CREATE INDEX list_since ON list (since);
CREATE TABLE job (
  list             TEXT NOT NULL,
  attempt          INTEGER NOT NULL,
  job_id           TEXT NOT NULL,
  server           TEXT NOT NULL,
  endpoint         TEXT NOT NULL,
  vo               TEXT NOT NULL,
  sid              TEXT NOT NULL,         -- '' for a job of the original scripts
  posts            INTEGER NOT NULL,      -- POSTs begun for this attempt
  submitting_at    INTEGER NOT NULL,
  submitted_at     INTEGER,
  state            TEXT,                  -- as FTS last said it
  reason           TEXT,
  seen_at          INTEGER,
  missing_since    INTEGER,               -- accepted once, and 404 in /jobs and /archive since then
  unfinished_since INTEGER,               -- final, but some of its files are not (FTS-1482)
  state_since      INTEGER,               -- when that state was first seen
  sent             INTEGER,               -- how many transfers were sent; NULL: not known (version 1.0, repaired)
  sent_hash        TEXT,                  -- of all of them, in order
  pair_hashes      BLOB,                  -- of each of them, in order
  PRIMARY KEY (list, attempt),
  CHECK (${CHECKS.job})
) WITHOUT ROWID, STRICT;
CREATE INDEX job_id ON job (job_id);
CREATE TABLE lfn_list (
  name        TEXT PRIMARY KEY,           -- relative to the base directory
  offset      INTEGER NOT NULL,
  line        INTEGER NOT NULL,
  size        INTEGER NOT NULL,
  head_length INTEGER NOT NULL,
  head_hash   TEXT NOT NULL,
  tail_hash   TEXT NOT NULL,
  transfers   INTEGER NOT NULL,
  duplicates  INTEGER NOT NULL,
  bad_lines   INTEGER NOT NULL,
  CHECK (${CHECKS.lfn_list})
) WITHOUT ROWID, STRICT;
CREATE TABLE cut (                        -- one row a run of the producer: the pace
  at        INTEGER PRIMARY KEY,
  transfers INTEGER NOT NULL,
  CHECK (${CHECKS.cut})
) STRICT;
CREATE TABLE failure (
  class      TEXT NOT NULL,
  meaning    TEXT NOT NULL,
  count      INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen  INTEGER NOT NULL,
  list       TEXT NOT NULL,               -- of the last one
  source     TEXT NOT NULL,
  reason     TEXT NOT NULL,
  endpoint   TEXT NOT NULL,
  job_id     TEXT NOT NULL,
  PRIMARY KEY (class, meaning),
  CHECK (${CHECKS.failure})
) WITHOUT ROWID, STRICT;
CREATE TABLE hourly (
  hour      INTEGER NOT NULL,             -- its beginning
  outcome   TEXT NOT NULL,                -- finished, or the class of the failure
  transfers INTEGER NOT NULL,
  bytes     INTEGER NOT NULL,             -- as far as sizes are known
  PRIMARY KEY (hour, outcome),
  CHECK (${CHECKS.hourly})
) WITHOUT ROWID, STRICT;
CREATE TABLE okay (                       -- what stands in DONE/Okay, so that nobody has to open it to count
  name      TEXT PRIMARY KEY,             -- of the file, which may differ from the list's
  transfers INTEGER NOT NULL,
  CHECK (${CHECKS.okay})
) WITHOUT ROWID, STRICT;
CREATE TABLE transition (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  list  TEXT NOT NULL,
  steps TEXT NOT NULL,                    -- JSON
  aside TEXT,                             -- why it could not be carried out
  CHECK (${CHECKS.transition})
) STRICT;
`;

/**
 * What makes the schema of version n + 1 of that of version n, by index n - 1. Columns come last in their tables, as `ALTER
 * TABLE` puts them there; a test compares the outcome with SCHEMA.
 */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE server (
  endpoint TEXT PRIMARY KEY,
  vo       TEXT NOT NULL,
  CHECK (${CHECKS.server})
) WITHOUT ROWID, STRICT;
INSERT INTO server (endpoint, vo)
  SELECT endpoint, vo FROM job WHERE vo <> '' GROUP BY endpoint HAVING count(DISTINCT vo) = 1;
ALTER TABLE list ADD COLUMN hold_until INTEGER CHECK (${times('hold_until')});
ALTER TABLE list ADD COLUMN failed_at INTEGER CHECK (${times('failed_at')});
ALTER TABLE list ADD COLUMN failed_alone INTEGER NOT NULL DEFAULT 0 CHECK (${counts('failed_alone')});
ALTER TABLE list ADD COLUMN stuck_said_at INTEGER CHECK (${times('stuck_said_at')});
ALTER TABLE job ADD COLUMN state_since INTEGER CHECK (${times('state_since')});
ALTER TABLE job ADD COLUMN sent INTEGER CHECK (${counts('sent')});
ALTER TABLE job ADD COLUMN sent_hash TEXT;
ALTER TABLE job ADD COLUMN pair_hashes BLOB;
`,
];

export interface ListRow {
  readonly name: string;
  readonly state: RowState;
  readonly attempt: number;
  readonly failures: number;
  readonly transfers: number;
  readonly splitFrom: string | null;
  readonly since: number;
  readonly said: string | null;
  readonly saidAt: number | null;
  readonly pinned: string | null;
  readonly holdUntil: number | null;
  readonly failedAt: number | null;
  readonly failedAlone: number;
  readonly stuckSaidAt: number | null;
}

export interface JobRow {
  readonly list: string;
  readonly attempt: number;
  readonly jobId: string;
  readonly server: string;
  readonly endpoint: string;
  readonly vo: string;
  readonly sid: string;
  readonly posts: number;
  readonly submittingAt: number;
  readonly submittedAt: number | null;
  readonly state: string | null;
  readonly reason: string | null;
  readonly seenAt: number | null;
  readonly missingSince: number | null;
  readonly unfinishedSince: number | null;
  readonly stateSince: number | null;
  readonly sent: number | null;
  readonly sentHash: string | null;
  readonly pairHashes: Uint8Array | null;
}

export interface LfnListRow {
  readonly name: string;
  readonly offset: number;
  readonly line: number;
  readonly size: number;
  readonly headLength: number;
  readonly headHash: string;
  readonly tailHash: string;
  readonly transfers: number;
  readonly duplicates: number;
  readonly badLines: number;
}

export interface TransitionRow {
  readonly id: number;
  readonly list: string;
  readonly steps: string;
  readonly aside: string | null;
}

export interface FailureRow {
  readonly class: string;
  readonly meaning: string;
  readonly count: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly list: string;
  readonly source: string;
  readonly reason: string;
  readonly endpoint: string;
  readonly jobId: string;
}

const LIST = `name, state, attempt, failures, transfers, split_from AS splitFrom, since, said, said_at AS saidAt, pinned,
  hold_until AS holdUntil, failed_at AS failedAt, failed_alone AS failedAlone, stuck_said_at AS stuckSaidAt`;
const JOB = `list, attempt, job_id AS jobId, server, endpoint, vo, sid, posts, submitting_at AS submittingAt,
  submitted_at AS submittedAt, state, reason, seen_at AS seenAt, missing_since AS missingSince, unfinished_since AS unfinishedSince,
  state_since AS stateSince, sent, sent_hash AS sentHash, pair_hashes AS pairHashes`;
const LFN_LIST = `name, offset, line, size, head_length AS headLength, head_hash AS headHash, tail_hash AS tailHash,
  transfers, duplicates, bad_lines AS badLines`;

/** Statements are prepared once for each connection. */
const prepared = new WeakMap<Db, Map<string, Database.Statement>>();
function statement(db: Db, sql: string): Database.Statement {
  const known = prepared.get(db) ?? new Map<string, Database.Statement>();
  prepared.set(db, known);
  const found = known.get(sql) ?? db.prepare(sql);
  known.set(sql, found);
  return found;
}
const run = (db: Db, sql: string, ...values: unknown[]): void => void statement(db, sql).run(...values);
const all = <Row>(db: Db, sql: string, ...values: unknown[]): Row[] => statement(db, sql).all(...values) as Row[];
const get = <Row>(db: Db, sql: string, ...values: unknown[]): Row | null =>
  (statement(db, sql).get(...values) as Row | undefined) ?? null;

// The campaign

export const campaign = (db: Db): { uuid: string; lastStamp: string | null } | null =>
  get(db, 'SELECT uuid, last_stamp AS lastStamp FROM campaign');
export const createCampaign = (db: Db, uuid: string): void =>
  run(db, 'INSERT INTO campaign (one, uuid) VALUES (1, ?)', uuid);
export const setLastStamp = (db: Db, stamp: string): void => run(db, 'UPDATE campaign SET last_stamp = ?', stamp);

// Servers

/** The VO of the campaign at each server where it has submitted. */
export const serverVos = (db: Db): { endpoint: string; vo: string }[] => all(db, 'SELECT endpoint, vo FROM server');
/** From now on this is the campaign's VO there; nothing is written where it is already. */
export const putServerVo = (db: Db, endpoint: string, vo: string): void =>
  run(
    db,
    `INSERT INTO server (endpoint, vo) VALUES (?, ?)
     ON CONFLICT (endpoint) DO UPDATE SET vo = excluded.vo WHERE server.vo <> excluded.vo`,
    endpoint,
    vo,
  );

// Lists

export const list = (db: Db, name: string): ListRow | null => get(db, `SELECT ${LIST} FROM list WHERE name = ?`, name);
/** Where the list is: the state of its row, and the endpoint of its job where it has one; null: there is no row. */
export const whereabouts = (db: Db, name: string): { state: RowState; endpoint: string | null } | null =>
  get(
    db,
    `SELECT list.state AS state, job.endpoint AS endpoint FROM list
     LEFT JOIN job ON job.list = list.name AND job.attempt = list.attempt WHERE list.name = ?`,
    name,
  );
export const openLists = (db: Db): ListRow[] => all(db, `SELECT ${LIST} FROM list WHERE state <> 'SETTLED'`);
/** Their names alone, one at a time. */
export const openListNames = (db: Db): Iterable<string> =>
  statement(db, "SELECT name FROM list WHERE state <> 'SETTLED'").pluck().iterate() as Iterable<string>;
export const countOfState = (db: Db, state: RowState): number =>
  get<{ n: number }>(db, 'SELECT count(*) AS n FROM list WHERE state = ?', state)?.n ?? 0;

/** What a taken name gets: `L~2.txt` in DONE/Bad holds transfers of `L.txt`. */
const withoutNumber = (name: string): string => name.replace(/~\d+(?=\.txt$)/, '');
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
/** Of these lists, how many are not to be sent now, and until when the last of them. */
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
/** Its submission failed, and it is not sure that the server is to blame: it goes behind all lists that are older than this. */
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

// Jobs

export const job = (db: Db, name: string, attempt: number): JobRow | null =>
  get(db, `SELECT ${JOB} FROM job WHERE list = ? AND attempt = ?`, name, attempt);
export const jobsOf = (db: Db, name: string): JobRow[] =>
  all(db, `SELECT ${JOB} FROM job WHERE list = ? ORDER BY attempt`, name);
export const jobById = (db: Db, jobId: string): JobRow | null =>
  get(db, `SELECT ${JOB} FROM job WHERE job_id = ?`, jobId);
/** Here and below: `<> 'SETTLED'` is what SQLite knows the index of the open lists by. */
export const openEndpoints = (db: Db): { endpoint: string; server: string; lists: number }[] =>
  all(
    db,
    `SELECT job.endpoint AS endpoint, job.server AS server, count(*) AS lists FROM list
     JOIN job ON job.list = list.name AND job.attempt = list.attempt
     WHERE list.state <> 'SETTLED' AND list.state IN ('SUBMITTING', 'SUBMITTED') GROUP BY job.endpoint`,
  );
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
  row: Omit<
    JobRow,
    | 'state'
    | 'reason'
    | 'seenAt'
    | 'missingSince'
    | 'unfinishedSince'
    | 'stateSince'
    | 'sent'
    | 'sentHash'
    | 'pairHashes'
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
export const setPosts = (db: Db, name: string, attempt: number, posts: number): void =>
  run(db, 'UPDATE job SET posts = ? WHERE list = ? AND attempt = ?', posts, name, attempt);
export const setSubmitted = (db: Db, name: string, attempt: number, jobId: string, now: number): void =>
  run(db, 'UPDATE job SET submitted_at = ?, job_id = ? WHERE list = ? AND attempt = ?', now, jobId, name, attempt);
/** A state that is seen for the first time is in it since now, and so is a job of which that was not noted. */
export const setSeen = (
  db: Db,
  name: string,
  attempt: number,
  seen: { state: string; reason: string; now: number },
): void =>
  run(
    db,
    `UPDATE job SET state = ?, reason = ?, seen_at = ?, missing_since = NULL,
       state_since = CASE WHEN state IS ? AND state_since <= ? THEN state_since ELSE ? END WHERE list = ? AND attempt = ?`,
    seen.state,
    seen.reason,
    seen.now,
    seen.state,
    seen.now,
    seen.now,
    name,
    attempt,
  );
export const setMissingSince = (db: Db, name: string, attempt: number, now: number): void =>
  run(db, 'UPDATE job SET missing_since = ? WHERE list = ? AND attempt = ?', now, name, attempt);
export const setUnfinishedSince = (db: Db, name: string, attempt: number, now: number | null): void =>
  run(db, 'UPDATE job SET unfinished_since = ? WHERE list = ? AND attempt = ?', now, name, attempt);
/** What a person has decided about a job that FTS cannot be asked about any more. */
export const setReason = (db: Db, name: string, attempt: number, reason: string): void =>
  run(db, 'UPDATE job SET reason = ? WHERE list = ? AND attempt = ?', reason, name, attempt);
/** A list whose attempt FTS never took: it waits, at the attempt before. */
export const freeAgain = (db: Db, name: string, attempt: number, now: number): void =>
  run(db, "UPDATE list SET state = 'WAITING', attempt = ?, since = ? WHERE name = ?", attempt - 1, now, name);
/** An attempt that FTS never took: its number is used again. */
export const removeJob = (db: Db, name: string, attempt: number): void =>
  run(db, 'DELETE FROM job WHERE list = ? AND attempt = ?', name, attempt);

// LFN lists

export const lfnLists = (db: Db): LfnListRow[] => all(db, `SELECT ${LFN_LIST} FROM lfn_list ORDER BY name`);
export const putLfnList = (db: Db, row: LfnListRow): void =>
  run(
    db,
    `INSERT INTO lfn_list
       (name, offset, line, size, head_length, head_hash, tail_hash, transfers, duplicates, bad_lines) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET offset = excluded.offset, line = excluded.line, size = excluded.size,
       head_length = excluded.head_length, head_hash = excluded.head_hash, tail_hash = excluded.tail_hash,
       transfers = excluded.transfers, duplicates = excluded.duplicates, bad_lines = excluded.bad_lines`,
    row.name,
    row.offset,
    row.line,
    row.size,
    row.headLength,
    row.headHash,
    row.tailHash,
    row.transfers,
    row.duplicates,
    row.badLines,
  );
export const addCut = (db: Db, now: number, transfers: number): void =>
  run(
    db,
    'INSERT INTO cut (at, transfers) VALUES (?, ?) ON CONFLICT (at) DO UPDATE SET transfers = transfers + excluded.transfers',
    now,
    transfers,
  );
/** What each run of the producer since then has cut, the oldest first. */
export const cutsSince = (db: Db, since: number): { at: number; transfers: number }[] =>
  all(db, 'SELECT at, transfers FROM cut WHERE at >= ? ORDER BY at', since);

// Failures

export const failures = (db: Db): FailureRow[] =>
  all(
    db,
    `SELECT class, meaning, count, first_seen AS firstSeen, last_seen AS lastSeen, list, source, reason, endpoint,
       job_id AS jobId FROM failure ORDER BY count DESC`,
  );
export const addFailure = (db: Db, row: Omit<FailureRow, 'count' | 'firstSeen'>): void =>
  run(
    db,
    `INSERT INTO failure
       (class, meaning, count, first_seen, last_seen, list, source, reason, endpoint, job_id) VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (class, meaning) DO UPDATE SET count = count + 1, last_seen = excluded.last_seen, list = excluded.list,
       source = excluded.source, reason = excluded.reason, endpoint = excluded.endpoint, job_id = excluded.job_id`,
    row.class,
    row.meaning,
    row.lastSeen,
    row.lastSeen,
    row.list,
    row.source,
    row.reason,
    row.endpoint,
    row.jobId,
  );

// What ended when

export const addHourly = (db: Db, row: Hourly): void =>
  run(
    db,
    `INSERT INTO hourly (hour, outcome, transfers, bytes) VALUES (?, ?, ?, ?)
     ON CONFLICT (hour, outcome) DO UPDATE SET transfers = transfers + excluded.transfers,
       bytes = min(bytes + excluded.bytes, ${Number.MAX_SAFE_INTEGER})`,
    row.hour,
    row.outcome,
    row.transfers,
    row.bytes,
  );
export const hourlySince = (db: Db, since: number): Hourly[] =>
  all(db, 'SELECT hour, outcome, transfers, bytes FROM hourly WHERE hour >= ? ORDER BY hour, outcome', since);
/** What has arrived, as far as sizes are known. */
export const arrivedBytes = (db: Db): number =>
  get<{ sum: number }>(
    db,
    `SELECT CAST(min(total(bytes), ${Number.MAX_SAFE_INTEGER}) AS INTEGER) AS sum FROM hourly WHERE outcome = 'finished'`,
  )?.sum ?? 0;
/** The oldest first. */
export const hourly = (db: Db): Hourly[] =>
  all(db, 'SELECT hour, outcome, transfers, bytes FROM hourly ORDER BY hour, outcome');

// What has finished

/** A file of that name now stands in DONE/Okay. */
export const putOkay = (db: Db, name: string, transfers: number): void =>
  run(
    db,
    'INSERT INTO okay (name, transfers) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET transfers = excluded.transfers',
    name,
    transfers,
  );
/** How many transfers are in those of these files that are known, and how many these are. */
export const okayAmong = (db: Db, names: readonly string[]): { files: number; transfers: number } =>
  get(
    db,
    `SELECT count(*) AS files, ifnull(sum(okay.transfers), 0) AS transfers
     FROM json_each(?) AS file CROSS JOIN okay ON okay.name = file.value`,
    JSON.stringify(names),
  ) ?? { files: 0, transfers: 0 };
/** Is it known how many transfers are in this file? */
export const isInOkay = (db: Db, name: string): boolean => get(db, 'SELECT 1 FROM okay WHERE name = ?', name) !== null;

// The journal

export const transitions = (db: Db): TransitionRow[] =>
  all(db, 'SELECT id, list, steps, aside FROM transition ORDER BY id');
export const addTransition = (db: Db, name: string, steps: string): number =>
  Number(statement(db, 'INSERT INTO transition (list, steps) VALUES (?, ?)').run(name, steps).lastInsertRowid);
export const transitionsOf = (db: Db, name: string): TransitionRow[] =>
  all(db, 'SELECT id, list, steps, aside FROM transition WHERE list = ? ORDER BY id', name);
export const removeTransition = (db: Db, id: number): void => run(db, 'DELETE FROM transition WHERE id = ?', id);
export const setAside = (db: Db, id: number, why: string): void =>
  run(db, 'UPDATE transition SET aside = ? WHERE id = ?', why, id);

// Repair

/** The tables beside the campaign's. */
export const TABLES = ['server', 'list', 'job', 'lfn_list', 'cut', 'failure', 'hourly', 'okay', 'transition'] as const;
export type Table = (typeof TABLES)[number];

export const hasTable = (db: Db, table: string): boolean =>
  get(db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table) !== null;
export const columns = (
  db: Db,
  table: Table,
): { name: string; type: string; notnull: number; dflt_value: string | null }[] =>
  all(db, 'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)', table);
/** The rows of a table of a damaged database, as long as they come. */
export const rowsOf = (db: Db, table: Table | 'FTSJobMap'): Iterable<Record<string, unknown>> =>
  db.prepare(`SELECT * FROM ${table}`).iterate() as Iterable<Record<string, unknown>>;
/** A row as it was read; false if the table refuses it. */
export const restore = (db: Db, table: Table, row: Readonly<Record<string, unknown>>): boolean => {
  const names = Object.keys(row);
  const sql = `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  return statement(db, sql).run(...Object.values(row)).changes > 0;
};
/** Lists that FTS may have and of whose job there is no record. */
export const dropListsWithoutJob = (db: Db): void =>
  run(
    db,
    `DELETE FROM list WHERE state IN ('SUBMITTING', 'SUBMITTED')
     AND NOT EXISTS (SELECT 1 FROM job WHERE job.list = list.name AND job.attempt = list.attempt)`,
  );

/** The table with a row that breaks its CHECK, or null. SQLite reads no CHECK from a database that is opened read-only. */
export const brokenCheck = (db: Db): string | null =>
  Object.entries(CHECKS).find(
    ([table, check]) => get(db, `SELECT 1 FROM ${table} WHERE NOT (${check}) LIMIT 1`) !== null,
  )?.[0] ?? null;
/** A list that FTS has or may have, and of whose job there is no record; null when there is none, as it should be. */
export const listWithoutJob = (db: Db): string | null =>
  get<{ name: string }>(
    db,
    `SELECT name FROM list WHERE state <> 'SETTLED' AND state IN ('SUBMITTING', 'SUBMITTED')
     AND NOT EXISTS (SELECT 1 FROM job WHERE job.list = list.name AND job.attempt = list.attempt) LIMIT 1`,
  )?.name ?? null;

// Status

/** The lists that FTS has, the one that it has had for longest first. */
export const submittedByAge = (db: Db): { name: string; since: number }[] =>
  all(db, "SELECT name, since FROM list WHERE state = 'SUBMITTED' AND state <> 'SETTLED' ORDER BY since, name");
/** How many lists were submitted and have had no answer yet. */
export const answersMissing = (db: Db): number =>
  get<{ n: number }>(db, "SELECT count(*) AS n FROM list WHERE state = 'SUBMITTING' AND state <> 'SETTLED'")?.n ?? 0;
/** Of lists that FTS has, by the state of their job as it was last seen. */
export const openJobStates = (db: Db): { state: string | null; lists: number }[] =>
  all(
    db,
    `SELECT job.state AS state, count(*) AS lists FROM list
     JOIN job ON job.list = list.name AND job.attempt = list.attempt
     WHERE list.state = 'SUBMITTED' AND list.state <> 'SETTLED' GROUP BY job.state ORDER BY lists DESC`,
  );
