/**
 * verification: asks the destinations whether what has arrived is what the lists, or the sources, say.
 *
 *     for each transfer that is chosen, and of which no answer proves yet that it has arrived:
 *         ask its destination (storages/proof.ts), some at a time
 *     write the answers of each batch down before the next is asked for
 *
 * Which transfers are chosen follows from their LFNs alone: the same fraction chooses the same ones, and a larger one
 * these too. Who is stopped goes on with the same command; what could not be said, was different or missing is asked
 * again.
 */
import { hash } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import type { Transfer } from '../lists/transfer.js';
import type { StorageOptions } from '../run/options.js';
import type { Run } from '../run/program.js';
import { forEach } from '../storages/gfal.js';
import { prove, type FileFacts, type Proof } from '../storages/proof.js';
import { isProved, type VerificationLedger, type Verified } from './ledger.js';
import type { OkayLists } from './okayLists.js';

/** Answers that are written down together, for each that is asked for at a time. */
const BATCH = 16;

/** commander's parser: `all`, `1%` or `0.01`. */
export function readFraction(text: string): number {
  const [, number = '', percent] = /^(\d{1,3}(?:\.\d{1,20})?) ?(%)?$/.exec(text) ?? [];
  const fraction = text === 'all' ? 1 : percent === undefined ? Number(number) : Number(number) / 100;
  // "1" may be one per cent, or all: that is days of difference.
  if ((number === '1' && percent === undefined) || (number === '' && text !== 'all') || fraction <= 0 || fraction > 1)
    throw new InvalidArgumentError('It must be a part like 0.01 or 1%, or all.');
  return fraction;
}

/** Is the transfer of this LFN among so many of all? */
export const isInSample = (lfn: string, fraction: number): boolean =>
  fraction >= 1 || (fraction > 0 && parseInt(hash('sha256', lfn, 'hex').slice(0, 12), 16) < fraction * 2 ** 48);

interface Task {
  readonly list: string;
  readonly transfer: Transfer;
}

/** Asks for all that are chosen. False: it was stopped before. `plan`: they are only counted. */
export async function verify(
  run: Run,
  lists: OkayLists,
  ledger: VerificationLedger,
  chosen: (source: string) => boolean,
  { parallel, timeout: timeoutSeconds }: StorageOptions,
): Promise<boolean> {
  const { env, mustStop, progress } = run;
  const options = { timeoutSeconds, env };
  let [asked, listsDone] = [0, 0];
  let batch: Task[] = [];
  const ask = async (): Promise<void> => {
    const answers = new Map<Task, Verified>();
    await forEach(batch, { parallel, mustStop }, async (task) => {
      const proof = await prove(task.transfer, options);
      answers.set(task, verifiedOf(task, proof, run.now()));
      progress.reach((asked += 1), listsDone / lists.count);
    });
    // In the order of the lists, so that the lines of one stand together.
    ledger.append(batch.flatMap((task) => answers.get(task) ?? []));
    batch = [];
  };
  progress.begin({ what: 'asking the storages', unit: 'transfers' });
  for (const list of lists.each()) {
    if (mustStop() !== null) break;
    listsDone += 1;
    if (!('transfers' in list)) continue;
    batch.push(...unproved(list.name, list.transfers, list.carried, ledger, chosen));
    if (batch.length >= BATCH * parallel) await ask();
  }
  if (batch.length > 0 && mustStop() === null) await ask();
  progress.end();
  return mustStop() === null;
}

/** What the list does not say of its size, FTS may have. */
function unproved(
  list: string,
  transfers: readonly Transfer[],
  carried: readonly ({ readonly size: number | null } | null)[],
  ledger: VerificationLedger,
  chosen: (source: string) => boolean,
): Task[] {
  const said = ledger.verifiedOf(list);
  return transfers.flatMap((transfer, index) => {
    if (!chosen(transfer.source) || isProved(said.get(transfer.destination), transfer)) return [];
    const size = transfer.size ?? carried[index]?.size ?? null;
    return [{ list, transfer: size === null ? transfer : { ...transfer, size } }];
  });
}

function verifiedOf({ list, transfer: { destination, checksum } }: Task, proof: Proof, now: Date): Verified {
  const at = `${now.toISOString().slice(0, 19)}Z`;
  const asked = { at, list, destination };
  switch (proof.kind) {
    case 'same':
      return { ...asked, outcome: 'ok', ...proof.found, by: proof.by, why: null };
    case 'different': {
      const by = checksum === undefined ? 'source' : 'list';
      return { ...asked, outcome: 'different', ...proof.found, by, why: expectedInWords(proof.expected) };
    }
    case 'missing':
    case 'unknown':
      return { ...asked, outcome: proof.kind, checksum: null, size: null, by: null, why: proof.reason };
  }
}

const expectedInWords = ({ checksum, size }: FileFacts): string =>
  [checksum ?? [], size === null ? [] : `${size} bytes`].flat().join(', ') || 'nothing known';
