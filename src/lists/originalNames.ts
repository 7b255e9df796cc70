/**
 * originalNames: what the names of the original program's lists tell of their story.
 *
 * It put a `u` in front for each retry, a `D` after a dirty job; people put `R-`, `Retry-`, `B`, `C` and `M` there. A
 * list that came back FAILED went to DONE/Bad when its name had `uuu`, `R-` or `DD` in it; nothing else was counted.
 * Nothing here throws.
 */

const NAME = /^(.*?)FTSList-(\d\d)(\d\d)(\d{4})-(\d\d)(\d\d)(\d\d)\.txt$/s;

/** Is it a name that the original program may have given? Ours have the year first, and a number. */
export const isOriginalName = (name: string): boolean => NAME.test(name);

/**
 * The failures with which a list goes on, of `most` that are allowed: one whose next FAILED was the last has had them
 * all, and `u`, `uu` leave two and one tries.
 */
export function failuresIn(name: string, most: number): number {
  const prefix = prefixesOf(name);
  if (/uuu|R-|DD/.test(prefix)) return most;
  const retries = prefix.split('u').length - 1;
  return retries === 0 ? 0 : Math.max(0, most - (3 - retries));
}

/** What has been put in front of a name: `uuD`; "" for nothing. */
export const prefixesOf = (name: string): string => NAME.exec(name)?.[1] ?? '';

/** Does the list hold what gfal-stat had not found at the source? */
export const isOfMissing = (name: string): boolean => prefixesOf(name).includes('M');

/** When the list was cut, by its name, in the time zone of this machine, as the program wrote it; ms since 1970, or null. */
export function timeInName(name: string): number | null {
  const [, , day, month, year, hour, minute, second] = NAME.exec(name) ?? [];
  if (year === undefined) return null;
  const time = new Date(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  ).getTime();
  return Number.isNaN(time) || time < 0 ? null : time;
}
