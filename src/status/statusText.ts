/**
 * statusText: what a campaign is doing, as a page of 80 columns. Only LFNs and links may be longer, as they are there
 * to be copied. Pure.
 */

import { remainingInWords } from '../lfnLists/pace.js';
import { count, minute, pageText, size, wrapped, type TerminalLine, type Paint } from '../text/terminal.js';
import { credentialLines } from './credentials.js';
import type { Pace, Rate } from '../rules/rate.js';
import { newerInWords, tapeInWords, type FullReport, type Oldest, type FailureGroup } from './report.js';
import { age, agree, plural } from '../text/words.js';

const BAR = 50;

/** What the page says beside the report. */
export interface StatusFacts {
  readonly base: string;
  readonly now: Date;
  /** LFNs a day that the producer cuts. */
  readonly perDay: number;
  /** Why a server is not reachable, by endpoint. */
  readonly whyNot: ReadonlyMap<string, string>;
}

const PLAIN: Paint = (_, text) => text;

export function statusPage(report: FullReport, facts: StatusFacts, paint: Paint = PLAIN): string {
  const lines: TerminalLine[] = [
    { text: `campaign in ${facts.base}`, colour: 'bold' },
    ...countLines(report),
    ...report.tape.flatMap((each) => wrapped(tapeInWords(each), 2).map((text) => ({ text }))),
    ...progressLines(report, facts),
    ...oldestLines(report.oldest, facts.now),
    { text: 'servers', colour: 'bold' },
    ...report.servers.flatMap((server) => serverLines(server, facts.whyNot.get(server.endpoint))),
    ...report.newerServersWanted.flatMap((each) =>
      wrapped(`${newerInWords(each)}: ${each.why}`, 4, '  ').map((text): TerminalLine => ({ text, colour: 'red' })),
    ),
    ...credentialLines(report),
    ...storageLines(report.storages),
    ...failureLines(report.failures),
  ];
  return pageText(lines, paint);
}

/** What the spool alone tells. */
export function spoolPage(
  base: string,
  transfers: Omit<FullReport['transfers'], 'toCut'>,
  lists: FullReport['lists'],
): string {
  return pageText(
    [
      { text: `campaign in ${base}` },
      HEADER,
      row('TODO', transfers.todo, lists.todo),
      row('DOING', transfers.doing, lists.doing),
      row('DONE/Okay', transfers.okay, lists.okay),
      row('DONE/Bad', transfers.bad, lists.bad),
      { text: '  the rest is not known without the database' },
    ],
    PLAIN,
  );
}

const HEADER: TerminalLine = {
  text: `  ${''.padEnd(10)}${'transfers'.padStart(13)}${'lists'.padStart(11)}`,
  colour: 'dim',
};

function row(name: string, ofTransfers: number, ofLists: number | null, remark = ''): TerminalLine {
  const numbers = `${count(ofTransfers, 13)}${ofLists === null ? '' : count(ofLists, 11)}`;
  return { text: `  ${name.padEnd(10)}${numbers}${remark === '' ? '' : `   ${remark}`}` };
}

function countLines({ transfers, lists, jobStates, answersMissing, held, bytes }: FullReport): TerminalLine[] {
  const seen = jobStates.map(({ state, lists: number }) => `${number} ${state ?? 'not looked at'}`).join(', ');
  const lost = answersMissing === 0 ? [] : [`${count(answersMissing)} with a lost answer`];
  const late = held.until === null ? [] : [`${count(held.lists)} held until ${minute(held.until)}`];
  return [
    HEADER,
    row('to cut', transfers.toCut, null),
    row('TODO', transfers.todo, lists.todo, [...lost, ...late].join(', ')),
    row('DOING', transfers.doing, lists.doing, seen),
    row('DONE/Okay', transfers.okay, lists.okay, bytes === 0 ? '' : `${size(bytes)} have arrived`),
    row('DONE/Bad', transfers.bad, lists.bad),
  ];
}

function progressLines({ transfers, eta, rates, pace }: FullReport, { perDay }: StatusFacts): TerminalLine[] {
  const { toCut, todo, doing, okay, bad } = transfers;
  const all = toCut + todo + doing + okay + bad;
  const share = all === 0 ? 0 : Math.floor((okay / all) * 100);
  const filled = Math.floor((share * BAR) / 100);
  const bar = `  [${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${share} % of ${count(all)}`;
  return [
    ...(all === 0 ? [] : [{ text: bar, colour: 'green' as const }]),
    ...rates.map((rate) => ({ text: `  ${rateInWords(rate)}` })),
    { text: `  ${remainingInWords(toCut, perDay)}` },
    ...(eta === null || pace === null ? [] : wrapped(etaInWords(eta, pace), 2).map((text) => ({ text }))),
  ];
}

