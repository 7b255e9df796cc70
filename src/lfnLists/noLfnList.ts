/**
 * noLfnList: is a file that nothing is cut of yet an LFN list at all?
 *
 * Fifty thousand lines of CSV, in quotes or in UTF-16 would all go to DONE/Bad, list after list. So a file of whose
 * first lines not one is an LFN is not cut: a person has to look. One good line among them, and it is an LFN list with
 * bad lines.
 */
import { closeSync } from 'node:fs';
import type { BadLfn } from '../lists/lfn.js';
import { openRegular, readBytes } from './cursor.js';
import { LfnReader, type LfnLine, type ReaderOptions } from './reader.js';

/** Lines that are neither empty nor comments, of which one must be an LFN. */
const LINES = 20;
/** A single line may just be wrong, unless the whole file is plainly something else. */
const FEWEST = 2;
const SHOWN = 100;

/**
 * Why this file is none, as a phrase to follow its name; null if it may be one. Throws `SpoolError` if it cannot be
 * read.
 */
export function whyNoLfnList(path: string, options: ReaderOptions): string | null {
  const lines = firstLines(path, options);
  const [first] = lines;
  if (first?.kind !== 'bad' || lines.some(({ kind }) => kind === 'lfn')) return null;
  const form = formOf(headOfFile(path), lines);
  if (lines.length < FEWEST && form?.isWhole !== true) return null;
  const shown = first.text.length <= SHOWN ? first.text : `${first.text.slice(0, SHOWN)}…`;
  const looks = form === null ? '' : `; it looks like ${form.name}: ${form.cure}`;
  const which =
    lines.length === 1 ? 'its first line is no LFN' : `not one of its first ${lines.length} lines is an LFN`;
  return `${which}${looks}; line ${first.line} ${first.why}: ${shown}`;
}

/** Those until one is an LFN. */
function firstLines(path: string, options: ReaderOptions): LfnLine[] {
  const reader = new LfnReader(path, null, options);
  try {
    const lines: LfnLine[] = [];
    while (lines.length < LINES && lines.at(-1)?.kind !== 'lfn') {
      const line = reader.next();
      if (line === null) break;
      lines.push(line);
    }
    return lines;
  } finally {
    reader.close();
  }
}

function headOfFile(path: string): Buffer {
  const fd = openRegular(path);
  try {
    return readBytes(fd, 0, 512);
  } finally {
    closeSync(fd);
  }
}

interface Form {
  readonly name: string;
  /** What to do. */
  readonly cure: string;
  /** Is it a form of whole files? */
  readonly isWhole?: boolean;
}

const ONE_A_LINE = 'write one LFN a line, with blanks before a checksum and a size';
const TEXT = 'save it as plain text in UTF-8, one LFN a line';

/** What files begin with that are no text. */
const MAGIC: readonly (readonly [RegExp, Form])[] = [
  [/^(?:\xff\xfe\0\0|\0\0\xfe\xff)/, { name: 'UTF-32', cure: 'iconv -f UTF-32 -t UTF-8' }],
  [/^(?:\xff\xfe|\xfe\xff)/, { name: 'UTF-16', cure: 'iconv -f UTF-16 -t UTF-8' }],
  [/^(?:[\x20-\x7e\r\n\t]\0){4}/, { name: 'UTF-16', cure: 'iconv -f UTF-16LE -t UTF-8' }],
  [/^(?:\0[\x20-\x7e\r\n\t]){4}/, { name: 'UTF-16', cure: 'iconv -f UTF-16BE -t UTF-8' }],
  [/^\x1f\x8b/, { name: 'gzip', cure: 'gunzip it' }],
  [/^BZh\d/, { name: 'bzip2', cure: 'bunzip2 it' }],
  [/^\xfd7zXZ\0/, { name: 'xz', cure: 'unxz it' }],
  [/^\x28\xb5\x2f\xfd/, { name: 'zstd', cure: 'unzstd it' }],
  [/^PK\x03\x04/, { name: 'a ZIP file or a spreadsheet', cure: TEXT }],
  [/^SQLite format 3\0|^%PDF-|^\x89PNG|^\x7fELF|\0/, { name: 'binary data', cure: TEXT }],
];

/** What lines look like that are text; the first that fits a line counts. */
const FORMS: readonly (readonly [RegExp, Form])[] = [
  [/^\s*<[?!/\w]/, { name: 'XML or HTML', cure: ONE_A_LINE, isWhole: true }],
  [/^\s*(?:\[.*\]|\{.*\})\s*$/, { name: 'JSON', cure: ONE_A_LINE, isWhole: true }],
  [/^\s*[[{]|^\s*"[^"]*"\s*:/, { name: 'JSON', cure: ONE_A_LINE }],
  [/^(["'`]).*\1\s*[,;|\t]\s*\S/, { name: 'CSV in quotes', cure: ONE_A_LINE }],
  [/^\s*["'`\u2018-\u201e\u00ab]/, { name: 'quoted', cure: 'take the quotes away' }],
  [
    /^\s*[a-z]:[\\/]|^\s*\\|^[^/]*\\/i,
    { name: 'Windows paths', cure: 'an LFN begins with a slash, and slashes are what stand in it' },
  ],
  [
    /^\s*(?!LFN:)[a-z][\w+.-]*:\/\//i,
    { name: 'URLs', cure: 'take away what stands before the LFN, and put it into source of the [[route]]' },
  ],
  [/^[-dlbcps][-rwxsStT]{9}[.+@]?\s/, { name: 'the output of ls -l', cure: ONE_A_LINE }],
  [/[,;|]/, { name: 'CSV', cure: ONE_A_LINE }],
  [
    /^\s*[-*•]\s+\/|^\s*\d+[.):]?\s+\//,
    { name: 'a list with bullets or numbers', cure: 'take away what stands before the slash' },
  ],
  [/^\s*[\w.+-]+\/\S*$/, { name: 'paths without their first slash', cure: 'an LFN begins with a slash' }],
];

const isReadable = ({ formerly, why }: BadLfn): boolean => formerly !== undefined && !why.includes('CSV');

function formOf(head: Buffer, lines: readonly LfnLine[]): Form | null {
  const start = head.toString('latin1');
  const magic = MAGIC.find(([form]) => form.test(start));
  if (magic !== undefined) return { ...magic[1], isWhole: true };
  // A line that can be read is told by what is wrong with it, which says more.
  const texts = lines.flatMap((line) => (line.kind === 'bad' && !isReadable(line) ? [line.text] : []));
  // A table has names of columns in its first line.
  for (const text of texts) {
    const found = FORMS.find(([form]) => form.test(text));
    if (found !== undefined) return found[1];
  }
  return null;
}
