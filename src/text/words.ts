/** words: counts and spans of time, as people write and read them. */
export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** The form of a verb or pronoun that goes with a count: `agree(n, 'it waits', 'they wait')`. */
export const agree = (count: number, one: string, many: string): string => (count === 1 ? one : many);

/** `a, b and 3 more`: no more names than `most`. */
export function named(names: readonly string[], most: number): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}

/** A long plan as it is shown: each line indented, and no more of them than `most`. */
export function shown(lines: readonly string[], most = MOST_SHOWN): string[] {
  const more = lines.length - most;
  return [...lines.slice(0, most).map((line) => `  ${line}`), ...(more > 0 ? [`  … and ${more} more`] : [])];
}

/** So many lines of a long plan are shown. */
export const MOST_SHOWN = 20;

/** The items in their order, so many together. */
export function batchesOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Spans in milliseconds. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const UNITS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };

/** `90m`, `36h`, `2d`, `1w` in milliseconds; null for anything else. */
export function readDuration(text: string): number | null {
  const [, number = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const length = UNITS[unit];
  return length === undefined ? null : Number(number) * length;
}

/** A time that was written down, in ms; null for one to come: a clock that was ahead has written it, so it says nothing. */
export const ifPast = (time: number | null, now: number): number | null => (time !== null && time <= now ? time : null);

/** As `duration`, of a time that has passed: `less than a minute`. */
export const age = (ms: number): string => (ms < MINUTE_MS ? 'less than a minute' : duration(ms));

/** `3 days`, `47 hours`, `12 minutes`, `none`. */
export function duration(ms: number): string {
  if (ms <= 0) return 'none';
  if (ms < HOUR_MS) return plural(Math.floor(ms / MINUTE_MS), 'minute');
  if (ms < 3 * DAY_MS) return plural(Math.floor(ms / HOUR_MS), 'hour');
  return plural(Math.floor(ms / DAY_MS), 'day');
}

const LONGEST_REASON = 240;

/** A reason on one line; of a long one the middle is left out, as both ends say what matters. */
export function clip(reason: string): string {
  const text = reason.replaceAll(/\s+/g, ' ').trim();
  if (text.length <= LONGEST_REASON) return text;
  const half = Math.floor((LONGEST_REASON - 3) / 2);
  return `${text.slice(0, half).trimEnd()} … ${text.slice(-half).trimStart()}`;
}