/** `last 6 hours: 120 finished (20 an hour), 3.2 GB; 4 failed` */
function rateInWords({ hours, finished, failed, bytes }: Rate): string {
  const span = hours === 1 ? 'last hour' : `last ${hours} hours`;
  if (finished === 0 && failed === 0) return `${span}: nothing has ended`;
  const each = hours === 1 ? '' : ` (${count(Math.round(finished / hours))} an hour)`;
  return `${span}: ${count(finished)} finished${each}${bytes === 0 ? '' : `, ${size(bytes)}`}; ${count(failed)} failed`;
}

/** A day is as exact as it can be. */
const etaInWords = (eta: string, { perDay, basis }: Pace): string =>
  `all is done by ${eta.slice(0, 10)}, if it goes on as in the last 7 days: ${count(Math.round(perDay))} ${
    basis === 'cut'
      ? agree(Math.round(perDay), 'LFN cut', 'LFNs cut')
      : agree(Math.round(perDay), 'transfer finished', 'transfers finished')
  } a day`;

function oldestLines(oldest: Oldest | null, now: Date): TerminalLine[] {
  if (oldest === null) return [];
  const { list, since, server, state, next } = oldest;
  const ms = since === null ? 0 : now.getTime() - Date.parse(since);
  const there = since === null ? '' : `There for ${age(ms)} (since ${minute(since)} UTC). `;
  const seen = server === null ? '' : `At ${server}, ${state ?? 'not looked at yet'}. `;
  return [
    { text: 'the oldest list in DOING', colour: 'bold' },
    { text: `  ${list}` },
    ...wrapped(`${there}${seen}${next}`, 2).map((text) => ({ text })),
  ];
}

function serverLines(server: FullReport['servers'][number], whyNot: string | undefined): TerminalLine[] {
  const { name, endpoint, reachable, openJobs, delegationSecondsLeft } = server;
  const delegation = delegationSecondsLeft === null ? '' : `, delegated for ${span(delegationSecondsLeft)}`;
  const state = `${reachable ? 'answers' : 'not usable'}, ${plural(openJobs, 'open job')}${delegation}`;
  return [
    { text: `  ${name.padEnd(8)} ${endpoint}` },
    { text: `           ${state}`, colour: reachable ? 'green' : 'red' },
    ...(whyNot === undefined ? [] : wrapped(whyNot, 13).map((text) => ({ text }))),
  ];
}

/** So many storages are shown, those whose lists wait before the others. */
const MOST_STORAGES = 10;

function storageLines(storages: FullReport['storages']): TerminalLine[] {
  if (storages.length === 0) return [];
  const more = storages.length - MOST_STORAGES;
  return [
    { text: 'storages, by how their last transfers ended', colour: 'bold' },
    ...storages.slice(0, MOST_STORAGES).flatMap(({ storage, state, finished, failed, since, why }): TerminalLine[] => {
      const broken = since === null ? '' : ` since ${minute(since)} UTC`;
      const shares = `${plural(finished, 'transfer')} finished, ${failed} failed`;
      return [
        { text: `  ${storage}` },
        { text: `           ${state}${broken}, ${shares}`, colour: state === 'open' ? 'green' : 'red' },
        ...(why === null ? [] : wrapped(why, 13).map((text) => ({ text }))),
      ];
    }),
    ...(more > 0 ? [{ text: `  and ${more} more: node dist/status.js --json` }] : []),
  ];
}

/** `2 d 3 h`, `3 h 20 min`, `20 min`. */
function span(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [hours, days] = [Math.floor(minutes / 60), Math.floor(minutes / 1440)];
  if (days > 0) return `${days} d ${hours % 24} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** So many meanings of each class are shown, the most frequent first. */
const MOST_MEANINGS = 4;
/** What keeps everything back stands first, what needs nobody last. */
const CLASSES = ['auth', 'config', 'permanent', 'transient'];

/** The failures by class and meaning, each with what a person needs to go on. */
function failureLines(failures: readonly FailureGroup[]): TerminalLine[] {
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
