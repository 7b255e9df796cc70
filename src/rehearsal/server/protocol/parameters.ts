/**
 * parameters: `params` of a submission, with FTS's defaults and quirks.
 *
 * Unknown parameters are ignored, space tokens are lost, `verify_checksum` is cut to its first letter whatever it says,
 * priorities are brought into 1–5, `retry` 0 is the server's default (none here). Refuses with 400.
 */
import { badRequest, internalError, invalidValue, pythonJson } from './answer.js';

export type Json = Readonly<Record<string, unknown>>;

/** Times are seconds, −1 where none was given. */
export interface Parameters {
  readonly sid: string | null;
  /** Y, R, D or M; null: the destination is not overwritten. */
  readonly overwriteFlag: string | null;
  readonly verifyChecksum: string;
  readonly retry: number;
  readonly retryDelay: number;
  readonly priority: number;
  readonly bringOnline: number;
  readonly copyPinLifetime: number;
  readonly archiveTimeout: number;
  /** Seconds; null: without an end. */
  readonly maxTimeInQueue: number | null;
  /** "nostreams:1,timeout:3,strict" */
  readonly internal: string | null;
  readonly timeout: number;
  readonly dstFileReport: boolean;
}

const MAX_JOB_METADATA = 2048;
const OVERWRITE: Readonly<Record<string, string>> = {
  overwrite: 'Y',
  overwrite_on_retry: 'R',
  overwrite_when_only_on_disk: 'D',
  overwrite_hop: 'M',
};

/** `checksums`: of the files, in order; undefined where a file has no such key. */
export function readParameters(params: Json, checksums: readonly unknown[]): Parameters {
  if (params['multihop'] || params['reuse']) {
    throw badRequest('The rehearsal server knows neither multihop nor reuse jobs');
  }
  const timeout = integer(params, 'timeout', 0);
  return {
    sid: readSid(params),
    overwriteFlag: overwriteFlag(params),
    verifyChecksum: checksumFlag(params['verify_checksum']) ?? flagOf(checksums),
    retry: integer(params, 'retry', 0),
    retryDelay: integer(params, 'retry_delay', 0),
    priority: clampPriority(integer(params, 'priority', 3)),
    bringOnline: integer(params, 'bring_online', -1),
    copyPinLifetime: integer(params, 'copy_pin_lifetime', -1),
    archiveTimeout: integer(params, 'archive_timeout', -1),
    maxTimeInQueue: queueSeconds(params['max_time_in_queue']),
    internal: internalParams(params, timeout),
    timeout,
    dstFileReport: Boolean(params['dst_file_report']),
  };
}

export function clampPriority(priority: number): number {
  return Math.min(5, Math.max(1, priority));
}

/** The metadata of a job as FTS stores them: an object, to which the way of authentication is added. */
export function readJobMetadata(given: unknown, method: string): Json {
  return { ...readMetadata(given, MAX_JOB_METADATA), auth_method: method === 'oauth2' ? 'oauth2' : 'certificate' };
}

/** An object, or a string, which becomes its label; null where there are none. */
export function readMetadata(given: unknown, limit: number): Json | null {
  if (given === undefined || given === null) return null;
  if (pythonJson(given).length > limit) {
    throw invalidValue(`Job Submission Refused, metadata exceeds size limit of ${limit}`);
  }
  if (typeof given === 'string') return { label: given };
  if (typeof given !== 'object' || Array.isArray(given)) throw invalidValue('Metadata neither JSON nor String');
  return given as Json;
}

/** Whole hours, or a text with a unit; anything else is ignored. */
function queueSeconds(value: unknown): number | null {
  if (value === true || (Number.isInteger(value) && value !== 0)) return Number(value) * 3600;
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(typeof value === 'string' ? value : '') ?? [];
  return count === undefined ? null : Number(count) * (SECONDS[unit] ?? 0);
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function readSid(params: Json): string | null {
  if (params['id_generator'] !== 'deterministic') return null;
  const sid = params['sid'];
  if (typeof sid !== 'string' || sid === '') throw badRequest('Need sid for deterministic job id generation');
  return sid;
}

function overwriteFlag(params: Json): string | null {
  const flags = Object.entries(OVERWRITE).filter(([name]) => Boolean(params[name]));
  if (flags.length > 1) throw badRequest('Incompatible overwrite flags used at the same time');
  return flags[0]?.[1] ?? null;
}

function checksumFlag(value: unknown): string | null {
  if (value === undefined || value === null || value === false) return null;
  if (value === true) return 'b';
  if (typeof value !== 'string') throw badRequest(`Malformed request: ${pythonJson(value)} is not subscriptable`);
  if (value === '') throw internalError();
  return value.charAt(0);
}

/** Where nothing is said of it, the last file with the key decides for all. */
function flagOf(checksums: readonly unknown[]): string {
  const last = checksums.filter((checksum) => checksum !== undefined).at(-1) ?? '';
  return last === '' ? 'n' : 't';
}

function internalParams(params: Json, timeout: number): string | null {
  const [streams, buffer] = [integer(params, 'nostreams', 0), integer(params, 'buffer_size', 0)];
  const said = [
    ...(streams === 0 ? [] : [`nostreams:${streams}`]),
    ...(timeout === 0 ? [] : [`timeout:${timeout}`]),
    ...(buffer === 0 ? [] : [`buffersize:${buffer}`]),
    ...(params['strict_copy'] ? ['strict'] : []),
    ...(params['disable_cleanup'] ? ['disable-cleanup'] : []),
    ...(params['ipv4'] ? ['ipv4'] : params['ipv6'] ? ['ipv6'] : []),
    ...(params['s3alternate'] ? ['s3alternate'] : []),
  ];
  return said.length === 0 ? null : said.join(',');
}

function integer(params: Json, name: string, otherwise: number): number {
  const value = params[name];
  if (value === undefined || value === null) return otherwise;
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return Number.parseInt(value, 10);
  throw invalidValue(`invalid literal for int() with base 10: '${text(value) ?? pythonJson(value)}'`);
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
