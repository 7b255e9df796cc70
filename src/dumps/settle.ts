/**
 * settle: moves transfers of DONE/Bad whose files are in the dump to DONE/Okay, as found.
 *
 * Only what has both size and checksum of its list, and came to DONE/Bad before the dump was begun: what came later may
 * have been half a copy when the dump was made. The lists themselves are read again under the lease.
 */
import { parseBadList, type BadEntry } from '../lists/badList.js';
import { confirmed, type Asking } from '../run/confirm.js';
import type { Run } from '../run/program.js';
import { whyNotOver } from '../spool/notOver.js';
import { sha256 } from '../spool/digest.js';
import { spoolNames } from '../spool/spoolNames.js';
import { carryFound, copiedUntil, foundInBad, type FoundTransfers } from '../storages/found.js';
import { named, plural, shown } from '../text/words.js';
import { PROVED } from './answers.js';
import type { Comparison } from './compare.js';
import { whyWrongTime, type Span } from './refusals.js';

/** `dumped`: when the dump was made; null: nobody knows. */
export async function settleFound(
  run: Run,
  { results, campaign }: Comparison,
  dumped: Span | null,
  options: Asking,
): Promise<void> {
  const { summary } = run;
  const proved = pathsByList(results.lines(PROVED));
  if (campaign === null || proved.size === 0) return summary.note('nothing of DONE/Bad is proved to be there');
  const why =
    dumped === null || dumped.isGuess
      ? 'when the dump was begun must be known: say it with --dumped-at'
      : whyWrongTime(dumped, run.now().getTime());
  if (dumped === null || why !== null) return summary.needsAttention(`Nothing of DONE/Bad was settled: ${why ?? ''}`);
  const how = { by: `the dump of ${isoOf(dumped.earliest)}`, at: run.now() };
  const names = spoolNames(run);
  const later: string[] = [];
  const found: FoundTransfers[] = [];
  for (const [name, paths] of proved) {
    const read = run.spool.read('DONE/Bad', name);
    if ('why' in read || !mayBeChanged(run, name)) continue;
    const parsed = parseBadList(read.bytes);
    const isThere = ({ transfer }: BadEntry): boolean => paths.has(campaign.records.pathOf(transfer.destination) ?? '');
    const there = parsed.entries.filter(isThere);
    const before = new Set(there.filter((entry) => cameBefore(entry, dumped.earliest)));
    later.push(...there.filter((entry) => !before.has(entry)).map(({ transfer }) => transfer.destination));
    if (before.size > 0)
      found.push(foundInBad({ name, sha256: sha256(read.bytes), parsed }, before, how, names, run.campaign));
  }
  if (later.length > 0)
    summary.needsAttention(
      `${plural(later.length, 'transfer')} of DONE/Bad came there after the dump was begun, or nobody knows when, and stay: ${named(later, 3)}; a newer dump tells, or misc/checkDestinations.js`,
    );
  if (found.length > 0 && (await confirmed(run, planOf(found), options))) carryFound(run, found);
}

function pathsByList(lines: Iterable<string>): Map<string, Set<string>> {
  const lists = new Map<string, Set<string>>();
  for (const line of lines) {
    const [list = '', path = ''] = line.split('\t');
    const name = list.replace('DONE/Bad/', '');
    const paths = lists.get(name);
    if (paths === undefined) lists.set(name, new Set([path]));
    else paths.add(path);
  }
  return lists;
}

function mayBeChanged(run: Run, name: string): boolean {
  const isCopied = copiedUntil(run, name) !== null;
  const why = isCopied ? 'a copy of it may be going on' : whyNotOver(run, name);
  if (why === null) return true;
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.needsAttention(`Cannot settle list "${name}" in DONE/Bad: ${why}`);
  return false;
}

/** What stands there without a reason, a person has put there, nobody knows when. */
const cameBefore = ({ why }: BadEntry, time: number): boolean => why !== null && Date.parse(why.at) < time;

function planOf(found: readonly FoundTransfers[]): string[] {
  const transfers = found.reduce((sum, { okay }) => sum + okay.transfers, 0);
  return [
    `To go from DONE/Bad to DONE/Okay: ${plural(transfers, 'transfer')} of ${plural(found.length, 'list')}, which the dump has with size and checksum:`,
    ...shown(found.map(({ transition, okay }) => `list "${transition.list}": ${plural(okay.transfers, 'transfer')}`)),
  ];
}

const isoOf = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
