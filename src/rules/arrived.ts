/**
 * arrived: what FTS reported of each file of a job that finished: its size and when. Packed, as a campaign has millions
 * of them.
 *
 * A record a file, in the order in which they were sent: the size in 6 bytes, the time in seconds in 4. Pure.
 */
import type { FileOutcome } from './match.js';

export interface Arrival {
  /** Bytes; null: FTS did not say. */
  readonly size: number | null;
  /** In seconds since 1970; null: FTS did not say. */
  readonly at: number | null;
}

const [SIZE_BYTES, TIME_BYTES] = [6, 4];
const RECORD_BYTES = SIZE_BYTES + TIME_BYTES;
/** In place of a time: it has not finished; it has, and nobody knows when. */
const [NOT_FINISHED, SOME_TIME] = [0, 1];

/** `sent`: how many files the job was sent. Null: none of them has finished. */
export function packArrived(files: readonly FileOutcome[], sent: number): Buffer | null {
  const packed = Buffer.alloc(sent * RECORD_BYTES);
  let isEmpty = true;
  for (const { index, state, size, finishedAt } of files) {
    if (state !== 'FINISHED' || index >= sent) continue;
    isEmpty = false;
    const seconds = Math.floor((finishedAt?.getTime() ?? 0) / 1000);
    const at = index * RECORD_BYTES;
    packed.writeUIntLE(sizeFits(size) ? size : 0, at, SIZE_BYTES);
    packed.writeUInt32LE(seconds > SOME_TIME && seconds < 2 ** 32 ? seconds : SOME_TIME, at + SIZE_BYTES);
  }
  return isEmpty ? null : packed;
}

const sizeFits = (size: number | null | undefined): size is number =>
  typeof size === 'number' && size < 2 ** (8 * SIZE_BYTES);

/** How many files the job was sent. */
export const countPacked = (packed: Uint8Array): number => packed.length / RECORD_BYTES;

/** What arrived of the file that was sent at this place, counted from 0; null: it has not finished. */
export function arrivalAt(packed: Buffer, place: number): Arrival | null {
  const at = place * RECORD_BYTES;
  if (at + RECORD_BYTES > packed.length) return null;
  const seconds = packed.readUInt32LE(at + SIZE_BYTES);
  if (seconds === NOT_FINISHED) return null;
  return { size: packed.readUIntLE(at, SIZE_BYTES) || null, at: seconds === SOME_TIME ? null : seconds };
}
