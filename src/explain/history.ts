/**
 * history: the whole history of a transfer or of a list, as `explain` tells it.
 *
 * The facts are plain data (they are also the JSON); `lifeText` tells them for a terminal of 80 columns. Reasons are
 * whole, however long: they are what is looked for.
 */
import { wrapped } from '../text/terminal.js';
import { plural } from '../text/words.js';
import type { RowState } from '../rules/placement.js';
import type { TapeState } from '../rules/tape.js';

/** What FTS says of one transfer of a job. */
export interface FileLife {
  readonly state: string;
  readonly reason: string;
  /** The reason's class, by the table of reasons; null where there is no reason. */
  readonly class: string | null;
  readonly meaning: string | null;
}

/** Files that come from tape (STAGING) or go there (ARCHIVING). */
export interface TapeLife {
  readonly state: TapeState;
  readonly notBegun: number | null;
  /** When the tape was asked for the first of them. */
  readonly since: string | null;
  /** When FTS gives up on the last of them, at the earliest; null: not known. */
  readonly until: string | null;
}

/** One submission of a list. Times are ISO 8601, UTC. */
export interface AttemptLife {
  readonly attempt: number;
  readonly jobId: string;
  readonly server: string;
  /** FTS's own page on the job; null where the server has none. */
  readonly link: string | null;
  readonly submittedAt: string | null;
  /** As FTS says it now, else as it was last seen; null: never seen. */
  readonly state: string | null;
  readonly reason: string;
  readonly seenAt: string | null;
  /** How this was learnt: asked just now, from the job table, or why the server could not be asked. */
  readonly source: 'asked' | 'recorded' | { readonly why: string };
  /** What became of the transfer that was asked about. */
  readonly file: FileLife | null;
  /** The files of the job by their states, most first; empty where FTS was not asked. */
  readonly files: readonly { readonly state: string; readonly count: number }[];
  /** What it waits for on tape; where FTS was not asked, by the monitor's last look, which keeps no counts. */
  readonly tape: readonly TapeLife[];
  /** The state by which the rules judge the job; null where FTS was not asked. */
  readonly judged: string | null;
  /** It was a probe that failed by the fault of its broken storage. */
  readonly isSpared: boolean;
}

export interface ListLife {
  readonly list: string;
  /** The directories in which a list of this name stands. */
  readonly places: readonly string[];
  readonly state: RowState | null;
  readonly since: string | null;
  readonly failures: number;
  readonly splitFrom: string | null;
  readonly attempts: readonly AttemptLife[];
  readonly next: string;
}

/** Where a transfer or a list was cut from. */
export interface CutFrom {
  readonly lfnList: string;
  readonly firstByte: number;
  readonly lastByte: number;
  /** The transfer's line in the LFN list; null if it is not there any more. */
  readonly line: number | null;
}

/** Why a transfer stands in DONE/Bad. */
export interface BadHistory {
  readonly class: string;
  readonly meaning: string;
  readonly reason: string;
  readonly server: string;
  readonly jobId: string;
  readonly at: string;
}

export interface TransferHistory {
  readonly source: string;
  readonly destination: string;
  /** `DOING/FTSList-….txt`, and the line in it. */
  readonly path: string;
  readonly line: number;
  readonly why: BadHistory | null;
}

export interface History {
  readonly asked: string;
  readonly kind: 'lfn' | 'list' | 'job';
  readonly transfer: TransferHistory | null;
  readonly cutFrom: CutFrom | null;
  /** The lineage, the oldest first. */
  readonly lists: readonly ListLife[];
  /** What will happen next with what was asked about. */
  readonly next: string;
}

export function historyText(history: History): string[] {
  const { transfer, cutFrom, lists } = history;
  return [
    history.asked,
    ...(transfer === null ? [] : transferText(transfer)),
    cutFrom === null ? fact('cut from', 'nothing is noted: made by hand, or by the original scripts') : cut(cutFrom),
    ...lists.flatMap((list) => ['', ...listText(list)]),
    '',
    fact('next', history.next),
  ].flatMap(folded);
}

