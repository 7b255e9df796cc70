/**
 * rows: the rows of a manifest, list by list, and what is counted and named on the way.
 */
import type { Origin } from '../lists/origin.js';
import type { Transfer } from '../lists/transfer.js';
import { addBytes } from '../rules/hourly.js';
import type { Carried } from './arrivals.js';
import { KNOWN_BY, OUTCOMES, type KnownBy, type ManifestRow, type Outcome } from './format.js';
import { isProved, type Verified } from './ledger.js';
import type { OkayList } from './okayLists.js';

/** So many of each kind are named; all are counted. */
export const MOST_NAMED = 20;

export class Named {
  count = 0;
  readonly first: string[] = [];

  add(text: () => string): void {
    this.count += 1;
    if (this.first.length < MOST_NAMED) this.first.push(text());
  }
}

/** What the summary tells. */
export class Counts {
  transfers = 0;
  bytes = 0;
  withoutSize = 0;
  /** Chosen to be verified. */
  wanted = 0;
  readonly knownBy: Record<KnownBy, number> = zeros(KNOWN_BY);
  readonly verified: Record<Outcome, number> = zeros(OUTCOMES);
  /** List and FTS say different sizes. */
  readonly sizes = new Named();
  readonly different = new Named();
  readonly missing = new Named();
  readonly unsaid = new Named();

  add({ size, knownBy, verified }: ManifestRow): void {
    this.transfers += 1;
    this.knownBy[knownBy] += 1;
    if (size === null) this.withoutSize += 1;
    else this.bytes = addBytes(this.bytes, size);
    if (verified !== null) this.verified[verified.outcome] += 1;
  }
}

const zeros = <Key extends string>(keys: readonly Key[]): Record<Key, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;

export class Rows {
  readonly counts = new Counts();
  private readonly lfnOf: (source: string) => string;
  private readonly isChosen: (lfn: string) => boolean;
  private lastTime: readonly [seconds: number, text: string] = [0, ''];

  /** `isChosen`: was the storage to be asked? */
  constructor(lfnOf: (source: string) => string, isChosen: (lfn: string) => boolean) {
    this.lfnOf = lfnOf;
    this.isChosen = isChosen;
  }

  /** `said`: what the storages said of this list, by destination. */
  of(list: OkayList, said: ReadonlyMap<string, Verified>): ManifestRow[] {
    const { found } = list.origin;
    return list.transfers.map((transfer, index) => {
      const carried = found === undefined ? (list.carried[index] ?? null) : null;
      const lfn = this.lfnOf(transfer.source);
      const isWanted = this.isChosen(lfn);
      if (isWanted) this.counts.wanted += 1;
      const verified = isWanted ? (said.get(transfer.destination) ?? null) : null;
      const row = this.row(list, transfer, lfn, carried, verified);
      this.counts.add(row);
      this.name(list.name, transfer, carried, row, verified);
      return row;
    });
  }

  private row(
    { origin: { found }, earlierAttempts }: OkayList,
    transfer: Transfer,
    lfn: string,
    carried: Carried | null,
    said: Verified | null,
  ): ManifestRow {
    const isOk = said !== null && isProved(said, transfer);
    const { source, destination, checksum = isOk ? said.checksum : null } = transfer;
    const knownBy = knownFrom(found, carried);
    const attempt = carried?.by.attempt ?? null;
    return {
      lfn,
      source,
      destination,
      size: transfer.size ?? carried?.size ?? (isOk ? said.size : null),
      checksum,
      checksumFrom: transfer.checksum !== undefined ? 'list' : checksum === null ? null : 'gfal-sum',
      knownBy,
      server: carried?.by.server ?? null,
      jobId: carried?.by.jobId ?? null,
      attempts: attempt === null || earlierAttempts === null ? null : attempt + earlierAttempts,
      finishedAt: found?.at ?? (typeof carried?.at === 'number' ? this.time(carried.at) : null),
      verified: said === null ? null : isOk ? { outcome: 'ok', at: said.at } : { outcome: notOk(said), at: null },
    };
  }

  private name(
    list: string,
    { size }: Transfer,
    carried: Carried | null,
    { lfn, destination, verified }: ManifestRow,
    said: Verified | null,
  ): void {
    const { counts } = this;
    const ftsSize = carried?.size ?? null;
    if (size !== undefined && ftsSize !== null && size !== ftsSize)
      counts.sizes.add(() => `${lfn} (${list}): ${size} bytes in the list, ${ftsSize} by FTS`);
    if (said === null || verified === null || verified.outcome === 'ok') return;
    const found = [said.checksum, said.size === null ? null : `${said.size} bytes`].filter((each) => each !== null);
    if (verified.outcome === 'different')
      counts.different.add(() => `${destination} (${list}): ${said.why ?? '-'} expected, ${found.join(', ')} found`);
    else if (verified.outcome === 'missing') counts.missing.add(() => `${destination} (${list}): ${said.why ?? '-'}`);
    else counts.unsaid.add(() => `${destination} (${list}): ${said.why ?? 'the list was changed since it was asked'}`);
  }

  /** Many that follow each other finished in one second. */
  private time(seconds: number): string {
    if (this.lastTime[0] !== seconds)
      this.lastTime = [seconds, `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`];
    return this.lastTime[1];
  }
}

const knownFrom = (found: Origin['found'], carried: Carried | null): KnownBy =>
  found !== undefined ? 'found' : carried === null ? 'unknown' : carried.by.sid === '' ? 'adopted' : 'FTS';

/** One that was proved does not prove what the list says now. */
const notOk = ({ outcome }: Verified): Outcome => (outcome === 'ok' ? 'unknown' : outcome);
