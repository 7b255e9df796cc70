/**
 * submission: what may be done with a list whose job may or may not exist.
 *
 * The job id is known before the POST (FTS computes it from our sid), so an answer can be lost without losing the
 * job. These functions say what follows from what was seen; a 404 is never taken as proof that a POST did not arrive.
 */
import { DAY_MS } from '../text/words.js';
import type { Transfer } from '../lists/list.js';
import { sentMetadata, sentOf } from './sent.js';

/** The seed of a job id. One attempt of one list of one campaign: never used twice on purpose. */
export const sidFor = (campaign: string, list: string, attempt: number): string =>
  `castor2echo:${campaign}:${list}:${attempt}`;

/** What we write into a job, so that a job found by its id can be told to be ours. */
export interface JobMetadata {
  readonly campaign: string;
  readonly list: string;
  readonly attempt: number;
}

/** Days after which a job may have been purged from FTS, so that its absence says nothing any more. */
export const MAX_SUBMITTING_DAYS = 6;

/** In so many runs a server failed on a list and accepted another one: then it is the list's fault, and a person must look. */
export const RUNS_FAILED_ALONE = 3;

export const staysBack = (list: { readonly failedAlone: number } | null): boolean =>
  (list?.failedAlone ?? 0) >= RUNS_FAILED_ALONE;

