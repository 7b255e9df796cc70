/**
 * checkSources: asks the storages whether the sources of lists in TODO are there, and takes out those that are not.
 *
 * What is missing goes to DONE/Bad with the class permanent, before FTS wastes its retries on it; a source about which
 * the storage says anything else stays where it is, and that is said. Lists whose submission may have arrived are left
 * alone.
 */
import type { Command } from 'commander';
import { byHour } from '../rules/hourly.js';
import { freeLists } from './freeLists.js';
import { transferLines, removeMissing, type SourceRemoval } from './sourceCheck.js';
import { batchesOf, plural, shown } from '../text/words.js';
import { targets } from '../lists/transition.js';
import { confirmed, YES, type Asking } from '../run/confirm.js';
import { forEach } from '../storages/gfal.js';
import { statFile, type Stat } from '../storages/look.js';
import { storageOptions, type StorageOptions } from '../run/options.js';
import type { Program, Run } from '../run/program.js';
import { spoolNames } from '../spool/spoolNames.js';
import * as listRows from '../database/listRows.js';
import * as outcomeRows from '../database/outcomeRows.js';

type Options = Asking & StorageOptions;

/** So many missing sources are shown, and as many of each other answer. */
const MOST_SHOWN = 10;
/** Lists that share one commit. */
const LISTS_PER_COMMIT = 200;

async function checkSources(run: Run, options: Options, given: readonly string[]): Promise<void> {
  const lists = freeLists(run, given);
  const sources = lists.flatMap(({ parsed }) => transferLines(parsed).map(({ source }) => source));
  if (sources.length === 0) return run.summary.note('no list in TODO to check');
  const unique = new Set(sources);
  const stats = await statAll(run, unique, options);
  tell(run, stats, unique.size);
  const names = spoolNames(run);
  const context = { campaign: run.campaign, now: run.now() };
  const removals = lists.flatMap((list) => removeMissing(list, stats, names, context) ?? []);
  if (removals.length === 0) return;
  if (await confirmed(run, planOf(removals), options)) carry(run, removals);
}

/** A source that was not asked about any more is not in it. */
async function statAll(
  run: Run,
  sources: ReadonlySet<string>,
  { parallel, timeout: timeoutSeconds }: Options,
): Promise<Map<string, Stat>> {
  const { env, mustStop, progress } = run;
  const stats = new Map<string, Stat>();
  progress.begin({ what: 'asking the storages', unit: 'sources' });
  await forEach(sources, { parallel, mustStop }, async (source) => {
    stats.set(source, await statFile(source, { timeoutSeconds, env }));
    progress.reach(stats.size, stats.size / sources.size);
  });
  progress.end();
  return stats;
}

/** What the storages said, the same words counted together. */
function tell(run: Run, stats: ReadonlyMap<string, Stat>, asked: number): void {
  const reasons = new Map<string, string[]>();
  let [there, missing] = [0, 0];
  for (const [source, stat] of stats) {
    if (stat.kind === 'there') there += 1;
    else if (stat.kind === 'missing') missing += 1;
    else reasons.set(stat.reason, [...(reasons.get(stat.reason) ?? []), source]);
  }
  run.summary.add('sources', { there, missing, unknown: stats.size - there - missing, notAsked: asked - stats.size });
  run.summary.note(`${plural(asked, 'source')}: ${there} there, ${missing} missing`);
  for (const [reason, sources] of [...reasons].sort(([, a], [, b]) => b.length - a.length).slice(0, MOST_SHOWN))
    run.summary.needsAttention(
      `Cannot check ${plural(sources.length, 'source')}, such as ${sources[0] ?? ''}: ${reason}; what cannot be checked stays in TODO`,
    );
  if (stats.size < asked)
    run.summary.needsAttention(
      `${asked - stats.size} sources were not looked at: ${run.mustStop() ?? 'the run ended'}; run it again`,
    );
}

function planOf(removals: readonly SourceRemoval[]): string[] {
  const bad = removals.flatMap((removal) => removal.bad);
  return [
    `To go to DONE/Bad: ${plural(bad.length, 'transfer')} of ${plural(removals.length, 'list')} whose sources are missing:`,
    ...shown(
      bad.map(({ transfer }) => transfer.source),
      MOST_SHOWN,
    ),
  ];
}

function carry(run: Run, removals: readonly SourceRemoval[]): void {
  for (const batch of batchesOf(removals, LISTS_PER_COMMIT)) {
    if (!run.dryRun)
      run.journal.carry(
        batch.map(({ transition }) => transition),
        () => batch.forEach((removal) => writeRows(run, removal)),
      );
    for (const { transition, bad } of batch) {
      const report = { list: transition.list, action: 'split', to: targets(transition) } as const;
      run.summary.list(report, bad.length);
      run.summary.bad(bad.length);
    }
  }
}

function writeRows(run: Run, removal: SourceRemoval): void {
  const { db } = run;
  const { transition, created } = removal;
  const now = run.now().getTime();
  const old = listRows.list(db, transition.list);
  if (old !== null) listRows.setState(db, old.name, 'SETTLED', now);
  if (created !== null) {
    listRows.waiting(db, { ...created, splitFrom: transition.list, now });
    listRows.setPinned(db, created.name, old?.pinned ?? null);
  }
  countFailures(run, removal);
}

/** What is missing is a failure like any other, for `status`, the page and the metrics. */
function countFailures(run: Run, { transition, bad }: SourceRemoval): void {
  const { db } = run;
  const ended = bad.map(({ class: outcome, at }) => ({ outcome, at, bytes: 0 }));
  for (const sum of byHour(ended, run.now())) outcomeRows.addHourly(db, sum);
  for (const { class: reasonClass, meaning, reason, transfer, server, at } of bad)
    outcomeRows.addFailure(db, {
      class: reasonClass,
      meaning,
      lastSeen: at.getTime(),
      list: transition.list,
      source: transfer.source,
      reason,
      endpoint: server,
      jobId: '',
    });
}

export const program: Program<Options> = {
  name: 'checkSources',
  description: 'Asks the storages for the sources of lists in TODO, and takes out those that are missing.',
  options: (command: Command) =>
    storageOptions(command.argument('[list...]', 'names of lists in TODO (default: all)')).option(...YES),
  main: checkSources,
};
