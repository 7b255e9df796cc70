/**
 * proof: has a transfer verifiably arrived? Is what stands at its destination what the list, or the source, says?
 *
 *     ask the destination for its size, then for its checksum, unless FTS has reported both
 *     compare them with those of the list; where it has no checksum, with the source's
 *
 * A size alone proves nothing: a copy that was cut off and filled up has it too. Then, and where a storage cannot say,
 * nothing is guessed.
 */
import { isSameChecksum } from '../lists/checksum.js';
import type { Transfer } from '../lists/transfer.js';
import type { GfalOptions } from './gfal.js';
import { statFile, sumFile } from './look.js';

/** What a file is, as far as that is known. */
export interface FileFacts {
  /** `ALGORITHM:HEX` */
  readonly checksum: string | null;
  /** Bytes. */
  readonly size: number | null;
}

export type Proof =
  /** `by`: whose checksum it has. */
  | { readonly kind: 'same'; readonly found: FileFacts; readonly by: 'list' | 'source' }
  | { readonly kind: 'different'; readonly expected: FileFacts; readonly found: FileFacts }
  | { readonly kind: 'missing'; readonly reason: string }
  /** `isLacking`: nobody has a checksum to compare; to ask again tells nothing more. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly isLacking?: true };

/** That of most storages. */
const USUAL = 'ADLER32';

/** `reported`: what stands at the destination, where somebody has told already; the storage of the destination is not asked then. */
export async function prove(
  transfer: Transfer,
  options: GfalOptions,
  reported: { readonly size: number; readonly checksum: string } | null = null,
): Promise<Proof> {
  const { source, destination, checksum: listed } = transfer;
  const stat =
    reported === null
      ? await statFile(destination, options)
      : ({ kind: 'there', size: reported.size, isDirectory: false } as const);
  if (stat.kind !== 'there') return stat;
  if (stat.isDirectory) return { kind: 'unknown', reason: 'a directory stands there' };
  const { size } = stat;
  const sizeListed = transfer.size ?? null;
  if (size !== null && sizeListed !== null && size !== sizeListed)
    return {
      kind: 'different',
      expected: { checksum: listed ?? null, size: sizeListed },
      found: { checksum: reported?.checksum ?? null, size },
    };
  const [told, digits = ''] = reported?.checksum.split(':') ?? [];
  const algorithm = listed?.split(':')[0] ?? told ?? USUAL;
  const sum = reported === null ? await sumFile(destination, algorithm, options) : ({ kind: 'sum', digits } as const);
  if (sum.kind !== 'sum') return lackingWhereSo(sum);
  const found = { checksum: `${algorithm}:${sum.digits}`, size };
  const expected = listed ?? (await ofSource(source, algorithm, options));
  if (typeof expected !== 'string') return expected;
  if (isSameChecksum(expected, found.checksum))
    return { kind: 'same', found, by: listed === undefined ? 'source' : 'list' };
  return { kind: 'different', expected: { checksum: expected, size: sizeListed }, found };
}

/** Its checksum; or that nobody knows, whatever the reason is. */
async function ofSource(
  source: string,
  algorithm: string,
  options: GfalOptions,
): Promise<string | Extract<Proof, { kind: 'unknown' }>> {
  const sum = await sumFile(source, algorithm, options);
  if (sum.kind === 'sum') return `${algorithm}:${sum.digits}`;
  return lackingWhereSo({ kind: 'unknown', reason: `the list has no checksum, nor has the source: ${sum.reason}` });
}

/** Storages say so where they know no checksum of the kind, and a source that is gone has none any more. */
function lackingWhereSo<Kind extends Extract<Proof, { reason: string }>>(proof: Kind): Kind {
  const isLacking = proof.kind === 'unknown' && /not (?:implemented|supported)|nor has the source/i.test(proof.reason);
  return isLacking ? { ...proof, isLacking: true } : proof;
}
