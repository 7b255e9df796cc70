/**
 * darkHead: the first lines of a list of what is dark: what its columns are, and what whoever deletes by it must know
 * of it.
 *
 *     # dark below prod: path, size, checksum
 *     # 301 files dumped below it; dump of 2018-04-12T02:00:00.000Z; catalogue of 2018-04-13T00:00:00.000Z (a guess)
 *     # written with --force "all of it was a test": 2.1 % of prod (301 files), 2 % are allowed
 *
 * `(a guess)`: that was the time of its file, which is another for a copy. The last line is there only where the answer
 * would have been refused. Pure.
 */
import { escapeText } from '../text/escape.js';
import type { Span } from './refusals.js';

export interface DarkHead {
  readonly base: string;
  /** How many the dump has below this base; null: nobody knows. */
  readonly files: number | null;
  /** When the dump and the (later) catalogue were made; null: nobody knows. */
  readonly dumped: Span | null;
  readonly catalogued: Span | null;
  /** Why it was written all the same, and why it would have been refused; null: it would not. */
  readonly forced: string | null;
}

const FORCED = '# written with --force ';

/** Each character a byte, as `base` has it. */
export const darkHead = ({ base, files, dumped, catalogued, forced }: DarkHead): string[] => [
  `# dark below ${base}: path, size, checksum`,
  `# ${files ?? 'unknown'} ${files === 1 ? 'file' : 'files'} dumped below it; dump of ${formatSpan(dumped)}; catalogue of ${formatSpan(catalogued)}`,
  ...(forced === null ? [] : [Buffer.from(`${FORCED}${escapeText(forced)}`).toString('latin1')]),
];

/** Null: the list does not begin so. A second line that is not ours says nothing. */
export function readDarkHead([first = '', second = '', third = '']: readonly string[]): DarkHead | null {
  const [, base] = /^# dark below (.*): path, size, checksum$/.exec(first) ?? [];
  if (base === undefined) return null;
  const [, files, dumped = '', catalogued = ''] =
    /^# (\d{1,15}) files? dumped below it; dump of ([^;]*); catalogue of ([^;]*)$/.exec(second) ?? [];
  return {
    base,
    files: files === undefined ? null : Number(files),
    dumped: readSpan(dumped),
    catalogued: readSpan(catalogued),
    forced: third.startsWith(FORCED) ? third.slice(FORCED.length) : null,
  };
}

function formatSpan(span: Span | null): string {
  if (span === null) return 'unknown';
  const [from, to] = [new Date(span.earliest).toISOString(), new Date(span.latest).toISOString()];
  return `${from}${from === to ? '' : ` to ${to}`}${span.isGuess ? ' (a guess)' : ''}`;
}

function readSpan(text: string): Span | null {
  const [, from = '', to = from, guess] = /^(\S+Z)(?: to (\S+Z))?( \(a guess\))?$/.exec(text) ?? [];
  const [earliest, latest] = [Date.parse(from), Date.parse(to)];
  return Number.isNaN(earliest) || Number.isNaN(latest) ? null : { earliest, latest, isGuess: guess !== undefined };
}
