/**
 * manifest: reads what `manifest.js` says has arrived: the rows whose destination was verified and whose source lies below --under.
 *
 * Its last line says how many transfers and bytes there are and the hash of all lines before it. A manifest that does not end so is not
 * whole, and nothing of it is used.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { inspect } from '../dumps/inputs.js';
import type { Transfer } from '../lists/transfer.js';
import type { Below } from './below.js';
import { Refused } from './refused.js';

export interface Arrivals {
  /** By source: what was copied from it. */
  readonly bySource: ReadonlyMap<string, readonly Transfer[]>;
  readonly sha256: string;
  /** Rows that were not verified, or whose source lies elsewhere. */
  readonly others: number;
}

const SEAL = /^# (\d+) transfers, (\d+) bytes, sha256 ([0-9a-f]{64})$/;
const NEEDED = ['source', 'destination', 'size', 'checksum', 'verified'] as const;
type Column = (typeof NEEDED)[number];

/** No more than `most` sources. Errors: UsageError when it cannot be opened, Refused when it is not whole. */
export async function readArrivals(file: string, below: Below, most: number): Promise<Arrivals> {
  const hash = createHash('sha256');
  const bySource = new Map<string, Transfer[]>();
  let [rows, bytes, others, wrong] = [0, 0, 0, 0];
  let places: ReadonlyMap<Column, number> | null = null;
  let last: string | null = null;
  for await (const line of linesOf(file)) {
    if (last !== null) {
      hash.update(`${last}\n`);
      if (places === null) places = columnsIn(file, last);
      else {
        const row = readRow(last, places);
        rows += 1;
        bytes += row?.size ?? 0;
        if (row === null) wrong += 1;
        else if (!row.isVerified || !row.source.startsWith(below.url)) others += 1;
        else addRow(bySource, row, below, most);
      }
    }
    last = line;
  }
  const [, count, sum, sha256 = ''] = SEAL.exec(last ?? '') ?? [];
  if (wrong > 0 || places === null || Number(count) !== rows || Number(sum) !== bytes || sha256 !== hash.digest('hex'))
    throw new Refused(`the manifest ${file} is not whole, or was changed; make it anew`);
  return { bySource, sha256, others };
}

async function* linesOf(file: string): AsyncGenerator<string> {
  inspect(file);
  const stream = fs.createReadStream(file);
  const input = file.endsWith('.gz') ? stream.pipe(createGunzip()) : stream;
  yield* createInterface({ input, crlfDelay: Infinity });
}

function columnsIn(file: string, head: string): Map<Column, number> {
  const names = head.replace(/^# /, '').split('\t');
  const places = new Map(NEEDED.map((name): [Column, number] => [name, names.indexOf(name)]));
  if ([...places.values()].includes(-1)) throw new Refused(`the first line of ${file} is not that of a manifest`);
  return places;
}

interface Row extends Transfer {
  readonly isVerified: boolean;
}

/** Null: it is none. */
function readRow(line: string, places: ReadonlyMap<Column, number>): Row | null {
  const columns = line.split('\t');
  const column = (name: Column): string => columns[places.get(name) ?? -1] ?? '';
  const [source, destination, size, checksum] = [
    column('source'),
    column('destination'),
    column('size'),
    column('checksum'),
  ];
  if (source === '' || destination === '' || !/^(?:-|\d{1,15})$/.test(size)) return null;
  return {
    source,
    destination,
    ...(size === '-' ? {} : { size: Number(size) }),
    ...(checksum === '-' ? {} : { checksum }),
    isVerified: column('verified').startsWith('ok '),
  };
}

function addRow(bySource: Map<string, Transfer[]>, row: Row, below: Below, most: number): void {
  const why = below.whyNot(row.source.slice(below.url.length));
  if (why !== null) throw new Refused(`the source ${row.source} cannot be used: it ${why}; delete it by hand`);
  const { isVerified: _, ...transfer } = row;
  bySource.set(row.source, [...(bySource.get(row.source) ?? []), transfer]);
  if (bySource.size > most)
    throw new Refused(
      `over ${most} sources below ${below.url} have arrived, such as ${row.source}; if that is right, say a higher --limit`,
    );
}
