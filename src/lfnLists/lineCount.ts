/**
 * lineCount: how many transfers stand in lists, and LFNs in the rest of an LFN list.
 *
 * A line counts when it is neither empty nor a comment. Files are scanned byte by byte through one buffer, as an LFN
 * list may have gigabytes. What was counted is remembered by size and time, so that looking again every few seconds
 * reads only what has changed.
 */
import fs from 'node:fs';

const CHUNK = 1024 * 1024;
const [NEWLINE, CARRIAGE_RETURN, TAB, BLANK, HASH] = [0x0a, 0x0d, 0x09, 0x20, 0x23];

export class LineCount {
  private readonly known = new Map<
    string,
    { readonly size: number; readonly mtimeMs: number; readonly lines: number }
  >();
  private readonly buffer = Buffer.allocUnsafe(CHUNK);
  private readonly remembers: boolean;

  /** Who looks once need not remember: half a million lists take room. */
  constructor(remembers = true) {
    this.remembers = remembers;
  }

  /** Lines of a file; 0 when it has gone meanwhile or cannot be read. */
  countLines(path: string): number {
    try {
      if (!this.remembers) return this.scan(path, 0, Infinity).lines;
      const { size, mtimeMs } = fs.statSync(path);
      const known = this.known.get(path);
      if (known?.size === size && known.mtimeMs === mtimeMs) return known.lines;
      const { lines } = this.scan(path, 0, Infinity);
      this.known.set(path, { size, mtimeMs, lines });
      return lines;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return 0;
    }
  }

  /** LFNs of an LFN list behind its cursor, of which so many bytes are counted; what is behind them is estimated. */
  linesLeft(path: string, offset: number, most: number): number {
    const size = fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (offset >= size) return 0;
    const { lines, bytes } = this.scan(path, offset, most);
    return bytes < most ? lines : Math.round((lines / bytes) * (size - offset));
  }

  /** Lines from a byte on, of at most so many bytes; `bytes` is how many were read. Throws what the disk says. */
  scan(path: string, from: number, most: number): { readonly lines: number; readonly bytes: number } {
    const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      let [lines, bytes] = [0, 0];
      // Whether the line at hand is known to count, or to be a comment.
      let decided = false;
      while (bytes < most) {
        const length = fs.readSync(fd, this.buffer, 0, Math.min(CHUNK, most - bytes), from + bytes);
        if (length === 0) break;
        bytes += length;
        const chunk = this.buffer.subarray(0, length);
        for (let at = 0; at < length; at += 1) {
          const byte = chunk[at];
          if (byte === NEWLINE) decided = false;
          else if (decided) {
            // The rest of a line that is decided is of no interest.
            const end = chunk.indexOf(NEWLINE, at);
            at = end === -1 ? length : end - 1;
          } else if (byte !== BLANK && byte !== TAB && byte !== CARRIAGE_RETURN) {
            decided = true;
            if (byte !== HASH) lines += 1;
          }
        }
      }
      return { lines, bytes };
    } finally {
      fs.closeSync(fd);
    }
  }
}