/** Long texts go on under themselves; what has no blanks, a URL or a path, stays whole. */
function folded(line: string): string[] {
  const head = /^ {2}\S.{11} |^ +/.exec(line)?.[0] ?? '';
  return wrapped(line.slice(head.length), head.length, head);
}

const fact = (name: string, value: string): string => `  ${name.padEnd(12)} ${value}`;
const detail = (text: string): string => `      ${text}`;

/** `2026-11-23 18:45:42 UTC` */
const timeText = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`;

function transferText({ source, destination, path, line, why }: TransferHistory): string[] {
  return [
    fact('source', source),
    fact('destination', destination),
    fact('stands in', `${path}, line ${line}`),
    ...(why === null
      ? []
      : [
          fact('because', `${why.class}: ${why.meaning} (${why.server} ${why.jobId}, ${timeText(why.at)})`),
          detail(why.reason),
        ]),
  ];
}

function cut({ lfnList, firstByte, lastByte, line }: CutFrom): string {
  return fact('cut from', `${lfnList}, ${line === null ? '' : `line ${line}, `}bytes ${firstByte}-${lastByte}`);
}

const STATES: Readonly<Record<RowState, string>> = {
  WAITING: 'waits to be submitted',
  SUBMITTING: 'is being submitted: the answer is missing',
  SUBMITTED: 'FTS has it',
  SETTLED: 'its story is over',
};

function listText(list: ListLife): string[] {
  const where = list.places.length === 0 ? 'stands nowhere' : `in ${list.places.join(', ')}`;
  const state = list.state === null ? 'no record' : STATES[list.state];
  const since = list.since === null ? '' : ` since ${timeText(list.since)}`;
  return [
    `${list.list}: ${where}`,
    fact('state', `${state}${since}; ${plural(list.failures, 'failure')}`),
    ...(list.splitFrom === null ? [] : [fact('split from', list.splitFrom)]),
    ...list.attempts.flatMap(attemptText),
  ];
}

function attemptText(attempt: AttemptLife): string[] {
  const { file, source } = attempt;
  const submitted = attempt.submittedAt === null ? 'its answer was lost' : `submitted ${timeText(attempt.submittedAt)}`;
  const seen = attempt.seenAt === null ? '' : ` ${timeText(attempt.seenAt)}`;
  const how = source === 'asked' ? 'asked now' : attempt.state === null ? 'not seen yet' : `last seen${seen}`;
  const files = attempt.files.map(({ state, count }) => `${count} ${state}`).join(', ');
  return [
    fact(`attempt ${attempt.attempt}`, `at ${attempt.server}, ${submitted}`),
    detail(`${attempt.state ?? 'state unknown'} (${how})${files === '' ? '' : `: ${files}`}`),
    ...attempt.tape.map((tape) => detail(tapeText(tape))),
    ...(attempt.reason === '' ? [] : [detail(attempt.reason)]),
    ...(typeof source === 'object' ? [detail(`cannot be asked now: ${source.why}`)] : []),
    ...(file === null ? [] : [detail(`this transfer: ${file.state}${meaning(file)}`)]),
    ...(file === null || file.reason === '' ? [] : [detail(`  ${file.reason}`)]),
    detail(`job ${attempt.jobId}`),
    ...(attempt.link === null ? [] : [detail(attempt.link)]),
  ];
}

/** `from tape since 2026-11-25 04:20:01 UTC, FTS gives up at 2026-11-25 05:20:01 UTC or later; 3 not asked for yet` */
function tapeText({ state, notBegun, since, until }: TapeLife): string {
  const where = state === 'STAGING' ? 'from tape' : 'to tape';
  const end = until === null ? '' : `, FTS gives up at ${timeText(until)} or later`;
  const left = notBegun === null || notBegun === 0 ? '' : `; ${notBegun} not asked for yet`;
  return since === null
    ? `${where}: the tape has not been asked yet`
    : `${where} since ${timeText(since)}${end}${left}`;
}

const meaning = (file: FileLife): string => (file.class === null ? '' : `, ${file.class}: ${file.meaning ?? ''}`);
