/**
 * campaignFiles: which of the files that are to be deleted a list of the campaign names, or a line of an LFN list that
 * is not cut yet.
 *
 * By their paths alone: a list may say the same storage by another protocol, another door or an alias of its host, and
 * its paths may begin elsewhere than those of the dump. So two are taken for one when the path of one ends with that of
 * the other. That may keep a file that is another; it never gives one away.
 */
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathOf } from '../dumps/bases.js';
import { campaignLists } from '../dumps/campaignRecords.js';
import { BAD, CARRIED, OKAY } from '../dumps/verdict.js';
import { inputs, lfnListFiles, openInput } from '../lfnLists/lfnLists.js';
import { parseList } from '../lists/list.js';
import { destinationOf, sourceOf } from '../lists/prefixes.js';
import type { Run } from '../run/program.js';
import { endsAt } from './below.js';

/** A file, by the paths that may be written for it: the whole of one, and what stands behind its base. */
export interface CandidateFile {
  readonly url: string;
  readonly path: string;
  readonly tail: string;
}

export interface NamedFiles {
  /** By URL, the list that names it. */
  readonly carried: ReadonlyMap<string, string>;
  readonly okay: ReadonlyMap<string, string>;
  readonly bad: ReadonlyMap<string, string>;
  /** Lists and lines that could not be read: nobody knows what they name. */
  readonly unreadable: readonly string[];
}

/** `column`: by which URL the lists name a file. */
export async function namedFiles(
  run: Run,
  files: readonly CandidateFile[],
  column: 'source' | 'destination',
): Promise<NamedFiles> {
  const byName = new Map<string, CandidateFile[]>();
  for (const file of files) {
    const name = path.posix.basename(file.path);
    byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  const found = new Map([CARRIED, OKAY, BAD].map((side) => [side, new Map<string, string>()]));
  const note = (side: number, url: string, where: string): void => {
    const written = pathOf(url);
    for (const file of byName.get(path.posix.basename(written)) ?? [])
      if (endsAt(written, file.tail) || endsAt(file.path, written)) found.get(side)?.set(file.url, where);
  };
  const unreadable: string[] = [];
  for (const list of campaignLists(run)) {
    if ('why' in list.read) {
      unreadable.push(`${list.path}: ${list.read.why}`);
      continue;
    }
    const parsed = parseList(list.read.bytes);
    unreadable.push(...parsed.unreadable.map(({ line, why }) => `${list.path}:${line} ${why}`));
    for (const transfer of [...parsed.transfers, ...parsed.duplicates]) note(list.side, transfer[column], list.path);
    // Between two lists signals come through.
    await setImmediate();
  }
  unreadable.push(...(await noteUncut(run, column, (url, where) => note(CARRIED, url, where))));
  const pathsOn = (side: number): ReadonlyMap<string, string> => found.get(side) ?? new Map();
  return { carried: pathsOn(CARRIED), okay: pathsOn(OKAY), bad: pathsOn(BAD), unreadable };
}

const LINES_PER_PIECE = 10_000;

/** What the LFN lists still say is to be copied. Returns those that cannot be read. Errors: UsageError when no route fits one. */
async function noteUncut(
  run: Run,
  column: 'source' | 'destination',
  note: (url: string, where: string) => void,
): Promise<string[]> {
  const readable = await inputs(run);
  for (const input of readable) {
    const reader = openInput(run, input);
    try {
      for (let lines = 0, line = reader.next(); line !== null; line = reader.next(), lines++) {
        if (lines % LINES_PER_PIECE === 0) await setImmediate();
        if (line.kind !== 'lfn') continue;
        const url = column === 'source' ? sourceOf(input.route, line.lfn) : destinationOf(input.route, line.lfn);
        note(url, `${input.name}:${line.line}, not cut yet`);
      }
    } finally {
      reader.close();
    }
  }
  const known = new Set(readable.map(({ name }) => name));
  return (await lfnListFiles(run)).filter((name) => !known.has(name)).map((name) => `${name}: it is not read`);
}
