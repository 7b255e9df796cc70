/** duration: spans of time, as people write and read them. */
import { plural } from '../run/summaryText.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: Readonly<Record<string, number>> = { m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** `90m`, `36h`, `2d`, `1w` in milliseconds; null for anything else. */
export function readDuration(text: string): number | null {
  const [, number = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const length = UNITS[unit];
  return length === undefined ? null : Number(number) * length;
}

/** A time that was written down, in ms; null for one to come: a clock that was ahead has written it, so it says nothing. */
export const ifPast = (time: number | null, now: number): number | null => (time !== null && time <= now ? time : null);

/** `3 days`, `47 hours`, `12 minutes`, `none`. */
export function duration(ms: number): string {
  if (ms <= 0) return 'none';
  if (ms < HOUR) return plural(Math.floor(ms / MINUTE), 'minute');
  if (ms < 3 * DAY) return plural(Math.floor(ms / HOUR), 'hour');
  return plural(Math.floor(ms / DAY), 'day');
}
