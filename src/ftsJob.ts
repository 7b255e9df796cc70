/**
 * ftsJob: the SQLite schema, its migrations and its row types. The statements are in database/, by table.
 *
 * The three programs share it. A `list` row says how far we are with a list, a `job` row what became of one of its
 * attempts, `lfn_list` how far an LFN list is cut, `transition` is the journal of the spool, `failure` counts what
 * went wrong, `hourly` what ended when, `original`
 * what was taken over from the original scripts, `refused_token` which tokens are not sent again, `storage` what the
 * last transfers say of each storage. Times are milliseconds since 1970, UTC.
 */
import type Database from 'better-sqlite3';
import type { RowState } from './rules/placement.js';
import type { StorageHealth } from './rules/storageHealth.js';

export type Db = Database.Database;

/** `PRAGMA user_version` of the schema below. */
export const SCHEMA_VERSION = 4;

/** Milliseconds that a date can be made of; and numbers that JavaScript can count. */
const times = (...columns: string[]): string =>
  columns.map((column) => `${column} BETWEEN 0 AND 8640000000000000`).join(' AND ');
const counts = (...columns: string[]): string =>
  columns.map((column) => `${column} BETWEEN 0 AND 9007199254740991`).join(' AND ');
const name = (column: string): string => `${column} GLOB '[^./]*.txt' AND ${column} NOT GLOB '*/*'`;
const endpoint = (column: string): string => `${column} GLOB 'http*://?*' AND ${column} NOT GLOB '*[^!-~]*'`;
const id = (column: string): string => `length(${column}) BETWEEN 1 AND 64 AND ${column} NOT GLOB '*[^-0-9A-Za-z]*'`;
/** Hexadecimal, with a blank between two. */
const ids = (column: string): string => `${column} <> '' AND ${column} NOT GLOB '*[^ 0-9a-f]*'`;
const PROBE = 'probe = 1';

/**
 * What every row of a table is like, beside the types of its columns. STRICT and CHECK are there for what the disk or a
 * person does to a row, not for us: `quick_check`, with which every opening begins, tells of any row that breaks them,
 * so that none reaches a program.
 */
export const CHECKS = {
  campaign: `one = 1 AND ${id('uuid')} AND ${times('take_over_begun', 'take_over_complete')}`,
  server: `${endpoint('endpoint')} AND vo <> ''`,
  list: `${name('name')} AND state IN ('WAITING', 'SUBMITTING', 'SUBMITTED', 'SETTLED')
    AND ${counts('attempt', 'failures', 'transfers', 'failed_alone')}
    AND ${times('since', 'said_at', 'hold_until', 'failed_at', 'stuck_said_at')}
    AND ${endpoint('pinned')}`,
  job: `${name('list')} AND ${id('job_id')} AND ${endpoint('endpoint')}
    AND ${counts('attempt', 'posts', 'sent')}
    AND ${times('submitting_at', 'submitted_at', 'seen_at', 'missing_since', 'unfinished_since', 'state_since', 'tape_since', 'tape_until')}
    AND ${ids('token_ids')} AND ${PROBE}`,
  lfn_list: `name <> '' AND ${counts('size', 'transfers', 'duplicates', 'bad_lines')}
    AND offset BETWEEN 0 AND size AND line BETWEEN 0 AND size AND head_length BETWEEN 0 AND 65536`,
  cut: `${times('at')} AND ${counts('transfers')}`,
  failure: `${counts('count')} AND ${times('first_seen', 'last_seen')}`,
  hourly: `${times('hour')} AND ${counts('transfers', 'bytes')}`,
  okay: `${name('name')} AND ${counts('transfers')}`,
  original: name('list'),
  refused_token: `${id('id')} AND ${times('at')}`,
  storage: `name GLOB '[a-z]*://?*' AND length(outcomes) BETWEEN 1 AND 50 AND outcomes NOT GLOB '*[^.acto]*' AND ${times('broken_since', 'opened_at')}`,
  transition: `${counts('id')} AND json_valid(steps)`,
} as const;

