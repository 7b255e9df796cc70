/**
 * removing: a campaign, a storage with files in it, a dark list that names some of them, and what removeDark does.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Campaign } from '../support/campaign.js';
import type { Outcome } from '../support/runProgram.js';
import { runWithin } from '../support/runWithin.js';
import { Storages } from '../support/storages.js';
import { temporaryDirectory } from '../support/temporaryDirectory.js';

const HOUR = 3_600_000;
export const hoursAgo = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString();
const minutes = (time: string): string => time.slice(0, 16);

/** When the dump and the catalogue were made, and the files before both. */
export const DUMPED = hoursAgo(4);
export const CATALOGUED = minutes(hoursAgo(2));
const WRITTEN = new Date(Date.now() - 9 * HOUR);

export interface Ran extends Outcome {
  readonly text: string;
}

export class Removing {
  readonly campaign = new Campaign([{ name: 'RAL', endpoint: 'https://127.0.0.1:9' }]);
  readonly storages = new Storages();
  readonly directory = temporaryDirectory();
  readonly under = `${this.campaign.destination}/`;
  readonly list = join(this.directory, 'dark-prod.list');

  private constructor() {}

  /** A campaign without lists, and these dark files of three bytes: `lhcb/dark/a`. */
  static async with(tails: readonly string[], head = headOf()): Promise<Removing> {
    const made = new Removing();
    await made.campaign.run('monitor');
    for (const tail of tails) made.put(tail);
    made.write('dark-prod.list', [...head, ...tails.map(lineOf)]);
    made.write('bases', ['RAL-DST;prod']);
    made.write('catalogue', ['RAL-DST;/lhcb/known']);
    return made;
  }

  put(tail: string, content = 'hi\n', written = WRITTEN): void {
    this.storages.put(this.url(tail), content, written);
  }

  url(tail: string): string {
    return this.under + tail;
  }

  has(tail: string): boolean {
    return this.storages.has(this.url(tail));
  }

  write(name: string, lines: readonly string[] | string): string {
    const text = typeof lines === 'string' ? lines : lines.map((line) => `${line}\n`).join('');
    writeFileSync(join(this.directory, name), text);
    return join(this.directory, name);
  }

  /** What it is told beside what it is to delete. */
  arguments(...options: readonly string[]): string[] {
    const said = new Set(options);
    const usual: readonly (readonly [string, string])[] = [
      ['--under', this.under],
      ['--catalogue', join(this.directory, 'catalogue')],
      ['--catalogued-at', CATALOGUED],
      ['--bases', join(this.directory, 'bases')],
    ];
    return [
      '--base',
      this.campaign.base,
      '--wait',
      '0',
      this.list,
      ...usual.flatMap(([name, value]) => (said.has(name) ? [] : [name, value])),
      ...options,
    ];
  }

  async run(...options: readonly string[]): Promise<Ran> {
    const ended = await runWithin('misc/removeDark', this.arguments(...options), { env: this.storages.env });
    return { ...ended, text: ended.stdout + ended.stderr };
  }

  /** Deletes so many. */
  async remove(files: number, ...options: readonly string[]): Promise<Ran> {
    return this.run('--yes', '--expect', String(files), ...options);
  }

  /** The outcomes in the ledger, by the file: `lhcb/dark/a DELETED`. */
  ledger(): string[] {
    const file = join(this.directory, 'removed-dark-prod.tsv');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').slice(1, -1);
    return lines.map((line) => {
      const [, url = '', outcome = ''] = line.split('\t');
      return `${url.slice(this.under.length)} ${outcome}`;
    });
  }

  /** The gfal-rm that were started. */
  removals(): string[] {
    return this.storages.asked().filter((line) => line.startsWith('gfal-rm'));
  }
}

export const headOf = (files = 100_000, dumped = DUMPED, base = 'prod'): string[] => [
  `# dark below ${base}: path, size, checksum`,
  `# ${files} files dumped below it; dump of ${dumped}; catalogue of ${hoursAgo(3)}`,
];

export const lineOf = (tail: string): string => `prod/${tail}\t3\tADLER32:021700dc`;

export const many = (count: number): string[] =>
  Array.from({ length: count }, (_, number) => `lhcb/dark/${String(number).padStart(4, '0')}`);
