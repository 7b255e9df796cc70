/**
 * reasons: what FTS's text for a failed transfer means, and whether repeating helps.
 *
 * The knowledge is data: a table of patterns in order, the first that matches decides. Its columns, separated by tabs,
 * are class, pattern, meaning and (for readers only) source; `#` lines and empty lines are comments, and a first line
 * `class⇥pattern⇥meaning…` names the columns. Patterns are regular expressions and ignore case: one FTS3 was seen to
 * write both "Permission denied" (gsiftp) and "permission denied" (root).
 */
import { whyUnboundedPattern } from './pattern.js';

const CLASSES = ['permanent', 'transient', 'auth', 'config'] as const;

/** permanent: this file will not succeed by repeating; transient: it may; auth, config: something must be mended first. */
export type ReasonClass = (typeof CLASSES)[number];

export interface ReasonRow {
  readonly class: ReasonClass;
  readonly pattern: RegExp;
  /** A short phrase for the person who reads DONE/Bad. */
  readonly meaning: string;
}

/** A row of a table of reasons cannot be used. The message names file, line and what is allowed. */
export class BadReasonTable extends Error {
  override name = 'BadReasonTable';
}

/** What a person can do about a failure of this class. */
const CURES: Readonly<Record<ReasonClass, string>> = {
  permanent: "tell the data's owner: sending it again will not help",
  transient: 'nothing yet, it is repeated; what fails too often comes to DONE/Bad',
  auth: 'mend the credential, then: node dist/misc/requeue.js --class auth',
  config: 'have it mended, then: node dist/misc/requeue.js --class config',
};

/** The cure for a class as it was recorded. */
export const cureFor = (reasonClass: string): string =>
  CURES[CLASSES.find((known) => known === reasonClass) ?? 'transient'];

/** Longer reasons are cut before they are matched: FTS keeps 2,048 characters, a storage's echo may be anything. */
const LONGEST_REASON = 4096;
const LONGEST_MEANING = 100;

const UNKNOWN = { class: 'transient', meaning: 'a reason that the table of reasons does not know' } as const;

/**
 * Reads a table of reasons; `file` is its name for messages.
 * @throws BadReasonTable for a row with an unknown class, a pattern that is wrong or could take forever, or no meaning.
 */
export function parseReasons(text: string, file: string): ReasonRow[] {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .flatMap((line, index) => (isNoRow(line) ? [] : [readRow(line, `${file}:${index + 1}`)]));
}

/** The class and meaning of a reason. One that no row knows is transient: it is repeated, within the limits of the rules. */
export function classify(reason: string, table: readonly ReasonRow[]): { class: ReasonClass; meaning: string } {
  const text = reason.slice(0, LONGEST_REASON);
  const row = table.find(({ pattern }) => pattern.test(text)) ?? UNKNOWN;
  return { class: row.class, meaning: row.meaning };
}

function isNoRow(line: string): boolean {
  return line.trim() === '' || line.startsWith('#') || /^class\tpattern\tmeaning(\t|$)/.test(line);
}

function readRow(line: string, where: string): ReasonRow {
  const [name = '', pattern = '', meaning = ''] = line.split('\t').map((column) => column.trim());
  const reasonClass = CLASSES.find((known) => known === name);
  if (reasonClass === undefined) {
    throw new BadReasonTable(`${where}: class ${JSON.stringify(name)}: must be ${CLASSES.join(', ')}`);
  }
  if (meaning === '') {
    throw new BadReasonTable(`${where}: no meaning: a row is class, pattern and meaning, separated by tabs`);
  }
  if (meaning.length > LONGEST_MEANING) {
    throw new BadReasonTable(`${where}: the meaning has ${meaning.length} characters: at most ${LONGEST_MEANING}`);
  }
  return { class: reasonClass, pattern: compile(pattern, where), meaning };
}

function compile(pattern: string, where: string): RegExp {
  const refuse = (why: string) => new BadReasonTable(`${where}: pattern ${JSON.stringify(pattern)}: ${why}`);
  if (pattern === '') throw refuse('must not be empty (.* matches everything)');
  const why = whyUnboundedPattern(pattern);
  if (why !== null) throw refuse(why);
  try {
    return new RegExp(pattern, 'is');
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}
