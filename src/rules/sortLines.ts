/**
 * sortLines: what becomes of each line of a list whose job is final.
 *
 * Every line goes into exactly one heap, by what its own file says and by what stands at its destination. Pure.
 */
import type { BadTransfer } from '../lists/badList.js';
import type { ParsedList, Transfer } from '../lists/list.js';
import { storageOf } from '../lists/url.js';
import { hideTokens } from '../text/hideSecrets.js';
import { isEndedByFts } from './endedByFts.js';
import { factsInWords, type Existing } from './existing.js';
import { match, type FileOutcome } from './match.js';
import { mayStillRun } from './quarantine.js';
import type { ReasonRow } from './reasons.js';
import type { Verdict } from './rules.js';
import { isUnedited, type Sent } from './sent.js';
import type { EndedTransfer } from './storageHealth.js';
import { triage } from './triage.js';

/** Every line of a list, by what becomes of it. */
export interface Sorted {
  readonly okay: readonly Transfer[];
  /** What no job of ours has brought, and is at its destination all the same. */
  readonly found: readonly Transfer[];
  /** How. */
  readonly foundBy: readonly string[];
  /** To be sent again over what stands at their destinations. */
  readonly overwrite: readonly Transfer[];
  /** Why a destination that exists could not be told yet, of the first; the list stays until all are. */
  readonly untold: string | null;
  readonly bad: readonly BadTransfer[];
  readonly retry: readonly Transfer[];
  /** The failures among them, also of those that are retried: for the statistics. */
  readonly failed: readonly BadTransfer[];
  /** Everything that finished or failed, with its time and bytes: likewise, and for the health of the storages. */
  readonly ended: readonly EndedTransfer[];
  /** Lines that the job does not know: to TODO, never nowhere. */
  readonly unknown: readonly Transfer[];
  /** Those of `bad` and `retry` whose copy may still be going on. */
  readonly mayStillRun: ReadonlySet<Transfer>;
  /** How many files are not final although their job is (FTS-1482). */
  readonly unfinished: number;
  /** How many files of the job no line of the list names. */
  readonly extra: number;
  /**
   * The first line without a file, and the first file without a line (null: there is none), where not one file of the
   * job fits the list, or not every line of a list that nobody has edited.
   */
  readonly misfit: { readonly line: Transfer; readonly file: FileOutcome | null } | null;
}

export interface FinalList {
  readonly list: string;
  readonly parsed: ParsedList;
  /** The hash of the list file as it was read: it is removed only while it still is that. Few lists are. */
  readonly sha256: () => string;
  readonly job: {
    readonly id: string;
    readonly server: string;
    readonly cancelJob: boolean | null;
    readonly files: readonly FileOutcome[];
    /** Null: not known. */
    readonly sent: Sent | null;
  };
  /** The lineage's failures before this job. */
  readonly earlier: number;
  /** The lineage's failures, this job counted. */
  readonly failures: number;
  readonly campaign: string;
  readonly at: Date;
  /** Of files whose destinations exist already, by `file_index`; none: nobody has looked. */
  readonly existing?: ReadonlyMap<number, Existing>;
  /** Is what is different there to be written over? */
  readonly overwritesDifferent?: boolean;
}

