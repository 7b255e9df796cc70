/**
 * report: a comparison for people, a table of files and bytes, and as `summary.json`.
 */
import { count, size } from '../text/terminal.js';
import type { Answers } from './answers.js';
import { darkName, lostName } from './bases.js';
import type { Comparison } from './compare.js';
import { sumOf, type FileCount } from './figures.js';
import { DUMP_LINES } from './layout.js';
import type { RefusableAnswer, ComparisonFacts, AnswerRefusal, Share, Span } from './refusals.js';

export interface Judged {
  readonly asked: readonly RefusableAnswer[];
  readonly refused: readonly AnswerRefusal[];
  /** Why a person wants the answers all the same. */
  readonly force: string | null;
  readonly times: Readonly<Record<'dump' | 'catalogue' | 'catalogueBefore', Span | null>>;
}

/** Is this answer given? */
export const isGiven = ({ asked, refused, force }: Judged, answer: RefusableAnswer): boolean =>
  asked.includes(answer) && (force !== null || !refused.some((refusal) => refusal.answer === answer));

/** Null: it was not refused. */
export function whyForced({ refused, force }: Judged, answer: RefusableAnswer): string | null {
  const reasons = refused.filter((refusal) => refusal.answer === answer).map(({ why }) => why);
  return reasons.length === 0 ? null : `"${force ?? ''}": ${reasons.join('; ')}`;
}

export function comparisonPage({ bases, answers }: Comparison, judged: Judged): string {
  const { catalogued, lost, different, dumped, dark } = totals(answers);
  const found = (answer: RefusableAnswer, { files }: FileCount): string =>
    `${count(files)} ${answer}${isGiven(judged, answer) ? '' : judged.asked.includes(answer) ? ' (doubtful)' : ' (not asked)'}`;
  const head = `compareDumps: ${count(catalogued.files)} catalogued, ${count(dumped.files)} dumped: ${found('lost', lost)}, ${found('dark', dark)}, ${count(different.files)} different`;
  const elements = bases.elements.map(({ name }, index) => {
    const figures = answers.elements[index];
    return [name, figures?.catalogued, figures?.there, figures?.lost, figures?.different] as const;
  });
  const below = bases.bases.map(({ path }, index) => {
    const figures = answers.bases[index];
    return [path === '' ? '(root)' : path, figures?.dumped, figures?.dark] as const;
  });
  return [
    head,
    ...(elements.length === 0 ? [] : table(['storage element', 'catalogued', 'there', 'lost', 'different'], elements)),
    ...table(['base', 'dumped', 'dark'], below),
  ].join('\n');
}

function totals({
  elements,
  bases,
}: Answers): Record<'catalogued' | 'lost' | 'different' | 'dumped' | 'dark', FileCount> {
  return {
    catalogued: sumOf(elements.map(({ catalogued }) => catalogued)),
    lost: sumOf(elements.map(({ lost }) => lost)),
    different: sumOf(elements.map(({ different }) => different)),
    dumped: sumOf(bases.map(({ dumped }) => dumped)),
    dark: sumOf(bases.map(({ dark }) => dark)),
  };
}

function table(head: readonly string[], rows: readonly (readonly [string, ...(FileCount | undefined)[]])[]): string[] {
  const cells = [...rows]
    .sort((one, other) => (one[0] < other[0] ? -1 : 1))
    .map((row) => row.map((cell) => (typeof cell === 'string' ? cell : inWords(cell ?? NONE))));
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  return [
    '',
    ...[head, ...cells].map((row) =>
      row
        .map((cell, column) => aligned(cell, widths[column] ?? 0, column))
        .join('  ')
        .trimEnd(),
    ),
  ];
}

const aligned = (cell: string, width: number, column: number): string =>
  column === 0 ? cell.padEnd(width) : cell.padStart(width);

const inWords = ({ files, bytes }: FileCount): string => (files === 0 ? '0' : `${count(files)} (${size(bytes)})`);

export const lostShares = ({ bases, answers }: Comparison): Share[] =>
  bases.elements.map(({ name }, index) =>
    share(name, answers.elements[index]?.lost, answers.elements[index]?.catalogued),
  );

export const darkShares = ({ bases, answers }: Comparison): Share[] =>
  bases.bases.map(({ path }, index) => share(path, answers.bases[index]?.dark, answers.bases[index]?.dumped));

/** What the inputs themselves say against an answer. */
export function whatWasRead(
  { bases, answers, read }: Comparison,
  hasCatalogue: boolean,
): Pick<ComparisonFacts, 'hasCatalogue' | 'cutOff' | 'unreadable' | 'baseless' | 'absent'> {
  const unreadable = (isDump: boolean): number =>
    read.reduce((sum, { kind, found }) => sum + ((kind === DUMP_LINES) === isDump ? found.unreadable : 0), 0);
  // A base below which nothing lies matters to nobody.
  const inUse = bases.bases.map((_, index) => (answers.bases[index]?.dumped.files ?? 0) > 0);
  return {
    hasCatalogue,
    cutOff: read.flatMap(({ input, cutOff }) => (cutOff === null ? [] : [`${input.file}: ${cutOff}`])),
    unreadable: { dump: unreadable(true), catalogue: unreadable(false) },
    baseless: [...bases.unknown.keys()],
    absent: [
      ...bases.elements.flatMap(({ name, base }, index) =>
        !hasCatalogue || bases.seen.has(index) || inUse[base] !== true
          ? []
          : [`${name} (${bases.bases[base]?.path ?? ''})`],
      ),
      ...bases.bases.flatMap(({ path }, index) =>
        inUse[index] !== true || bases.elements.some((element) => element.base === index) ? [] : [`any of ${path}`],
      ),
    ],
  };
}

const NONE: FileCount = { files: 0, bytes: 0 };
const share = (name: string, part: FileCount = NONE, whole: FileCount = NONE): Share => ({ name, part, whole });

/** Equal for equal inputs: no time of this run stands in it. */
export function asJson(comparison: Comparison, judged: Judged): object {
  const { bases, answers, read, duplicates, campaign } = comparison;
  const isLost = isGiven(judged, 'lost');
  const isDark = isGiven(judged, 'dark');
  return {
    inputs: read.map(({ input, kind, found, cutOff }) => ({ file: input.file, kind: kind.name, ...found, cutOff })),
    times: Object.fromEntries(
      Object.entries(judged.times).map(([name, span]) => [
        name,
        span === null ? null : { from: iso(span.earliest), to: iso(span.latest), isGuess: span.isGuess },
      ]),
    ),
    asked: judged.asked,
    refused: judged.refused,
    force: judged.force,
    duplicates,
    outside: bases.outside,
    withoutBase: Object.fromEntries(bases.unknown),
    ...totals(answers),
    elements: bases.elements.map(({ name, base }, index) => ({
      element: name,
      base: bases.bases[base]?.path,
      ...(isLost ? { lostList: lostName(name) } : {}),
      ...answers.elements[index],
    })),
    bases: bases.bases.map((base, index) => ({
      base: base.path,
      ...(isDark ? { darkList: darkName(base) } : {}),
      ...answers.bases[index],
    })),
    campaign:
      campaign === null ? null : { busy: campaign.isBusy, astray: campaign.records.astray, ...answers.campaign },
  };
}

const iso = (time: number): string => new Date(time).toISOString();
