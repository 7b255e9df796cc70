/**
 * cursor: is an LFN list still the one that was read before?
 *
 * The cursor of an LFN list is a byte offset, so it is worth something only as long as the bytes before it are the
 * same. Reading 50 million lines to find out would cost minutes at every start; instead the size, the first 64 KiB and
 * the 4 KiB before the cursor are looked at. Growing at the end is fine, everything else is refused with the reason.
 * Only regular files (or symlinks to such) are opened: a FIFO would hang the run.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { SpoolError } from '../errors.js';
import { sha256 } from '../spool/digest.js';

/** How far an LFN list has been read, and enough to recognise it. */
export interface Cursor {
  /** Bytes read; the next line begins here. */
  readonly offset: number;
  /** Lines before the offset, comments and empty ones included. */
  readonly line: number;
  /** The size of the file when the cursor was made, in bytes. */
  readonly size: number;
  /** How many bytes `headHash` covers: 65,536, or all of a shorter file. */
  readonly headLength: number;
  /** SHA-256 of the head, hexadecimal. */
  readonly headHash: string;
  /** SHA-256 of the 4,096 bytes (or fewer, at the beginning) before the offset, hexadecimal. */
  readonly tailHash: string;
}

export type Checked = { readonly ok: true; readonly size: number } | { readonly ok: false; readonly why: string };

const HEAD = 64 * 1024;
const TAIL = 4 * 1024;

/** Can the file be read on from the cursor (or, if null, from its beginning)? Never throws; `why` follows the file's name. */
export function checkLfnList(path: string, cursor: Cursor | null): Checked {
  try {
    return withFile(path, (fd, size) => {
      const why = cursor === null ? null : whyChanged(fd, size, cursor);
      return why === null ? { ok: true, size } : { ok: false, why };
    });
  } catch (error) {
    return { ok: false, why: error instanceof SpoolError ? error.message : `cannot be read: ${String(error)}` };
  }
}

/** The length (at most `length`, 64 KiB unless told) and SHA-256 of the file's first bytes. */
export function headOf(path: string, length: number = HEAD): { length: number; hash: string } {
  return withFile(path, (fd, size) => {
    const covered = Math.min(size, length);
    return { length: covered, hash: hashOf(fd, 0, covered) };
  });
}

/**
 * Is this file's head the one that the cursor was made of? Then it is that LFN list under another name, or a copy.
 * The whole content of a file shorter than 64 KiB counts; an empty one is like no other.
 */
export function sameHead(path: string, cursor: Cursor): boolean {
  if (cursor.headLength === 0) return false;
  return withFile(path, (fd, size) => {
    const comparable = cursor.headLength >= HEAD ? size >= cursor.headLength : size === cursor.headLength;
    return comparable && hashOf(fd, 0, cursor.headLength) === cursor.headHash;
  });
}

/** The cursor for this offset, made of what the open file holds now. */
export function cursorAt(fd: number, offset: number, line: number): Cursor {
  const { size } = fstatSync(fd);
  const headLength = Math.min(size, HEAD);
  return { offset, line, size, headLength, headHash: hashOf(fd, 0, headLength), tailHash: tailHash(fd, offset) };
}

/**
 * Opens a regular file for reading.
 * @throws SpoolError if it is not there, not regular or not readable; the message follows the file's name.
 */
export function openRegular(path: string): number {
  try {
    // Looked at before it is opened, as opening a device can do things; and not blocking, should it change in between.
    if (!statSync(path).isFile()) throw new SpoolError('is not a regular file');
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    if (code === null) throw error;
    throw new SpoolError(code === 'ENOENT' ? 'is not there' : `cannot be read: ${code}`, { cause: error });
  }
}

/** The bytes from `position` on: `length` of them, or as many as there are. */
export function readBytes(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(fd, bytes, filled, length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

function whyChanged(fd: number, size: number, cursor: Cursor): string | null {
  if (size < cursor.size) return `has shrunk from ${cursor.size} to ${size} bytes since it was read`;
  if (hashOf(fd, 0, cursor.headLength) !== cursor.headHash) {
    return `has other content than when it was read: its first ${cursor.headLength} bytes have changed`;
  }
  if (tailHash(fd, cursor.offset) !== cursor.tailHash) {
    return `has other content than when it was read: the bytes before ${cursor.offset} have changed`;
  }
  return null;
}

function tailHash(fd: number, offset: number): string {
  const start = Math.max(0, offset - TAIL);
  return hashOf(fd, start, offset - start);
}

function hashOf(fd: number, start: number, length: number): string {
  return sha256(readBytes(fd, start, length));
}

function withFile<T>(path: string, look: (fd: number, size: number) => T): T {
  const fd = openRegular(path);
  try {
    return look(fd, fstatSync(fd).size);
  } finally {
    closeSync(fd);
  }
}
