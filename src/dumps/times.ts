/**
 * times: when a dump or a catalogue was made: as somebody says, or as its file does.
 */
import { InvalidArgumentError } from 'commander';
import type { Input } from './inputs.js';
import type { Span } from './refusals.js';

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:?\d\d)?)?$/;

/** commander's parser of a time; UTC where no zone is said. */
export function readTime(text: string): number {
  const [, day = '', clock = '00:00', zone = 'Z'] = TIME.exec(text) ?? [];
  const time = Date.parse(`${day}T${clock}${zone}`);
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must be a time like 2018-04-12T10:00, in UTC.');
  return time;
}

/** When they were made; null: of one of them nobody knows. */
export function spanOf(inputs: readonly Input[], said: number | undefined): Span | null {
  if (said !== undefined) return spanAt(said);
  const times = inputs.map(({ time }) => time ?? Number.NaN);
  if (times.length === 0 || times.some(Number.isNaN)) return null;
  return { earliest: Math.min(...times), latest: Math.max(...times), isGuess: true };
}

/** Somebody has said it. */
export const spanAt = (time: number): Span => ({ earliest: time, latest: time, isGuess: false });
