/**
 * spill: a file for what does not fit into memory. It has no name: however the process ends, nothing of it is left.
 */
import fs from 'node:fs';
import path from 'node:path';
import { diskTrouble } from './disk.js';

export class Spill {
  readonly directory: string;
  private handle: number | null = null;
  private end = 0;

  /** It is made in this directory when something is written to it. `handle`: another thread has made it for this one. */
  constructor(directory: string, handle: number | null = null) {
    this.directory = directory;
    this.handle = handle;
  }

  /** For another thread. Errors: SpoolError. */
  made(): number {
    try {
      return (this.handle ??= this.open());
    } catch (error) {
      throw diskTrouble('write to', this.directory, error);
    }
  }

  /** Returns where the bytes begin. Errors: SpoolError. */
  append(bytes: Uint8Array): number {
    const at = this.end;
    try {
      this.handle ??= this.open();
      for (let written = 0; written < bytes.length;)
        written += fs.writeSync(this.handle, bytes, written, bytes.length - written, at + written);
    } catch (error) {
      throw diskTrouble('write what does not fit into memory to', this.directory, error);
    }
    this.end += bytes.length;
    return at;
  }

  /** Fills a part of `into`. Errors: SpoolError. */
  read(into: Uint8Array, offset: number, length: number, position: number): void {
    try {
      for (let done = 0; done < length;) {
        const read = fs.readSync(this.handle ?? -1, into, offset + done, length - done, position + done);
        if (read === 0) throw new Error('it is shorter than what was written to it');
        done += read;
      }
    } catch (error) {
      throw diskTrouble('read again what was written to', this.directory, error);
    }
  }

  close(): void {
    if (this.handle !== null) fs.closeSync(this.handle);
    this.handle = null;
  }

  private open(): number {
    const name = path.join(this.directory, '.castor2echo.tmp');
    // One that a run has left which was killed just here; another run's has lost its name already, or does not need it.
    fs.rmSync(name, { force: true });
    const handle = fs.openSync(name, 'wx+', 0o600);
    fs.rmSync(name, { force: true });
    return handle;
  }
}