/** Sort the lines of a final job's list. Whole-list verdicts override what a single file would get. */
export function sort(settled: FinalList, verdict: Verdict, reasons: readonly ReasonRow[]): Sorted {
  const { sent } = settled.job;
  const { matched, unknown, extra } = match(settled.parsed.transfers, settled.job.files, sent);
  const okay: Transfer[] = [];
  const found: Transfer[] = [];
  const foundBy = new Set<string>();
  const overwrite: Transfer[] = [];
  let untold: string | null = null;
  const bad: BadTransfer[] = [];
  const retry: Transfer[] = [];
  const failed: BadTransfer[] = [];
  const ended: EndedTransfer[] = [];
  const running = new Set<Transfer>();
  let unfinished = 0;
  for (const { line, file } of matched) {
    const end = triage(file, reasons, settled.job.cancelJob);
    if (end.to === 'unfinished') {
      unfinished += 1;
      continue;
    }
    const at = file.finishedAt ?? null;
    const source = storageOf(line.source);
    const destination = storageOf(line.destination);
    const existing = settled.existing?.get(file.index);
    if (existing?.kind === 'same') {
      found.push(line);
      foundBy.add(existing.by);
      continue;
    }
    if (existing?.kind === 'waits') untold ??= `${line.destination}: ${existing.why}`;
    const size = end.to === 'okay' ? whyOtherSize(line, file) : null;
    if (size !== null) {
      const { server, id: jobId } = settled.job;
      const other = { transfer: line, ...OTHER_SIZE, reason: size, server, jobId, at: settled.at };
      bad.push(other);
      failed.push(other);
      ended.push({ outcome: other.class, at, bytes: 0, source, destination, reason: size });
      continue;
    }
    if (end.to === 'okay') {
      okay.push(line);
      ended.push({ outcome: 'finished', at, bytes: file.size || (line.size ?? 0), source, destination, reason: '' });
      continue;
    }
    const there = existing?.kind === 'untold' || existing?.kind === 'not on tape' ? existing : null;
    const asTold: BadTransfer = {
      transfer: line,
      class: end.class,
      meaning: there === null ? end.meaning : MEANINGS[there.kind],
      reason: `${there === null ? '' : `${there.why}; `}${hideTokens(file.reason)}`,
      server: settled.job.server,
      jobId: settled.job.id,
      at: settled.at,
    };
    // Counted as what it turned out to be, also where it is written over.
    const failure = existing?.kind === 'different' ? asDifferent(asTold, existing) : asTold;
    failed.push(failure);
    if (mayStillRun(file)) running.add(line);
    if (existing?.kind === 'gone') {
      retry.push(line);
      continue;
    }
    if (existing?.kind === 'different') {
      if (settled.overwritesDifferent === true) overwrite.push(line);
      else bad.push(failure);
      continue;
    }
    ended.push({ outcome: end.class, at, bytes: 0, source, destination, reason: failure.reason });
    const byPerson = file.state === 'CANCELED' && !isEndedByFts(file.reason, settled.job.cancelJob);
    const cancelled = byPerson && verdict.kind === 'split' && verdict.cancelled === 'retry';
    const isBad = end.to === 'bad' && verdict.kind !== 'retry' && !cancelled;
    if (verdict.kind === 'bad' || isBad || end.to === 'never again') bad.push(failure);
    else retry.push(line);
  }
  const [line] = unknown;
  const fits =
    line === undefined || (matched.length > 0 && !(sent !== null && isUnedited(sent, settled.parsed.transfers)));
  const misfit = fits ? null : { line, file: extra[0] ?? null };
  return {
    okay,
    found,
    foundBy: [...foundBy].sort(),
    overwrite,
    untold,
    bad,
    retry,
    failed,
    ended,
    unknown,
    mayStillRun: running,
    unfinished,
    extra: extra.length,
    misfit,
  };
}

/** Of what stands there, and is not done by that. */
const MEANINGS = {
  untold: 'the destination exists, and cannot be compared',
  'not on tape': 'the right file is at the destination, and not on tape',
} as const;

const OTHER_SIZE = { class: 'permanent', meaning: 'what was copied has not the size that the list says' } as const;

/** FTS has copied what the source is: null or 0 is unknown, as with `strict_copy`. Its `checksum` is what was asked for, no measurement. */
function whyOtherSize(line: Transfer, { size }: FileOutcome): string | null {
  if (line.size === undefined || !size || size === line.size) return null;
  return `${size} bytes by FTS, ${line.size} bytes in the list`;
}

/** With both values, for the person who decides which of the two is right. */
function asDifferent(failure: BadTransfer, { expected, found }: Extract<Existing, { kind: 'different' }>): BadTransfer {
  const reason = `${factsInWords(found)} there, ${factsInWords(expected)} expected; ${failure.reason}`;
  return { ...failure, class: 'permanent', meaning: 'another file is at the destination', reason };
}
