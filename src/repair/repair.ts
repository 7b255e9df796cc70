/**
 * repair: makes the database of a campaign again when it is lost, damaged, or an old copy.
 *
 *     is it damaged, old, another campaign's, or gone?                  health
 *     read all lists; does one stand twice?                             spoolSurvey
 *     take over what can be read of the old one                         salvage
 *     fill a new one in memory: rows, cursors, jobs found at servers    rebuild
 *     show it, and ask; put it in the place of the old one              replaceDatabase
 *
 * It keeps the damaged one, takes over what can be read of it, and finds the rest in the lists' own comments and at the
 * servers. It shows first what it will do, and asks. Until the very end nothing is changed, and where something does
 * not fit together (a list stands twice, a server cannot be asked) it says so and changes nothing.
 */
import type { Command } from 'commander';
import path from 'node:path';
import { plural } from '../text/words.js';
import { campaignOf, type SurveyedList } from './lists.js';
import { confirmed, YES, type Asking } from '../run/confirm.js';
import { CAMPAIGN, DATABASE, readCampaign } from '../database/database.js';
import { healthOf, type Health } from './health.js';
import type { Program, Run } from '../run/program.js';
import { Rebuild } from './rebuild.js';
import { finishReplacing, replaceDatabase } from './replaceDatabase.js';
import { isUnread } from '../lfnLists/unreadNames.js';
import type { LostCursor } from './lostCursor.js';
import { NOTHING, ofOldCopy, salvage, type Salvaged } from './salvage.js';
import { openServers } from '../servers/servers.js';
import { doubles, surveySpool } from './spoolSurvey.js';
import { UsageError } from '../errors.js';
import { lfnLists } from '../database/lfnListRows.js';

interface Options extends Asking {
  readonly without: readonly string[];
}

async function repair(run: Run, options: Options): Promise<void> {
  const strangers = options.without.filter((name) => !run.settings.fts.server.some((server) => server.name === name));
  if (strangers.length > 0) throw new UsageError(`--without ${strangers.join(', ')}: the settings name no such server`);
  if (!run.dryRun && finishReplacing(run.base)) run.summary.note('finished a repair that was cut off');
  const health = healthOf(run.base, !run.dryRun);
  const lists = await surveySpool(run);
  if (lists === null) return run.summary.needsAttention(`Nothing was done: ${run.mustStop() ?? ''}; repair again`);
  if (health.kind === 'whole') return run.summary.show('repair: the database is whole, nothing was done');
  if (health.kind === 'lost' && readCampaign(run.base) === null && lists.length === 0)
    return run.summary.show('repair: there is no campaign here yet, nothing was done');
  if (health.kind === 'foreign' && !isStray(run, health.uuid, lists)) return;

  const salvaged = readable(run, health, lists);
  if (standTwice(run, lists, salvaged)) return;
  const plan = await fill(run, lists, health, salvaged, options.without);
  if (plan === null) return;
  run.summary.add('plan', plan);
  const warnings = run.summary.warnings().map((warning) => `! ${warning}`);
  if (!(await confirmed(run, [...plan, ...warnings], options))) return;
  if (run.dryRun) return run.summary.show(`repair (dry run, nothing is changed): ${DATABASE} would be made again`);
  const stamp = run.now().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  // The fence is the journal's: its commit checks that the lease is still ours.
  const kept = replaceDatabase(run.base, run.db, stamp, () => run.journal.commit(() => {}));
  run.summary.show(`repair: ${DATABASE} was made again${kept === null ? '' : `; the damaged one is ${kept}`}`);
  run.log.info('database made again', { kept, plan });
}

/** What can be taken over of the database that is there. */
function readable(run: Run, health: Health, lists: readonly SurveyedList[]): Salvaged {
  if (health.kind !== 'damaged' && health.kind !== 'old') return NOTHING;
  const names = lists.flatMap(({ name, from }) => [name, ...(from === null ? [] : [from.lfnList])]);
  const salvaged = salvage(path.join(run.base, DATABASE), names);
  const underWay = lists.filter(({ place }) => place === 'TODO' || place === 'DOING').map(({ name }) => name);
  return health.kind === 'old' ? ofOldCopy(salvaged, new Set(underWay)) : salvaged;
}

/** Is the database that of another campaign, put here by mistake? The lists say so, or a person must. */
function isStray(run: Run, uuid: string, lists: readonly SurveyedList[]): boolean {
  const written = readCampaign(run.base);
  const named = campaignOf(lists);
  if (named === written) return true;
  run.summary.needsAttention(
    `Cannot repair: ${CAMPAIGN} says ${written}, the database ${uuid}, and most lists ${named ?? 'nothing'}; nothing was done; write the right one into ${path.join(run.base, CAMPAIGN)}`,
  );
  return false;
}

/** What a cut-off change left twice would be sent twice; unless its journal was read, a person must say which is right. */
function standTwice(run: Run, lists: readonly SurveyedList[], { tables }: Salvaged): boolean {
  const pending = new Set(tables.transition.map((row) => String(row['list'])));
  const twice = doubles(run.spool, lists).filter(
    ({ paths }) => !paths.some((each) => pending.has(path.basename(each))),
  );
  for (const { paths, shared } of twice)
    run.summary.needsAttention(
      `${plural(shared, 'transfer')} of ${paths[1]} also in ${paths[0]}: a change was cut off, and its record is lost; nothing was done; compare the two, take the transfers out of one of them, and repair again`,
    );
  return twice.length > 0;
}

