/**
 * carryOut: asks the storage for each file, shows what would be deleted, has the number typed, and deletes.
 *
 *     ask the storage for each file; leave out what is not the file of the list, and name it
 *     show what would be deleted; a person types how many files that are
 *     batch by batch (batches.ts): check the lease, gfal-rm, write what became of each file into the ledger
 *
 * Both kinds of removal end here: what is dark, and old copies. Nothing is deleted but what a recent look has found to
 * be the file of the list. Whatever is left out is counted and named, and the run ends with 3.
 */
import fs from 'node:fs';
import path from 'node:path';
import { UsageError } from '../errors.js';
import { acquireLease, type Lease } from '../lease/lease.js';
import { confirmed, howMany, terminalOf, type Asking, type Terminal } from '../run/confirm.js';
import type { CommonOptions } from '../run/options.js';
import type { Run, RunAlone } from '../run/program.js';
import { forEach } from '../storages/gfal.js';
import { escapeText } from '../text/escape.js';
import { count, minute, size } from '../text/terminal.js';
import { agree, plural, shown } from '../text/words.js';
import { Batches, type PaceOptions, type RemovalProgress, type Removable } from './batches.js';
import type { RemovalLedger, RemovalOutcome } from './ledger.js';
import type { FileStanding } from './standing.js';

export interface RemovalOptions extends CommonOptions, Asking, PaceOptions {
  readonly expect?: number;
}

export interface Removal {
  readonly list: string;
  readonly ledger: RemovalLedger;
  /** Each once, in the order of the list. */
  readonly urls: readonly string[];
  /** What is not even asked for, with why: `the catalogue has it`. */
  readonly leftOut: ReadonlyMap<string, string>;
  readonly look: (url: string) => Promise<FileStanding>;
  /** Why to stop, asked when the first one was deleted. */
  readonly afterFirst?: (url: string) => Promise<string | null>;
  /** What a person should know before it is done. */
  readonly remarks: readonly string[];
}

const EXAMPLES = 5;
const NAMED = 3;
const MOST_REASONS = 10;
/** As lock.takeover_minutes is by default: there may be no settings. */
const TAKEOVER_MINUTES = 60;

/** `terminal`: where to ask. */
export async function carryOut(
  run: RunAlone,
  campaign: Run | null,
  removal: Removal,
  options: RemovalOptions,
  terminal: Terminal = terminalOf(run, options),
): Promise<void> {
  const lease = await leaseOf(run, campaign, removal.list, options);
  try {
    const check = (): void => {
      lease?.check();
      campaign?.journal.checkLease();
    };
    await underLease(run, removal, options, terminal, check);
  } finally {
    removal.ledger.close();
    lease?.release();
  }
}

/** Two on one list would write into one ledger. The campaign's own lease does where the list lies in its base directory. */
async function leaseOf(
  run: RunAlone,
  campaign: Run | null,
  list: string,
  options: RemovalOptions,
): Promise<Lease | null> {
  const directory = fs.realpathSync(path.dirname(path.resolve(list)));
  if (options.dryRun === true || (campaign !== null && fs.realpathSync(campaign.base) === directory)) return null;
  return acquireLease(directory, {
    program: 'removeDark',
    waitSeconds: options.wait,
    takeoverMinutes: TAKEOVER_MINUTES,
    env: run.env,
    onWait: (message) => run.stderr(`${message}\n`),
  });
}

async function underLease(
  run: RunAlone,
  removal: Removal,
  options: RemovalOptions,
  terminal: Terminal,
  check: () => void,
): Promise<void> {
  const { ledger, leftOut } = removal;
  // Read only now: whoever had the lease before may have written it.
  ledger.load();
  const urls = removal.urls.filter((url) => !leftOut.has(url) && !ledger.done.has(url));
  const seen = new Map<string, number>();
  const standings = await lookAt(run, urls, seen, removal, options);
  const left = new Map([...leftOut].filter(([url]) => !ledger.done.has(url)));
  for (const [url, standing] of standings) if (standing.kind === 'left') left.set(url, standing.why);
  tellLeft(run, left);
  if (standings.size < urls.length)
    return run.summary.needsAttention(
      `Nothing was deleted: ${run.mustStop() ?? 'the run ended'}; the same command begins anew`,
    );
  const removable = urls.filter((url) => standings.get(url)?.kind === 'removable');
  const missing = urls.filter((url) => standings.get(url)?.kind === 'missing');
  const before = removal.urls.filter((url) => ledger.done.has(url)).length;
  const numbers = { listed: removal.urls.length, done: before, leftOut: left.size };
  const plan = planOf(removable, missing.length, before, standings, removal);
  const over = {
    deleted: [...ledger.done.values()].filter((each) => each === 'DELETED').length,
    missing: missing.length,
  };
  const isAgreed = await isConfirmed(run, removable.length, over, plan, options, terminal);
  if (options.dryRun === true)
    run.summary.show(`removeDark (dry run, nothing is changed): ${plural(removable.length, 'file')} would be deleted`);
  else if (!isAgreed) run.summary.show('removeDark: nothing was deleted');
  if (!isAgreed || options.dryRun === true)
    return run.summary.add('removal', { ...numbers, removable: removable.length, missing: missing.length, deleted: 0 });
  ledger.open();
  ledger.add(run.now(), new Map(missing.map((url): [string, RemovalOutcome] => [url, 'MISSING'])));
  const batches = new Batches(run, options, ledger, check, removal.look, removal.afterFirst);
  try {
    await batches.remove(removable.map((url): Removable => ({ url, seen: seen.get(url) ?? 0 })));
  } finally {
    tellEnd(run, batches.reached, missing.length, removable.length, removal);
    const { reached } = batches;
    run.summary.add('removal', {
      ...numbers,
      leftOut: left.size + reached.left.size,
      removable: removable.length,
      missing: missing.length + reached.missing,
      deleted: reached.deleted,
      failed: reached.failed.size,
      stopped: reached.stopped,
    });
  }
}

