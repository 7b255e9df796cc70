/**
 * outDirectory: the directory of the answers, which is there wholly or not at all.
 *
 * Its files are written into a draft beside it and synced; then the draft gets its name. A run that is killed leaves
 * the draft at most, which the next one clears.
 */
import fs from 'node:fs';
import path from 'node:path';
import { NewName, syncDirectory, troubleWith } from '../disk.js';

const PIECE = 256 * 1024;

export class OutDirectory {
  private readonly name: NewName;
  private isBegun = false;

  /** Errors: UsageError when it is there already, or nothing can be made there. */
  constructor(directory: string) {
    this.name = new NewName(directory, 'name a new directory with --out');
  }

  get parent(): string {
    return this.name.directory;
  }

  /** `lines`: each character a byte. Errors: SpoolError. */
  write(name: string, lines: Iterable<string>): void {
    const file = path.join(this.name.draft, name);
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
      throw troubleWith('write', file, error);
    }
  }

  /** Gives it its name. Errors: SpoolError. */
  publish(): void {
    try {
      syncDirectory(this.name.draft);
      this.name.give();
    } catch (error) {
      throw troubleWith('write', this.name.target, error);
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
    fs.mkdirSync(this.name.draft, { mode: 0o755 });
    this.isBegun = true;
  }

  /** Only what a run has left: files, directly in it. */
  private clear(): void {
    const { draft } = this.name;
    if (!fs.existsSync(draft)) return;
    for (const name of fs.readdirSync(draft)) fs.unlinkSync(path.join(draft, name));
    fs.rmdirSync(draft);
  }
}
