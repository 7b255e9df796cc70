/**
 * reader: reads an LFN list line by line from a cursor.
 *
 * LFN lists may have tens of millions of lines, so a reader seeks to the cursor, holds one chunk at a time and stops
 * where the caller stops. The bytes of the lines it returns, and of the comments between, follow each other without a
 * gap: whatever is not behind the cursor has not been read. A last line without a newline may still be growing; it is
 * read once the file is a minute old.
 */
import { DAY_MS } from '../text/words.js';
import { closeSync, fstatSync } from 'node:fs';
import { parseLfnLine } from '../lists/lfn.js';
import { longestPrefix, whyNoDestination, type Prefixes } from '../lists/prefixes.js';
import type { BadLfn, Lfn } from '../lists/lfn.js';
import { textOfBytes } from '../text/escape.js';
import { cursorAt, openRegular, readBytes } from './cursor.js';
import type { Cursor } from './cursor.js';
import { SpoolError } from '../errors.js';

export { checkLfnList, headOf, sameHead } from './cursor.js';
export type { Checked, Cursor } from './cursor.js';

/** A line of the file: its number, counted from 1, and its bytes, from `start` to before `end`, its newline included. */
export type LfnLine = (Lfn | BadLfn) & { readonly line: number; readonly start: number; readonly end: number };

const CHUNK = 64 * 1024;
/** No LFN with checksum and size comes near; a longer line is passed over in pieces. */
const LONGEST_LINE = 16 * 1024;
/** This much of a line that is too long is shown. */
const SHOWN = 2000;
const SETTLED_MS = 60_000;
const NEWLINE = 0x0a;

/** Where a line lies in the file; `bytes` is its content without the newline, and at most `LONGEST_LINE` of it. */
interface RawLine {
  readonly bytes: Buffer;
  readonly end: number;
  readonly complete: boolean;
}

export interface ReaderOptions {
  /** Its route's, as lines may become no URLs; null: not known. */
  readonly prefixes: Prefixes | null;
  /** Tells whether a last line without its end may be read. */
  readonly now: Date;
  /** A fourth column may say what belongs together. */
  readonly hasGroups: boolean;
}

export class LfnReader {
  private readonly fd: number;
  private readonly prefixes: Prefixes | null;
  private readonly longestPrefix: number;
  private readonly now: Date;
  private readonly hasGroups: boolean;
  /** The file's bytes from `#at` on. */
  private chunk: Buffer = Buffer.alloc(0);
  private at: number;
  private line: number;
  /** What lies behind this byte is not there. */
  private end = Infinity;
  /** The bytes and lines of what was returned, for the mean. */
  private readonly returned = { bytes: 0, lines: 0 };
  /** Was the line before the cursor read without a newline? Then what follows may be the rest of it. */
  private unfinished: boolean;

  /** @throws SpoolError if the file is missing, not regular or not readable. Check the cursor with `checkLfnList` before. */
  constructor(path: string, cursor: Pick<Cursor, 'offset' | 'line'> | null, options: ReaderOptions) {
    this.fd = open(path);
    this.prefixes = options.prefixes;
    this.longestPrefix = options.prefixes === null ? 0 : longestPrefix(options.prefixes);
    this.now = options.now;
    this.hasGroups = options.hasGroups;
    this.at = cursor?.offset ?? 0;
    this.line = cursor?.line ?? 0;
    this.unfinished = this.at > 0 && this.readAt(this.at - 1, 1)[0] !== NEWLINE;
  }

  /** The next line that is not a comment, or null at the end. Comments are passed over, and the cursor with them. */
  next(): LfnLine | null {
    for (;;) {
      const start = this.at;
      const raw = this.nextRaw();
      if (raw === null) return null;
      const continues = this.unfinished;
      if (!continues) this.line++;
      this.pass(raw);
      const parsed = continues ? continued(raw.bytes) : this.parse(raw.bytes, raw.end - start);
      if (parsed.kind === 'comment') continue;
      this.returned.bytes += raw.end - start;
      this.returned.lines += 1;
      // Millions of lines are read, and a spread takes longer than all the rest.
      return Object.assign(parsed, { line: this.line, start, end: raw.end });
    }
  }

  /** Calls `each` with the lines up to this byte, read as a run has read them that ended there. */
  readTo(end: number, each: (line: LfnLine) => void): void {
    this.end = end;
    for (let line = this.next(); line !== null; line = this.next()) each(line);
    this.end = Infinity;
  }

  /** Passes over so many whole lines, which end at this byte. */
  skipTo(end: number, lines: number): void {
    this.chunk = Buffer.alloc(0);
    this.at = end;
    this.line += lines;
    this.unfinished = false;
  }

  /** What was returned behind this line, whose bytes end there, is read again. */
  backTo(end: number, line: number): void {
    this.chunk = Buffer.alloc(0);
    this.at = end;
    this.line = line;
    this.unfinished = false;
  }