async function lookAt(
  run: RunAlone,
  urls: readonly string[],
  seen: Map<string, number>,
  { look }: Removal,
  { parallel }: RemovalOptions,
): Promise<Map<string, FileStanding>> {
  const standings = new Map<string, FileStanding>();
  run.progress.begin({ what: 'asking the storage', unit: 'files' });
  await forEach(urls, { parallel, mustStop: run.mustStop }, async (url) => {
    seen.set(url, run.now().getTime());
    standings.set(url, await look(url));
    run.progress.reach(standings.size, standings.size / urls.length);
  });
  run.progress.end();
  return standings;
}

/** The same words counted together. */
function tellLeft({ summary }: RunAlone, left: ReadonlyMap<string, string>): void {
  const reasons = new Map<string, string[]>();
  for (const [url, why] of left) reasons.set(why, [...(reasons.get(why) ?? []), url]);
  for (const [why, urls] of [...reasons].slice(0, MOST_REASONS))
    summary.needsAttention(
      `${plural(urls.length, 'file')} left out, such as ${urls.slice(0, NAMED).join(', ')}: ${why}; look at them`,
    );
  const others = [...reasons].slice(MOST_REASONS).reduce((sum, [, urls]) => sum + urls.length, 0);
  if (others > 0) summary.needsAttention(`${plural(others, 'file')} left out for other reasons; look at them`);
}

function planOf(
  removable: readonly string[],
  missing: number,
  before: number,
  standings: ReadonlyMap<string, FileStanding>,
  { list, remarks, ledger }: Removal,
): string[] {
  const found = removable.flatMap((url) => {
    const standing = standings.get(url);
    return standing?.kind === 'removable' ? [{ url, ...standing }] : [];
  });
  const bytes = found.reduce((sum, each) => sum + (each.size ?? 0), 0);
  const times = found.flatMap(({ modified }) => (modified === null ? [] : [modified])).sort((a, b) => a - b);
  const [oldest, newest] = [times[0], times.at(-1)];
  const day = (time: number): string => minute(new Date(time).toISOString());
  return [
    `To be deleted for good, by ${list}: ${count(found.length)} ${agree(found.length, 'file', 'files')}, ${size(bytes)}:`,
    ...shown(
      found.map((each) => `${each.url} (${each.size === null ? 'size unknown' : size(each.size)})`),
      EXAMPLES,
    ),
    ...(oldest === undefined || newest === undefined
      ? []
      : [`The oldest was written ${day(oldest)}, the newest ${day(newest)}.`]),
    ...(missing === 0 ? [] : [`${count(missing)} are not there any more.`]),
    ...(before === 0 ? [] : [`${count(before)} are over already, as ${ledger.file} says.`]),
    ...remarks,
  ];
}

async function isConfirmed(
  run: RunAlone,
  files: number,
  over: { readonly deleted: number; readonly missing: number },
  plan: readonly string[],
  options: RemovalOptions,
  terminal: Terminal,
): Promise<boolean> {
  const asked = { ...run, dryRun: options.dryRun === true };
  // The same command goes on: what it has deleted counts, and what a run that was killed may have deleted.
  const [least, most] = [files + over.deleted, files + over.deleted + over.missing];
  const { expect } = options;
  if (files > 0 && expect !== undefined && expect !== files && (expect < least || expect > most))
    throw new UsageError(
      `Nothing was deleted: ${plural(files, 'file')} would be${over.deleted === 0 ? '' : ` beside ${over.deleted} that are over`}, and --expect says ${expect}`,
    );
  if (options.yes === true && options.expect === undefined && options.dryRun !== true)
    throw new UsageError(`Nothing was deleted: --yes wants the number of files, say --expect ${files} if it is right`);
  // What is missing already is written down without a question.
  if (files === 0) return confirmed(asked, plan, { ...options, yes: true }, terminal);
  return confirmed(asked, plan, options, terminal, howMany(files, 'files'));
}

function tellEnd(
  { summary }: RunAlone,
  { deleted, missing, failed, left, stopped }: RemovalProgress,
  missingBefore: number,
  all: number,
  { ledger }: Removal,
): void {
  const tried = deleted + missing + failed.size + left.size;
  summary.show(
    `removeDark: ${plural(deleted, 'file')} deleted, ${missing + missingBefore} missing, ${failed.size} failed; ${escapeText(ledger.file)} says which`,
  );
  for (const [url, why] of left) summary.needsAttention(`1 file left out, ${url}: ${why}; look at it`);
  const [first] = failed;
  if (first !== undefined)
    summary.needsAttention(
      `${plural(failed.size, 'file')} not deleted, such as ${first[0]}: ${first[1]}; the same command tries again`,
    );
  if (tried < all)
    summary.needsAttention(
      `${plural(all - tried, 'file')} not tried: ${stopped ?? 'an error'}; the same command goes on behind what is over`,
    );
}