/** Fills the database in memory. Returns what was found, line by line; null when something needs a person first. */
async function fill(
  run: Run,
  lists: readonly SurveyedList[],
  health: Health,
  salvaged: Salvaged,
  without: readonly string[],
): Promise<string[] | null> {
  const uuid = uuidOf(run, lists, salvaged);
  const rebuild = new Rebuild(run, lists, uuid.uuid);
  const rows = rebuild.fromDamaged(salvaged);
  const plan = [`${DATABASE} is ${describe(health)}: a new one is made`, `campaign ${uuid.uuid} (${uuid.from})`];
  if (health.kind === 'damaged' || health.kind === 'old')
    plan.push(
      `read of the ${health.kind} one: ${plural(rows.list, 'list')}, ${plural(rows.job, 'job')}, ${plural(rows.transition, 'unfinished change')}${salvaged.broken.length > 0 ? `; not readable to the end: ${salvaged.broken.join(', ')}` : ''}`,
    );
  if (salvaged === NOTHING || salvaged.broken.includes('all'))
    plan.push(
      'what begins anew: charts, pace, counted reasons, refused tokens, and which storages are broken; hold those that are known to be',
    );
  const cursors = describeCursors(run, rebuild.cursors());
  await nameUncut(run, lists, health, salvaged);
  const jobs = cursors === null ? null : await lookForJobs(run, rebuild, without);
  if (cursors === null || jobs === null) return null;
  plan.push(...cursors, ...jobs);
  const doing = rebuild.unknownInDoing().length;
  if (doing > 0) plan.push(`${plural(doing, 'list')} in DOING: the next run of the monitor looks for their jobs`);
  return plan;
}

function uuidOf(run: Run, lists: readonly SurveyedList[], salvaged: Salvaged): { uuid: string; from: string } {
  const written = readCampaign(run.base);
  if (written !== null) return { uuid: written, from: CAMPAIGN };
  const named = campaignOf(lists);
  if (named !== null) return { uuid: named, from: 'the lists' };
  if (salvaged.campaign !== null) return { uuid: salvaged.campaign, from: 'the damaged database' };
  if (lists.some((list) => list.place === 'DOING'))
    run.summary.needsAttention(
      'Nothing says which campaign this was, so the jobs of lists in DOING cannot be looked for: see at the servers whether they still run before you run the monitor',
    );
  return { uuid: crypto.randomUUID(), from: 'new' };
}

function describeCursors(run: Run, cursors: readonly LostCursor[]): string[] | null {
  for (const { row, trouble } of cursors)
    if (trouble === 'changed')
      run.summary.needsAttention(
        `LFN list "${row.name}" was cut up to byte ${row.offset}, as its lists say, and no line of it ends there: nothing was done; put it back as it was, or move it away, and repair again`,
      );
  if (cursors.some(({ trouble }) => trouble === 'changed')) return null;
  return cursors.map(({ row, trouble }) =>
    trouble === null
      ? `LFN list ${row.name}: goes on at byte ${row.offset}, behind line ${row.line}`
      : `LFN list ${row.name} is missing: if it is to be read on from byte ${row.offset}, put it back before you go on`,
  );
}

async function lookForJobs(run: Run, rebuild: Rebuild, without: readonly string[]): Promise<string[] | null> {
  if (rebuild.unknownInTodo().length === 0) return [];
  const servers = openServers(run);
  try {
    const looked = await rebuild.lookForJobs(servers, without);
    if (looked === null) return null;
    const { adopted, waiting } = looked;
    const left = without.length > 0 ? `; not asked: ${without.join(', ')}` : '';
    return [
      `${plural(adopted + waiting, 'list')} in TODO: ${adopted} with a job at a server, ${waiting} without${left}`,
    ];
  } finally {
    await servers.close();
  }
}

/** LFN lists that no list names, though others behind them are cut already: their lists may have been taken away. */
async function nameUncut(
  run: Run,
  lists: readonly SurveyedList[],
  health: Health,
  { broken }: Salvaged,
): Promise<void> {
  const isTold =
    (health.kind === 'damaged' || health.kind === 'old') && !broken.includes('lfn_list') && !broken.includes('all');
  if (lists.length === 0 || isTold) return;
  const known = lfnLists(run.db).map((row) => row.name);
  const last = known.at(-1);
  const { default: glob } = await import('fast-glob');
  const found = await glob([...run.settings.producer.lfn_lists], { cwd: run.base, onlyFiles: true });
  const uncut = found
    .filter((name) => !isUnread(name))
    .filter((name) => !known.includes(name) && (last === undefined || name < last));
  if (uncut.length > 0)
    run.summary.needsAttention(
      `No list says that it was cut from ${uncut.sort().join(', ')}: the producer begins there with the first line; if that was cut before, move the file away first`,
    );
}

function describe(health: Health): string {
  switch (health.kind) {
    case 'damaged':
      return `damaged (${health.why})`;
    case 'old':
      return `an old copy, which does not know of ${health.list}`;
    case 'foreign':
      return `that of another campaign (${health.uuid})`;
    case 'lost':
      return 'missing';
    case 'whole':
      return 'whole';
  }
}

export const program: Program<Options> = {
  name: 'repair',
  description: 'Makes the database of a campaign again when it is lost or damaged.',
  database: 'mend',
  options: (command: Command) =>
    command
      .option(
        '--without <server>',
        'do not ask this server about lists in TODO (may be repeated); a job that it has would be submitted again',
        (server, before: string[]) => [...before, server],
        [],
      )
      .option(...YES),
  main: repair,
};