  /** The cursor after the last line returned, with hashes of what the file holds now. */
  cursor(): Cursor {
    return cursorAt(this.fd, this.at, this.line);
  }

  /** Bytes behind the cursor. */
  remaining(): number {
    return Math.max(0, fstatSync(this.fd).size - this.at);
  }

  /** Mean bytes of a line: of those returned, else of those before the cursor, else of the first chunk; at least 1. */
  meanLineBytes(): number {
    if (this.returned.lines > 0) return this.returned.bytes / this.returned.lines;
    if (this.line > 0) return Math.max(1, this.at / this.line);
    const sample = this.readAt(this.at, CHUNK);
    const lines = sample.reduce((count, byte) => (byte === NEWLINE ? count + 1 : count), 0);
    return Math.max(1, sample.length / Math.max(1, lines));
  }

  close(): void {
    closeSync(this.fd);
  }

  private parse(bytes: Uint8Array, length: number): Lfn | BadLfn | { kind: 'comment' } {
    const parsed = parseLine(bytes, length, this.longestPrefix, this.hasGroups);
    if (parsed.kind !== 'lfn' || this.prefixes?.rewrite === undefined) return parsed;
    const why = whyNoDestination(this.prefixes, parsed.lfn);
    return why === null ? parsed : { kind: 'bad', why, text: textOfBytes(bytes) };
  }

  /** The next line of any kind, or null at the end and before a last line that may still be growing. */
  private nextRaw(): RawLine | null {
    let newline = this.chunk.indexOf(NEWLINE);
    if (newline === -1) {
      this.chunk = this.readAt(this.at, CHUNK);
      newline = this.chunk.indexOf(NEWLINE);
    }
    if (newline !== -1) {
      const bytes = this.chunk.subarray(0, Math.min(newline, LONGEST_LINE + 1));
      return { bytes, end: this.at + newline + 1, complete: true };
    }
    if (this.chunk.length === 0) return null;

    const { end, complete } = this.findNewline(this.at + this.chunk.length);
    // Read again: the file may have grown since the chunk was read, and then the chunk holds half of the line.
    const length = end - this.at - (complete ? 1 : 0);
    const bytes = this.readAt(this.at, Math.min(length, LONGEST_LINE + 1));
    return complete || this.settled() ? { bytes, end, complete } : null;
  }

  /** Looks on, chunk by chunk, for the end of a line that is longer than one. */
  private findNewline(from: number): { end: number; complete: boolean } {
    for (let at = from; ;) {
      const chunk = this.readAt(at, CHUNK);
      const newline = chunk.indexOf(NEWLINE);
      if (newline !== -1) return { end: at + newline + 1, complete: true };
      if (chunk.length === 0) return { end: at, complete: false };
      at += chunk.length;
    }
  }

  private pass(raw: RawLine): void {
    this.chunk = this.chunk.subarray(raw.end - this.at);
    this.at = raw.end;
    this.unfinished = !raw.complete;
  }

  private settled(): boolean {
    if (this.end < Infinity) return true;
    const { mtimeMs, ctimeMs } = fstatSync(this.fd);
    const age = this.now.getTime() - mtimeMs;
    if (age >= SETTLED_MS) return true;
    // Somebody has given it a time to come, or it was written under a clock that was wrong by far; else the file server's
    // clock is ahead of ours, and waiting helps.
    return -age >= SETTLED_MS && (mtimeMs !== ctimeMs || -age >= DAY_MS);
  }

  private readAt(position: number, length: number): Buffer {
    return readBytes(this.fd, position, Math.max(0, Math.min(length, this.end - position)));
  }
}

function open(path: string): number {
  try {
    return openRegular(path);
  } catch (error) {
    if (!(error instanceof SpoolError)) throw error;
    throw new SpoolError(`Cannot read the LFN list ${path}: it ${error.message}`, { cause: error });
  }
}

/** A line of any length; `bytes` may end after `LONGEST_LINE` and one of them. `length`: of the line with its newline. */
function parseLine(
  bytes: Uint8Array,
  length: number,
  longestPrefix: number,
  hasGroups: boolean,
): Lfn | BadLfn | { kind: 'comment' } {
  if (bytes.length <= LONGEST_LINE) return parseLfnLine(bytes, longestPrefix, hasGroups);
  const text = textOfBytes(bytes.subarray(0, SHOWN));
  if (/^[ \t]*#/.test(text)) return { kind: 'comment' };
  return { kind: 'bad', why: `is too long: ${length} bytes`, text };
}

/**
 * What stands right behind a line that was read without its newline is the rest of that line, and no LFN of its own;
 * mostly it is the newline.
 */
function continued(bytes: Uint8Array): BadLfn | { kind: 'comment' } {
  const text = textOfBytes(bytes.subarray(0, SHOWN)).replace(/\r$/, '');
  if (text.trim() === '') return { kind: 'comment' };
  return { kind: 'bad', why: 'continues the line before, which was read without its end', text };
}
