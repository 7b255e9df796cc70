/**
 * statusFailures: the failures of a campaign, grouped by class and meaning, each with what a person needs to go on. Pure.
 */
import { count, minute, wrapped, type TerminalLine } from '../text/terminal.js';
import type { FailureGroup } from './report.js';

/** Of each class so many meanings are shown, the most frequent first. */
const MOST_MEANINGS = 4;
/** What keeps everything back stands first, what needs nobody last. */
const CLASSES = ['auth', 'config', 'permanent', 'transient'];

export function failureLines(failures: readonly FailureGroup[]): TerminalLine[] {
  const classes = [...new Set([...CLASSES, ...failures.map((failure) => failure.class)])];
  const lines = classes.flatMap((name) => classLines(failures.filter((failure) => failure.class === name)));
  return lines.length === 0 ? [] : [{ text: 'failures so far, and what to do', colour: 'bold' }, ...lines];
}

function classLines(groups: readonly FailureGroup[]): TerminalLine[] {
  const [first] = groups;
  if (first === undefined) return [];
  const more = groups.length - MOST_MEANINGS;
  return [
    ...wrapped(`${first.class}: ${first.cure}`, 2, '').map((text): TerminalLine => ({ text, colour: 'yellow' })),
    ...groups.slice(0, MOST_MEANINGS).flatMap(groupLines),
    ...(more > 0 ? [{ text: `  and ${more} more such reasons: node dist/status.js --json` }] : []),
  ];
}

/** LFNs of the usual length just fit behind two blanks. */
function groupLines({ count: times, meaning, firstSeen, lastSeen, ...last }: FailureGroup): TerminalLine[] {
  const { lfn, reason, server, jobId, link } = last;
  return [
    ...wrapped(meaning, 9, `${count(times, 6)} × `).map((text) => ({ text })),
    { text: `  first ${minute(firstSeen)}, last ${minute(lastSeen)} UTC at ${server}:` },
    { text: `  ${lfn}`, whole: true },
    ...(reason === '' ? [] : wrapped(reason, 2).map((text): TerminalLine => ({ text, colour: 'dim' }))),
    ...(link === null && jobId === '' ? [] : [{ text: `  ${link ?? `job ${jobId}`}`, whole: true as const }]),
  ];
}
