/**
 * outFile: the file of a manifest, which is there wholly or not at all, and never written over another.
 *
 * It is written into a draft beside it, synced, and gets its name at the end. A run that is killed leaves the draft at
 * most, which the next one writes over. What is hashed is what is read: of a `.gz` the text in it. Other threads zip
 * and write it, while the next is made.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { DRAFT, NewName, troubleWith } from '../disk.js';
import { UsageError } from '../errors.js';

/** Each piece of a `.gz` is a member of its own, as gzip files may have many. */
const PIECE = 1024 * 1024;
/** Pieces that are zipped or written at one time, each on a thread of its own as far as there are some. */
const MOST_WAITING = 16;

const writeAt = promisify(fs.write);

export class OutFile {
  private readonly name: NewName;
  private readonly isZipped: boolean;
  private readonly hash = createHash('sha256');
  private handle: number | null = null;
  private piece = Buffer.allocUnsafe(PIECE);
  private length = 0;
  private isBegun = false;
  /** The length of the draft, with the pieces that are being written. */
  private bytes = 0;
  /** Pieces that are not written yet; and when all of them are. */
  private waiting = 0;
  private written: Promise<void> = Promise.resolve();
  private isDiscarded = false;

  /** Errors: UsageError when it is there already, or nothing can be made there. */
  constructor(file: string) {
    if (file === '-') throw new UsageError('A manifest is a file that is kept: name it with --out');
    this.name = new NewName(file, 'name another with --out, or move it away');
    this.isZipped = file.endsWith('.gz');
  }

  get directory(): string {
    return this.name.directory;
  }

  get target(): string {
    return this.name.target;
  }

  /** `encoding`: `latin1` where each character is a byte. Of trouble with the disk one hears by `settled` and `publish`. */
  write(text: string, encoding: 'utf8' | 'latin1' = 'utf8'): void {
    // No character has more bytes in UTF-8.
    if (this.length + 3 * text.length > PIECE) this.flush();
    if (3 * text.length > PIECE) this.put(Buffer.from(text, encoding));
    else this.length += this.piece.write(text, this.length, encoding);
  }

  /** The hash of all that was written so far. */
  sha256(): string {
    this.flush();
    return this.hash.copy().digest('hex');
  }

  /** So much waits in memory that it should have its turn: see `settled`. */
  isBehind(): boolean {
    return this.waiting >= MOST_WAITING;
  }

  /** Nothing waits any more. Errors: SpoolError. */
  settled(): Promise<void> {
    return this.written;
  }

  /** Gives it its name: it is on the disk when this returns. Errors: UsageError when another stands there now, SpoolError. */
  async publish(): Promise<void> {
    this.flush();
    await this.settled();
    if (this.handle === null) return;
    try {
      fs.fsyncSync(this.handle);
      fs.closeSync(this.handle);
      this.handle = null;
      this.name.refuseOther();
      this.name.give();
      this.isBegun = false;
    } catch (error) {
      throw troubleWith('write', this.target, error);
    }
  }

  /** Nothing is left of what was not published. */
  async discard(): Promise<void> {
    this.isDiscarded = true;
    // A thread may write to it still. Its trouble was told, or is that of a file that nobody wants.
    await this.written.catch(() => {});
    if (this.handle !== null) fs.closeSync(this.handle);
    this.handle = null;
    if (this.isBegun) fs.rmSync(this.name.draft, { force: true });
  }

  private flush(): void {
    if (this.length === 0) return;
    this.put(this.piece.subarray(0, this.length));
    // The other is still being zipped, or written.
    this.piece = Buffer.allocUnsafe(PIECE);
    this.length = 0;
  }

  private put(text: Uint8Array): void {
    this.hash.update(text);
    this.waiting += 1;
    const before = this.written;
    // Where a zipped piece begins is known when those before it are zipped.
    const own = this.isZipped
      ? Promise.all([promisify(gzip)(text), before]).then(([bytes]) => this.append(bytes))
      : this.append(text);
    this.written = Promise.all([own, before]).then(() => void (this.waiting -= 1));
    // Whoever waits for it hears of its trouble; until then it waits.
    this.written.catch(() => {});
  }

  private async append(bytes: Uint8Array): Promise<void> {
    if (this.isDiscarded) return;
    try {
      this.handle ??= fs.openSync(this.name.draft, DRAFT, 0o644);
      this.isBegun = true;
      const [handle, begin] = [this.handle, this.bytes];
      this.bytes += bytes.length;
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await writeAt(handle, bytes, done, bytes.length - done, begin + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw troubleWith('write', this.target, error);
    }
  }
}
