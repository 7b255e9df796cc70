/**
 * job: the shapes in which this client speaks of jobs.
 */

/** What a server said of one job that it was asked about. */
export type Lookup =
  | { kind: 'job'; job: Job }
  /** FTS itself says, in its own JSON, that it has no such job (in the place that was asked: /jobs or /archive). */
  | { kind: 'missing' }
  /** The job exists and belongs to another VO. */
  | { kind: 'forbidden'; message: string }
  /**
   * What it said of this one job is not what FTS says of jobs, or it failed on this one job: nothing is known of it.
   * The message says why.
   */
  | { kind: 'odd'; message: string };

export interface Job {
  id: string;
  /** As FTS spells it; it may be a state that this program has never heard of. */
  state: string;
  /** "" where FTS gives none. */
  reason: string;
  /** The whole job was told to be cancelled; null where FTS does not say. */
  cancelJob: boolean | null;
  vo: string;
  /** Who submitted it; "" where FTS does not say. */
  userDn: string;
  /** Whatever JSON the submitter gave, with FTS's `auth_method` added. */
  metadata: unknown;
  submittedAt: Date | null;
  finishedAt: Date | null;
  /** Seconds that reading from tape may take, and reaching it; null where FTS does not say, −1 where it was not asked for. */
  bringOnline: number | null;
  archiveTimeout: number | null;
  /** null where files were not asked for. */
  files: FileStatus[] | null;
}

/** One transfer of a job. */
export interface FileStatus {
  /** The place of the transfer in the submission; several sources of one destination share it. */
  index: number;
  state: string;
  /** The URLs, as FTS stores them. */
  source: string;
  destination: string;
  /** `SCOPE [errno] text`, or "". */
  reason: string;
  /** Bytes; 0 or null before the source was looked at. */
  size: number | null;
  /** FTS's own opinion on whether a retry may help; the archive does not keep it. */
  recoverable: boolean | null;
  finishedAt: Date | null;
  fileId: number | null;
  /** A worker has got it, once: it may have written to the destination. */
  started: boolean;
  /** When its tape was asked to bring it online, and to keep it; null: not yet, or not asked for (`whole`). */
  stagingStart: Date | null;
  archiveStart: Date | null;
  /** What stands at the destination already, where FTS was to report that and could; null: not known, or not asked for (`whole`). */
  report: DestinationReport | null;
  /** Cancelled, and the server's worker has not been told to stop yet. */
  stopping: boolean;
}

/** As `dst_file_report` has it. */
export interface DestinationReport {
  size: number;
  /** `ALGORITHM:HEX`; the algorithm is that of the file's own checksum, or ADLER32. */
  checksum: string;
  /** Neither: it is lost, or the storage could not say. */
  onDisk: boolean;
  onTape: boolean;
}

/** A file without a `finish_time`, found by its destination. What becomes of it is for its job to say. */
export interface UnfinishedFile extends Pick<FileStatus, 'index' | 'state' | 'source' | 'destination' | 'started'> {
  jobId: string;
}

/** A job as it stands in the list of jobs. */
export interface ListedJob {
  id: string;
  state: string;
  submittedAt: Date | null;
  finishedAt: Date | null;
  userDn: string;
}

/** A submission; `params` as FTS names them, see its REST API. */
export interface JobDescription {
  files: {
    sources: [string];
    destinations: [string];
    checksum?: string;
    filesize?: number;
    source_tokens?: [string];
    destination_tokens?: [string];
  }[];
  params: Record<string, unknown>;
}

/** Who the server takes us for. */
export interface Whoami {
  userDn: string;
  vo: string;
  /** The server's seed for deterministic job ids. */
  baseId: string;
  delegationId: string;
}
