/**
 * takeOver: makes a campaign of the original program ours, so that nothing it has sent is sent once more.
 *
 *     ask every server for every job of its table         askJobs.ts
 *     read every list that it has left                    theirSpool.ts
 *     which lines stand where they should not             judgeLines.ts
 *     which list has which job                            jobsOfLists.ts
 *     show it all, and ask                                table.ts
 *     note the rows of the table                          from here on it is begun: what runs goes on, nothing unknown is sent
 *     list by list: rows, and changes of the spool        journalled as everybody's
 *     put the table away, when nothing waits any more     from here on it is complete
 *
 * What it guarantees:
 * - until a person has agreed nothing is written; after that a crash anywhere is finished by the same command
 * - no list is sent whose job may run: where a server cannot be asked, what it may have waits, and the next call goes on
 * - nothing is deleted: a list that is written anew is kept in DONE/Dirty, or its lines stand in the new ones; the table gets
 *   another name
 *
 * The original program may still run. Its new rows, or a new table, are seen by every program of ours, which then do
 * nothing, and this one takes them over as well.
 */
import type { Command } from 'commander';
import { confirmed, YES, type Asking } from '../run/confirm.js';
import type { Program, Run } from '../run/program.js';
import { UsageError } from '../errors.js';
import { setTakeOverTimes, takeOverTimes } from '../database/campaignRows.js';
import { putOkay } from '../database/outcomeRows.js';
import {
  hasOriginalTable,
  newRows,
  noteRow,
  originalRows,
  renameOriginalTable,
  type OriginalRow,
} from '../database/originalTable.js';
import { inputsToShow, type LfnListInput } from '../lfnLists/lfnLists.js';
import { LineCount } from '../lfnLists/lineCount.js';
import { isOriginalName } from '../lists/originalNames.js';
import { openServers, type Servers } from '../servers/servers.js';
import { whyOtherVo } from '../servers/campaignVo.js';
import { loadReasons } from '../settings/reasonTable.js';
import { spoolNames } from '../spool/spoolNames.js';
import { batchesOf, plural } from '../text/words.js';
import { askJobs } from './askJobs.js';
import { planJobs } from './jobsOfLists.js';
import { judgeLines, planMissing } from './judgeLines.js';
import { LfnListHeads } from './lfnListHeads.js';
import type { TakeOverPlan } from './plan.js';
import { dataOf, tableOf, type CountedList, type Shown } from './table.js';
import { foreignFiles, missingSources, theirLists, type TheirList } from './theirSpool.js';

/** Lists that share one commit. */
const LISTS_PER_COMMIT = 500;

interface Options extends Asking {
  readonly without: readonly string[];
}

async function takeOver(run: Run, options: Options): Promise<void> {
  const lists = theirLists(run);
  const said = whyNothing(run, lists);
  if (said !== null) return run.summary.show(`takeOver: ${said}`);
  const servers = openServers(run);
  try {
    const rows = rowsToTake(run);
    const shown = await look(run, servers, endpointsOf(servers, rows, options.without), rows, lists);
    run.progress.end();
    run.summary.add('takeOver', dataOf(shown));
    const warnings = run.summary.warnings().map((warning) => `! ${warning}`);
    if (
      !(await confirmed(run, [...tableOf(run.base, shown), ...warnings, ...(warnings.length > 0 ? [''] : [])], options))
    )
      return;
    if (run.dryRun) return run.summary.show('takeOver (dry run): nothing was changed');
    if (options.without.length > 0)
      run.log.warn('taken over without asking a server, as a person has said that it is gone', {
        without: options.without,
      });
    carryOut(run, rows, shown.plan);
    sayForeign(run, shown.foreign);
  } finally {
    await servers.close();
  }
}

/** What is said where nothing is to be done; null: something is. */
function whyNothing({ db, now }: Run, lists: readonly TheirList[]): string | null {
  const { begun, complete } = takeOverTimes(db);
  if (hasOriginalTable(db)) return null;
  if (complete !== null)
    return `this campaign was taken over on ${new Date(Math.min(complete, now().getTime())).toISOString().slice(0, 10)}; nothing was done`;
  if (begun === null && !lists.some(({ name }) => isOriginalName(name)))
    return 'the original program has left nothing here; nothing was done';
  return null;
}

/** All rows, but only new ones where it was complete. */
const rowsToTake = ({ db }: Run): OriginalRow[] =>
  takeOverTimes(db).complete === null ? originalRows(db) : newRows(db);

/** All that are to be asked: those of the settings, and those that the table names. */
function endpointsOf(servers: Servers, rows: readonly OriginalRow[], without: readonly string[]): string[] {
  const all = new Set([
    ...servers.all().map(({ endpoint }) => endpoint),
    ...rows.flatMap(({ endpoint }) => endpoint ?? []),
  ]);
  const names = new Set([...all].map((endpoint) => servers.nameOf(endpoint)));
  const strangers = without.filter((name) => !names.has(name));
  if (strangers.length > 0)
    throw new UsageError(
      `--without ${strangers.join(', ')}: neither the settings nor the table name such a server; they name ${[...names].join(', ')}`,
    );
  const left = [...all].filter((endpoint) => !without.includes(servers.nameOf(endpoint)));
  if (left.length === 0) throw new UsageError('--without: no server is left that could be asked; leave one in');
  return left;
}

