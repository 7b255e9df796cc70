/** context: what the rows of the benchmark are made of: where, how large, how often. */
import { join } from 'node:path';
import type { Contest } from './contest.js';

export interface Context {
  /** Everything is made in this directory. */
  readonly directory: string;
  readonly seed: number;
  /** Smaller data, fewer rounds: for a look, not for the targets. */
  readonly quick: boolean;
}

/** Some rows of the table, which share their data. Made when their turn comes; `release` stops what they started. */
export interface Rows {
  readonly contests: readonly Contest[];
  readonly release?: () => Promise<void>;
}

export const within = ({ directory }: Context, ...names: string[]): string => join(directory, ...names);

/** The full size, or the smaller one of a quick run. */
export const size = ({ quick }: Context, full: number, small: number): number => (quick ? small : full);