export interface JobRequest {
  readonly files: {
    readonly sources: [string];
    readonly destinations: [string];
    readonly checksum?: string;
    readonly filesize?: number;
    readonly activity?: string;
    readonly staging_metadata?: unknown;
    readonly archive_metadata?: unknown;
    readonly source_tokens?: [string];
    readonly destination_tokens?: [string];
  }[];
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * The body of `POST /jobs`. `job` is the settings' `[job]` table, sent as it is but for some keys: FTS reads the
 * activity and the metadata for tape of each file and not those in `params`, and takes `verify_checksum = false` for
 * "target" where a file has a checksum (seen on FTS3 3.13). `tokens` go with every file: one without would wait for
 * ever beside others that have them.
 */
export function jobRequest(
  transfers: readonly Transfer[],
  job: Readonly<Record<string, unknown>>,
  metadata: JobMetadata,
  tokens: {
    readonly source: { readonly token: string };
    readonly destination: { readonly token: string };
  } | null = null,
): JobRequest {
  const { activity, verify_checksum, job_metadata: own, staging_metadata, archive_metadata, ...params } = job;
  const ofEach = {
    ...(typeof activity === 'string' ? { activity } : {}),
    ...(staging_metadata === undefined ? {} : { staging_metadata }),
    ...(archive_metadata === undefined ? {} : { archive_metadata }),
  };
  return {
    files: transfers.map((transfer) => ({
      sources: [transfer.source],
      destinations: [transfer.destination],
      ...(transfer.checksum === undefined ? {} : { checksum: transfer.checksum }),
      ...(transfer.size === undefined ? {} : { filesize: transfer.size }),
      ...ofEach,
      ...(tokens === null
        ? {}
        : { source_tokens: [tokens.source.token], destination_tokens: [tokens.destination.token] }),
    })),
    params: {
      ...params,
      ...(verify_checksum === undefined
        ? {}
        : { verify_checksum: verify_checksum === false ? 'none' : verify_checksum }),
      job_metadata: { ...(isRecord(own) ? own : {}), ...metadata, ...sentMetadata(sentOf(transfers)) },
      id_generator: 'deterministic',
      sid: sidFor(metadata.campaign, metadata.list, metadata.attempt),
    },
  };
}

/** Is this job the one that we meant to submit? Judged by what we wrote into it. */
export function isOurs(found: unknown, expected: JobMetadata): boolean {
  return (
    isRecord(found) &&
    found['campaign'] === expected.campaign &&
    found['list'] === expected.list &&
    found['attempt'] === expected.attempt
  );
}

/** How one POST ended. */
export type PostOutcome =
  | { readonly kind: 'accepted'; readonly jobId: string }
  /** FTS's own JSON 4xx. */
  | { readonly kind: 'refused'; readonly why: Refusal; readonly message: string }
  /** 409, "The sid provided by the user is duplicated": the job exists. */
  | { readonly kind: 'exists' }
  /** No byte of the request left this machine. */
  | { readonly kind: 'not sent'; readonly message: string }
  /** It was sent, and what came back proves nothing. `otherId`: an answer like an acceptance, with another id than expected. */
  | { readonly kind: 'lost'; readonly message: string; readonly otherId?: string };

/**
 * Why FTS refused: the request itself (400), our credential, no delegation, a banned storage, a destination that
 * another transfer is writing to, a server that wants a pause (429), the storages' tokens, or another 4xx.
 */
export type Refusal =
  'bad request' | 'unauthorised' | 'undelegated' | 'banned' | 'destination in use' | 'busy' | 'tokens' | 'other';

/**
 * Is the list free again after this refusal, so that any server may get it? Only if no other POST of the attempt can
 * still arrive: after a lost answer a 4xx says nothing of the earlier POST, as FTS checks request and credential
 * before it looks at the sid. A destination in use keeps the list at its server: the transfer there may be our own.
 */
export function isFree(outcome: PostOutcome, posts: number): boolean {
  if (posts > 1) return false;
  if (outcome.kind === 'not sent') return true;
  return outcome.kind === 'refused' && outcome.why !== 'destination in use';
}

/** As much of what a look saw (a `Lookup`) as decides. */
export type FoundByLook =
  | { readonly kind: 'job'; readonly job: { readonly state: string; readonly metadata: unknown } }
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden' | 'odd'; readonly message: string };

/** What follows from a look at a job of ours. */
export type AfterLook =
  /** It is ours, and in this state. */
  | { readonly kind: 'adopt'; readonly state: string }
  /** It is not there: the same sid may be sent to that server again. */
  | { readonly kind: 'repeat' }
  /** Nothing can be done by itself: say why, and what a person can do. `isGone`: no job is there any more. */
  | { readonly kind: 'hold'; readonly why: string; readonly isGone: boolean }
  /** The server could not be asked: the next run asks again. */
  | { readonly kind: 'unknown'; readonly why: string };

export interface Submitting {
  readonly metadata: JobMetadata;
  readonly jobId: string;
  readonly server: string;
  readonly vo: string;
  readonly since: Date;
}

/** What to do with a list whose answer was lost, given what a look at its server has shown. */
export function afterLook(found: FoundByLook, row: Submitting, vo: string, now: Date): AfterLook {
  switch (found.kind) {
    case 'job':
      if (isOurs(found.job.metadata, row.metadata)) return { kind: 'adopt', state: found.job.state };
      return { kind: 'hold', why: `job ${row.jobId} on ${row.server} is not ours by its metadata`, isGone: false };
    case 'forbidden':
      return { kind: 'hold', why: whenForbidden(found.message, row, vo), isGone: false };
    case 'odd':
      return { kind: 'unknown', why: found.message };
    case 'missing':
      return whenMissing(row, vo, now);
  }
}

function whenForbidden(message: string, row: Submitting, vo: string): string {
  const why = `${row.server} does not let us see job ${row.jobId} (${message})`;
  return vo === row.vo ? why : `${why}: ${underAnotherVo(row, vo)}`;
}

/** It may be repeated by one who can see it: abandoned, it might be carried out twice. */
const underAnotherVo = (row: Submitting, vo: string): string =>
  `it was submitted to ${row.server} as VO "${row.vo}" and the credential is now of VO "${vo}": run with one of "${row.vo}"`;

function whenMissing(row: Submitting, vo: string, now: Date): AfterLook {
  if (vo !== row.vo) return { kind: 'hold', why: underAnotherVo(row, vo), isGone: true };
  const days = (now.getTime() - row.since.getTime()) / DAY_MS;
  if (days > MAX_SUBMITTING_DAYS)
    return {
      kind: 'hold',
      why: `its answer from ${row.server} was lost ${Math.floor(days)} days ago and its job may have been purged since: see whether its destinations exist`,
      isGone: true,
    };
  return { kind: 'repeat' };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
