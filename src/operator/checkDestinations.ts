/**
 * checkDestinations: asks the storages which transfers have arrived already, and takes those out of their lists to
 * DONE/Okay.
 *
 *     for each list in TODO that FTS has not got, or for each that is named, also in DONE/Bad:
 *         for each transfer: what stands at its destination? (storages/proof.ts)
 *     the right file: the transfer goes to DONE/Okay, "found", after a question
 *     another file, or nobody can tell: it is named, and stays; nothing: it stays
 *
 * A list of which a copy may still be going on is left alone: what it has written so far may be taken away again.
 */
import type { Command } from 'commander';
import path from 'node:path';
import { parseBadList, type BadEntry, type ParsedBadList } from '../lists/badList.js';
import { byAge } from '../lists/names.js';
import type { Transfer } from '../lists/transfer.js';
import type { Names } from '../rules/settlement.js';
import { confirmed, YES, type Asking } from '../run/confirm.js';
import { UsageError } from '../errors.js';
import { storageOptions, type StorageOptions } from '../run/options.js';
import type { Program, Run } from '../run/program.js';
import { sha256 } from '../spool/digest.js';
import { whyNotOver } from '../spool/notOver.js';
import { spoolNames } from '../spool/spoolNames.js';
import { carryFound, copiedUntil, foundInBad, foundInTodo, type FoundTransfers, type How } from '../storages/found.js';
import { forEach } from '../storages/gfal.js';
import { prove, type FileFacts, type Proof } from '../storages/proof.js';
import { minute } from '../text/terminal.js';
import { plural, shown } from '../text/words.js';
import { freeLists, type FreeList } from './freeLists.js';
import { transferLines } from './sourceCheck.js';

type Options = Asking & StorageOptions;

interface BadList {
  readonly name: string;
  readonly sha256: string;
  readonly parsed: ParsedBadList;
}

/** The lists that are looked at. */
interface Chosen {
  readonly todo: readonly FreeList[];
  readonly bad: readonly BadList[];
}

type Proofs = ReadonlyMap<Transfer, Proof>;

/** So many of each kind are named. */
const MOST_SHOWN = 10;

const INSTEAD =
  ' or DONE/Bad, and only of what stands there the storages are asked whether it has arrived; of what stands in DONE/Okay asks node dist/misc/manifest.js --out FILE --verify all';

async function checkDestinations(run: Run, options: Options, given: readonly string[]): Promise<void> {
  const chosen = choose(run, given);
  const transfers = [
    ...chosen.todo.flatMap(({ parsed }) => transferLines(parsed)),
    ...chosen.bad.flatMap(({ parsed }) => parsed.entries.map(({ transfer }) => transfer)),
  ];
  if (transfers.length === 0) return run.summary.note('no list to check');
  const proofs = await proveAll(run, transfers, options);
  tell(run, proofs, transfers.length);
  const found = foundIn(run, chosen, proofs);
  if (found.length === 0) return;
  if (await confirmed(run, planOf(found, proofs), options)) carryFound(run, found);
}

function choose(run: Run, given: readonly string[]): Chosen {
  if (given.includes('')) throw new UsageError('The name of a list is empty');
  const bad = new Set(given.filter((each) => isInBad(run, each)).map((each) => path.basename(each)));
  const todo = given.filter((each) => !isInBad(run, each));
  const free = given.length > 0 && todo.length === 0 ? [] : freeLists(run, todo, INSTEAD);
  return {
    todo: free.filter(({ name }) => mayBeChanged(run, name)),
    bad: [...bad].sort(byAge).flatMap((name) => (mayBeChanged(run, name) ? (badList(run, name) ?? []) : [])),
  };
}

/** `DONE/Bad/NAME`, as a shell completes it, means the one there. */
const isInBad = (run: Run, given: string): boolean =>
  path.basename(path.dirname(given)) === 'Bad' ||
  (!run.spool.exists('TODO', path.basename(given)) && run.spool.exists('DONE/Bad', path.basename(given)));

function mayBeChanged(run: Run, name: string): boolean {
  const until = copiedUntil(run, name);
  if (until === null) return true;
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.note(
    `list "${name}" was left alone: a copy of it may be going on until ${minute(new Date(until).toISOString())}`,
  );
  return false;
}

function badList(run: Run, name: string): BadList | null {
  const isThere = run.spool.exists('DONE/Bad', name);
  const read = run.spool.read('DONE/Bad', name);
  const why = !isThere ? 'it is not there' : 'why' in read ? read.why : whyNotOver(run, name);
  if (why === null && 'bytes' in read) return { name, sha256: sha256(read.bytes), parsed: parseBadList(read.bytes) };
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.needsAttention(`Cannot check list "${name}" in DONE/Bad: ${why ?? ''}`);
  return null;
}

