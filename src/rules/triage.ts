/**
 * triage: what becomes of one transfer of a job that has come to its end.
 *
 * The finished transfers of a FINISHEDDIRTY job are done, the bad ones go to a person, the rest is retried. The README
 * names one text that is bad unless it is about the destination, as the original program had it; everything else is the
 * table's to say.
 */
import { isEndedByFts } from './endedByFts.js';
import { sideOf } from './reasonSide.js';
import { classify } from './reasons.js';
import type { ReasonClass, ReasonRow } from './reasons.js';

export type Triage =
  | { readonly to: 'okay' }
  | {
      /** `never again`: bad whatever the rule says of its list, as the file is at the destination already. */
      readonly to: 'retry' | 'bad' | 'never again';
      readonly class: ReasonClass;
      readonly meaning: string;
    }
  /** FTS has not finished with it (a job can be final before its files are): wait. */
  | { readonly to: 'unfinished' };

/** What a person finds in DONE/Bad, with the command that asks the storage. */
const NOT_ON_TAPE = 'arrived, not yet on tape (misc/checkDestinations.js asks)';

const MISSING_SOURCE = '500 No such file or directory';

/**
 * Decides by the file's state, spelled as FTS spells it, and its reason. An unknown state counts as unfinished.
 * `cancelJob`: its whole job was told to be cancelled.
 */
export function triage(
  file: { state: string; reason: string; stopping?: boolean },
  table: readonly ReasonRow[],
  cancelJob: boolean | null = null,
): Triage {
  switch (file.state) {
    case 'FINISHED':
      return { to: 'okay' };
    case 'CANCELED':
      // Sent again while its worker has not stopped yet, it would be carried out twice.
      if (file.stopping === true) return { to: 'unfinished' };
      if (isEndedByFts(file.reason, cancelJob)) return triageFailed(file.reason, table);
      return { to: 'bad', class: 'permanent', meaning: 'somebody cancelled it' };
    case 'FAILED':
      return triageFailed(file.reason, table);
    default:
      return { to: 'unfinished' };
  }
}

function triageFailed(reason: string, table: readonly ReasonRow[]): Triage {
  const side = sideOf(reason);
  // What is missing at the destination is a directory, and not the source file.
  if (side !== 'destination' && reason.includes(MISSING_SOURCE))
    return { to: 'bad', class: 'permanent', meaning: 'the source file is missing' };
  const known = classify(reason, table);
  // The copy is made, and only its way to tape has failed.
  if (side === 'archiving')
    return { to: 'never again', class: known.class, meaning: `${NOT_ON_TAPE}: ${known.meaning}` };
  return { to: known.class === 'permanent' ? 'bad' : 'retry', ...known };
}
