/**
 * answers: turns FTS3's JSON into this client's shapes, and checks it on the way.
 *
 * Pure functions over parsed JSON. Each throws WrongAnswer where the JSON is not what FTS sends. Of several jobs each
 * is judged by itself: an entry that is not what FTS sends is `odd`, and the others count. Where only a field is odd by
 * which nobody decides, it is taken as unknown. Forms as seen on FTS3 3.13.
 */
import type { Announced } from './announced.js';
import type { DestinationReport, FileStatus, Job, ListedJob, Lookup, UnfinishedFile, Whoami } from './job.js';
import {
  anythingFrom,
  arrayOf,
  booleanFrom,
  type JsonObject,
  nameFrom,
  numberFrom,
  objectOf,
  textFrom,
  timeFrom,
  WrongAnswer,
} from './wire.js';

/** What a job id may look like: FTS's are UUIDs. Anything that means something in a URL is none. */
export const JOB_ID = /^[0-9A-Za-z-]{1,64}$/;

const LONGEST_STATE = 64;
/** FTS keeps 2,048 characters of a reason (seen on FTS3 3.13). */
const LONGEST_REASON = 4096;

/** GET /. Every FTS3 names the version of its delegation. */
export function announcedIn(json: unknown): Announced {
  const object = objectOf(json, 'object');
  const api = objectOf(object['api'], 'api version');
  const numbers = ['major', 'minor', 'patch'].map((name) => numberFrom(api[name], name));
  if (!numbers.every((number) => Number.isSafeInteger(number))) throw new WrongAnswer('has no api version');
  return { version: numbers.join('.'), delegates: (object['delegation'] ?? false) !== false };
}

