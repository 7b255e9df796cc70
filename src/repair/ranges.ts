/**
 * ranges: reads a table of a damaged database by ranges of its key, so that a bad page costs only its own rows.
 *
 *     each range from its first key upwards, and from its last key downwards, to the first bad page
 *     what lies between is halved, and each half read in the same way, as there may be good pages between two bad ones
 */
import type { Db } from '../ftsJob.js';
import { isSqliteError } from '../database/sqlite.js';
import { rowsBetween, type Table } from '../database/tables.js';

export type Row = Readonly<Record<string, unknown>>;
type Range = readonly [from: unknown, to: unknown];

/** Some seconds' work; no table has so many bad pages that more would bring more. */
const MOST_RANGES = 10_000;
/** So many keys that may be there say where to look first. */
const MOST_HINTS = 1000;

/** The columns of the primary key. */
export interface TableKey {
  readonly first: string;
  /** Is it a number? Else it is a text. */
  readonly isNumber: boolean;
  readonly others: readonly string[];
}

/** All rows that can be reached. `hints`: keys that may be there, sorted. `isWhole`: no page was bad. */
export function readByRanges(
  db: Db,
  table: Table | 'FTSJobMap',
  { first, others, isNumber }: TableKey,
  hints: readonly string[],
): { rows: Row[]; isWhole: boolean } {
  const key = [first, ...others];
  const rows = new Map<string, Row>();
  /** Returns the first column of the last row before a bad page; null: there is none. */
  const scan = (range: Range, order: 'ASC' | 'DESC'): unknown => {
    let last = range[order === 'ASC' ? 0 : 1];
    try {
      for (const row of rowsBetween(db, table, key, order, range)) {
        last = row[first];
        rows.set(JSON.stringify(key.map((column) => row[column])), row);
      }
      return null;
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      return last;
    }
  };
  const every = Math.ceil(hints.length / MOST_HINTS);
  const edges = ['', ...hints.filter((_, index) => index % every === 0), '\u{10ffff}'];
  const ranges: Range[] = isNumber ? [[0, Number.MAX_SAFE_INTEGER]] : edges.slice(1).map((to, at) => [edges[at], to]);
  let isWhole = true;
  for (const range of ranges) {
    const left = scan(range, 'ASC');
    if (left === null) continue;
    isWhole = false;
    const right = scan([left, range[1]], 'DESC') ?? range[1];
    const middle = between(left, right);
    if (middle !== null && ranges.length < MOST_RANGES) ranges.push([left, middle], [middle, right]);
  }
  return { rows: [...rows.values()], isWhole };
}

/** Halfway between two keys; null if they are too near. Whatever it is, it only says where to look next. */
function between(left: unknown, right: unknown): string | number | null {
  if (typeof left === 'number' && typeof right === 'number') {
    // Times lie close together, far from 0.
    const middle = Math.floor(right > 4 * left ? Math.sqrt(Math.max(left, 1) * right) : (left + right) / 2);
    return middle > left && middle < right ? middle : null;
  }
  if (typeof left !== 'string' || typeof right !== 'string') return null;
  let same = 0;
  while (same < left.length && left[same] === right[same]) same += 1;
  const [low, high] = [fraction(left, same), fraction(right, same)];
  const middle = Math.floor((low + high) / 2);
  if (middle <= low) return null;
  return left.slice(0, same) + textOf(middle);
}

/** Seven characters as one number, which a double holds, and back. */
const DIGITS = [0, 1, 2, 3, 4, 5, 6];
const fraction = (text: string, from: number): number =>
  DIGITS.reduce((sum, digit) => sum * 128 + Math.min(text.charCodeAt(from + digit) || 0, 127), 0);
const textOf = (number: number): string =>
  DIGITS.map((digit) => String.fromCharCode(Math.floor(number / 128 ** (6 - digit)) % 128)).join('');
