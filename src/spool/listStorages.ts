/**
 * listStorages: which storages the lists that are not over have files of.
 */
import { scanList } from '../lists/scanList.js';
import { storagesOf } from '../lists/url.js';
import type { Spool } from './spool.js';

/** Which of these have a list in TODO or DOING; no more lists are read than that needs. */
export function storagesInUse(spool: Spool, wanted: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  if (wanted.size === 0) return found;
  for (const place of ['TODO', 'DOING'] as const)
    for (const name of spool.listing(place).lists) {
      const read = spool.read(place, name);
      if ('why' in read) continue;
      for (const storage of storagesOf(scanList(read.bytes).transfers)) if (wanted.has(storage)) found.add(storage);
      if (found.size === wanted.size) return found;
    }
  return found;
}
