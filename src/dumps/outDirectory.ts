/**
 * outDirectory: the directory of the answers, which is there wholly or not at all.
 *
 * Its files are written into a draft beside it and synced; then the draft gets its name. A run that is killed leaves the draft
 * at most, which the next one clears.
 */
import fs from 'node:fs';
import path from 'node:path';
import { diskTrouble, hasTilde, NO_TILDE, syncDirectory } from '../disk.js';
import { UsageError } from '../errors.js';

const PIECE = 256 * 1024;

export class OutDirectory {
  readonly parent: string;
  private readonly target: string;
  private readonly draft: string;
  private isBegun = false;

  /** Errors: UsageError when it is there already, or nothing can be made there. */
  constructor(directory: string) {
    if (hasTilde(directory)) throw new UsageError(`Cannot write to ${directory}: ${NO_TILDE}`);
    this.target = path.resolve(directory);
    this.parent = path.dirname(this.target);
    this.draft = path.join(this.parent, `.${path.basename(this.target)}.draft`);
    if (fs.statSync(this.parent, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new UsageError(
        `Cannot make ${this.target}: ${this.parent} is not there; make it, or name another with --out`,
      );
    if (fs.lstatSync(this.target, { throwIfNoEntry: false }) !== undefined)
      throw new UsageError(`Cannot make ${this.target}: it is there already; name a new directory with --out`);
  }

  /** `lines`: each character a byte. Errors: SpoolError. */
  write(name: string, lines: Iterable<string>): void {
    const file = path.join(this.draft, name);
    try {
      if (!this.isBegun) this.begin();
      const handle = fs.openSync(file, 'wx', 0o644);
      try {
        let text = '';
        for (const line of lines) {
          text += `${line}\n`;
          if (text.length >= PIECE) {
            fs.writeFileSync(handle, text, 'latin1');
            text = '';
          }
        }
        fs.writeFileSync(handle, text, 'latin1');
        fs.fsyncSync(handle);
      } finally {
        fs.closeSync(handle);
      }
    } catch (error) {
      throw this.trouble(file, error);
    }
  }

  /** Gives it its name. Errors: SpoolError. */
  publish(): void {
    try {
      syncDirectory(this.draft);
      fs.renameSync(this.draft, this.target);
      syncDirectory(this.parent);
    } catch (error) {
      throw this.trouble(this.target, error);
    }
    this.isBegun = false;
  }

  /** Nothing is left of what was not published. */
  discard(): void {
    if (this.isBegun) this.clear();
    this.isBegun = false;
  }

  private begin(): void {
    this.clear();
    fs.mkdirSync(this.draft, { mode: 0o755 });
    this.isBegun = true;
  }

  /** Only what a run has left: files, directly in it. */
  private clear(): void {
    if (!fs.existsSync(this.draft)) return;
    for (const name of fs.readdirSync(this.draft)) fs.unlinkSync(path.join(this.draft, name));
    fs.rmdirSync(this.draft);
  }

  private trouble(target: string, error: unknown): unknown {
    return typeof (error as NodeJS.ErrnoException).syscall === 'string' ? diskTrouble('write', target, error) : error;
  }
}
