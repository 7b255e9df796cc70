/**
 * lfnLines: the lines of an LFN list that the producer has cut, read again piece by piece.
 *
 * It reads millions of lines a second: a chunk at a time as text, and only lines that are not plainly an LFN by the
 * producer's own reader. A line that the producer met while it still had no end was cut as it stood then, and what was
 * written behind it later is a line that is no LFN; the pieces tell where that was.
 */
import { closeSync } from 'node:fs';
import { isPlainLfn } from '../lists/lfn.js';
import { openRegular, readBytes } from '../lfnLists/cursor.js';
import { continued, parseLine } from '../lfnLists/reader.js';
import type { Range } from './cuts.js';

/** A line that is an LFN or should be one. */
export interface LfnLine {
  /** Null: it is no LFN. */
  readonly lfn: string | null;
  /** Of a line that is none: the LFN that version 1.0 took it for. */
  readonly formerly?: string;
  /** Counted from 1. */
  readonly line: number;
  /** Its first byte. */
  readonly start: number;
}

const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;

export class LfnLines {
  private readonly fd: number;
  private readonly longestPrefix: number;
  private chunk: Buffer = Buffer.alloc(0);
  private text = '';
  /** Where the chunk begins in the file. */
  private begin = 0;
  private line = 0;
  /** Did the last piece end within a line? */
  private unfinished = false;

  /** Throws what the disk refuses. `longestPrefix`: what will stand before an LFN has so many characters. */
  constructor(path: string, longestPrefix: number) {
    this.fd = openRegular(path);
    this.longestPrefix = longestPrefix;
  }

  close(): void {
    closeSync(this.fd);
  }

  /** Calls `each` for every line of a piece. Pieces follow each other, so lines are counted from the first one on. */
  read({ first, last }: Range, each: (line: LfnLine) => void): void {
    for (let start = first; start <= last;) {
      const at = start - this.begin;
      const newline = at >= 0 && at < this.text.length ? this.text.indexOf('\n', at) : -1;
      if (newline === -1) {
        const length = this.fill(start, last);
        if (length === 0) return;
        start += length < 0 ? 0 : this.readLong(start, length, each);
        continue;
      }
      const end = Math.min(this.begin + newline + 1, last + 1);
      const content = this.text.slice(at, newline);
      if (!this.unfinished && this.begin + newline <= last && isPlainLfn(content, this.longestPrefix))
        each({ lfn: content, line: (this.line += 1), start });
      else this.readLine(this.chunk.subarray(at, Math.min(newline, last + 1 - this.begin)), start, end - start, each);
      this.unfinished = this.begin + newline > last;
      start = end;
    }
  }

  /** Reads a chunk from here. Returns -1 if a line ends in it, else how many bytes of this line lie in the piece; 0: the file has ended. */
  private fill(start: number, last: number): number {
    this.chunk = readBytes(this.fd, start, CHUNK);
    this.text = this.chunk.toString('latin1');
    this.begin = start;
    if (this.chunk.length === 0) return 0;
    if (this.text.includes('\n')) return -1;
    let length = this.chunk.length;
    for (;;) {
      const more = readBytes(this.fd, start + length, CHUNK);
      const newline = more.indexOf(NEWLINE);
      length += newline === -1 ? more.length : newline + 1;
      if (newline !== -1 || more.length === 0) break;
    }
    return Math.min(length, last + 1 - start);
  }

  /** A line that fills a chunk, or the last one of the file, without a newline. */
  private readLong(start: number, length: number, each: (line: LfnLine) => void): number {
    const isWhole = readBytes(this.fd, start + length - 1, 1)[0] === NEWLINE;
    this.readLine(this.chunk.subarray(0, isWhole ? length - 1 : length), start, length, each);
    this.unfinished = !isWhole;
    return length;
  }

  private readLine(bytes: Buffer, start: number, length: number, each: (line: LfnLine) => void): void {
    if (!this.unfinished) this.line += 1;
    const parsed = this.unfinished ? continued(bytes) : parseLine(bytes, length, this.longestPrefix);
    if (parsed.kind === 'comment') return;
    const { lfn, formerly } = parsed.kind === 'lfn' ? { lfn: parsed.lfn } : { lfn: null, ...parsed };
    each({ lfn, line: this.line, start, ...(formerly === undefined ? {} : { formerly }) });
  }
}
