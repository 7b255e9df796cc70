/**
 * ledger: what became of each file that was to be deleted, a line each; beside the list.
 *
 *     # removed by dark-prod.list, sha256 0a1b…: time, URL, outcome
 *     2018-04-20T10:00:00.000Z	gsiftp://…	DELETED
 *
 * A batch is appended and synced when its gfal-rm has ended; nothing is written over. A run that is killed before that
 * leaves a batch (of --parallel ones, as many) of which nothing stands here, and of a line its beginning at most: the
 * next run looks at those files again, and finds them missing if they were deleted.
 */
import fs from 'node:fs';
import path from 'node:path';
import { diskTrouble, syncDirectory } from '../disk.js';
import { sha256 } from '../spool/digest.js';
import { escapeText } from '../text/escape.js';
import { clip } from '../text/words.js';
import { Refused } from './refused.js';

export type RemovalOutcome = 'DELETED' | 'MISSING' | `FAILED: ${string}`;

export class RemovalLedger {
  readonly file: string;
  /** What is over: it is not tried again. */
  readonly done = new Map<string, 'DELETED' | 'MISSING'>();
  /** What is to be written first: the head, as far as it is not there, or the end of a line that was cut off. */
  private before = '';
  private readonly head: string;
  private handle: number | null = null;

  /** `content`: of the list. */
  constructor(list: string, content: Uint8Array) {
    const name = path.basename(list);
    this.file = path.join(path.dirname(path.resolve(list)), `removed-${name.replace(/\.(?:list|tsv)$/, '')}.tsv`);
    this.head = `# removed by ${escapeText(name)}, sha256 ${sha256(content)}: time, URL, outcome\n`;
  }

  /** Reads what an earlier run has left. Errors: Refused when it is that of another list, SpoolError. */
  load(): void {
    const { head } = this;
    const text = this.read();
    if (!text.startsWith(head) && !head.startsWith(text))
      throw new Refused(`${this.file} is that of another list; move it away`);
    // A line of which only the beginning was written is none.
    this.before = text.length < head.length ? head.slice(text.length) : text.endsWith('\n') ? '' : '\n';
    for (const line of text.split('\n').slice(0, -1)) {
      const [, url, outcome] = /^\d{4}-\S+Z\t([^\t]+)\t(DELETED|MISSING)$/.exec(line) ?? [];
      if (url !== undefined && (outcome === 'DELETED' || outcome === 'MISSING')) this.done.set(url, outcome);
    }
  }

  /** Before anything is deleted: a ledger that cannot be written has nothing deleted. Errors: SpoolError. */
  open(): void {
    this.attempt(() => {
      this.handle = fs.openSync(
        this.file,
        fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_APPEND | fs.constants.O_NOFOLLOW,
        0o644,
      );
      this.write(this.before);
      syncDirectory(path.dirname(this.file));
    });
  }

  /** When this returns it is on the disk. Errors: SpoolError. */
  add(now: Date, outcomes: ReadonlyMap<string, RemovalOutcome>): void {
    const lines = [...outcomes].map(([url, outcome]) => `${now.toISOString()}\t${url}\t${escapeText(clip(outcome))}\n`);
    if (lines.length > 0) this.attempt(() => this.write(lines.join('')));
  }

  close(): void {
    if (this.handle !== null) fs.closeSync(this.handle);
    this.handle = null;
  }

  private read(): string {
    try {
      return fs.readFileSync(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw diskTrouble('read', this.file, error);
    }
  }

  private write(text: string): void {
    const handle = this.handle ?? -1;
    fs.writeFileSync(handle, text);
    fs.fsyncSync(handle);
  }

  private attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      throw diskTrouble('write', this.file, error);
    }
  }
}
