/**
 * explain: the whole history of an LFN, a list or a job, and what will happen next with it.
 *
 *     what was asked: a job id, the name of a list, an LFN or a URL
 *     find the lists it is about: by the row, by name, in the cuts of its line (cutSearch), else in all lists (transferSearch)
 *     for each list, those it was split from and into: rows, journal, what FTS says of its jobs (histories)
 *     say what comes next (next)
 *
 * It looks into the spool, the LFN lists and the job table, and asks FTS about the jobs (GETs only); nothing is
 * changed and no lease is taken.
 */
import type { Command } from 'commander';
import path from 'node:path';
import { historyText, type CutFrom, type History } from './history.js';
import { isListName } from '../lists/names.js';
import { perDay } from '../lfnLists/pace.js';
import { escapeText } from '../text/escape.js';
import { agree, DAY_MS, plural } from '../text/words.js';
import { listPath } from '../lists/transition.js';
import { CutSearch } from './cutSearch.js';
import { lfnListFiles } from '../lfnLists/lfnLists.js';
import { Histories } from './histories.js';
import type { Program, Run } from '../run/program.js';
import { openServers } from '../servers/servers.js';
import { findLfn, findTransfers, lineCutFrom, type FoundTransfer } from './transferSearch.js';
import * as jobRows from '../database/jobRows.js';
import * as lfnListRows from '../database/lfnListRows.js';

interface Options {
  readonly offline?: boolean;
  readonly everywhere?: boolean;
}

const WEEK_MS = 7 * DAY_MS;
const JOB_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function explain(run: Run, options: Options, asked: readonly string[]): Promise<void> {
  const servers = options.offline === true ? null : openServers(run);
  try {
    const histories = new Histories(run, servers);
    const told: History[] = [];
    for (const text of new Set(asked))
      told.push(...(await historiesOf(run, histories, text, options.everywhere === true)));
    run.summary.add('explained', told);
    const lines = told.flatMap((history, index) => [...(index === 0 ? [] : ['']), ...historyText(history)]);
    if (lines.length > 0) run.summary.show(lines.map(escapeText).join('\n'));
  } finally {
    await servers?.close();
  }
}

async function historiesOf(run: Run, histories: Histories, asked: string, everywhere: boolean): Promise<History[]> {
  if (JOB_ID.test(asked)) return ofJob(run, histories, asked.toLowerCase());
  const list = path.basename(asked);
  if (isListName(list) && histories.isKnown(list)) return [await ofList(histories, asked, list, 'list')];
  const lfn = asked.replace(/^LFN:/i, '');
  const inCuts = everywhere ? [] : await findInCuts(run, lfn);
  const found = inCuts.length > 0 ? inCuts : findTransfers(run.spool, lfn);
  if (found.length > 0) return Promise.all(found.map((transfer) => ofTransfer(run, histories, asked, transfer)));
  const waiting = await notCut(run, asked, lfn);
  if (waiting.length === 0)
    run.summary.needsAttention(
      `Cannot explain "${asked}": no list, no LFN list and no job is known under it; an LFN begins with a slash, a list ends in .txt`,
    );
  return waiting;
}

/** In the lists that were cut from its lines; none where one of those cannot be found so, and everything must be read. */
async function findInCuts(run: Run, text: string): Promise<FoundTransfer[]> {
  const { route: routes } = run.settings;
  const lfn = [
    text,
    ...routes.flatMap(({ source, destination }) => [source, destination].map((url) => textAfter(text, url))),
  ]
    .filter((each) => each.startsWith('/'))
    .sort((a, b) => a.length - b.length)[0];
  if (lfn === undefined) return [];
  const cursors = new Map(lfnListRows.lfnLists(run.db).map((row) => [row.name, row.offset]));
  const cuts = new CutSearch(run.spool);
  const found = new Map<string, FoundTransfer>();
  for (const lfnList of await lfnListFiles(run))
    for (const { byte } of findLfn(path.resolve(run.base, lfnList), lfn)) {
      if (byte >= (cursors.get(lfnList) ?? 0)) continue;
      const here = findTransfers(run.spool, text, cuts.findCut(lfnList, byte));
      if (here.length === 0) return [];
      for (const each of here) found.set(`${each.place}/${each.list} ${each.line.line}`, each);
    }
  return [...found.values()];
}

const textAfter = (text: string, prefix: string): string => (text.startsWith(prefix) ? text.slice(prefix.length) : '');

