/**
 * statusPage: what a campaign is doing, as a page of 80 columns.
 */
import { remainingInWords } from './pace.js';
import { plural } from './summaryText.js';
import { escapeText } from './text.js';

const WIDTH = 80;
const MOST_FAILURES = 8;

/** As `--json` prints it; times in seconds, `eta` ISO 8601 UTC. */
export interface StatusReport {
  readonly transfers: Record<'toCut' | 'todo' | 'doing' | 'okay' | 'bad', number>;
  readonly lists: Record<'todo' | 'doing' | 'okay' | 'bad', number>;
  readonly servers: readonly {
    readonly name: string;
    readonly endpoint: string;
    readonly reachable: boolean;
    /** Lists of ours that it has, by the last run. */
    readonly openJobs: number;
    /** Null where no delegation is needed, or the server does not answer. */
    readonly delegationSecondsLeft: number | null;
  }[];
  readonly failures: readonly { readonly class: string; readonly meaning: string; readonly count: number }[];
  readonly eta: string | null;
}

/** What the page says beside the report. */
export interface StatusFacts {
  readonly base: string;
  /** LFNs a day. */
  readonly perDay: number;
  /** Of the jobs of lists in DOING, when they were last looked at; null: not yet. */
  readonly states: readonly { readonly state: string | null; readonly lists: number }[];
  /** Why a server is not reachable, by endpoint. */
  readonly whyNot: ReadonlyMap<string, string>;
}

/** When the last transfer will have been cut and sent at this pace; null when nothing is left or nothing was cut lately. */
export function etaOf({ toCut, todo, doing }: StatusReport['transfers'], perDay: number, now: Date): string | null {
  const left = toCut + todo + doing;
  const end = now.getTime() + (left / perDay) * 86_400_000;
  // A date can name no more than this.
  if (left === 0 || perDay <= 0 || end > 8.64e15) return null;
  return new Date(end).toISOString().replace(/\.\d+Z$/, 'Z');
}

export function statusPage(report: StatusReport, facts: StatusFacts): string {
  const { failures, servers } = report;
  const lines = [
    `campaign in ${facts.base}`,
    ...countLines(report, facts),
    ...progressLines(report, facts),
    'servers',
    ...servers.flatMap((server) => serverLines(server, facts.whyNot.get(server.endpoint))),
    ...(failures.length === 0 ? [] : ['failures so far']),
    ...failures
      .slice(0, MOST_FAILURES)
      .map(({ count, class: reasonClass, meaning }) => `  ${number(count, 9)}  ${reasonClass.padEnd(9)}  ${meaning}`),
    ...(failures.length > MOST_FAILURES ? [`             and ${failures.length - MOST_FAILURES} more reasons`] : []),
  ];
  return lines.map(fit).join('\n');
}

function countLines({ transfers, lists }: StatusReport, { states }: StatusFacts): string[] {
  const row = (name: string, ofTransfers: number, ofLists: number | null, remark = ''): string =>
    `  ${name.padEnd(10)}${number(ofTransfers, 13)}${ofLists === null ? '' : number(ofLists, 11)}${remark}`.trimEnd();
  const seen = states.map(({ state, lists: count }) => `${count} ${state ?? 'not looked at'}`).join(', ');
  return [
    `  ${''.padEnd(10)}${'transfers'.padStart(13)}${'lists'.padStart(11)}`,
    row('to cut', transfers.toCut, null),
    row('TODO', transfers.todo, lists.todo),
    row('DOING', transfers.doing, lists.doing, seen === '' ? '' : `   ${seen}`),
    row('DONE/Okay', transfers.okay, lists.okay),
    row('DONE/Bad', transfers.bad, lists.bad),
  ];
}

function progressLines({ transfers, eta }: StatusReport, { perDay }: StatusFacts): string[] {
  const { toCut, todo, doing, okay, bad } = transfers;
  const all = toCut + todo + doing + okay + bad;
  const share = all === 0 ? 0 : Math.floor((okay / all) * 100);
  const filled = Math.floor(share / 2);
  return [
    ...(all === 0 ? [] : [`  [${'#'.repeat(filled)}${'.'.repeat(50 - filled)}] ${share} % of ${number(all)}`]),
    `  ${remainingInWords(toCut, perDay)}`,
    ...(eta === null ? [] : [`  all is done by ${eta.slice(0, 10)} at this pace`]),
  ];
}

function serverLines(server: StatusReport['servers'][number], whyNot: string | undefined): string[] {
  const { name, endpoint, reachable, openJobs, delegationSecondsLeft } = server;
  const delegation = delegationSecondsLeft === null ? '' : `, delegated for ${span(delegationSecondsLeft)}`;
  const state = reachable
    ? `answers, ${plural(openJobs, 'open job')}${delegation}`
    : `not usable, ${plural(openJobs, 'open job')}`;
  return [
    `  ${name.padEnd(8)} ${endpoint}`,
    `  ${''.padEnd(8)} ${state}`,
    ...(whyNot === undefined ? [] : wrap(whyNot, WIDTH - 13).map((line) => `  ${''.padEnd(8)}   ${line}`)),
  ];
}

/** `2 d 3 h`, `3 h 20 min`, `20 min`. */
function span(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [hours, days] = [Math.floor(minutes / 60), Math.floor(minutes / 1440)];
  if (days > 0) return `${days} d ${hours % 24} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

const number = (value: number, width = 0): string => value.toLocaleString('en-US').padStart(width);

/** Names and texts of others may be of any length. */
function fit(line: string): string {
  const safe = escapeText(line);
  return safe.length <= WIDTH ? safe : `${safe.slice(0, WIDTH - 1)}…`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
