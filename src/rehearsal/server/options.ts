/**
 * options: what a rehearsal server is given, and what can be asked of it.
 *
 * The server speaks FTS3's REST API (as seen on FTS 3.13, or that of another `version`) on loopback, carries no file
 * anywhere, and keeps a record of all that it was asked. Times are milliseconds since 1970 by the server's own clock;
 * durations in `…Seconds` and `seconds` are seconds.
 */

import type { FtsVersion } from './protocol/versions.js';

/** How a transfer ends, for schemes that are not mock://. */
export interface Outcome {
  readonly state: 'FINISHED' | 'FAILED';
  /** How long the copy takes, before `timeScale`; default 1. */
  readonly seconds?: number;
  /** FTS's text for a failed transfer, "SCOPE [errno] text". */
  readonly reason?: string;
  /** Whether FTS itself would retry it (`params.retry` > 0); default true. */
  readonly recoverable?: boolean;
  /** Bytes; default the `filesize` of the submission. */
  readonly size?: number;
  /** Where the job asks for it: how long bringing it from tape takes, and what that fails with (0: it does not). */
  readonly staging?: { readonly seconds: number; readonly errno: number };
  /** What stands at the destination already, and where, as `dst_file_report` tells it. */
  readonly there?: There;
}

export interface There {
  readonly size: number;
  /** "ADLER32:0a1b2c3d" */
  readonly checksum: string;
  readonly locality: 'ONLINE' | 'NEARLINE' | 'ONLINE_AND_NEARLINE' | 'LOST' | 'UNAVAILABLE';
}

/** One transfer as `script` sees it; `attempt` is 1 for the first job of this server that carries the pair. */
export interface ScriptedTransfer {
  readonly source: string;
  readonly destination: string;
  readonly checksum?: string;
  readonly attempt: number;
  /** What stands at the destination may be written over. */
  readonly overwrite: boolean;
}

/** One request, as it was read and as it was answered. Credentials are not kept. */
export interface HistoryEntry {
  readonly number: number;
  /** Requests of one kept-alive connection share its number. */
  readonly connection: number;
  readonly time: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body: string;
  /** "anon" without a credential. */
  readonly userDn: string;
  /** Null: no answer was begun. */
  status: number | null;
  /** The name of the fault that met it. */
  fault: string | null;
}

/** Which requests a fault meets: all that fit, after the first `after`, at most `times`. */
export interface FaultCondition {
  readonly method?: string;
  readonly path?: RegExp;
  readonly after?: number;
  readonly times?: number;
}

/**
 * What a fault does to the request that it meets:
 * - `status`: answers `status` (503) with FTS's JSON and does nothing else;
 * - `html`: the same (500) with a page of the web server;
 * - `half-json`: does it, then answers the first half of the JSON as if it were all;
 * - `wrong-job`: does it, then answers with other job ids;
 * - `delay`: does it and answers `seconds` (1) later;
 * - `hang`: reads the request and is silent; `hang-after`: does it and is silent (cut after `seconds`, if given);
 * - `cut-before`: cuts the connection instead of doing it; `cut-after`: does it and cuts without an answer;
 * - `cut-within`: does it and cuts after half the answer;
 * - `commit-late`: takes the job, cuts, and shows the job only `seconds` later by the server's clock, or without
 *   `seconds` after the next look at it; the sid is taken all the while;
 * - `arrive-late`: cuts, and does it only `seconds` later by the server's clock, or without `seconds` after the next POST:
 *   the request was stuck on the way, and its successor overtakes it;
 * - `refuse`: resets the connection as soon as it is made (`times` and `after` then count connections).
 */
export type FaultKind =
  | 'status'
  | 'html'
  | 'half-json'
  | 'wrong-job'
  | 'delay'
  | 'hang'
  | 'hang-after'
  | 'cut-before'
  | 'cut-after'
  | 'cut-within'
  | 'commit-late'
  | 'arrive-late'
  | 'refuse';

