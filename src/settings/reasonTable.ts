/**
 * reasonTable: loads the table of reasons.
 *
 * The campaign's own `reasons.tsv`, in its base directory, comes first, so that a data manager can say what a text
 * means at this site; then the table that comes with the package. A row that cannot be used is a UsageError.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BadReasonTable, parseReasons } from '../rules/reasons.js';
import type { ReasonRow } from '../rules/reasons.js';
import { UsageError } from '../errors.js';

const SHIPPED = path.join(__dirname, '../../data/reasons.tsv');

/**
 * The rows in the order in which they decide, for a run that may have no reason to judge: the campaign's own are read
 * at once, so that every run says what is wrong with them; the package's, 10 ms of a run's time, when they are asked
 * for.
 * @throws UsageError if the campaign's table cannot be read or used; the message names file and line.
 */
export function reasonsOf(baseDirectory: string): () => readonly ReasonRow[] {
  const own = loadOwn(path.join(baseDirectory, 'reasons.tsv'));
  let rows: readonly ReasonRow[] | null = null;
  return () => (rows ??= [...own, ...parseReasons(readFileSync(SHIPPED, 'utf8'), SHIPPED)]);
}

/** All of them at once; what it throws is the same. */
export const loadReasons = (baseDirectory: string): readonly ReasonRow[] => reasonsOf(baseDirectory)();

function loadOwn(file: string): ReasonRow[] {
  try {
    return parseReasons(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof BadReasonTable) throw new UsageError(error.message, { cause: error });
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return [];
    if (typeof code !== 'string') throw error;
    throw new UsageError(`Cannot read the campaign's table of reasons ${file}: ${code}`, { cause: error });
  }
}
