/**
 * submittable: which lines of a list may be sent to FTS.
 *
 * A list is read as it stands, and what FTS has already is settled as it was sent; what is still to be sent is looked
 * at more closely here. A line that would destroy its own source, or that no storage can verify, is unfit; of two that
 * would be written to one file of the storage the later is a duplicate.
 */
import { whyUselessChecksum } from './checksum.js';
import { whyDuplicate } from './list.js';
import type { DuplicateLine, ListLine, ParsedList } from './list.js';
import { isOneFile, storageFile } from './storageFile.js';
import { whyImpossibleSize } from './transfer.js';

export interface UnfitLine {
  readonly transfer: ListLine;
  /** In a few words. */
  readonly meaning: string;
  /** A phrase to follow "the line". */
  readonly why: string;
}

export interface Submittable {
  /** Its transfers are those that may be sent. */
  readonly parsed: ParsedList;
  readonly unfit: readonly UnfitLine[];
}

/** `isStageOnly`: nothing is copied, so that source and destination may be one file. */
export function submittable(parsed: ParsedList, isStageOnly = false): Submittable {
  const transfers: ListLine[] = [];
  const unfit: UnfitLine[] = [];
  const duplicates: DuplicateLine[] = [];
  const firstWith = new Map<string, ListLine>();
  for (const transfer of inOrder(parsed)) {
    const reason = whyUnfit(transfer, isStageOnly);
    if (reason !== null) {
      unfit.push({ transfer, ...reason });
      continue;
    }
    const file = storageFile(transfer.destination);
    const earlier = firstWith.get(file);
    if (earlier === undefined) {
      firstWith.set(file, transfer);
      transfers.push(transfer);
    } else duplicates.push({ ...transfer, why: whyDuplicate(transfer, earlier) });
  }
  return { parsed: { ...parsed, transfers, duplicates }, unfit };
}

/** A duplicate of a line that is unfit is none. */
const inOrder = ({ transfers, duplicates }: ParsedList): ListLine[] =>
  [...transfers, ...duplicates].sort((a, b) => a.line - b.line);

function whyUnfit(transfer: ListLine, isStageOnly: boolean): { meaning: string; why: string } | null {
  if (!isStageOnly && isOneFile(transfer)) {
    const why = 'names one file of one storage twice: FTS would delete it before it copies';
    return { meaning: 'source and destination are one file', why };
  }
  const checksum = transfer.checksum === undefined ? null : whyUselessChecksum(transfer.checksum);
  if (checksum !== null) return { meaning: 'its checksum cannot be verified', why: checksum };
  const size = transfer.size === undefined ? null : whyImpossibleSize(transfer.size);
  return size === null ? null : { meaning: 'its size cannot be', why: size };
}
