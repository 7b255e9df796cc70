/**
 * pattern: refuses regular expressions that could take forever.
 *
 * Patterns come from people and are run on text that storages send. A backtracking engine needs exponential time for a
 * repeated group and time n^(k+1) for k repetitions in a row, so a pattern may repeat single characters only, twice in
 * one alternative. That is more than the known reasons need, and bounds the time by a look at the pattern.
 */
const MOST_REPETITIONS = 2;
const LONGEST_PATTERN = 500;

/** Why the pattern's time is not bounded, as a phrase, or null. It says nothing on whether the pattern is well formed. */
export function whyUnboundedPattern(pattern: string): string | null {
  if (pattern.length > LONGEST_PATTERN) return `must not be longer than ${LONGEST_PATTERN} characters`;
  // One entry per open group: the repetitions of its present alternative, and the most of any alternative.
  const groups = [{ now: 0, most: 0 }];
  for (const token of pattern.match(/\\.|\[(?:\\.|[^\]\\])*\]|\)[*+{]|\{\d+(?:,\d*)?\}|[^]/g) ?? []) {
    const group = groups.at(-1);
    if (group === undefined) return null;
    if (/^\\[1-9k]/.test(token)) return 'must not refer back to a group';
    if (/^\)./.test(token)) return 'must not repeat a group (with *, + or {})';
    if (token === '(') {
      groups.push({ now: 0, most: 0 });
    } else if (token === '|') {
      group.now = 0;
    } else if (token === ')') {
      groups.pop();
      const outer = groups.at(-1);
      if (outer) outer.now += group.most;
      if (outer) outer.most = Math.max(outer.most, outer.now);
    } else if (/^[*+{]/.test(token)) {
      group.now++;
      group.most = Math.max(group.most, group.now);
    }
  }
  const tooMany = groups.some((group) => group.most > MOST_REPETITIONS);
  return tooMany ? `must not repeat (with *, + or {}) more than ${MOST_REPETITIONS} times in one alternative` : null;
}
