/**
 * manifest: of what `manifest.js` says has arrived, the rows whose destination was verified and whose source lies below
 * --under.
 *
 * It is read to its end, where its hash stands, before anything follows from it.
 */
import { UsageError } from '../errors.js';
import type { Transfer } from '../lists/transfer.js';
import { readManifest, type ManifestRow } from '../manifest/format.js';
import type { Below } from './below.js';
import { Refused } from './refused.js';

export interface Arrivals {
  /** By source: what was copied from it. */
  readonly bySource: ReadonlyMap<string, readonly Transfer[]>;
  readonly sha256: string;
  /** Rows that were not verified. */
  readonly unverified: number;
  /** Rows whose source lies elsewhere. */
  readonly elsewhere: { readonly rows: number; readonly example: string | null };
}

/** No more than `most` sources. Errors: Refused when it is not whole. */
export async function readArrivals(file: string, below: Below, most: number): Promise<Arrivals> {
  const bySource = new Map<string, Transfer[]>();
  let unverified = 0;
  const elsewhere: { rows: number; example: string | null } = { rows: 0, example: null };
  const rows = readManifest(file);
  try {
    for (;;) {
      const next = await rows.next();
      if (next.done === true) return { bySource, sha256: next.value.sha256, unverified, elsewhere };
      for (const row of next.value)
        if (!row.source.startsWith(below.url)) {
          elsewhere.rows += 1;
          elsewhere.example ??= row.source;
        } else if (row.verified?.outcome !== 'ok') unverified += 1;
        else addRow(bySource, row, below, most);
    }
  } catch (error) {
    throw error instanceof UsageError ? new Refused(error.message) : error;
  }
}

function addRow(bySource: Map<string, Transfer[]>, row: ManifestRow, below: Below, most: number): void {
  const { source, destination, checksum, size } = row;
  const why = below.whyNot(source.slice(below.url.length));
  if (why !== null) throw new Refused(`the source ${source} cannot be used: it ${why}; delete it by hand`);
  const transfer = {
    source,
    destination,
    ...(checksum === null ? {} : { checksum }),
    ...(size === null ? {} : { size }),
  };
  bySource.set(source, [...(bySource.get(source) ?? []), transfer]);
  if (bySource.size > most)
    throw new Refused(
      `over ${most} sources below ${below.url} have arrived, such as ${source}; if that is right, say a higher --limit`,
    );
}