/** A transfer that was not asked about any more is not in it. */
async function proveAll(
  run: Run,
  transfers: readonly Transfer[],
  { parallel, timeout: timeoutSeconds }: Options,
): Promise<Proofs> {
  const { env, mustStop, progress } = run;
  const proofs = new Map<Transfer, Proof>();
  progress.begin({ what: 'asking the storages', unit: 'destinations' });
  await forEach(transfers, { parallel, mustStop }, async (transfer) => {
    proofs.set(transfer, await prove(transfer, { timeoutSeconds, env }));
    progress.reach(proofs.size, proofs.size / transfers.length);
  });
  progress.end();
  // In the order of the lists, not of the answers.
  return new Map(
    transfers.flatMap((each) => {
      const proof = proofs.get(each);
      return proof === undefined ? [] : [[each, proof] as const];
    }),
  );
}

function tell(run: Run, proofs: Proofs, asked: number): void {
  const counts = { same: 0, different: 0, missing: 0, unknown: 0 };
  const reasons = new Map<string, Transfer[]>();
  for (const [transfer, proof] of proofs) {
    counts[proof.kind] += 1;
    if (proof.kind === 'unknown') reasons.set(proof.reason, [...(reasons.get(proof.reason) ?? []), transfer]);
    if (proof.kind !== 'different' || counts.different > MOST_SHOWN) continue;
    run.summary.needsAttention(
      `Another file stands at ${transfer.destination}: ${inWords(proof.found)}, and not ${inWords(proof.expected)}; ${CURE}`,
    );
  }
  if (counts.different > MOST_SHOWN)
    run.summary.needsAttention(`Other files stand at ${counts.different - MOST_SHOWN} more destinations; ${CURE}`);
  run.summary.add('destinations', { ...counts, notAsked: asked - proofs.size });
  run.summary.note(
    `${plural(asked, 'destination')}: ${counts.same} there, ${counts.different} different, ${counts.missing} missing`,
  );
  for (const [reason, transfers] of [...reasons].sort(([, a], [, b]) => b.length - a.length).slice(0, MOST_SHOWN))
    run.summary.needsAttention(
      `Cannot tell of ${plural(transfers.length, 'destination')}, such as ${transfers[0]?.destination ?? ''}: ${reason}; nothing is guessed, they stay where they are`,
    );
  if (proofs.size < asked)
    run.summary.needsAttention(
      `${asked - proofs.size} destinations were not looked at: ${run.mustStop() ?? 'the run ended'}; run it again`,
    );
}

const CURE =
  'FTS refuses it, or writes over it with overwrite = true; if nobody wants that file, take it away with gfal-rm';

const inWords = ({ checksum, size }: FileFacts): string =>
  [checksum, size === null ? null : `${size} bytes`].filter((each) => each !== null).join(', ') || 'what was sent';

function foundIn(run: Run, { todo, bad }: Chosen, proofs: Proofs): FoundTransfers[] {
  const names = spoolNames(run);
  const how: How = { by: 'gfal-sum', at: run.now() };
  const isThere = (transfer: Transfer): boolean => proofs.get(transfer)?.kind === 'same';
  return [
    ...todo.flatMap((list) => {
      const found = new Set(transferLines(list.parsed).filter(isThere));
      return found.size === 0 ? [] : [foundInTodo(list, found, how, names, run.campaign)];
    }),
    ...bad.flatMap((list) => ofBad(run, list, isThere, how, names)),
  ];
}

function ofBad(
  run: Run,
  list: BadList,
  isThere: (transfer: Transfer) => boolean,
  how: How,
  names: Names,
): FoundTransfers[] {
  const found = new Set<BadEntry>(list.parsed.entries.filter(({ transfer }) => isThere(transfer)));
  return found.size === 0 ? [] : [foundInBad(list, found, how, names, run.campaign)];
}

function planOf(found: readonly FoundTransfers[], proofs: Proofs): string[] {
  const transfers = found.reduce((sum, { okay }) => sum + okay.transfers, 0);
  const there = [...proofs].flatMap(([{ destination }, { kind }]) => (kind === 'same' ? [destination] : []));
  return [
    `To go to DONE/Okay: ${plural(transfers, 'transfer')} of ${plural(found.length, 'list')} that have arrived already:`,
    ...shown(there, MOST_SHOWN),
  ];
}

export const program: Program<Options> = {
  name: 'checkDestinations',
  description: 'Asks the storages which transfers of lists have arrived already, and takes them to DONE/Okay.',
  options: (command: Command) =>
    storageOptions(command.argument('[list...]', 'names of lists in TODO or DONE/Bad (default: all in TODO)')).option(
      ...YES,
    ),
  main: checkDestinations,
};
