/**
 * ledger: what the storages said of the transfers of a manifest, in a file beside it, so that a verification that was
 * stopped goes on.
 *
 * Each batch of answers is appended and synced before the next is asked for. A kill loses the batch at hand at most;
 * the line that it cut off is cut away by the next run. Of each transfer the last line counts. In memory is, for each
 * list, where its lines begin.
 */
import fs from 'node:fs';
import path from 'node:path';
import { syncDirectory, troubleWith } from '../disk.js';
import { UsageError } from '../errors.js';
import { isSameChecksum } from '../lists/checksum.js';
import type { Transfer } from '../lists/transfer.js';
import { escapeText } from '../text/escape.js';
import { OUTCOMES, type VerificationOutcome } from './format.js';

/** What one storage said of one transfer. Null: not known. */
export interface Verified {
  /** UTC, ISO 8601. */
  readonly at: string;
  readonly list: string;
  readonly destination: string;
  readonly outcome: VerificationOutcome;
  /** Those of what stands at the destination. */
  readonly checksum: string | null;
  readonly size: number | null;
  /** Whose checksum it was compared with. */
  readonly by: 'list' | 'source' | null;
  /** What it should have been, or what the storage said. */
  readonly why: string | null;
}

const COLUMNS = ['time', 'list', 'destination', 'outcome', 'checksum', 'size', 'by', 'why'] as const;
const PIECE = 16 * 1024;

export class VerificationLedger {
  readonly file: string;
  private readonly head: string;
  private handle: number | null = null;
  private end = 0;
  private readonly begins = new Map<string, number | number[]>();
  private lastList = '';

  /**
   * Opens the one of this campaign, if there is one; `isRead`: only to read it. Errors: UsageError when it is
   * another's, SpoolError.
   */
  constructor(file: string, campaign: string, isRead: boolean) {
    this.file = file;
    this.head = `# verified by castor2echo for campaign ${campaign}: ${COLUMNS.join('\t')}\n`;
    try {
      if (!fs.existsSync(file)) return;
      this.handle = fs.openSync(file, isRead ? 'r' : 'r+');
      this.end = this.index();
      // What a kill has cut off.
      if (isRead) return;
      fs.ftruncateSync(this.handle, this.end);
      if (this.end === 0) this.write(this.head);
    } catch (error) {
      throw troubleWith('read', this.file, error);
    }
  }

  /** What was said of the transfers of a list, by their destinations. */
  verifiedOf(list: string): ReadonlyMap<string, Verified> {
    const found = new Map<string, Verified>();
    for (const begin of [this.begins.get(list) ?? []].flat())
      for (const { text } of this.lines(begin)) {
        const verified = readLine(text);
        if (verified?.list !== list) break;
        found.set(verified.destination, verified);
      }
    return found;
  }

  /** After it returned they are on the disk. Errors: SpoolError. */
  append(batch: readonly Verified[]): void {
    try {
      if (this.handle === null) {
        this.handle = fs.openSync(this.file, 'wx+', 0o644);
        this.write(this.head);
        syncDirectory(path.dirname(path.resolve(this.file)));
      }
      for (const verified of batch) this.note(verified.list, this.write(formatLine(verified)));
      fs.fsyncSync(this.handle);
    } catch (error) {
      throw troubleWith('write', this.file, error);
    }
  }

  close(): void {
    if (this.handle !== null) fs.closeSync(this.handle);
    this.handle = null;
  }

  /** Returns where its whole lines end. */
  private index(): number {
    let whole = 0;
    for (const { text, begin, end } of this.lines(0)) {
      if (begin === 0 && `${text}\n` !== this.head)
        throw new UsageError(
          `Cannot go on with ${this.file}: it is no record of verifications of this campaign; move it away, or name another manifest with --out`,
        );
      const list = begin === 0 ? undefined : text.split('\t', 2)[1];
      if (list !== undefined) this.note(list, begin);
      whole = end;
    }
    return whole;
  }

  private note(list: string, begin: number): void {
    if (list === this.lastList) return;
    this.lastList = list;
    const known = this.begins.get(list);
    this.begins.set(list, known === undefined ? begin : [known, begin].flat());
  }

  /** Returns where the text begins. */
  private write(text: string): number {
    const begin = this.end;
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length;)
      written += fs.writeSync(this.handle ?? -1, bytes, written, bytes.length - written, begin + written);
    this.end += bytes.length;
    return begin;
  }

  /** The whole lines from this byte on. */
  private *lines(from: number): Generator<{ readonly text: string; readonly begin: number; readonly end: number }> {
    const piece = Buffer.allocUnsafe(PIECE);
    let rest = Buffer.alloc(0);
    for (let at = from; ;) {
      const read = fs.readSync(this.handle ?? -1, piece, 0, PIECE, at);
      if (read === 0) return;
      let begin = at - rest.length;
      at += read;
      rest = Buffer.concat([rest, piece.subarray(0, read)]);
      for (let newline = rest.indexOf(0x0a); newline !== -1; newline = rest.indexOf(0x0a)) {
        yield { text: rest.toString('utf8', 0, newline), begin, end: begin + newline + 1 };
        begin += newline + 1;
        rest = rest.subarray(newline + 1);
      }
    }
  }
}

/** Is what was found there still what the list says? A person may have edited it since. */
export function isProved(verified: Verified | undefined, { checksum, size }: Transfer): boolean {
  if (verified?.outcome !== 'ok') return false;
  if (checksum !== undefined && !isSameChecksum(checksum, verified.checksum ?? '')) return false;
  return size === undefined || verified.size === null || size === verified.size;
}

function formatLine({ at, list, destination, outcome, checksum, size, by, why }: Verified): string {
  const columns = [at, list, destination, outcome, checksum, size, by, why === null ? null : escapeText(why)];
  return `${columns.map((column) => column ?? '-').join('\t')}\n`;
}

function readLine(text: string): Verified | null {
  const [at = '', list = '', destination = '', outcome, checksum = '-', size = '-', by, why = '-'] = text.split('\t');
  const known = OUTCOMES.find((each) => each === outcome);
  if (known === undefined) return null;
  return {
    at,
    list,
    destination,
    outcome: known,
    checksum: checksum === '-' ? null : checksum,
    size: size === '-' ? null : Number(size),
    by: by === 'list' || by === 'source' ? by : null,
    why: why === '-' ? null : why,
  };
}
