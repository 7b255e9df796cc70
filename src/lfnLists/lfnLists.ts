/**
 * lfnLists: the input of a campaign, its LFN lists, each with how far it is cut.
 *
 *     find the files that the patterns of the settings match; leave out what by its name is no LFN list, and say so
 *     give each the first route that fits its name, and its cursor
 *     read it only if it still begins as it did, and ends its last line where the cursor stands
 *
 * A file that is not what its cursor was made of is not read: cutting on in it would skip or repeat transfers. Who
 * reads lines (`reader`), tells how many are left (`lineCount`) and how fast they go (`pace`) is beside this; nothing
 * of it writes.
 */
import fs from 'node:fs';
import path from 'node:path';
import { routeFor, type Route } from '../settings/route.js';
import { SpoolError, UsageError } from '../errors.js';
import type { LfnListRow } from '../ftsJob.js';
import { lfnLists } from '../database/lfnListRows.js';
import { whyNoLfnList } from './noLfnList.js';
import { checkLfnList, LfnReader, sameHead, type Cursor, type ReaderOptions } from './reader.js';
import { isUnread } from './unreadNames.js';
import type { Run } from '../run/program.js';

/** An LFN list that may be read. */
export interface LfnListInput {
  /** Relative to the base directory, as it stands in the lists' comments. */
  readonly name: string;
  readonly path: string;
  readonly route: Route;
  readonly row: LfnListRow | null;
}

/** What of a run the LFN lists are found by. */
type Campaign = Pick<Run, 'base' | 'settings' | 'db' | 'now' | 'summary'>;

/** The LFN lists that can be read, in name order. Those that cannot are named. Errors: `UsageError` when no route fits one. */
export async function inputs(run: Campaign): Promise<LfnListInput[]> {
  const rows = new Map(lfnLists(run.db).map((row) => [row.name, row]));
  const found = await lfnListFiles(run);
  for (const why of await fruitlessPatterns(run.base, run.settings.producer.lfn_lists))
    run.summary.needsAttention(`producer.lfn_lists: ${why}`);
  for (const row of rows.values())
    if (!found.includes(row.name) && row.offset < row.size)
      run.summary.warn(`LFN list "${row.name}" is gone: ${row.size - row.offset} bytes of it were not cut yet`);
  const usable = found.map((name) => ({
    name,
    path: path.resolve(run.base, name),
    route: route(run, name),
    row: rows.get(name) ?? null,
  }));
  return usable.filter((input) => readable(run, input, [...rows.values()]));
}

/** The same for those who only show them: a missing route stops the producer; here it is only said. */
export async function inputsToShow(run: Campaign): Promise<LfnListInput[]> {
  try {
    return await inputs(run);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    run.summary.needsAttention(error.message);
    return [];
  }
}

/** Open at the cursor. */
export function openInput(run: Campaign, input: LfnListInput): LfnReader {
  return new LfnReader(input.path, cursorOf(input.row), readerOptions(run, input.route));
}

const readerOptions = (run: Campaign, prefixes: Route): ReaderOptions => ({
  prefixes,
  now: run.now(),
  hasGroups: hasGroups(run.settings),
});

/** Does a fourth column of the LFN lists say what belongs together? */
export const hasGroups = ({ producer }: Run['settings']): boolean => producer.group_by === 'column';

/** The names of all LFN lists, relative to the base directory; what is no LFN list by its name is named. */
export async function lfnListFiles(run: Campaign): Promise<string[]> {
  const known = lfnLists(run.db).map(({ name }) => name);
  const { names, unread } = await globLfnLists(run.base, run.settings.producer.lfn_lists, known);
  if (unread.length > 0) run.summary.note(`not read, by their names no LFN lists: ${unread.join(', ')}`);
  return names;
}

/**
 * What the patterns match, relative to the base directory, in name order; `unread` are by their names no LFN lists. One
 * that has been read before (`known`) is read on, whatever its name.
 */
