/**
 * submission: the body of POST /jobs, checked in the order in which FTS 3.13 checks it.
 *
 * What comes back is plain data, ready for the tables; nothing is stored here. Whether the sid or a destination is
 * taken is for the tables to say. Refuses with 400, 403 (banned storage) or 405 (deletion jobs); with 500 where FTS's
 * database does, for a checksum over 100 characters or a URL beyond Latin-1.
 */
import { badRequest, internalError, invalidValue, Refusal } from './answer.js';
import { readJobMetadata, readMetadata, readParameters } from './parameters.js';
import type { Json, Parameters } from './parameters.js';
import type { Caller } from './identity.js';
import { readSurl, staged } from './surl.js';
import { asKnown, exchangesTokens, type FtsVersion } from './versions.js';
import { demandClaims, readTokens, type StorageTokens } from './tokens.js';

/** One source–destination pair; several sources of one transfer share its index. */
export interface Pair {
  readonly index: number;
  readonly source: string;
  readonly destination: string;
  readonly sourceSe: string;
  readonly destinationSe: string;
  /** "ADLER32" where none was given. */
  readonly checksum: string;
  readonly userSize: number;
  readonly metadata: Json | null;
  readonly stagingMetadata: Json | null;
  readonly archiveMetadata: Json | null;
  readonly activity: string;
  /** A storage of it is on "wait". */
  readonly held: boolean;
  /** Null: it is copied with the delegated proxy. */
  readonly tokens: StorageTokens | null;
}

export interface Draft {
  readonly parameters: Parameters;
  readonly metadata: Json;
  /** R: some transfer has several sources. */
  readonly type: 'N' | 'R';
  readonly pairs: readonly Pair[];
  /** Tokens of storages, given by who has a certificate: FTS's tables cannot hold them. */
  readonly strayTokens: boolean;
}

export type BanStatus = 'CANCEL' | 'WAIT';

const MAX_FILE_METADATA = 4096;
const MAX_TAPE_METADATA = 1024;
const MAX_CHECKSUM = 100;
const BEYOND_LATIN_1 = /[^\u0000-\u00ff]/;

/** The object in the body; 400 for anything else. */
export function readBody(contentType: string | undefined, body: string): Json {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(body));
  if (type !== 'application/json') {
    throw badRequest('Expecting application/json or application/x-www-form-urlencoded');
  }
  const value = parsed(body);
  if (!isObject(value)) throw badRequest('Expecting a dictionary');
  return value;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw badRequest('Badly formatted JSON request');
  }
}

/** What a job would be. `banned` says whether a storage is; what the version does not know is dropped. */
export function readSubmission(
  whole: Json,
  caller: Caller,
  now: number,
  banned: (storage: string) => BanStatus | undefined,
  version: FtsVersion,
): Draft {
  const body = known(version, whole);
  if ('delete' in body) throw new Refusal(405, 'Deletion jobs are no longer supported by FTS');
  if (caller.token !== undefined && body['params'] === undefined) throw internalError();
  const given = body['params'] ?? {};
  if (!isObject(given)) throw badRequest('Malformed request: params must be a dictionary');
  const files = body['files'];
  if (files === undefined || files === null) throw badRequest('No transfers operations specified');
  if (!Array.isArray(files)) throw badRequest('Malformed request: files must be a list');
  const parameters = readParameters(
    given,
    files.map((file: unknown) => (isObject(file) ? file['checksum'] : undefined)),
  );
  if (caller.token !== undefined && exchangesTokens(version)) refuseTape(given);
  const metadata = readJobMetadata(given['job_metadata'], caller.method);
  const ofStorages = readTokens(files.filter(isObject), now);
  const token = exchangesTokens(version) ? caller.token : undefined;
  if (token !== undefined && ofStorages === null) demandClaims(token);
  const own = token === undefined ? null : { source: token, destination: token };
  const pairs = files.flatMap((file: unknown, index) =>
    readFile(file, index, parameters, banned).map((pair) => ({ ...pair, tokens: ofStorages?.[index] ?? own })),
  );
  if (pairs.length === 0) throw badRequest('No valid pairs available');
  const type = new Set(pairs.map((pair) => pair.index)).size < pairs.length ? 'R' : 'N';
  return { parameters, metadata, type, pairs, strayTokens: caller.token === undefined && ofStorages !== null };
}

function known(version: FtsVersion, body: Json): Json {
  const { params, files } = body;
  return {
    ...body,
    ...(isObject(params) ? { params: asKnown(version, params) } : {}),
    ...(Array.isArray(files)
      ? { files: files.map((file: unknown) => (isObject(file) ? asKnown(version, file) : file)) }
      : {}),
  };
}

/** Given as a text, or as `copy_pin_lifetime` alone, it slips through, and fails later. */
function refuseTape(params: Json): void {
  const asks = (name: string): boolean => typeof params[name] === 'number' && params[name] > 0;
  const refuse = (what: string) => badRequest(`Requests to ${what} tape using token authentication are not supported`);
  if (asks('bring_online')) throw refuse('retrieve from');
  if (asks('archive_timeout')) throw refuse('archive to');
}

function readFile(
  file: unknown,
  index: number,
  parameters: Parameters,
  banned: (storage: string) => BanStatus | undefined,
): Omit<Pair, 'tokens'>[] {
  if (!isObject(file)) throw badRequest('Malformed request: a file must be a dictionary');
  const sources = urls(file, 'sources').map(readSurl);
  const destinations = urls(file, 'destinations').map(readSurl);
  const checksum = file['checksum'];
  if (typeof checksum === 'string' && checksum.length > MAX_CHECKSUM) throw internalError();
  if ([...sources, ...destinations].some(({ url }) => BEYOND_LATIN_1.test(url))) throw internalError();
  const common = {
    index,
    checksum: typeof checksum === 'string' && checksum !== '' ? checksum : 'ADLER32',
    userSize: size(file['filesize']),
    metadata: readMetadata(file['metadata'], MAX_FILE_METADATA),
    stagingMetadata: readMetadata(file['staging_metadata'], MAX_TAPE_METADATA),
    archiveMetadata: readMetadata(file['archive_metadata'], MAX_TAPE_METADATA),
    activity: typeof file['activity'] === 'string' ? file['activity'] : 'default',
  };
  const fromTape = parameters.bringOnline > 0 || parameters.copyPinLifetime > 0;
  const asked = (url: string): string => (fromTape ? staged(url, common.activity) : url);
  return sources.flatMap((source) =>
    destinations.map((destination) => ({
      ...common,
      source: asked(source.url),
      destination: destination.url === source.url ? asked(destination.url) : destination.url,
      sourceSe: source.se,
      destinationSe: destination.se,
      held: [source.se, destination.se].map((storage) => isHeld(storage, banned)).includes(true),
    })),
  );
}

function isHeld(storage: string, banned: (storage: string) => BanStatus | undefined): boolean {
  const status = banned(storage);
  if (status === 'CANCEL') throw new Refusal(403, `${storage} is banned`);
  return status === 'WAIT';
}

/** A string is taken as the list of its letters, which then lack a scheme: so does FTS. */
function urls(file: Json, name: string): string[] {
  const value = file[name];
  if (value === undefined) throw badRequest(`Missing parameter: '${name}'`);
  if (typeof value === 'string') return value.split('');
  if (!Array.isArray(value)) throw badRequest(`Malformed request: ${name} must be a list`);
  return value.map(String);
}

function size(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalidValue(`could not convert to a number: ${JSON.stringify(value)}`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
