/**
 * layout: how the lines of a dump or a catalogue are to be read: what separates their columns, which column is what.
 *
 * Told from the first lines. A header is what stands before the first line whose path column holds a slash; no word in
 * it, and none in a path, means anything. Pure.
 */
import { UsageError } from '../errors.js';

export interface Layout {
  /** The byte; a blank stands for any run of blanks and tabs. */
  readonly separator: number;
  /** Where, from 0, the columns stand, in the order of the kind; -1: there is none. */
  readonly columns: readonly number[];
  /** So many lines at the beginning are no data. */
  readonly header: number;
}

export interface Kind {
  /** What it is called. */
  readonly name: string;
  /** The names of its columns in their usual order. */
  readonly columns: readonly string[];
  /** Which of these is the path. */
  readonly path: number;
  /** The option that says where its columns stand. */
  readonly option: string;
}

export const DUMP_LINES: Kind = {
  name: 'the dump',
  columns: ['path', 'checksum', 'size'],
  path: 0,
  option: '--storage-columns',
};
export const CATALOGUE_LINES: Kind = {
  name: 'the catalogue',
  columns: ['storage element', 'LFN', 'checksum', 'size'],
  path: 1,
  option: '--catalogue-columns',
};

export interface LayoutOptions {
  readonly separator?: string | undefined;
  /** `1,2,3`. */
  readonly columns?: string | undefined;
}

const NAMES: Readonly<Record<string, string>> = { tab: '\t', '\\t': '\t', blank: ' ', comma: ',', semicolon: ';' };
const SEPARATORS = [';', '\t', '|', ',', ' '];

/** The separator that somebody has named. Errors: UsageError. */
export function readSeparator(text: string): string {
  const separator = NAMES[text.toLowerCase()] ?? text;
  if (separator.length === 1 && separator > '\0' && separator < '\x7f' && !/[A-Za-z0-9/.\r\n]/.test(separator))
    return separator;
  throw new UsageError(`Cannot separate columns by "${text}": one character is needed, or tab, blank, comma`);
}

/** `1,2,3` as places from 0; `-` or 0: there is no such column. Errors: UsageError. */
export function readColumns(text: string, kind: Kind): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const columns = parts.map((part) => (part === '-' ? -1 : /^\d{1,2}$/.test(part) ? Number(part) - 1 : Number.NaN));
  const needed = columns.slice(0, kind.path + 1);
  const isGood =
    columns.every((column) => !Number.isNaN(column)) &&
    columns.length <= kind.columns.length &&
    needed.length === kind.path + 1 &&
    needed.every((column) => column >= 0);
  if (!isGood)
    throw new UsageError(
      `Cannot read the columns "${text}": the numbers of ${kind.columns.join(', ')} are needed, like ${kind.columns.map((_, index) => index + 1).join(',')}; the last ones may be left out`,
    );
  return kind.columns.map((_, index) => columns[index] ?? -1);
}

/** How the lines that begin so are to be read; null: nobody can tell. */
export function recognise(sample: readonly string[], kind: Kind, options: LayoutOptions): Layout | null {
  const columns =
    options.columns === undefined ? kind.columns.map((_, index) => index) : readColumns(options.columns, kind);
  const candidates = options.separator === undefined ? SEPARATORS : [readSeparator(options.separator)];
  for (const [at, line] of sample.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const separator = candidates.find((each) => isData(splitLine(line, each), columns, kind));
    if (separator !== undefined) return { separator: separator.charCodeAt(0), columns, header: headerIn(sample, at) };
    // A dump of nothing but paths, whatever stands in them.
    if (kind.path === 0 && columns[0] === 0 && line.includes('/'))
      return { separator: 0, columns: columns.map((column) => (column === 0 ? 0 : -1)), header: headerIn(sample, at) };
  }
  return null;
}

const headerIn = (sample: readonly string[], first: number): number =>
  sample.slice(0, first).filter((line) => line !== '' && !line.startsWith('#')).length === 0 ? 0 : first;

function splitLine(line: string, separator: string): string[] {
  return separator === ' ' ? line.trim().split(/[ \t]+/) : line.split(separator).map((column) => column.trim());
}

function isData(found: readonly string[], columns: readonly number[], { path, columns: names }: Kind): boolean {
  const column = (name: number): string | undefined => found[columns[name] ?? -1];
  if (found.length < 2 || column(path)?.includes('/') !== true) return false;
  const [checksum, size] = [column(names.length - 2), column(names.length - 1)];
  if (path === 1 && (column(0) === '' || column(0)?.includes('/') === true)) return false;
  if (checksum !== undefined && !/^(?:[\w-]{1,20}:)?[0-9a-f]*$|^(?:-|null|none|n\/a)$/i.test(checksum)) return false;
  return size === undefined || /^\d*$|^(?:-|null|none)$/i.test(size);
}
