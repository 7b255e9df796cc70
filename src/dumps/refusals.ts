/**
 * refusals: why an answer cannot be trusted. Pure.
 *
 * A file that was written and registered between the dump and the catalogue looks dark when the dump is the newer one,
 * and lost when it is the older one. So with one catalogue only one of the answers can be right; with one from before
 * the dump and one from after it both.
 */
import { count } from '../text/terminal.js';
import { DAY_MS, HOUR_MS, named } from '../text/words.js';
import type { FileCount } from './figures.js';

export const ANSWERS = ['lost', 'dark'] as const;
export type RefusableAnswer = (typeof ANSWERS)[number];

/** When something was made: of several files the earliest and the latest. */
export interface Span {
  readonly earliest: number;
  readonly latest: number;
  /** From the time at which the file was last written: a copy has another. */
  readonly isGuess: boolean;
}

export interface Share {
  readonly name: string;
  readonly part: FileCount;
  readonly whole: FileCount;
}

export interface ComparisonFacts {
  readonly now: number;
  /** Null: nobody knows. */
  readonly dumped: Span | null;
  /** The catalogue, of two the later one, and the earlier one; the latter is the same where there is only one. */
  readonly after: Span | null;
  readonly before: Span | null;
  readonly hasCatalogue: boolean;
  /** `FILE: why`. */
  readonly cutOff: readonly string[];
  /** Lines that could not be read. */
  readonly unreadable: { readonly dump: number; readonly catalogue: number };
  /** Storage elements of the catalogue that have no base. */
  readonly baseless: readonly string[];
  /** `RAL-DST (prod)`: those of a base that the catalogue does not have. */
  readonly absent: readonly string[];
  readonly lost: readonly Share[];
  readonly dark: readonly Share[];
}

export interface AnswerRefusal {
  readonly answer: RefusableAnswer;
  readonly why: string;
}

const OLDEST_MS = 8 * DAY_MS;
const MOST = 0.02;
const NAMED = 5;

export function refusals(facts: ComparisonFacts): AnswerRefusal[] {
  const both = ofBoth(facts);
  return [
    ...both.map((why): AnswerRefusal => ({ answer: 'lost', why })),
    ...ofLost(facts).map((why): AnswerRefusal => ({ answer: 'lost', why })),
    ...both.map((why): AnswerRefusal => ({ answer: 'dark', why })),
    ...ofDark(facts).map((why): AnswerRefusal => ({ answer: 'dark', why })),
  ];
}

function ofBoth({ now, dumped, cutOff }: ComparisonFacts): string[] {
  const reasons = cutOff.map((file) => `${file}: it was cut off`);
  if (dumped === null) return [...reasons, 'nobody knows when the dump was made: say it with --dumped-at'];
  const why = whyWrongTime(dumped, now);
  if (why !== null) reasons.push(why);
  return reasons;
}

/** Null: neither too old nor of the future. */
export function whyWrongTime(dumped: Span, now: number): string | null {
  if (dumped.latest > now + HOUR_MS) return `the dump is of the future (${timeOf(dumped, 'latest')})`;
  if (now - dumped.earliest <= OLDEST_MS) return null;
  const days = Math.floor((now - dumped.earliest) / DAY_MS);
  return `the dump is ${days} days old (${timeOf(dumped, 'earliest')}), 8 are allowed`;
}

function ofLost({ dumped, before, hasCatalogue, unreadable, lost }: ComparisonFacts): string[] {
  const reasons: string[] = [];
  if (hasCatalogue && before === null) reasons.push(NO_TIME);
  if (dumped !== null && before !== null && dumped.earliest < before.latest)
    reasons.push(
      `the dump (${timeOf(dumped, 'earliest')}) is older than the catalogue (${timeOf(before, 'latest')}): a file that came between the two only looks lost; a catalogue from before the dump (--catalogue-before) tells`,
    );
  if (unreadable.dump > 0)
    reasons.push(`${lines(unreadable.dump)} of the dump cannot be read: their files would look lost`);
  return [...reasons, ...ofShares(lost, 'lost', 'catalogued')];
}

function ofDark({ dumped, after, hasCatalogue, unreadable, baseless, absent, dark }: ComparisonFacts): string[] {
  const reasons: string[] = [];
  if (hasCatalogue && after === null) reasons.push(NO_TIME);
  if (dumped !== null && after !== null && dumped.latest > after.earliest)
    reasons.push(
      `the dump (${timeOf(dumped, 'latest')}) is newer than the catalogue (${timeOf(after, 'earliest')}): a file that was registered between the two only looks dark; a catalogue from after the dump tells`,
    );
  if (unreadable.catalogue > 0)
    reasons.push(`${lines(unreadable.catalogue)} of the catalogue cannot be read: their files would look dark`);
  if (baseless.length > 0)
    reasons.push(
      `the catalogue has storage elements without a base, whose files would look dark: ${named(baseless, NAMED)}`,
    );
  if (absent.length > 0)
    reasons.push(
      `the catalogue has nothing of storage elements whose files lie below the same bases, and would look dark: ${named(absent, NAMED)}`,
    );
  return [...reasons, ...ofShares(dark, 'dark', 'dumped')];
}

const lines = (number: number): string => `${count(number)} ${number === 1 ? 'line' : 'lines'}`;

const NO_TIME = 'nobody knows when the catalogue was made: say it with --catalogued-at (--before-catalogued-at)';

function ofShares(shares: readonly Share[], part: string, whole: string): string[] {
  return shares
    .filter((share) => share.part.files > MOST * share.whole.files)
    .map((share) => {
      const percent = ((100 * share.part.files) / share.whole.files).toFixed(1);
      return `${percent} % of ${share.name} would be ${part} (${count(share.part.files)} of ${count(share.whole.files)} ${whole}), 2 % are allowed`;
    });
}

function timeOf(span: Span, which: 'earliest' | 'latest'): string {
  const time = new Date(span[which]).toISOString().replace(/\.\d+Z$/, 'Z');
  return span.isGuess ? `${time}, as its file says` : time;
}
