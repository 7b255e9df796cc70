/** figures: medians and extremes of runs, and how they read. */
import type { Check, Measurements, Runs } from './contest.js';
import type { Figure } from './measured.js';

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export type Quantity = keyof Figure;

/** Null when nothing was measured. */
export function spread(values: readonly (number | null)[]): Spread | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? min, sorted[sorted.length >> 1] ?? max];
  return { median: (low + high) / 2, min, max };
}

export const spreadOf = (runs: Runs, quantity: Quantity): Spread | null =>
  spread(runs.figures.map((figure) => figure[quantity]));

export const median = (runs: Runs, quantity: Quantity): number => spreadOf(runs, quantity)?.median ?? Number.NaN;

/** How many times the subject's wall time the rival takes: above 1 the subject is faster. */
export const ratio = ({ subject, rival }: Measurements): number =>
  rival === null ? Number.NaN : median(rival, 'wallSeconds') / median(subject, 'wallSeconds');

export const seconds = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`;
export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

const inWords = { wallSeconds: seconds, cpuSeconds: seconds, peakBytes: megabytes } as const;

/** `0.31 s (0.30–0.35)`; a dash where nothing was measured. */
export function spreadInWords(runs: Runs, quantity: Quantity): string {
  const found = spreadOf(runs, quantity);
  if (found === null) return '–';
  const words = inWords[quantity];
  if (runs.figures.length === 1) return words(found.median);
  const bare = (value: number): string => words(value).replace(/ .*/, '');
  return `${words(found.median)} (${bare(found.min)}–${bare(found.max)})`;
}

/** `judged`: false where the size of the data is not the one that the target speaks of. */
export function atMost(runs: Runs, quantity: Quantity, limit: number, judged = true): Check {
  const value = median(runs, quantity);
  const words = inWords[quantity];
  const name = quantity === 'cpuSeconds' ? 'CPU ' : '';
  return { target: `${name}≤ ${words(limit)}`, value: words(value), met: judged ? value <= limit : null };
}

/** The rival's wall time over the subject's is at least so much. */
export function ratioAtLeast(result: Measurements, limit: number, judged = true): Check {
  const value = ratio(result);
  return { target: `ratio ≥ ${limit}`, value: value.toFixed(2), met: judged ? value >= limit : null };
}

/** Any other figure. */
export const figureAtMost = (what: string, value: number, limit: number): Check => ({
  target: `${what} ≤ ${limit}`,
  value: String(Math.round(value * 1000) / 1000),
  met: value <= limit,
});
