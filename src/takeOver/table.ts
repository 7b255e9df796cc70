/**
 * table: what the original program has left and what will be done with it, as a person reads it before agreeing.
 */
import { prefixesOf } from '../lists/originalNames.js';
import { PLACES } from '../lists/transition.js';
import { named, plural, shown } from '../text/words.js';
import type { OriginalRow } from '../database/originalTable.js';
import type { Servers } from '../servers/servers.js';
import type { JobAnswers } from './askJobs.js';
import { PARKED, type Lines } from './judgeLines.js';
import { ACTION_KINDS, type ActionKind, type TakeOverPlan } from './plan.js';

/** An LFN list as the producer will find it. */
export interface CountedList {
  readonly name: string;
  readonly lines: number;
  /** The name pattern of its route; null: it will not be cut. */
  readonly route: string | null;
}

export interface Shown {
  readonly servers: Servers;
  readonly rows: readonly OriginalRow[];
  readonly asked: JobAnswers;
  readonly lines: Lines;
  readonly lfnLists: readonly CountedList[];
  readonly foreign: readonly string[];
  readonly plan: TakeOverPlan;
}

/** As it is printed, line by line. */
export function tableOf(base: string, seen: Shown): string[] {
  const { rows, lfnLists, foreign, plan } = seen;
  return [
    `The original program's campaign in ${base}:`,
    '',
    ...columns([
      [String(rows.length), `rows of its table: ${countsInWords(rows.map(({ state }) => state ?? 'without a state'))}`],
      ...jobs(seen),
      ...stood(seen.lines),
    ]),
    '',
    'Its LFN lists, as the producer will cut them:',
    '',
    ...(lfnLists.length === 0
      ? ['  none']
      : columns(lfnLists.map(({ name, lines, route }) => [String(lines), lfns(name, route)]))),
    '',
    'To be done:',
    '',
    ...(plan.actions.length === 0
      ? ['  nothing']
      : columns(kindsOf(plan).map(([kind, count]) => [String(count), ACTION_KINDS[kind]]))),
    ...(plan.waiting.length === 0 ? [] : ['', 'It cannot be finished now:', '', ...shown(plan.waiting, MOST)]),
    ...(foreign.length === 0 ? [] : ['', `Left alone, no lists: ${named(foreign, MOST)}`]),
    '',
  ];
}

/** The same for `--json`. */
export function dataOf({ servers, rows, asked, lines, lfnLists, foreign, plan }: Shown): object {
  return {
    rows: rows.length,
    found: counted([...asked.found.values()].map(({ session, state }) => `${session.name} ${state}`)),
    notFound: notFound(rows, asked),
    notKnown: asked.unsure.size,
    servers: [...new Set(rows.flatMap(({ endpoint }) => (endpoint === null ? [] : [servers.nameOf(endpoint)])))],
    lists: Object.fromEntries(lines.counts),
    lfnLists,
    foreign,
    plan: Object.fromEntries(kindsOf(plan)),
    waiting: plan.waiting,
  };
}

const MOST = 12;

function jobs({ servers, rows, asked }: Shown): [string, string][] {
  const found = [...asked.found.values()];
  const sessions = [...new Set(found.map(({ session }) => session))];
  const noted = rows.map(({ endpoint }) => (endpoint === null ? 'none' : servers.nameOf(endpoint)));
  return [
    ['', `servers by its table: ${countsInWords(noted)}`],
    ...sessions.map((session): [string, string] => {
      const own = found.filter((job) => job.session === session).map(({ state }) => state);
      return [String(own.length), `jobs found at ${session.name}: ${countsInWords(own)}`];
    }),
    [String(notFound(rows, asked)), 'jobs that no server has'],
    ...(asked.unsure.size === 0
      ? []
      : [[String(asked.unsure.size), 'jobs of which it is not known'] as [string, string]]),
  ];
}

const notFound = (rows: readonly OriginalRow[], { found, unsure }: JobAnswers): number =>
  rows.filter(({ jobId }) => jobId !== null && !found.has(jobId) && !unsure.has(jobId)).length;

function stood({ counts, transfers, missing }: Lines): [string, string][] {
  const rows = [...PLACES.slice(0, 2), PARKED, ...PLACES.slice(2)].flatMap((place): [string, string][] => {
    const count = counts.get(place);
    if (count === undefined) return [];
    return [[String(count.lists), `lists in ${place} (${plural(count.transfers, 'transfer')})`]];
  });
  const prefixes = [...transfers.keys()].map(prefixesOf).filter((prefix) => prefix !== '');
  if (prefixes.length > 0)
    rows.push([String(prefixes.length), `lists that are not over with a prefix: ${countsInWords(prefixes)}`]);
  if (missing.size > 0)
    rows.push([String(missing.size), 'sources written down as missing (badFileList, MissingInCastor)']);
  return rows;
}

const lfns = (name: string, route: string | null): string =>
  route === null ? `lines in ${name}, which is not cut` : `lines in ${name}, by the route of "${route}"`;

function kindsOf({ actions }: TakeOverPlan): [ActionKind, number][] {
  const counts = new Map<ActionKind, number>();
  for (const { kind } of actions) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts];
}

const counted = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

const countsInWords = (names: readonly string[]): string =>
  names.length === 0
    ? 'none'
    : Object.entries(counted(names))
        .map(([name, count]) => `${count} ${name}`)
        .join(', ');

/** Numbers to the right, words to the left. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([number]) => number.length));
  return rows.map(([number, text]) => `  ${number.padStart(width)}  ${text}`);
}