export async function globLfnLists(
  base: string,
  patterns: readonly string[],
  known: readonly string[],
): Promise<{ names: string[]; unread: string[] }> {
  const isDefault = patterns.length === 1 && patterns[0] === DEFAULT_PATTERN;
  const found = (isDefault ? filesInDefault(base) : await globbed(base, patterns)).sort();
  const unread = found.filter((name) => isUnread(name) && !known.includes(name));
  return { names: found.filter((name) => !unread.includes(name)), unread };
}

/** Patterns of the settings that somebody has written and that match no file, each as a sentence. */
export async function fruitlessPatterns(base: string, patterns: readonly string[]): Promise<string[]> {
  const sentences: string[] = [];
  for (const pattern of patterns) {
    if (pattern === DEFAULT_PATTERN || pattern.startsWith('!')) continue;
    const glob = await fastGlob();
    if ((await glob(pattern, { cwd: base, onlyFiles: true })).length > 0) continue;
    const [directory] = await glob(pattern, { cwd: base, onlyDirectories: true, markDirectories: true });
    sentences.push(
      directory === undefined
        ? `"${pattern}" matches nothing in ${base}: correct it in the settings, or put the LFN list there`
        : `"${pattern}" matches only a directory: to read the files in it, say "${directory}*"`,
    );
  }
  return sentences;
}

const globbed = async (base: string, patterns: readonly string[]): Promise<string[]> =>
  (await fastGlob())([...patterns], { cwd: base, onlyFiles: true });

/** What fast-glob finds by the default pattern: no hidden files, and links that lead to files. */
function filesInDefault(base: string): string[] {
  const directory = path.dirname(DEFAULT_PATTERN);
  return entriesOf(path.join(base, directory))
    .filter((entry) => !entry.name.startsWith('.') && (entry.isFile() || isLinkToFile(entry)))
    .map(({ name }) => `${directory}/${name}`);
}

function entriesOf(directory: string): fs.Dirent[] {
  try {
    return fs.readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function isLinkToFile(entry: fs.Dirent): boolean {
  if (!entry.isSymbolicLink()) return false;
  try {
    return fs.statSync(path.join(entry.parentPath, entry.name)).isFile();
  } catch {
    // It leads nowhere, or in a circle.
    return false;
  }
}

/** Imported when there are patterns to look for: it costs 40 ms, and the default one is a directory. */
const fastGlob = async () => (await import('fast-glob')).default;

const DEFAULT_PATTERN = 'TODO/ListOfLFNs/*';

function route(run: Campaign, name: string): Route {
  const found = routeFor(path.basename(name), run.settings.route);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot cut LFN list "${name}": no [[route]] matches its name; add one to the settings, or take the file out of producer.lfn_lists`,
  );
}

function readable(run: Campaign, input: LfnListInput, rows: readonly LfnListRow[]): boolean {
  try {
    const checked = checkLfnList(input.path, cursorOf(input.row));
    if (!checked.ok) return refuse(run, input, checked.why);
    const twin = input.row === null ? rows.find((row) => sameHead(input.path, cursor(row))) : undefined;
    if (twin === undefined) return isLfnList(run, input);
    return refuse(
      run,
      input,
      `it begins like "${twin.name}", which is cut up to byte ${twin.offset}; if it was renamed, give it that name again`,
    );
  } catch (error) {
    if (error instanceof SpoolError) return refuse(run, input, error.message);
    throw error;
  }
}

/** For one that is cut already this was decided before. */
function isLfnList(run: Campaign, { name, path: file, route: its, row }: LfnListInput): boolean {
  if (row !== null && row.offset > 0) return true;
  const why = whyNoLfnList(file, readerOptions(run, its));
  if (why === null) return true;
  run.summary.needsAttention(`LFN list "${name}" is not cut: ${why}; mend the file, and the next run cuts it`);
  return false;
}

function refuse(run: Campaign, input: LfnListInput, why: string): false {
  run.summary.needsAttention(`LFN list "${input.name}" is not read: ${why}`);
  return false;
}

const cursorOf = (row: LfnListRow | null): Cursor | null => (row === null ? null : cursor(row));

function cursor(row: LfnListRow): Cursor {
  const { offset, line, size, headLength, headHash, tailHash } = row;
  return { offset, line, size, headLength, headHash, tailHash };
}
