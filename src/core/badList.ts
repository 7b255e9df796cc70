/**
 * badList: the lists of DONE/Bad, in which a person reads what went wrong and what to do.
 *
 * They are lists like any other (a person may `mv` one back to TODO), with a comment before each transfer:
 *
 *     # CLASS: MEANING | REASON | SERVER JOBID | UTC TIME
 *
 * Reasons come from storages and servers, so everything is escaped: a comment stays one line and moves no cursor.
 */
import { formatComment } from './list.js';
import { formatOrigin } from './origin.js';
import type { Origin } from './origin.js';
import { escapeText } from './text.js';
import { formatTransfer } from './transfer.js';
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

/** A list for DONE/Bad as text. `parseList` gives its origin and transfers back. */
export function formatBadList(origin: Origin, bad: readonly BadTransfer[], comments: readonly string[] = []): string {
  const transfers = bad.flatMap((one) => [reasonComment(one), formatTransfer(one.transfer)]);
  return [...formatOrigin(origin), ...comments.map(formatComment), ...transfers, ''].join('\n');
}

/** The comment for a line of an LFN list that is no LFN. */
export function badLfnComment(lfnList: string, line: number, why: string, text: string): string {
  return escapeText(`# bad LFN: ${lfnList}:${line}: ${why}: ${text}`);
}

/** The comment for a line of a list that is no transfer. */
export function badLineComment(line: number, why: string, text: string): string {
  return escapeText(`# unreadable line ${line}: ${why}: ${text}`);
}

function reasonComment(bad: BadTransfer): string {
  const time = bad.at.toISOString().replace(/\.\d+Z$/, 'Z');
  return escapeText(`# ${bad.class}: ${bad.meaning} | ${bad.reason.trim()} | ${bad.server} ${bad.jobId} | ${time}`);
}
