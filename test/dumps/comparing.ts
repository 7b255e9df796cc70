/**
 * comparing: dumps and catalogues in a directory of their own, and what compareDumps makes of them.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { start, outcome, type Outcome } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

export interface Compared extends Outcome {
  /** The files of the answers, by name; without the line that says what they are. Empty: nothing was written. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  readonly text: string;
}

/** All of them at one time, so that both answers can be given. */
const AT = new Date(Date.now() - 3_600_000).toISOString().slice(0, 16);
export const AT_ONE_TIME = ['--dumped-at', AT, '--catalogued-at', AT];

export class Comparing {
  readonly directory = temporaryDirectory();
  private runs = 0;

  constructor(bases = 'RAL-DST;prod\n') {
    this.write('bases', bases);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  write(name: string, content: string | Buffer | readonly string[]): string {
    const isText = typeof content === 'string' || Buffer.isBuffer(content);
    writeFileSync(this.path(name), isText ? content : content.map((line) => `${line}\n`).join(''));
    return this.path(name);
  }

  /** Compares the files `dump` and `catalogue`. */
  async compare(...options: readonly string[]): Promise<Compared> {
    const files = ['--storage', this.path('dump'), '--catalogue', this.path('catalogue')];
    return this.run(...files, '--bases', this.path('bases'), ...options);
  }

  async run(...options: readonly string[]): Promise<Compared> {
    const out = this.path(`out${(this.runs += 1)}`);
    const ended = await runUnharmed('misc/compareDumps', { base: this.directory, args: [...options, '--out', out] });
    return this.compared(out, ended);
  }

  async withStdin(input: string | Buffer, ...options: readonly string[]): Promise<Compared> {
    const out = this.path(`out${(this.runs += 1)}`);
    const child = start('misc/compareDumps', { base: this.directory, args: [...options, '--out', out] });
    child.stdin.end(input);
    return this.compared(out, await outcome(child));
  }

  /** What stands before the lines of the last dark list. */
  head(name: string): string[] {
    return readFileSync(this.path(`out${this.runs}/${name}`), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('#'));
  }

  private compared(out: string, ended: Outcome): Compared {
    const names = existsSync(out) ? readdirSync(out) : [];
    const files = Object.fromEntries(names.map((name) => [name, linesOf(join(out, name))]));
    return { ...ended, files, text: ended.stdout + ended.stderr };
  }
}

function linesOf(path: string): string[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return path.endsWith('.json') ? lines : lines.slice(path.includes('dark-') ? 2 : 1);
}

/** So many files that are in both, so that a few others are no great part. */
export const many = (line: (number: number) => string, count = 300): string[] =>
  Array.from({ length: count }, (_, number) => line(number));

export const dumpLine = (number: number): string => `prod/lhcb/MC/${number}.dst;${checksum(number)};${1000 + number}`;
export const catalogueLine = (number: number, element = 'RAL-DST'): string =>
  `${element};/lhcb/MC/${number}.dst;${checksum(number)};${1000 + number}`;

const checksum = (number: number): string => (0xd8f16adf - number).toString(16).padStart(8, '0');