export interface Fault {
  readonly name: string;
  readonly when: FaultCondition | ((request: HistoryEntry) => boolean);
  readonly does: FaultKind;
  readonly status?: number;
  /** What FTS says with that status. */
  readonly message?: string;
  readonly seconds?: number;
  /** `status` sends it as Retry-After, seconds. */
  readonly retryAfter?: number;
  /** The off switch. */
  readonly off?: boolean;
}

/** One transfer of an accepted job. */
export interface SubmittedTransfer {
  readonly index: number;
  readonly source: string;
  readonly destination: string;
  readonly state: string;
  /** Each copy that was begun: from when until when. */
  readonly carriedOut: readonly { readonly from: number; readonly to: number }[];
  /** From here on this job does not touch the transfer again; null: it still may. */
  readonly settledAt: number | null;
}

/** A job that was accepted, whatever became of it (archived, forgotten, its answer lost). */
export interface Submission {
  readonly server: string;
  readonly jobId: string;
  readonly sid: string | null;
  readonly vo: string;
  readonly userDn: string;
  readonly acceptedAt: number;
  readonly metadata: unknown;
  readonly state: string;
  readonly transfers: readonly SubmittedTransfer[];
}

export interface RehearsalOptions {
  readonly name: string;
  /** 0, the default: any free one. */
  readonly port?: number;
  /** Only loopback addresses; default 127.0.0.1. */
  readonly host?: string;
  /** The VO of every caller that has VOMS attributes; default "lhcb". */
  readonly vo?: string;
  /** PEM; then the server speaks https, and clients are known by their certificates (proxies with their chain). */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string };
  /** Refuse submissions with 419 until a credential is delegated; default: true with `tls`. */
  readonly needDelegation?: boolean;
  /** Refuse a destination that an unfinished transfer has, as servers with CheckDuplicates do. */
  readonly checkDuplicates?: boolean;
  readonly now?: () => number;
  /** Seconds of copying, staging, archiving and scheduling are divided by it; default 1. */
  readonly timeScale?: number;
  readonly script?: (transfer: ScriptedTransfer) => Outcome | undefined;
  readonly faults?: readonly Fault[];
  /** Final jobs leave the live tables after this; default 7. */
  readonly keepDays?: number;
  /** One of those in protocol/versions.ts; default 3.13, which was recorded. */
  readonly version?: FtsVersion;
  /** The same seed gives the same job ids. */
  readonly seed?: number;
}

export interface RehearsalServer {
  readonly url: string;
  readonly name: string;
  /** Every request since the start, the oldest first. */
  readonly history: readonly HistoryEntry[];
  /** Every job ever accepted, as it stands now. */
  readonly submissions: readonly Submission[];
  now(): number;
  setFaults(faults: readonly Fault[]): void;
  /** Cuts all connections and stops listening. */
  down(): Promise<void>;
  /** Listens again, on the same port, with the same jobs. */
  up(): Promise<void>;
  /**
   * Bans a storage ("srm://host"). CANCEL refuses new transfers; WAIT accepts and holds them, and what is in the queue.
   * With `andCancel`, or by POST /ban/se, CANCEL also cancels what is there, and the copies that run go on.
   */
  ban(storage: string, status?: 'CANCEL' | 'WAIT', andCancel?: boolean): void;
  unban(storage: string): void;
  /** Moves a job, or every final one, out of the live tables. */
  archive(jobId?: string): void;
  /** Loses a job, or all of them, as a server that comes back without its database. */
  forget(jobId?: string): void;
  /** Moves the clock on. Throws if the clock is `now` of the options. */
  advance(seconds: number): void;
  /** Pins one file from now on, whatever should have become of it. */
  setFile(jobId: string, index: number, state: string, reason?: string): void;
  /** Pins the state of a job, whatever its files say; null gives it back to them. */
  setJob(jobId: string, state: string | null): void;
  /** Cancels one file as DELETE /jobs/ID/files/FID does: a copy that runs goes on. */
  cancelFile(jobId: string, index: number): void;
  /** Files that are accepted from now on wait so long for their token (TOKEN_PREP), also those without one. */
  setTokenSeconds(seconds: number): void;
  /** The issuer of this token does not exchange it: what is sent with it fails, in these words. */
  refuseToken(token: string, why: string): void;
  stop(): Promise<void>;
}
