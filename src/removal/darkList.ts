/**
 * darkList: reads a list of what is dark, as compareDumps writes it: path, size and checksum between tabs, or URLs in
 * place of paths.
 *
 * All of it or nothing: a list with a line that cannot be read, or that was cut off, is not the one that somebody made.
 * What stands outside --under, or is named twice, is refused with it.
 */
import fs from 'node:fs';
import { readDarkHead, type DarkHead } from '../dumps/darkHead.js';
import { inspectInput } from '../dumps/inputs.js';
import { decodeUtf8 } from '../text/escape.js';
import { count } from '../text/terminal.js';
import type { Below } from './below.js';
import { Refused } from './refused.js';

export interface DarkFile {
  readonly url: string;
  /** As the dump has it. */
  readonly path: string;
  /** Behind the base. */
  readonly tail: string;
  /** Null: the dump does not say it. */
  readonly size: number | null;
  readonly checksum: string;
}

export interface DarkList {
  readonly head: DarkHead;
  readonly files: readonly DarkFile[];
  readonly bytes: Uint8Array;
}

/** Errors: UsageError when it cannot be opened, Refused when anything in it is not as it should be. */
export function readDarkList(file: string, below: Below): DarkList {
  inspectInput(file);
  const bytes = fs.readFileSync(file);
  const text = decodeUtf8(bytes);
  if (text === null) throw new Refused(`${file} is not UTF-8; take out what is not, and have it deleted by hand`);
  const lines = text.split('\n');
  const head = readDarkHead(lines);
  if (head === null)
    throw new Refused(
      `${file} does not begin with "# dark below BASE: path, size, checksum"; compareDumps writes it so`,
    );
  if (lines.pop() !== '') throw new Refused(`${file} was cut off: its last line has no end; copy it anew`);
  if (!below.isOf(head.base))
    throw new Refused(
      `${file} is of the base "${head.base}", and --under ${below.url} does not end with it; name the URL of that base`,
    );
  const troubles: string[] = [];
  const files = new Map<string, DarkFile>();
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('#')) continue;
    const read = readLine(line, head.base, below);
    if (typeof read === 'string') troubles.push(`line ${index + 1} (${line.slice(0, 200)}) ${read}`);
    else if (files.has(read.url)) troubles.push(`line ${index + 1} (${line.slice(0, 200)}) is there twice`);
    else files.set(read.url, read);
  }
  const [first] = troubles;
  if (first !== undefined)
    throw new Refused(`${count(troubles.length)} of the lines of ${file} cannot be used; ${first}; mend the list`);
  return { head, files: [...files.values()], bytes };
}

const COLUMNS = /^([^\t]+)\t(\d{1,15}|-)\t(-|[A-Za-z0-9]{1,20}:[0-9A-Fa-f]{1,128})$/;

/** Or what is wrong with it, as a phrase to follow "the line". */
function readLine(line: string, base: string, below: Below): DarkFile | string {
  const [, name = '', size = '-', checksum = '-'] = COLUMNS.exec(line) ?? (line.includes('://') ? [line, line] : []);
  if (name === '') return 'has not path, size and checksum';
  const isUrl = /^\w+:\/\//.test(name);
  const start = isUrl ? below.url : base === '' ? '' : `${base}/`;
  if (!name.startsWith(start)) return isUrl ? `is not below ${below.url}` : `is not below ${base}`;
  const tail = name.slice(start.length);
  const why = below.whyNot(tail);
  if (why !== null) return why;
  return {
    url: below.url + tail,
    path: base === '' ? tail : `${base}/${tail}`,
    tail,
    size: size === '-' ? null : Number(size),
    checksum,
  };
}
