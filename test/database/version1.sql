CREATE TABLE campaign (
  one        INTEGER PRIMARY KEY,
  uuid       TEXT NOT NULL,
  last_stamp TEXT,                        -- of the last list name used: names never go back behind it
  CHECK (one = 1 AND length(uuid) BETWEEN 1 AND 64 AND uuid NOT GLOB '*[^-0-9A-Za-z]*')
) STRICT;
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
  CHECK (name GLOB '[^./]*.txt' AND name NOT GLOB '*/*' AND state IN ('WAITING', 'SUBMITTING', 'SUBMITTED', 'SETTLED')
    AND attempt BETWEEN 0 AND 9007199254740991 AND failures BETWEEN 0 AND 9007199254740991 AND transfers BETWEEN 0 AND 9007199254740991 AND since BETWEEN 0 AND 8640000000000000 AND said_at BETWEEN 0 AND 8640000000000000
    AND pinned GLOB 'http*://?*' AND pinned NOT GLOB '*[^!-~]*')
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
  PRIMARY KEY (list, attempt),
  CHECK (list GLOB '[^./]*.txt' AND list NOT GLOB '*/*' AND length(job_id) BETWEEN 1 AND 64 AND job_id NOT GLOB '*[^-0-9A-Za-z]*' AND endpoint GLOB 'http*://?*' AND endpoint NOT GLOB '*[^!-~]*'
    AND attempt BETWEEN 0 AND 9007199254740991 AND posts BETWEEN 0 AND 9007199254740991
    AND submitting_at BETWEEN 0 AND 8640000000000000 AND submitted_at BETWEEN 0 AND 8640000000000000 AND seen_at BETWEEN 0 AND 8640000000000000 AND missing_since BETWEEN 0 AND 8640000000000000 AND unfinished_since BETWEEN 0 AND 8640000000000000)
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
  CHECK (name <> '' AND size BETWEEN 0 AND 9007199254740991 AND transfers BETWEEN 0 AND 9007199254740991 AND duplicates BETWEEN 0 AND 9007199254740991 AND bad_lines BETWEEN 0 AND 9007199254740991
    AND offset BETWEEN 0 AND size AND line BETWEEN 0 AND size AND head_length BETWEEN 0 AND 65536)
) WITHOUT ROWID, STRICT;
CREATE TABLE cut (                        -- one row a run of the producer: the pace
  at        INTEGER PRIMARY KEY,
  transfers INTEGER NOT NULL,
  CHECK (at BETWEEN 0 AND 8640000000000000 AND transfers BETWEEN 0 AND 9007199254740991)
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
  CHECK (count BETWEEN 0 AND 9007199254740991 AND first_seen BETWEEN 0 AND 8640000000000000 AND last_seen BETWEEN 0 AND 8640000000000000)
) WITHOUT ROWID, STRICT;
CREATE TABLE hourly (
  hour      INTEGER NOT NULL,             -- its beginning
  outcome   TEXT NOT NULL,                -- finished, or the class of the failure
  transfers INTEGER NOT NULL,
  bytes     INTEGER NOT NULL,             -- as far as sizes are known
  PRIMARY KEY (hour, outcome),
  CHECK (hour BETWEEN 0 AND 8640000000000000 AND transfers BETWEEN 0 AND 9007199254740991 AND bytes BETWEEN 0 AND 9007199254740991)
) WITHOUT ROWID, STRICT;
CREATE TABLE okay (                       -- what stands in DONE/Okay, so that nobody has to open it to count
  name      TEXT PRIMARY KEY,             -- of the file, which may differ from the list's
  transfers INTEGER NOT NULL,
  CHECK (name GLOB '[^./]*.txt' AND name NOT GLOB '*/*' AND transfers BETWEEN 0 AND 9007199254740991)
) WITHOUT ROWID, STRICT;
CREATE TABLE transition (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  list  TEXT NOT NULL,
  steps TEXT NOT NULL,                    -- JSON
  aside TEXT,                             -- why it could not be carried out
  CHECK (id BETWEEN 0 AND 9007199254740991 AND json_valid(steps))
) STRICT;
INSERT INTO "campaign" (one, uuid, last_stamp) VALUES (1, 'ee6a6f60-1520-49cf-9642-d3b18a791ff2', '20261125-074922-0001');
INSERT INTO "list" (name, state, attempt, failures, transfers, split_from, since, said, said_at, pinned) VALUES ('DDFTSList-20261125-074917-0001.txt', 'SUBMITTING', 1, 2, 2, 'DFTSList-20261125-074917-0001.txt', 1795592965186, NULL, NULL, NULL);
INSERT INTO "list" (name, state, attempt, failures, transfers, split_from, since, said, said_at, pinned) VALUES ('DFTSList-20261125-074917-0001.txt', 'SETTLED', 1, 2, 4, 'FTSList-20261125-074917-0001.txt', 1795592959674, NULL, NULL, NULL);
INSERT INTO "list" (name, state, attempt, failures, transfers, split_from, since, said, said_at, pinned) VALUES ('FTSList-20261125-074917-0001.txt', 'SETTLED', 1, 1, 20, NULL, 1795592958604, NULL, NULL, NULL);
INSERT INTO "list" (name, state, attempt, failures, transfers, split_from, since, said, said_at, pinned) VALUES ('FTSList-20261125-074918-0001.txt', 'SETTLED', 1, 0, 16, NULL, 1795592966734, NULL, NULL, NULL);
INSERT INTO "list" (name, state, attempt, failures, transfers, split_from, since, said, said_at, pinned) VALUES ('FTSList-20261125-074922-0001.txt', 'SUBMITTING', 1, 0, 20, NULL, 1795592965186, NULL, NULL, NULL);
INSERT INTO "job" (list, attempt, job_id, server, endpoint, vo, sid, posts, submitting_at, submitted_at, state, reason, seen_at, missing_since, unfinished_since) VALUES ('DDFTSList-20261125-074917-0001.txt', 1, '93c95890-005e-56e4-a6dd-ec9745c1097c', 'RAL', 'http://127.0.0.1:43271', 'lhcb', 'castor2echo:ee6a6f60-1520-49cf-9642-d3b18a791ff2:DDFTSList-20261125-074917-0001.txt:1', 1, 1795592965186, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "job" (list, attempt, job_id, server, endpoint, vo, sid, posts, submitting_at, submitted_at, state, reason, seen_at, missing_since, unfinished_since) VALUES ('DFTSList-20261125-074917-0001.txt', 1, '6fd8f2b4-0389-5f97-bf9e-6c67dfbc9de6', 'RAL', 'http://127.0.0.1:43271', 'lhcb', 'castor2echo:ee6a6f60-1520-49cf-9642-d3b18a791ff2:DFTSList-20261125-074917-0001.txt:1', 1, 1795592959201, 1795592959212, 'FINISHEDDIRTY', 'One or more files failed. Please have a look at the details for more information', 1795592959674, NULL, NULL);
INSERT INTO "job" (list, attempt, job_id, server, endpoint, vo, sid, posts, submitting_at, submitted_at, state, reason, seen_at, missing_since, unfinished_since) VALUES ('FTSList-20261125-074917-0001.txt', 1, 'd31d7428-6f43-5fb0-87ee-a192ca4bb638', 'CERN', 'http://127.0.0.1:44303', 'lhcb', 'castor2echo:ee6a6f60-1520-49cf-9642-d3b18a791ff2:FTSList-20261125-074917-0001.txt:1', 1, 1795592957992, 1795592958008, 'FINISHEDDIRTY', 'One or more files failed. Please have a look at the details for more information', 1795592958604, NULL, NULL);
INSERT INTO "job" (list, attempt, job_id, server, endpoint, vo, sid, posts, submitting_at, submitted_at, state, reason, seen_at, missing_since, unfinished_since) VALUES ('FTSList-20261125-074918-0001.txt', 1, '3d137ce9-76e8-5aba-8804-e26e3cc53b60', 'CERN', 'http://127.0.0.1:44303', 'lhcb', 'castor2echo:ee6a6f60-1520-49cf-9642-d3b18a791ff2:FTSList-20261125-074918-0001.txt:1', 1, 1795592959202, 1795592959213, 'FINISHED', '', 1795592966734, NULL, NULL);
INSERT INTO "job" (list, attempt, job_id, server, endpoint, vo, sid, posts, submitting_at, submitted_at, state, reason, seen_at, missing_since, unfinished_since) VALUES ('FTSList-20261125-074922-0001.txt', 1, 'c52d652d-42cf-5125-b225-e7f3715b3d48', 'RAL', 'http://127.0.0.1:43271', 'lhcb', 'castor2echo:ee6a6f60-1520-49cf-9642-d3b18a791ff2:FTSList-20261125-074922-0001.txt:1', 1, 1795592965186, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "lfn_list" (name, offset, line, size, head_length, head_hash, tail_hash, transfers, duplicates, bad_lines) VALUES ('TODO/ListOfLFNs/2018-CHARM-1-PROD.list', 3037, 43, 3037, 3037, '9a2e5eb172389498904b7730d2e7e3542df787a873fdc60a258c111e8a11d367', '9a2e5eb172389498904b7730d2e7e3542df787a873fdc60a258c111e8a11d367', 36, 1, 1);
INSERT INTO "lfn_list" (name, offset, line, size, head_length, head_hash, tail_hash, transfers, duplicates, bad_lines) VALUES ('TODO/ListOfLFNs/2018-CHARM-2-BUFFER.list', 1773, 27, 2089, 2089, 'ed527df6951bd18e7f2f7f4621443e1c424dead7b087ee6c4f4135a5d9d9df04', '0e4ce1e401be57e6d4f8d085576939f3f3bbb38d6d0225ac46ae80fd759cf724', 20, 1, 1);
INSERT INTO "cut" (at, transfers) VALUES (1795592957615, 20);
INSERT INTO "cut" (at, transfers) VALUES (1795592958897, 16);
INSERT INTO "cut" (at, transfers) VALUES (1795592962346, 20);
INSERT INTO "failure" (class, meaning, count, first_seen, last_seen, list, source, reason, endpoint, job_id) VALUES ('transient', 'the copy differs from the source''s checksum: damaged on the way, or cut short', 2, 1795592958604, 1795592959674, 'DFTSList-20261125-074917-0001.txt', 'srm://castor.example.org:8443/srm/managerv2?SFN=/castor/example.org/prod/lhcb/LHCb/Collision18/CHARM.MDST/00075555/0000/00075555_00000345_1.charm.mdst', 'TRANSFER [5] TRANSFER CHECKSUM MISMATCH USER_DEFINE and DST checksums are different. deadbeef != 74d39c90', 'http://127.0.0.1:43271', '6fd8f2b4-0389-5f97-bf9e-6c67dfbc9de6');
INSERT INTO "failure" (class, meaning, count, first_seen, last_seen, list, source, reason, endpoint, job_id) VALUES ('transient', 'the storage has too many connections; send less at a time', 1, 1795592958604, 1795592958604, 'FTSList-20261125-074917-0001.txt', 'srm://castor.example.org:8443/srm/managerv2?SFN=/castor/example.org/prod/lhcb/LHCb/Collision18/CHARM.MDST/00075555/0000/00075555_00000027_1.charm.mdst', 'DESTINATION [70] globus_ftp_client: the server responded with an error 421 421 Service busy: Connection limit exceeded. Please try again later. ', 'http://127.0.0.1:44303', 'd31d7428-6f43-5fb0-87ee-a192ca4bb638');
INSERT INTO "failure" (class, meaning, count, first_seen, last_seen, list, source, reason, endpoint, job_id) VALUES ('transient', 'the storage''s door is down: a restart or a downtime', 3, 1795592958604, 1795592959674, 'DFTSList-20261125-074917-0001.txt', 'srm://castor.example.org:8443/srm/managerv2?SFN=/castor/example.org/prod/lhcb/LHCb/Collision18/CHARM.MDST/00075555/0000/00075555_00000224_1.charm.mdst', 'SOURCE [70] globus_xio: Unable to connect to castor.example.org:2811 globus_xio: System error in connect: Connection refused globus_xio: A system call failed: Connection refused ', 'http://127.0.0.1:43271', '6fd8f2b4-0389-5f97-bf9e-6c67dfbc9de6');
INSERT INTO "hourly" (hour, outcome, transfers, bytes) VALUES (1795590000000, 'finished', 34, 0);
INSERT INTO "hourly" (hour, outcome, transfers, bytes) VALUES (1795590000000, 'transient', 6, 0);
INSERT INTO "okay" (name, transfers) VALUES ('DFTSList-20261125-074917-0001.txt', 2);
INSERT INTO "okay" (name, transfers) VALUES ('FTSList-20261125-074917-0001.txt', 16);
INSERT INTO "okay" (name, transfers) VALUES ('FTSList-20261125-074918-0001.txt', 16);
PRAGMA user_version = 1;
