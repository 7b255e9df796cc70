/**
 * note: what spares an opening from reading the whole database.
 *
 * The full check reads every page, so it grows with the campaign. A run that has ended well notes in `.checked` how it
 * has left the file: size, inode, times of change, and the counter that SQLite raises with each commit. A file that
 * still stands so has not been written since, by nobody, and is taken for sound for a day after its last full check.
 * Anything else, a run that was killed, a copy, a byte that somebody changed, a note that cannot be read, has it read
 * from end to end. A small database always is.
 *
 * What is left: a disk that alters a file behind the file system's back is found out within a day, or when SQLite meets
 * the page; then the note is taken away, and the next opening reads all of it.
 */
import { DAY_MS } from '../text/words.js';
import fs from 'node:fs';
import path from 'node:path';

export const NOTE = '.checked';
/** Up to this size the full check takes some hundredths of a second. */
export const SMALL_BYTES = 16 * 1024 * 1024;
/** "File change counter" in the header of a database (sqlite.org/fileformat.html, 1.3.7). */
const COUNTER = { at: 24, bytes: 4 } as const;

/** When all of the database was last read and found sound; null when that has to be done now. */
export function lastChecked(base: string, file: string, now: number): number | null {
  try {
    if (fs.existsSync(`${file}-journal`)) return null;
    const stands = onDisk(file);
    const noted: unknown = JSON.parse(fs.readFileSync(path.join(base, NOTE), 'utf8'));
    const { checkedAt, ...left } = noted as { checkedAt?: unknown };
    if (typeof checkedAt !== 'number' || JSON.stringify(left) !== JSON.stringify(stands)) return null;
    return stands.size > SMALL_BYTES && checkedAt <= now && now - checkedAt < DAY_MS ? checkedAt : null;
  } catch {
    return null;
  }
}

/** To be called when a run that ends well has closed the database. A note that cannot be written costs the next run a check. */
export function noteChecked(base: string, file: string, checkedAt: number): void {
  try {
    const stands = onDisk(file);
    if (stands.size > SMALL_BYTES)
      fs.writeFileSync(path.join(base, NOTE), JSON.stringify({ ...stands, checkedAt }), { mode: 0o640 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** To be called when damage was met: the next opening reads all of it, so that nobody works on with the rest. */
export function forgetChecked(base: string): void {
  try {
    fs.rmSync(path.join(base, NOTE), { force: true });
  } catch (error) {
    // On a disk that refuses this too the damage is met again: it is what must be said.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** How the file stands. Nobody can write to it and leave its ctime as it was. */
function onDisk(
  file: string,
): Readonly<Record<'inode' | 'modified' | 'changed' | 'counter', string>> & { size: number } {
  const handle = fs.openSync(file, 'r');
  try {
    const { size, ino, mtimeNs, ctimeNs } = fs.fstatSync(handle, { bigint: true });
    const counter = Buffer.alloc(COUNTER.bytes);
    fs.readSync(handle, counter, 0, COUNTER.bytes, COUNTER.at);
    return {
      size: Number(size),
      inode: String(ino),
      modified: String(mtimeNs),
      changed: String(ctimeNs),
      counter: counter.toString('hex'),
    };
  } finally {
    fs.closeSync(handle);
  }
}
