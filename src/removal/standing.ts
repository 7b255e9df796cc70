/**
 * standing: may a file be deleted, as its storage has it now? It is the file of the dump, or it stays.
 */
import type { GfalOptions } from '../storages/gfal.js';
import { statFile } from '../storages/look.js';

export type FileStanding =
  | { readonly kind: 'removable'; readonly size: number | null; readonly modified: number | null }
  | { readonly kind: 'missing' }
  /** `why`: a phrase for several of them. */
  | { readonly kind: 'left'; readonly why: string };

/** A file that was written since is another than that which was dumped. */
export async function standingOf(
  { url, size }: { readonly url: string; readonly size: number | null },
  dumpedAt: number | null,
  options: GfalOptions,
): Promise<FileStanding> {
  const stat = await statFile(url, options);
  if (stat.kind === 'missing') return { kind: 'missing' };
  if (stat.kind === 'unknown') return { kind: 'left', why: `the storage cannot say what it is (${stat.reason})` };
  if (stat.isDirectory) return { kind: 'left', why: 'it is a directory' };
  const { modified } = stat;
  if (size !== null && stat.size !== size) return { kind: 'left', why: 'it has another size than it had' };
  if (dumpedAt !== null && modified !== null && modified > dumpedAt)
    return { kind: 'left', why: 'it was written after the dump was begun' };
  if (size === null && modified === null)
    return { kind: 'left', why: 'neither the list says its size nor the storage when it was written' };
  return { kind: 'removable', size: stat.size, modified };
}
