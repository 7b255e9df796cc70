/**
 * mock: what becomes of a transfer between mock:// URLs, from their query arguments.
 *
 * The same URLs do the same on a real FTS3 with gfal2's mock plugin, whose reasons (seen on FTS 3.13) stand here. On
 * the source: `size`, `checksum`, `errno`, `staging_time`, `staging_errno`. On the destination: `size_pre` (it exists
 * before), `size_post`, `checksum`, `time` (seconds of copying, 10–100 without it), `errno`, `transfer_errno` (fails
 * one second into the copy, so never a copy of 0 seconds), `archiving_time`, `archiving_errno`, `user.status`
 * (NEARLINE, …).
 */
import { createHash } from 'node:crypto';

import type { There } from '../options.js';
import { isRecoverable, strerror } from './errno.js';

/** A step of tape work: how long, and what it fails with (0: it does not). */
export interface TapeStep {
  readonly seconds: number;
  readonly errno: number;
}

/** What becomes of one file, once it is its turn. */
export interface Course {
  readonly staging: TapeStep;
  /** Null reason: it finishes. `size` is in bytes. */
  readonly copy: {
    readonly seconds: number;
    readonly reason: string | null;
    readonly recoverable: boolean;
    readonly size: number;
  };
  readonly archiving: TapeStep;
  /** What FTS can report of a destination that exists; null: nothing. */
  readonly there: There | null;
}

/** What the parameters of the job have to say in it. */
export interface CopyTerms {
  readonly overwrite: boolean;
  /** FTS's flag: b, s, t, n or any other letter. */
  readonly verifyChecksum: string;
  /** "ADLER32:0a1b2c3d", or the type alone. */
  readonly checksum: string;
  /** Seconds; 0: no limit. */
  readonly timeout: number;
}

export function isMock(url: string): boolean {
  return url.startsWith('mock://');
}

/** What becomes of a transfer whose source and destination are both mock:// URLs. */
export function mockCourse(source: string, destination: string, terms: CopyTerms): Course {
  const from = argumentsOf(source);
  const to = argumentsOf(destination);
  return {
    staging: { seconds: number(from, 'staging_time'), errno: number(from, 'staging_errno') },
    copy: copyOf(from, to, destination, terms),
    archiving: { seconds: number(to, 'archiving_time'), errno: number(to, 'archiving_errno') },
    there: thereBy(to),
  };
}

/** Without the attribute of its locality nothing is reported (seen on FTS 3.13). */
function thereBy(to: URLSearchParams): There | null {
  const [locality, digits] = [to.get('user.status'), to.get('checksum')];
  if (locality === null || digits === null) return null;
  return { size: number(to, 'size_post'), checksum: `ADLER32:${digits}`, locality: locality as There['locality'] };
}

function copyOf(from: URLSearchParams, to: URLSearchParams, destination: string, terms: CopyTerms): Course['copy'] {
  const size = number(from, 'size');
  const seconds = to.has('time') ? number(to, 'time') : 10 + spread(destination) * 90;
  const fails = (after: number, scope: string, errno: number, text = strerror(errno), seen = size): Course['copy'] => ({
    seconds: after,
    reason: `${scope} [${errno}] ${text}`,
    recoverable: isRecoverable(errno),
    size: seen,
  });

  const sourceErrno = number(from, 'errno');
  if (sourceErrno > 0) return fails(0, 'SOURCE', sourceErrno, undefined, 0);
  const destinationErrno = number(to, 'errno');
  if (destinationErrno > 0) return fails(0, 'DESTINATION', destinationErrno);
  if (!terms.overwrite && number(to, 'size_pre') > 0) {
    return fails(0, 'DESTINATION', 17, 'Destination file exists and overwrite is not enabled');
  }
  const mismatch = checksumMismatch(from.get('checksum'), to.get('checksum'), terms);
  if (mismatch === 'source') return fails(0, 'TRANSFER', 5, 'User and source checksums do not match');
  if (terms.timeout > 0 && seconds > terms.timeout) return fails(terms.timeout, 'TRANSFER', 110, 'Transfer canceled');
  const transferErrno = number(to, 'transfer_errno');
  if (transferErrno > 0 && seconds > 0) return fails(Math.min(1, seconds), 'TRANSFER', transferErrno);
  if (mismatch === 'destination') return fails(seconds, 'TRANSFER', 5, 'Source and destination checksums do not match');
  if (size > 0 && number(to, 'size_post') !== size) {
    return fails(seconds, 'DESTINATION', 22, 'Source and destination file size mismatch');
  }
  return { seconds, reason: null, recoverable: false, size };
}

/** The plugin compares what is given: the user's with the source's, then the source's with the destination's. */
function checksumMismatch(source: string | null, destination: string | null, terms: CopyTerms): string | null {
  if (terms.verifyChecksum === 'n') return null;
  const user = terms.checksum.split(':')[1] ?? '';
  const differ = (one: string | null, other: string | null): boolean => Boolean(one && other && one !== other);
  if (differ(user, source)) return 'source';
  return differ(source, destination) ? 'destination' : null;
}

function argumentsOf(url: string): URLSearchParams {
  const query = url.indexOf('?');
  return new URLSearchParams(query === -1 ? '' : url.slice(query + 1));
}

/** As the plugin reads numbers: what is none counts as 0. */
function number(query: URLSearchParams, name: string): number {
  const value = Number.parseFloat(query.get(name) ?? '');
  return Number.isFinite(value) && value > 0 ? value : 0;
}

/** A number from 0 to 1 that is always the same for the same URL, where the plugin draws one. */
function spread(url: string): number {
  return createHash('sha1').update(url).digest().readUInt16BE(0) / 0xffff;
}