async function ofJob(run: Run, histories: Histories, jobId: string): Promise<History[]> {
  const job = jobRows.jobById(run.db, jobId);
  if (job !== null) return [await ofList(histories, jobId, job.list, 'job')];
  run.summary.needsAttention(`Cannot explain job ${jobId}: the job table does not know it; is it of another campaign?`);
  return [];
}

async function ofList(histories: Histories, asked: string, name: string, kind: 'list' | 'job'): Promise<History> {
  const lists = [];
  for (const each of [...histories.ancestors(name), ...histories.descendants(name)])
    lists.push(await histories.list(each, null));
  const own = lists.find(({ list }) => list === name);
  const { from } = histories.origin(name);
  const cutFrom = from === undefined ? null : { ...from, line: null };
  return { asked, kind, transfer: null, cutFrom, lists, next: own?.next ?? '' };
}

/** A transfer is followed through the lists in which it stood, not through their other splits. */
async function ofTransfer(run: Run, histories: Histories, asked: string, found: FoundTransfer): Promise<History> {
  const { place, list, line, origin, why } = found;
  const { source, destination } = line;
  const lists = [];
  for (const each of histories.ancestors(list)) lists.push(await histories.list(each, { source, destination }));
  const transfer = { source, destination, path: listPath(place, list), line: line.line, why };
  return {
    asked,
    kind: 'lfn',
    transfer,
    cutFrom: cutFrom(run, origin.from, source),
    lists,
    next: nextOf(found, lists),
  };
}

function cutFrom(run: Run, from: FoundTransfer['origin']['from'], source: string): CutFrom | null {
  if (from === undefined) return null;
  const { lfnList, firstByte, lastByte } = from;
  return { ...from, line: lineCutFrom(path.resolve(run.base, lfnList), firstByte, lastByte, source) };
}

/** What stands in DONE is not what the rest of its list comes to. */
function nextOf({ place, why, list, line }: FoundTransfer, lists: readonly { list: string; next: string }[]): string {
  if (place === 'DONE/Okay') return 'Nothing: it has finished.';
  const ofItsList = lists.find((each) => each.list === list)?.next ?? '';
  if (place !== 'DONE/Bad') return ofItsList;
  const advice =
    why?.class === 'permanent' ? 'repeating will not help until its cause is mended' : 'it may be repeated';
  return `Nothing happens by itself; ${advice}. To send it again: node dist/misc/requeue.js --lfn ${line.source}`;
}

/** LFNs that are in an LFN list and in no list. */
async function notCut(run: Run, asked: string, lfn: string): Promise<History[]> {
  if (!lfn.startsWith('/')) return [];
  const { db } = run;
  const cursors = new Map(lfnListRows.lfnLists(db).map((row) => [row.name, row]));
  const daily = perDay(lfnListRows.cutsSince(db, run.now().getTime() - WEEK_MS));
  return (await lfnListFiles(run)).flatMap((lfnList) => {
    const [found] = findLfn(path.resolve(run.base, lfnList), lfn);
    if (found === undefined) return [];
    const { byte, line } = found;
    const row = cursors.get(lfnList);
    const lines = line - 1 - (row?.line ?? 0);
    const next =
      byte < (row?.offset ?? 0)
        ? `It was cut, and stands in no list: the same LFN twice in one list, a list that was taken away, or a bad line. grep ${lfn} DONE/Bad/*.txt, or run the audit.`
        : `It is not cut yet: ${plural(lines, 'line')} of ${lfnList} ${agree(lines, 'stands', 'stand')} before it${daily > 0 ? `, at ${Math.round(daily)} a day about ${plural(Math.ceil(lines / daily), 'day')}` : ''}.`;
    const cut = { lfnList, firstByte: byte, lastByte: byte + Buffer.byteLength(lfn) - 1, line };
    return [{ asked, kind: 'lfn' as const, transfer: null, cutFrom: cut, lists: [], next }];
  });
}

export const program: Program<Options> = {
  name: 'explain',
  description: 'Tells the whole history of an LFN, a list or a job, and what will happen next with it.',
  database: 'read',
  options: (command: Command) =>
    command
      .argument('<what...>', 'an LFN or URL, a list, a job id')
      .option('--offline', 'do not ask FTS: tell what was last seen')
      .option('--everywhere', 'look for an LFN in all lists, also in those that people have made'),
  main: explain,
};
