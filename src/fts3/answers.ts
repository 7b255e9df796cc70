/**
 * answers: turns FTS3's JSON into this client's shapes, and checks it on the way.
 *
 * Pure functions over parsed JSON. Each throws WrongAnswer where the JSON is not what FTS sends. Of several jobs each is
 * judged by itself: an entry that is not what FTS sends is `odd`, and the others count. Where only a field is odd by which nobody
 * decides, it is taken as unknown. Forms as seen on FTS3 3.13.
 */
import type { Announced } from './announced.js';
import type { DestinationReport, FileStatus, Job, ListedJob, Lookup, UnfinishedFile, Whoami } from './job.js';
import {
  anythingIn,
  arrayOf,
  booleanIn,
  type JsonObject,
  nameIn,
  numberIn,
  objectOf,
  textIn,
  timeIn,
  valueIn,
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
  const api = objectOf(valueIn(object, 'api'), 'api version');
  const numbers = ['major', 'minor', 'patch'].map((name) => numberIn(api, name));
  if (!numbers.every((number) => Number.isSafeInteger(number))) throw new WrongAnswer('has no api version');
  return { version: numbers.join('.'), delegates: (valueIn(object, 'delegation') ?? false) !== false };
}

/** GET /whoami; null if the server saw no credential at all. */
export function whoamiIn(json: unknown): Whoami | null {
  const object = objectOf(json, 'object');
  if (valueIn(object, 'delegation_id') === null || valueIn(object, 'user_dn') === 'anon') return null;
  const [vo] = arrayOf(valueIn(object, 'vos'), 'VOs');
  if (typeof vo !== 'string' || vo === '') throw new WrongAnswer('names no VO');
  return {
    userDn: nameIn(object, 'user_dn'),
    vo,
    baseId: idOfForm(object, 'base_id', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
    delegationId: idOfForm(object, 'delegation_id', JOB_ID),
  };
}

/** It goes into addresses and ids of ours: anything else than FTS's own form is none. */
function idOfForm(object: JsonObject, name: string, form: RegExp): string {
  const id = nameIn(object, name);
  if (!form.test(id)) throw new WrongAnswer(`has a ${name} that is none`);
  return id;
}

/** The id of the job that an object is about, such as the answer to a submission. */
export function jobIdIn(json: unknown): string {
  const id = nameIn(objectOf(json, 'object'), 'job_id');
  if (!JOB_ID.test(id)) throw new WrongAnswer('has a job_id that is none');
  return id;
}

/** FTS gives so many files at most, whatever is asked for. */
const MOST_FILES = 1000;

/**
 * The files that go to just this destination. Where anything else stands in the answer, nothing follows from what is lacking in it:
 * a server that does not know `dest_surl` gives files of any destination.
 */
export function unfinishedFilesIn(json: unknown, destination: string): UnfinishedFile[] {
  const files = arrayOf(json, 'files').map((entry) => {
    const object = objectOf(entry, 'file');
    return {
      jobId: jobIdIn(object),
      index: indexIn(object, 0),
      state: stateIn(object, 'file_state'),
      source: nameIn(object, 'source_surl'),
      destination: nameIn(object, 'dest_surl'),
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
      state: stateIn(object, 'job_state'),
      submittedAt: orNull(timeIn, object, 'submit_time'),
      finishedAt: orNull(timeIn, object, 'job_finished'),
      userDn: nameIn(object, 'user_dn'),
    };
  });
}

/** The end of a delegated credential; null where there is none, which FTS writes as null or as []. */
export function terminationTimeIn(json: unknown): Date | null {
  if (json === null || (Array.isArray(json) && json.length === 0)) return null;
  const time = timeIn(objectOf(json, 'object'), 'termination_time');
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
  const id = valueIn(object, 'job_id') ?? '';
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
  const text = textIn(object, 'http_status') || textIn(object, 'status');
  return text === '' ? 200 : Number(/^\d{3}\b/.exec(text)?.[0] ?? Number.NaN);
}

function messageIn(object: JsonObject): string {
  return textIn(object, 'http_message') || textIn(object, 'message');
}

function jobIn(object: JsonObject, id: string, { withFiles, at }: Asked): Job {
  const finishedAt = orNull(timeIn, object, 'job_finished');
  const files = withFiles ? arrayOf(valueIn(object, 'files'), 'files') : null;
  return {
    id,
    state: stateIn(object, 'job_state'),
    reason: orNull(reasonIn, object, 'reason') ?? '',
    cancelJob: cancelJobIn(object),
    vo: orNull(textIn, object, 'vo_name') ?? '',
    userDn: orNull(textIn, object, 'user_dn') ?? '',
    metadata: anythingIn(object, 'job_metadata'),
    submittedAt: orNull(timeIn, object, 'submit_time'),
    finishedAt,
    bringOnline: orNull(numberIn, object, 'bring_online'),
    archiveTimeout: orNull(numberIn, object, 'archive_timeout'),
    files: files?.map((file, position) => fileIn(file, position, finishedAt, at)) ?? null,
  };
}

/** What is neither true nor false is taken for the safe half: a person cancelled the job. */
function cancelJobIn(object: JsonObject): boolean | null {
  const value = valueIn(object, 'cancel_job');
  return value === null ? null : value !== false;
}

/** A worker that was handed a file that nobody has started may be on its way for so long. */
const HANDED_OVER_MS = 60_000;

function fileIn(json: unknown, position: number, jobFinishedAt: Date | null, at: Date): FileStatus {
  const object = objectOf(json, 'file');
  return {
    index: indexIn(object, position),
    state: stateIn(object, 'file_state'),
    source: nameIn(object, 'source_surl'),
    destination: nameIn(object, 'dest_surl'),
    reason: reasonIn(object, 'reason'),
    size: orNull(wholeIn, object, 'filesize'),
    recoverable: orNull(booleanIn, object, 'recoverable'),
    finishedAt: orNull(timeIn, object, 'finish_time'),
    fileId: orNull(wholeIn, object, 'file_id'),
    started: isStarted(object),
    stagingStart: orNull(timeIn, object, 'staging_start'),
    archiveStart: orNull(timeIn, object, 'archive_start_time'),
    report: reportIn(object),
    stopping: isStopping(object, jobFinishedAt, at),
  };
}

/** FTS puts it among the file's own metadata. What is not whole is none. */
function reportIn(file: JsonObject): DestinationReport | null {
  const metadata = valueIn(file, 'file_metadata');
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return null;
  const report = valueIn(metadata as JsonObject, 'dst_file');
  if (typeof report !== 'object' || report === null || Array.isArray(report)) return null;
  const object = report as JsonObject;
  const size = orNull(wholeIn, object, 'file_size');
  const [algorithm, digits] = ['checksum_type', 'checksum_value'].map((name) => orNull(textIn, object, name) ?? '');
  const checksum = `${algorithm}:${digits}`;
  if (size === null || !/^[A-Za-z0-9_-]{1,20}:[0-9a-fA-F]{1,128}$/.test(checksum)) return null;
  const is = (name: string): boolean => orNull(booleanIn, object, name) === true;
  return { size, checksum, onDisk: is('file_on_disk'), onTape: is('file_on_tape') };
}

/** A field by which nobody decides. */
function orNull<Value>(
  read: (object: JsonObject, name: string) => Value,
  object: JsonObject,
  name: string,
): Value | null {
  // Most answers leave most fields out.
  if (object[name] === undefined) return null;
  try {
    return read(object, name);
  } catch (error) {
    if (error instanceof WrongAnswer) return null;
    throw error;
  }
}

/** The place of the file in its job; FTS before 3.13 does not always say it. */
function indexIn(object: JsonObject, position: number): number {
  if (valueIn(object, 'file_index') === null) return position;
  const index = wholeIn(object, 'file_index');
  if (index === null) throw new WrongAnswer('has a file_index that is no index');
  return index;
}

/** A count or a size; null where there is none, or none that can be counted with. */
function wholeIn(object: JsonObject, name: string): number | null {
  const number = numberIn(object, name);
  return Number.isSafeInteger(number) && (number ?? -1) >= 0 ? number : null;
}

/** A READY file has a start_time already (seen on FTS3 3.13). */
const isStarted = (object: JsonObject): boolean => isGiven(object, 'start_time') || isGiven(object, 'transfer_host');

/**
 * CANCELED is what FTS wants. Of a job that is cancelled as a whole the finish_time, some seconds later, says that the worker
 * was stopped; of a single file that was cancelled it says nothing (both seen on FTS3 3.13). Of odd times only the safe half is
 * believed: it was started, and has not finished.
 */
function isStopping(object: JsonObject, jobFinishedAt: Date | null, at: Date): boolean {
  if (textIn(object, 'file_state') !== 'CANCELED') return false;
  if (orNull(timeIn, object, 'finish_time') !== null) return false;
  if (isStarted(object)) return true;
  return jobFinishedAt !== null && at.getTime() - jobFinishedAt.getTime() < HANDED_OVER_MS;
}

const isGiven = (object: JsonObject, name: string): boolean => (valueIn(object, name) ?? '') !== '';

/** A state that this client has never heard of is one all the same; a page of text is none. */
function stateIn(object: JsonObject, name: string): string {
  const state = nameIn(object, name);
  if (state.length > LONGEST_STATE) throw new WrongAnswer(`has a ${name} of ${state.length} characters`);
  return state;
}

const reasonIn = (object: JsonObject, name: string): string => textIn(object, name).slice(0, LONGEST_REASON);
