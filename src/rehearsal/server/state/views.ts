/**
 * views: jobs and files in the forms in which FTS 3.13 shows them, without what an older version does not know.
 *
 * A live job has 29 fields and a file 44; an archived one has others (no `retry_delay` and `recoverable`, but
 * `current_failures`). Times on the wire are UTC without a zone, to the second.
 */
import { jobNow, type StoredFile, type StoredJob } from './jobs.js';
import type { Json } from '../protocol/parameters.js';
import { tokenId } from '../protocol/tokens.js';
import { asKnown } from '../protocol/versions.js';
import { isFinalFile } from '../behaviour/states.js';
import { look } from '../behaviour/timeline.js';
import type { Moment } from '../behaviour/timeline.js';

const HOST = 'fts-node.example.org';

export function jobView(job: StoredJob, now: number): Json {
  return { ...jobFields(job, now), os_project_id: null, retry_delay: job.parameters.retryDelay };
}

/** The archive's form, with the files. */
export function archivedView(job: StoredJob, now: number): Json {
  return { ...jobFields(job, now), files: archivedFilesView(job, now) };
}

function archivedFilesView(job: StoredJob, now: number): Json[] {
  return job.files.map((file) =>
    asKnown(job.version, { ...fileFields(job, file, look(file.timeline, now)), current_failures: 0 }),
  );
}

function jobFields(job: StoredJob, now: number): Json {
  const { parameters } = job;
  const { state, reason, finished } = jobNow(job, now);
  return asKnown(job.version, {
    job_id: job.id,
    job_state: state,
    reason,
    job_type: job.type,
    submit_time: time(job.submitted),
    job_finished: time(finished),
    job_metadata: job.metadata,
    source_se: sourceSe(job, now),
    dest_se: ifAllSame(job.files.map((file) => file.destinationSe)),
    vo_name: job.vo,
    user_dn: job.userDn,
    cred_id: job.credId,
    priority: job.priority,
    retry: parameters.retry,
    overwrite_flag: parameters.overwriteFlag,
    verify_checksum: parameters.verifyChecksum,
    cancel_job: job.canceledAt !== null,
    bring_online: parameters.bringOnline,
    copy_pin_lifetime: parameters.copyPinLifetime,
    archive_timeout: parameters.archiveTimeout,
    source_spacetoken: null,
    destination_spacetoken: null,
    max_time_in_queue:
      parameters.maxTimeInQueue === null ? null : Math.floor(job.submitted / 1000) + parameters.maxTimeInQueue,
    internal_job_params: parameters.internal,
    dst_file_report: parameters.dstFileReport,
    submit_host: 'localhost',
    target_qos: null,
  });
}

export function fileView(job: StoredJob, file: StoredFile, now: number): Json {
  const seen = look(file.timeline, now);
  return asKnown(job.version, {
    ...fileFields(job, file, seen),
    recoverable: seen.recoverable,
    priority: job.priority,
    hashed_id: file.hashedId,
    activity: file.activity,
    vo_name: job.vo,
    file_state_initial: file.tokens === null ? '' : 'SUBMITTED',
    dest_surl_uuid: null,
    src_token_id: idOf(file, 'source'),
    dst_token_id: idOf(file, 'destination'),
    log_file: logFile(job, file, seen),
    log_debug: seen.copied ? 0 : null,
  });
}