export const SCHEMA = `
CREATE TABLE campaign (
  one        INTEGER PRIMARY KEY,
  uuid       TEXT NOT NULL,
  last_stamp TEXT,                        -- of the last list name used: names never go back behind it
  take_over_begun INTEGER,                -- from the original scripts; NULL: a campaign of ours from the start
  take_over_complete INTEGER,             -- every row of theirs has been found or is known to be nowhere
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
  failed_at  INTEGER,                     -- its submission failed then, or it came back as a probe: it goes last in the queue
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
  arrived          BLOB,                  -- size and time of each of them that finished, in order (rules/arrived.ts)
  token_ids        TEXT,                  -- FTS's ids of the tokens that it was sent with; NULL: none
  tape_since       INTEGER,               -- in STAGING or ARCHIVING: when the first file of it was asked for (rules/tape.ts)
  tape_until       INTEGER,               -- and when FTS gives up on the last at the earliest; NULL: some have not begun
  probe            INTEGER,               -- 1: it was sent although a storage of it was broken
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
CREATE TABLE original (                   -- the rows of FTSJobMap that were taken over
  list   TEXT NOT NULL,
  job_id TEXT NOT NULL,
  PRIMARY KEY (list, job_id),
  CHECK (${CHECKS.original})
) WITHOUT ROWID, STRICT;
CREATE TABLE refused_token (              -- that FTS could not exchange: it is not sent again
  id   TEXT PRIMARY KEY,                  -- as FTS calls it: of its SHA-1; the token itself stands nowhere
  list TEXT NOT NULL,                     -- that was sent with it
  at   INTEGER NOT NULL,
  CHECK (${CHECKS.refused_token})
) WITHOUT ROWID, STRICT;
CREATE TABLE storage (                    -- what its last transfers say of it (rules/storageHealth.ts)
  name         TEXT PRIMARY KEY,          -- scheme://host, as FTS calls it
  outcomes     TEXT NOT NULL,             -- a letter each
  broken_since INTEGER,                   -- most of them speak against it; NULL: it works
  reason       TEXT,                      -- of the last that does
  opened_at    INTEGER,                   -- a transfer finished then, and it worked again; NULL: it was not broken yet
  CHECK (${CHECKS.storage})
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
 * What makes the schema of version n + 1 of that of version n, by index n - 1. Columns come last in their tables, as
 * `ALTER TABLE` puts them there; a test compares the outcome with SCHEMA.
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
  `
ALTER TABLE campaign ADD COLUMN take_over_begun INTEGER CHECK (${times('take_over_begun')});
ALTER TABLE campaign ADD COLUMN take_over_complete INTEGER CHECK (${times('take_over_complete')});
CREATE TABLE original (
  list   TEXT NOT NULL,
  job_id TEXT NOT NULL,
  PRIMARY KEY (list, job_id),
  CHECK (${CHECKS.original})
) WITHOUT ROWID, STRICT;
`,
  `
ALTER TABLE job ADD COLUMN arrived BLOB;
ALTER TABLE job ADD COLUMN token_ids TEXT CHECK (${ids('token_ids')});
ALTER TABLE job ADD COLUMN tape_since INTEGER CHECK (${times('tape_since')});
ALTER TABLE job ADD COLUMN tape_until INTEGER CHECK (${times('tape_until')});
CREATE TABLE refused_token (
  id   TEXT PRIMARY KEY,
  list TEXT NOT NULL,
  at   INTEGER NOT NULL,
  CHECK (${CHECKS.refused_token})
) WITHOUT ROWID, STRICT;
ALTER TABLE job ADD COLUMN probe INTEGER CHECK (${PROBE});
CREATE TABLE storage (
  name         TEXT PRIMARY KEY,
  outcomes     TEXT NOT NULL,
  broken_since INTEGER,
  reason       TEXT,
  opened_at    INTEGER,
  CHECK (${CHECKS.storage})
) WITHOUT ROWID, STRICT;
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
  readonly tokenIds: string | null;
  readonly probe: number | null;
  readonly tapeSince: number | null;
  readonly tapeUntil: number | null;
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

export interface StorageRow extends StorageHealth {
  readonly name: string;
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
