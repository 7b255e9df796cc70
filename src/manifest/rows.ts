/**
 * rows: the rows of a manifest, list by list, and what is counted and named on the way.
 */
import type { Origin } from '../lists/origin.js';
import type { Transfer } from '../lists/transfer.js';
import { DAY_MS } from '../text/words.js';
import type { CarriedArrival } from './arrivals.js';
import { formatRow, KNOWN_BY, OUTCOMES, type KnownBy, type ManifestRow, type VerificationOutcome } from './format.js';
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
  /** A number ends at 9 PB. */
  bytes = 0n;
  withoutSize = 0;
  /** Chosen to be verified. */
  wanted = 0;
  readonly knownBy: Record<KnownBy, number> = zeros(KNOWN_BY);
  readonly verified: Record<VerificationOutcome, number> = zeros(OUTCOMES);
  /** List and FTS say different sizes. */
  readonly sizes = new Named();
  readonly different = new Named();
  readonly missing = new Named();
  readonly unsaid = new Named();

  add({ size, knownBy, verified }: ManifestRow): void {
    this.transfers += 1;
    this.knownBy[knownBy] += 1;
    if (size === null) this.withoutSize += 1;
    else this.bytes += BigInt(size);
    if (verified !== null) this.verified[verified.outcome] += 1;
  }
}

const zeros = <Key extends string>(keys: readonly Key[]): Record<Key, number> =>
  Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;

export class Rows {
  readonly counts = new Counts();
  private readonly lfnOf: (source: string) => string;
  private readonly isChosen: (lfn: string) => boolean;
  private lastDay: readonly [day: number, text: string] = [-1, ''];

  /** `isChosen`: was the storage to be asked? */
  constructor(lfnOf: (source: string) => string, isChosen: (lfn: string) => boolean) {
    this.lfnOf = lfnOf;
    this.isChosen = isChosen;
  }

  /** The lines of a list, each with its end; `said`: what the storages said of it, by destination. */
  linesOf(list: OkayList, said: ReadonlyMap<string, Verified>): string {
    const { found } = list.origin;
    // One row at a time: many that live together for a moment would be taken for some that stay.
    let lines = '';
    for (const [index, transfer] of list.transfers.entries()) {
      const carried = found === undefined ? (list.carried[index] ?? null) : null;
      const lfn = this.lfnOf(transfer.source);
      const isWanted = this.isChosen(lfn);
      if (isWanted) this.counts.wanted += 1;
      const verified = isWanted ? (said.get(transfer.destination) ?? null) : null;
      const row = this.row(list, transfer, lfn, carried, verified);
      this.counts.add(row);
      this.name(list.name, transfer, carried, row, verified);
      lines += `${formatRow(row)}\n`;
    }
    return lines;
  }

  private row(
    { origin: { found }, earlierAttempts }: OkayList,
    transfer: Transfer,
    lfn: string,
    carried: CarriedArrival | null,
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
    carried: CarriedArrival | null,
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

  /** The calendar is asked once for many. */
  private time(seconds: number): string {
    const day = Math.floor(seconds / DAY);
    if (this.lastDay[0] !== day) this.lastDay = [day, new Date(day * DAY_MS).toISOString().slice(0, 11)];
    const inDay = seconds - day * DAY;
    const minutes = Math.floor(inDay / 60);
    return `${this.lastDay[1]}${TWO_DIGITS[Math.floor(minutes / 60)]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[inDay % 60]}Z`;
  }
}

const DAY = DAY_MS / 1000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

const knownFrom = (found: Origin['found'], carried: CarriedArrival | null): KnownBy =>
  found !== undefined ? 'found' : carried === null ? 'unknown' : carried.by.isAdopted ? 'adopted' : 'FTS';

/** One that was proved does not prove what the list says now. */
const notOk = ({ outcome }: Verified): VerificationOutcome => (outcome === 'ok' ? 'unknown' : outcome);