function fileFields(job: StoredJob, file: StoredFile, seen: Moment): Json {
  return {
    file_id: file.id,
    file_index: file.index,
    job_id: job.id,
    file_state: seen.state,
    reason: seen.reason,
    source_surl: file.source,
    dest_surl: file.destination,
    source_se: file.sourceSe,
    dest_se: file.destinationSe,
    checksum: file.checksum,
    filesize: seen.copied ? seen.size : hasNoToken(seen) ? 0 : null,
    user_filesize: file.userSize,
    file_metadata: withReport(job, file, seen),
    start_time: time(seen.started),
    finish_time: time(seen.finished),
    retry: seen.retries,
    transfer_host: seen.started === null && !hasNoToken(seen) ? null : HOST,
    pid: seen.copied ? 2000 + file.hashedId : hasNoToken(seen) ? 0 : null,
    ...measures(seen),
    internal_file_params: seen.copied ? 'nostreams:0,timeout:601,buffersize:0' : null,
    selection_strategy: 'auto',
    staging_start: time(seen.stagingStarted),
    staging_finished: time(seen.stagingFinished),
    staging_host: seen.stagingStarted === null ? null : HOST,
    staging_metadata: file.stagingMetadata,
    bringonline_token: null,
    archive_start_time: time(seen.archiveStarted),
    archive_finish_time: time(seen.archiveFinished),
    archive_metadata: file.archiveMetadata,
    scitag: null,
  };
}

/** Only on the way to tape, of a destination that exists and is not to be overwritten (seen on FTS 3.13). */
function withReport({ parameters }: StoredJob, { metadata, course, checksum }: StoredFile, seen: Moment): Json | null {
  const { there } = course;
  const isReported = parameters.dstFileReport && parameters.archiveTimeout > 0 && parameters.overwriteFlag === null;
  if (there === null || !isReported || seen.state !== 'FAILED' || !seen.reason?.startsWith('DESTINATION [17]'))
    return metadata;
  const [type = '', value = ''] = there.checksum.split(':');
  // A storage without the algorithm that the file's checksum has cannot report.
  if (checksum.split(':')[0]?.toUpperCase() !== type.toUpperCase()) return metadata;
  const report = {
    checksum_type: type,
    checksum_value: value,
    file_on_disk: there.locality.startsWith('ONLINE'),
    file_on_tape: there.locality.endsWith('NEARLINE'),
    file_size: there.size,
  };
  return { ...metadata, dst_file: report };
}

/** Failed before it could begin. */
const hasNoToken = ({ state, started }: Moment): boolean => state === 'FAILED' && started === null;

const idOf = ({ tokens }: StoredFile, side: 'source' | 'destination'): string | null =>
  tokens === null || tokens === 'none' ? null : tokenId(tokens[side]);

/** Seconds of copying, and MiB a second. */
function measures(seen: Moment): Json {
  const { copied, state, started, finished, size } = seen;
  if (hasNoToken(seen)) return { tx_duration: 0, throughput: 0 };
  if (!copied) return { tx_duration: null, throughput: null };
  if (started === null || finished === null || !isFinalFile(state)) return { tx_duration: 0, throughput: 0 };
  const seconds = (finished - started) / 1000;
  const moved = state === 'FINISHED' && seconds > 0 ? (size ?? 0) / 1048576 / seconds : 0;
  return { tx_duration: seconds, throughput: moved };
}

function logFile(job: StoredJob, file: StoredFile, seen: Moment): string | null {
  if (!seen.copied || seen.started === null) return null;
  const [from, to] = [file.sourceSe, file.destinationSe].map((se) => se.replace(/^.*:\/\//, ''));
  const when = (time(seen.started) ?? '').slice(0, 16).replace('T', '-').replace(':', '');
  return `/var/log/fts3/transfers/${when.slice(0, 10)}/${from}__${to}/${when}__${from}__${to}__${file.id}__${job.id}`;
}

/** The source that was used of several, once it is known. */
function sourceSe(job: StoredJob, now: number): string | null {
  const finished = job.files.filter((file) => look(file.timeline, now).state === 'FINISHED');
  return ifAllSame((job.type === 'R' ? finished : job.files).map((file) => file.sourceSe));
}

function ifAllSame(storages: readonly string[]): string | null {
  return new Set(storages).size === 1 ? (storages[0] ?? null) : null;
}

/** "2026-11-23T18:45:30" */
export function time(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString().slice(0, 19);
}