/** All that is to be known before anything is done. */
async function look(
  run: Run,
  servers: Servers,
  endpoints: readonly string[],
  rows: readonly OriginalRow[],
  lists: readonly TheirList[],
): Promise<Shown> {
  const plan: TakeOverPlan = { actions: [], counted: [], waiting: [] };
  for (const endpoint of endpoints) await demandOurVo(run, servers, endpoint, plan);
  const asked = await askJobs(run, servers, endpoints, rows);
  if (asked.unsure.size > 0)
    plan.waiting.push(`${plural(asked.unsure.size, 'job')} of its table: not every server could be asked about them`);
  const jobs = new Map(rows.flatMap(({ list, jobId }) => entry(list, asked.found.get(jobId ?? ''))));
  const names = spoolNames(run);
  // What it wrote down later, a person may have sent again since.
  const missing = takeOverTimes(run.db).complete === null ? missingSources(run) : new Map<string, null>();
  const reasons = loadReasons(run.base);
  const lfnLists = await inputsToShow(run);
  const heads = new LfnListHeads(run, lfnLists);
  const lines = await judgeLines({ run, servers, reasons, jobs, lists, missing, names, heads }, plan);
  heads.tell(run);
  await planJobs({ run, servers, endpoints, rows, asked, lists, ...lines }, plan);
  planMissing(run, plan, lines, names);
  return { servers, rows, asked, lines, lfnLists: waitingIn(lfnLists), foreign: foreignFiles(run), plan };
}

const entry = <Value>(key: string, value: Value | undefined): [string, Value][] =>
  value === undefined ? [] : [[key, value]];

/** How the client says that a server takes us for nobody. */
const UNKNOWN_TO_IT = /: the server (saw no certificate|did not accept the token);/;

/** Under another VO we would neither see its jobs nor find ours again. */
async function demandOurVo(run: Run, servers: Servers, endpoint: string, plan: TakeOverPlan): Promise<void> {
  const session = await servers.session(endpoint);
  if (session === null) {
    const why = servers.whyExcluded(endpoint) ?? 'no answer';
    if (UNKNOWN_TO_IT.test(why))
      throw new UsageError(
        `Nothing was taken over: ${why}; it must know us as the user, and of the VO, under which the original program submitted${run.settings.fts.vo === undefined ? '' : `, and fts.vo is "${run.settings.fts.vo}"`}`,
      );
    plan.waiting.push(`${servers.nameOf(endpoint)} cannot be asked (${why})`);
    return;
  }
  const wrong = whyOtherVo(run.settings, run.db, endpoint, session.vo);
  if (wrong !== null) throw new UsageError(`Nothing was taken over: at ${session.name} ${wrong.why}; ${wrong.cure}`);
}

const waitingIn = (lfnLists: readonly LfnListInput[]): CountedList[] => {
  const count = new LineCount(false);
  return lfnLists.map(({ name, path, route }) => ({ name, lines: count.countLines(path), route: route.match }));
};

/** A crash before the first commit leaves everything as it was; after it the same command goes on with what is not done yet. */
function carryOut(run: Run, rows: readonly OriginalRow[], { actions, counted, waiting }: TakeOverPlan): void {
  const { db, journal } = run;
  const begun = takeOverTimes(db).begun ?? run.now().getTime();
  journal.commit(() => {
    setTakeOverTimes(db, { begun, complete: null });
    for (const row of rows) noteRow(db, row);
    for (const { name, transfers } of counted) putOkay(db, name, transfers);
  });
  run.log.info('take-over begun', { rows: rows.length, lists: actions.length });
  const batches = batchesOf(actions, LISTS_PER_COMMIT);
  run.progress.begin({ what: 'taking over', unit: 'lists' });
  for (const [index, batch] of batches.entries()) {
    const stop = run.mustStop();
    if (stop !== null) {
      waiting.push(`${plural((batches.length - index) * LISTS_PER_COMMIT, 'list')} or less: ${stop}`);
      break;
    }
    run.progress.reach(index * LISTS_PER_COMMIT, index / batches.length);
    const transitions = batch.flatMap((action) => action.transitions);
    journal.carry(transitions, () => {
      for (const action of batch) action.rows(db);
    });
  }
  if (waiting.length > 0) {
    for (const why of waiting) run.summary.warn(`Waits: ${why}`);
    run.summary.needsAttention(
      `The take-over is begun and not complete: lists whose job is known go on, the others wait; run the same command again when the servers answer; a server that is gone for good: --without NAME`,
    );
    return;
  }
  const kept = journal.commit(() => {
    setTakeOverTimes(db, { begun, complete: run.now().getTime() });
    return hasOriginalTable(db) ? renameOriginalTable(db) : null;
  });
  run.log.info('take-over complete', { kept });
  const where = kept === null ? '' : `; its table is kept as ${kept}`;
  run.summary.show(`takeOver: the campaign is taken over, ${plural(rows.length, 'row')}${where}`);
}

function sayForeign(run: Run, foreign: readonly string[]): void {
  if (foreign.length === 0) return;
  const away = `${run.base}/original`;
  run.summary.note(
    `the original's own files stay where they are; to put them away: cd '${run.base}' && mkdir -p '${away}' && mv ${foreign.map((each) => `'${each}'`).join(' ')} '${away}/'`,
  );
}

export const program: Program<Options> = {
  name: 'takeOver',
  description: 'Takes a campaign over from the original Python scripts.',
  database: 'take over',
  options: (command: Command) =>
    command
      .option(
        '--without <server>',
        'do not ask this server (may be repeated): it is gone for good; a job that runs there would be submitted again',
        (server, before: string[]) => [...before, server],
        [],
      )
      .option(...YES),
  main: takeOver,
};
