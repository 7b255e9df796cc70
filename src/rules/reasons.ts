/**
 * reasons: what FTS's text for a failed transfer means, and whether repeating helps.
 *
 * The knowledge is data: a table of patterns in order, the first that matches decides. Its columns, separated by tabs,
 * are class, pattern, meaning and (for readers only) source; `#` lines and empty lines are comments, and a first line
 * `class⇥pattern⇥meaning…` names the columns. A line `[source]`, `[destination]`, `[staging]`, `[archiving]` or `[any]`
 * says of which side the reasons are that the rows below it are asked about; rows above the first are for any. Patterns
 * are regular expressions and ignore case: one FTS3 was seen to write both "Permission denied" (gsiftp) and "permission
 * denied" (root).
 */
import { whyUnboundedPattern } from './pattern.js';
import { SECTIONS, sideOf, withHttpStatus, type Side } from './reasonSide.js';

const CLASSES = ['permanent', 'transient', 'auth', 'config'] as const;

/** permanent: this file will not succeed by repeating; transient: it may; auth, config: something must be mended first. */
export type ReasonClass = (typeof CLASSES)[number];

export interface ReasonRow {
  readonly class: ReasonClass;
  /** The reasons that it may decide. */
  readonly sides: readonly Side[];
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

const ANY_SIDE = SECTIONS.get('any') ?? [];

const UNKNOWN = { class: 'transient', meaning: 'a reason that the table of reasons does not know' } as const;

/**
 * Reads a table of reasons; `file` is its name for messages.
 * @throws BadReasonTable for a row with an unknown class, a pattern that is wrong or could take forever, or no meaning,
 *   and for an unknown heading.
 */
export function parseReasons(text: string, file: string): ReasonRow[] {
  const rows: ReasonRow[] = [];
  let sides = ANY_SIDE;
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (isNoRow(line)) continue;
    const where = `${file}:${index + 1}`;
    const heading = /^\[(.*)\]\s*$/.exec(line)?.[1];
    if (heading === undefined) rows.push(readRow(line, sides, where));
    else sides = readHeading(heading, where);
  }
  return rows;
}

/**
 * The class and meaning of a reason: its side first, then its text. One that no row knows is transient: it is repeated,
 * within the limits of the rules.
 */
export function classify(reason: string, table: readonly ReasonRow[]): { class: ReasonClass; meaning: string } {
  const raw = reason.slice(0, LONGEST_REASON);
  const [side, text] = [sideOf(raw), withHttpStatus(raw)];
  const row = table.find(({ sides, pattern }) => sides.includes(side) && pattern.test(text)) ?? UNKNOWN;
  return { class: row.class, meaning: row.meaning };
}

function isNoRow(line: string): boolean {
  return line.trim() === '' || line.startsWith('#') || /^class\tpattern\tmeaning(\t|$)/.test(line);
}

function readHeading(heading: string, where: string): readonly Side[] {
  const sides = SECTIONS.get(heading.trim().toLowerCase());
  if (sides !== undefined) return sides;
  throw new BadReasonTable(`${where}: heading [${heading}]: must be ${[...SECTIONS.keys()].join(', ')}`);
}

function readRow(line: string, sides: readonly Side[], where: string): ReasonRow {
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
  return { class: reasonClass, sides, pattern: compile(pattern, where), meaning };
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
