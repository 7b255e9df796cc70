/**
 * cutLines: the lines of an LFN list that the producer has cut, read again for an audit.
 *
 * It reads millions of lines a second: a chunk at a time as text, and only lines that are not plainly an LFN by the
 * producer's own reader. A line that the producer met while it still had no end was cut as it stood then, and what was
 * written behind it later is a line that is no LFN; the segments tell where that was.
 */
import { closeSync } from 'node:fs';
import { isPlainLfn } from '../lists/lfn.js';
import type { Segment, Segments } from './ranges.js';
import { openRegular, readBytes } from '../lfnLists/cursor.js';
import { continued, parseLine } from '../lfnLists/reader.js';

/** A line that is an LFN or should be one. */
export interface CutLine {
  /** Null: it is no LFN. */
  readonly lfn: string | null;
  /** Of a line that is none: the LFN that version 1.0 took it for. */
  readonly formerly?: string;
  /** Counted from 1. */
  readonly line: number;
  /** Its first byte. */
  readonly start: number;
  readonly segment: Segment;
}

const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;

/**
 * Calls `each` for every line of the segments, in order; lines are counted from the first segment on. Throws what the
 * disk refuses.
 */
export function eachCutLine(
  path: string,
  segments: Segments,
  longestPrefix: number,
  each: (line: CutLine) => void,
): void {
  const fd = openRegular(path);
  try {
    new Reader(fd, segments, longestPrefix, each).read();
  } finally {
    closeSync(fd);
  }
}

class Reader {
  private readonly fd: number;
  private readonly segments: Segments;
  private readonly longestPrefix: number;
  private readonly each: (line: CutLine) => void;
  private index = 0;
  private segment: Segment | undefined;
  private line = 0;

  constructor(fd: number, segments: Segments, longestPrefix: number, each: (line: CutLine) => void) {
    this.fd = fd;
    this.segments = segments;
    this.segment = segments.at(0);
    this.longestPrefix = longestPrefix;
    this.each = each;
  }

  read(): void {
    const end = (this.segments.at(this.segments.length - 1)?.last ?? -1) + 1;
    for (let position = this.segments.at(0)?.first ?? 0; position < end;) {
      const chunk = readBytes(this.fd, position, CHUNK);
      if (chunk.length === 0) return;
      const passed = this.readChunk(chunk, position, end);
      position += passed > 0 ? passed : this.readLong(position);
    }
  }

  /** The whole lines of a chunk; returns how many bytes they are. */
  private readChunk(chunk: Buffer, position: number, end: number): number {
    const text = chunk.toString('latin1');
    let at = 0;
    for (let newline = text.indexOf('\n'); newline !== -1 && position + at < end; newline = text.indexOf('\n', at)) {
      this.line += 1;
      const segment = this.segmentAt(position + at);
      if (segment === undefined) return chunk.length;
      const content = text.slice(at, newline);
      if (position + newline <= segment.last && isPlainLfn(content, this.longestPrefix))
        this.each({ lfn: content, line: this.line, start: position + at, segment });
      else this.readLine(chunk.subarray(at, newline), position + at, newline + 1 - at);
      at = newline + 1;
    }
    return at;
  }

  /** A line that fills a chunk, or the last one without a newline; returns how many bytes it is. */
  private readLong(position: number): number {
    const head = readBytes(this.fd, position, CHUNK);
    let length = head.length;
    for (;;) {
      const more = readBytes(this.fd, position + length, CHUNK);
      const newline = more.indexOf(NEWLINE);
      length += newline === -1 ? more.length : newline + 1;
      if (newline !== -1 || more.length === 0) break;
    }
    this.line += 1;
    this.readLine(head, position, length);
    return length;
  }

  private readLine(bytes: Buffer, start: number, length: number): void {
    const segment = this.segmentAt(start);
    if (segment === undefined) return;
    const cutAt = segment.last + 1 - start;
    // A newline alone that lies behind the segment was written after the line had been cut.
    this.tell(parseLine(bytes.subarray(0, cutAt), Math.min(length, cutAt), this.longestPrefix), start, segment);
    for (let from = cutAt; from < bytes.length;) {
      const next = this.segmentAt(start + from);
      if (next === undefined) return;
      const to = Math.min(bytes.length, next.last + 1 - start);
      this.tell(continued(bytes.subarray(from, to)), start + from, next);
      from = to;
    }
  }

  private tell(parsed: ReturnType<typeof parseLine>, start: number, segment: Segment): void {
    if (parsed.kind === 'comment') return;
    const { lfn, formerly } = parsed.kind === 'lfn' ? { lfn: parsed.lfn } : { lfn: null, ...parsed };
    this.each({ lfn, line: this.line, start, segment, ...(formerly === undefined ? {} : { formerly }) });
  }

  /** Positions are asked for in order. */
  private segmentAt(position: number): Segment | undefined {
    while (this.segment !== undefined && this.segment.last < position)
      this.segment = this.segments.at((this.index += 1));
    return this.segment;
  }
}
