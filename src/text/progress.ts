/**
 * progress: how far long work is, on one line: what, how many, how fast, how long still. Pure.
 */
import { count } from './terminal.js';
import { HOUR_MS, MINUTE_MS } from './words.js';

export interface Stage {
  /** `reading the dump` */
  readonly what: string;
  /** What is counted: `lines`. */
  readonly unit: string;
}

export interface Progressed {
  readonly count: number;
  /** How much of the stage is done, from 0 to 1; null: nobody knows. */
  readonly part: number | null;
  /** Since the stage began. */
  readonly ms: number;
}

/** Before that nobody can tell how long it takes. */
const SETTLED_MS = 2000;

export function progressLine({ what, unit }: Stage, { count: done, part, ms }: Progressed): string {
  const parts = [`${count(done)} ${unit}`];
  if (part !== null) parts.push(`${Math.floor(100 * Math.min(1, part))} %`);
  if (ms >= SETTLED_MS) {
    parts.push(`${count(Math.round((1000 * done) / ms))}/s`);
    if (part !== null && part > 0 && part < 1) parts.push(`${left((ms * (1 - part)) / part)} left`);
  }
  return `${what}: ${parts.join(', ')}`;
}

/** `40 s`, `12 min`, `3 h 5 min` */
function left(ms: number): string {
  if (ms < 2 * MINUTE_MS) return `${Math.ceil(ms / 1000)} s`;
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  return `${Math.floor(ms / HOUR_MS)} h ${Math.floor((ms % HOUR_MS) / MINUTE_MS)} min`;
}
