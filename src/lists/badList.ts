/**
 * badList: the lists of DONE/Bad, in which a person reads what went wrong and what to do.
 *
 * They are lists like any other (a person may `mv` one back to TODO), with a comment before each transfer:
 *
 *     # CLASS: MEANING | REASON | SERVER JOBID | UTC TIME
 *
 * Reasons come from storages and servers, so everything is escaped: a comment stays one line and moves no cursor.
 */
import { formatComment, linesOf, parseList } from './list.js';
import type { DuplicateLine } from './list.js';
import type { ListLine } from './list.js';
import { formatOrigin } from './origin.js';
import type { Origin } from './origin.js';
import { decodeUtf8, escapeText, textOfBytes } from '../text/escape.js';
import { formatTransfer, isComment } from './transfer.js';
import type { Transfer } from './transfer.js';

export interface BadTransfer {
  readonly transfer: Transfer;
  /** The class of the reason: permanent, transient, auth or config. */
  readonly class: string;
  /** What the reason means, in a few words. */
  readonly meaning: string;
  /** FTS's own text. */
  readonly reason: string;
  /** The server's name in the settings. */
  readonly server: string;
  readonly jobId: string;
  readonly at: Date;
}

/** Why a transfer stands in DONE/Bad, as its comment says it; the texts are escaped. */
export interface BadReason {
  readonly class: string;
  readonly meaning: string;
  readonly reason: string;
  readonly server: string;
  readonly jobId: string;
  /** UTC, ISO 8601. */
  readonly at: string;
}

/** A transfer in DONE/Bad. */
export interface BadEntry {
  readonly transfer: ListLine;
  /** Null where a person has put the transfer there without a comment of this form. */
  readonly why: BadReason | null;
  /** The comments that belong to it, its reason first. */
  readonly comments: readonly string[];
}

export interface ParsedBadList {
  readonly origin: Origin;
  readonly entries: readonly BadEntry[];
  /** Everything else, as comments: lines that are no LFN or no transfer, and what people have written. */
  readonly others: readonly string[];
}

/** A list for DONE/Bad as text. `parseList` gives its origin and transfers back. */
export function formatBadList(origin: Origin, bad: readonly BadTransfer[], comments: readonly string[] = []): string {
  const transfers = bad.flatMap((one) => [reasonComment(one), formatTransfer(one.transfer)]);
  return [...formatOrigin(origin), ...comments.map(formatComment), ...transfers, ''].join('\n');
}

/** Reads a list of DONE/Bad. Never throws; every line but empty ones and the origin is in an entry or among the others. */
export function parseBadList(bytes: Uint8Array): ParsedBadList {
  const parsed = parseList(bytes);
  const transfers = new Map([...parsed.transfers, ...parsed.duplicates].map((transfer) => [transfer.line, transfer]));
  const unreadable = new Map(parsed.unreadable.map((one) => [one.line, one]));
  const header = new Set(formatOrigin(parsed.origin));
  const entries: BadEntry[] = [];
  const others: string[] = [];
  // The reason that waits for its transfer, and the notes below it.
  let comments: string[] = [];
  const nothingFollows = (): void => {
    others.push(...comments);
    comments = [];
  };

  let line = 0;
  for (const raw of linesOf(bytes)) {
    line++;
    const transfer = transfers.get(line);
    const bad = unreadable.get(line);
    if (transfer !== undefined) {
      entries.push({ transfer, why: readReason(comments[0] ?? ''), comments });
      comments = [];
    } else if (bad !== undefined) {
      nothingFollows();
      others.push(badLineComment(bad.line, bad.why, bad.text));
    } else {
      const text = (decodeUtf8(raw) ?? textOfBytes(raw)).trim();
      if (text === '' || !isComment(text) || (entries.length === 0 && header.has(text))) continue;
      if (readReason(text) !== null) nothingFollows();
      const belongs = readReason(text) !== null || (comments.length > 0 && !LEFT_BEHIND.test(text));
      (belongs ? comments : others).push(text);
    }
  }
  nothingFollows();
  return { origin: parsed.origin, entries, others };
}

/** What is left of a list when some of its transfers have gone elsewhere; the others keep their comments. */
export function formatRest(origin: Origin, entries: readonly BadEntry[], others: readonly string[]): string {
  const transfers = entries.flatMap((one) => [...one.comments.map(formatComment), formatTransfer(one.transfer)]);
  return [...formatOrigin(origin), ...others.map(formatComment), ...transfers, ''].join('\n');
}

/** The comment for a line of an LFN list that is no LFN. */
export function badLfnComment(lfnList: string, line: number, why: string, text: string): string {
  return escapeText(`# bad LFN: ${lfnList}:${line}: ${why}: ${text}`);
}

/** The comment for a line of a list that is no transfer. */
export function badLineComment(line: number, why: string, text: string): string {
  return escapeText(`# unreadable line ${line}: ${why}: ${text}`);
}

/** What `droppedLineComment` writes, with the source and the destination. */
export const DROPPED_LINE = /^# not submitted, line \d+ .*?: (\S+) {2}(\S+)$/;

/** The comment for a line of a list that was not submitted, as an earlier line has its destination. */
export function droppedLineComment(dropped: DuplicateLine): string {
  const { line, why, source, destination } = dropped;
  return escapeText(`# not submitted, line ${line} ${why}: ${source}  ${destination}`);
}

/** Why a transfer stands in DONE/Bad, as the comment in front of it. */
export function reasonComment(bad: BadTransfer): string {
  const time = bad.at.toISOString().replace(/\.\d+Z$/, 'Z');
  return escapeText(`# ${bad.class}: ${bad.meaning} | ${bad.reason.trim()} | ${bad.server} ${bad.jobId} | ${time}`);
}

/** Lines that were no transfers stay in DONE/Bad, whatever they stand above. */
const LEFT_BEHIND = /^# (bad LFN: |unreadable line \d)/;

/** The meaning ends at the first bar and the time begins behind the last one: a reason may hold bars itself. */
function readReason(comment: string): BadReason | null {
  const [, reasonClass = '', meaning = '', rest = ''] = /^# ([a-z]+): (.*?) \|( .*)$/.exec(comment) ?? [];
  const [, reason = '', who = '', at = ''] = /^ (.*) ?\| (.*) \| (\d{4}-\d\d-\d\dT[\d:]{8}Z)$/.exec(rest) ?? [];
  if (at === '') return null;
  const [, server = who, jobId = ''] = /^(.*) (\S*)$/.exec(who) ?? [];
  return { class: reasonClass, meaning, reason: reason.trim(), server, jobId, at };
}