/** GET /whoami; null if the server saw no credential at all. */
export function whoamiIn(json: unknown): Whoami | null {
  const object = objectOf(json, 'object');
  if ((object['delegation_id'] ?? null) === null || object['user_dn'] === 'anon') return null;
  const [vo] = arrayOf(object['vos'], 'VOs');
  if (typeof vo !== 'string' || vo === '') throw new WrongAnswer('names no VO');
  return {
    userDn: nameFrom(object['user_dn'], 'user_dn'),
    vo,
    baseId: idOfForm(object, 'base_id', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
    delegationId: idOfForm(object, 'delegation_id', JOB_ID),
  };
}

/** It goes into addresses and ids of ours: anything else than FTS's own form is none. */
function idOfForm(object: JsonObject, name: string, form: RegExp): string {
  const id = nameFrom(object[name], name);
  if (!form.test(id)) throw new WrongAnswer(`has a ${name} that is none`);
  return id;
}

/** The id of the job that an object is about, such as the answer to a submission. */
export function jobIdIn(json: unknown): string {
  const id = nameFrom(objectOf(json, 'object')['job_id'], 'job_id');
  if (!JOB_ID.test(id)) throw new WrongAnswer('has a job_id that is none');
  return id;
}

/** FTS gives so many files at most, whatever is asked for. */
const MOST_FILES = 1000;

/**
 * The files that go to just this destination. Where anything else stands in the answer, nothing follows from what is
 * lacking in it: a server that does not know `dest_surl` gives files of any destination.
 */
export function unfinishedFilesIn(json: unknown, destination: string): UnfinishedFile[] {
  const files = arrayOf(json, 'files').map((entry) => {
    const object = objectOf(entry, 'file');
    return {
      jobId: jobIdIn(object),
      index: indexIn(object, 0),
      state: stateFrom(object['file_state'], 'file_state'),
      source: nameFrom(object['source_surl'], 'source_surl'),
      destination: nameFrom(object['dest_surl'], 'dest_surl'),
      started: isStarted(object),
    };
  });
  if (files.length >= MOST_FILES) throw new WrongAnswer(`names ${files.length} files, and may leave some out`);
  // The database of FTS looks neither at case nor at accents. (Made here, as it loads language data, which other runs do without.)
  const inDatabase = new Intl.Collator('en', { sensitivity: 'base' });
  const other = files.find((file) => inDatabase.compare(file.destination, destination) !== 0);
  if (other !== undefined) throw new WrongAnswer(`is about another destination, ${other.destination}`);
  return files.filter((file) => file.destination === destination);
}

/** The jobs of a list of jobs, in its order. */
export function listedJobsIn(json: unknown): ListedJob[] {
  return arrayOf(json, 'jobs').map((entry) => {
    const object = objectOf(entry, 'job');
    return {
      id: jobIdIn(object),
      state: stateFrom(object['job_state'], 'job_state'),
      submittedAt: orNull(timeFrom, object['submit_time'], 'submit_time'),
      finishedAt: orNull(timeFrom, object['job_finished'], 'job_finished'),
      userDn: nameFrom(object['user_dn'], 'user_dn'),
    };
  });
}

/** The end of a delegated credential; null where there is none, which FTS writes as null or as []. */
export function terminationTimeIn(json: unknown): Date | null {
  if (json === null || (Array.isArray(json) && json.length === 0)) return null;
  const time = timeFrom(objectOf(json, 'object')['termination_time'], 'termination_time');
  if (time === null) throw new WrongAnswer('has no termination_time');
  return time;
}

/** What was asked for, and when FTS answered, by its own clock. */
export interface Asked {
  readonly ids: readonly string[];
  readonly withFiles: boolean;
  readonly at: Date;
}

/**
 * What FTS says of the jobs asked for: an object for one, an array for several, in any order (DELETE shuffles them).
 * The map has the ids in the order asked.
 */
export function lookupsIn(json: unknown, asked: Asked): Map<string, Lookup> {
  const seen = new Map<string, Lookup | WrongAnswer>();
  const wanted = new Set(asked.ids);
  for (const entry of Array.isArray(json) ? json : [json]) {
    const id = idIn(entry, asked.ids);
    if (id === null || !wanted.has(id)) continue;
    seen.set(id, seen.has(id) ? new WrongAnswer('has it twice') : judged(entry, id, asked));
  }
  const [first = new WrongAnswer('is about the wrong job'), ...others] = seen.values();
  // Where nothing in it is as it should be, it is not FTS that speaks.
  if (first instanceof WrongAnswer && others.every((other) => other instanceof WrongAnswer)) throw first;
  return new Map(asked.ids.map((id) => [id, lookupOf(seen.get(id) ?? new WrongAnswer('leaves it out'))]));
}

/** One entry condemns its own job at most. */
function judged(entry: unknown, id: string, asked: Asked): Lookup | WrongAnswer {
  try {
    return lookupIn(objectOf(entry, 'object'), id, asked);
  } catch (error) {
    if (error instanceof WrongAnswer) return error;
    throw error;
  }
}

const lookupOf = (judgement: Lookup | WrongAnswer): Lookup =>
  judgement instanceof WrongAnswer ? { kind: 'odd', message: `the server's answer ${judgement.message}` } : judgement;

/**
 * Which job an entry is about; null: none. A 404 from the archive does not repeat the id: where one job was asked for,
 * it can only mean that one.
 */
function idIn(entry: unknown, asked: readonly string[]): string | null {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return null;
  const object = entry as JsonObject;
  const id = object['job_id'] ?? '';
  if (id === '' && asked.length === 1 && statusIn(object) >= 400) return asked[0] ?? null;
  return typeof id === 'string' && id !== '' ? id : null;
}

function lookupIn(object: JsonObject, id: string, asked: Asked): Lookup {
  const status = statusIn(object);
  // A job that could not be canceled, because it is final, has "304 Not Modified"; the archive gives no status.
  if (status === 200 || status === 304) return { kind: 'job', job: jobIn(object, id, asked) };
  const message = messageIn(object);
  if (status === 403) return { kind: 'forbidden', message };
  // This one is about the path and not about the job: something else than FTS3 stands there.
  if (status === 404 && !/requested URL was not found/i.test(message)) return { kind: 'missing' };
  throw new WrongAnswer(`has "${status} ${message}" for it`);
}

/** Entries on jobs have http_status and http_message, other refusals status and message. */
function statusIn(object: JsonObject): number {
  const text = textFrom(object['http_status'], 'http_status') || textFrom(object['status'], 'status');
  return text === '' ? 200 : Number(/^\d{3}\b/.exec(text)?.[0] ?? Number.NaN);
}

function messageIn(object: JsonObject): string {
  return textFrom(object['http_message'], 'http_message') || textFrom(object['message'], 'message');
}

function jobIn(object: JsonObject, id: string, { withFiles, at }: Asked): Job {
  const finishedAt = orNull(timeFrom, object['job_finished'], 'job_finished');
  const files = withFiles ? arrayOf(object['files'], 'files') : null;
  return {
    id,
    state: stateFrom(object['job_state'], 'job_state'),
    reason: orNull(reasonFrom, object['reason'], 'reason') ?? '',
    cancelJob: cancelJobIn(object),
    vo: orNull(textFrom, object['vo_name'], 'vo_name') ?? '',
    userDn: orNull(textFrom, object['user_dn'], 'user_dn') ?? '',
    metadata: anythingFrom(object['job_metadata'], 'job_metadata'),
    submittedAt: orNull(timeFrom, object['submit_time'], 'submit_time'),
    finishedAt,
    bringOnline: orNull(numberFrom, object['bring_online'], 'bring_online'),
    archiveTimeout: orNull(numberFrom, object['archive_timeout'], 'archive_timeout'),
    files: files?.map((file, position) => fileIn(file, position, finishedAt, at)) ?? null,
  };
}

/** What is neither true nor false is taken for the safe half: a person cancelled the job. */
function cancelJobIn(object: JsonObject): boolean | null {
  const value = object['cancel_job'] ?? null;
  return value === null ? null : value !== false;
}

/** A worker that was handed a file that nobody has started may be on its way for so long. */
const HANDED_OVER_MS = 60_000;

function fileIn(json: unknown, position: number, jobFinishedAt: Date | null, at: Date): FileStatus {
  const object = objectOf(json, 'file');
  return {
    index: indexIn(object, position),
    state: stateFrom(object['file_state'], 'file_state'),
    source: nameFrom(object['source_surl'], 'source_surl'),
    destination: nameFrom(object['dest_surl'], 'dest_surl'),
    reason: reasonFrom(object['reason'], 'reason'),
    size: orNull(wholeFrom, object['filesize'], 'filesize'),
    recoverable: orNull(booleanFrom, object['recoverable'], 'recoverable'),
    finishedAt: orNull(timeFrom, object['finish_time'], 'finish_time'),
    fileId: orNull(wholeFrom, object['file_id'], 'file_id'),
    started: isStarted(object),
    stagingStart: orNull(timeFrom, object['staging_start'], 'staging_start'),
    archiveStart: orNull(timeFrom, object['archive_start_time'], 'archive_start_time'),
    report: reportIn(object),
    stopping: isStopping(object, jobFinishedAt, at),
  };
}

/** FTS puts it among the file's own metadata. What is not whole is none. */
function reportIn(file: JsonObject): DestinationReport | null {
  const metadata = file['file_metadata'];
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return null;
  const report = (metadata as JsonObject)['dst_file'];
  if (typeof report !== 'object' || report === null || Array.isArray(report)) return null;
  const object = report as JsonObject;
  const size = orNull(wholeFrom, object['file_size'], 'file_size');
  const [algorithm, digits] = ['checksum_type', 'checksum_value'].map(
    (name) => orNull(textFrom, object[name], name) ?? '',
  );
  const checksum = `${algorithm}:${digits}`;
  if (size === null || !/^[A-Za-z0-9_-]{1,20}:[0-9a-fA-F]{1,128}$/.test(checksum)) return null;
  const is = (name: string): boolean => orNull(booleanFrom, object[name], name) === true;
  return { size, checksum, onDisk: is('file_on_disk'), onTape: is('file_on_tape') };
}

/** A field by which nobody decides. */
function orNull<Value>(read: (value: unknown, name: string) => Value, value: unknown, name: string): Value | null {
  // Most answers leave most fields out.
  if (value === undefined) return null;
  try {
    return read(value, name);
  } catch (error) {
    if (error instanceof WrongAnswer) return null;
    throw error;
  }
}

/** The place of the file in its job; FTS before 3.13 does not always say it. */
function indexIn(object: JsonObject, position: number): number {
  const value = object['file_index'] ?? null;
  if (value === null) return position;
  const index = wholeFrom(value, 'file_index');
  if (index === null) throw new WrongAnswer('has a file_index that is no index');
  return index;
}

/** A count or a size; null where there is none, or none that can be counted with. */
function wholeFrom(value: unknown, name: string): number | null {
  const number = numberFrom(value, name);
  return Number.isSafeInteger(number) && (number ?? -1) >= 0 ? number : null;
}

/** A READY file has a start_time already (seen on FTS3 3.13). */
const isStarted = (object: JsonObject): boolean => isGiven(object['start_time']) || isGiven(object['transfer_host']);

/**
 * CANCELED is what FTS wants. Of a job that is cancelled as a whole the finish_time, some seconds later, says that the
 * worker was stopped; of a single file that was cancelled it says nothing (both seen on FTS3 3.13). Of odd times only
 * the safe half is believed: it was started, and has not finished.
 */
function isStopping(object: JsonObject, jobFinishedAt: Date | null, at: Date): boolean {
  if (textFrom(object['file_state'], 'file_state') !== 'CANCELED') return false;
  if (orNull(timeFrom, object['finish_time'], 'finish_time') !== null) return false;
  if (isStarted(object)) return true;
  return jobFinishedAt !== null && at.getTime() - jobFinishedAt.getTime() < HANDED_OVER_MS;
}

const isGiven = (value: unknown): boolean => (value ?? '') !== '';

/** A state that this client has never heard of is one all the same; a page of text is none. */
function stateFrom(value: unknown, name: string): string {
  const state = nameFrom(value, name);
  if (state.length > LONGEST_STATE) throw new WrongAnswer(`has a ${name} of ${state.length} characters`);
  return state;
}

const reasonFrom = (value: unknown, name: string): string => textFrom(value, name).slice(0, LONGEST_REASON);
