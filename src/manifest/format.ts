/**
 * format: a manifest as text: what has arrived, a transfer a line.
 *
 *     # lfn	source	destination	size	checksum	checksum_from	known_by	server	job_id	attempts	finished_at	verified
 *     …
 *     # 2 transfers, 9132018082 bytes, sha256 0a1b…
 *
 * Tabs separate the columns, and what is not known is `-`. The last line is the seal: how many transfers and bytes, and
 * the hash of all lines before it. Who acts on a manifest reads it to its end first.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UsageError } from '../errors.js';

/** How it is known: FTS said so of a job of ours or of the original scripts, somebody found it there, or nobody knows. */
export const KNOWN_BY = ['FTS', 'adopted', 'found', 'unknown'] as const;
export type KnownBy = (typeof KNOWN_BY)[number];

export const OUTCOMES = ['ok', 'different', 'missing', 'unknown'] as const;
export type VerificationOutcome = (typeof OUTCOMES)[number];

/** Null: not known. */
export interface ManifestRow {
  readonly lfn: string;
  readonly source: string;
  readonly destination: string;
  /** Bytes. */
  readonly size: number | null;
  /** `ALGORITHM:HEX` */
  readonly checksum: string | null;
  readonly checksumFrom: 'list' | 'gfal-sum' | null;
  readonly knownBy: KnownBy;
  readonly server: string | null;
  readonly jobId: string | null;
  readonly attempts: number | null;
  /** UTC, ISO 8601. */
  readonly finishedAt: string | null;
  /** Null: the storage was not asked. `at`: when, where it is `ok`. */
  readonly verified: { readonly outcome: VerificationOutcome; readonly at: string | null } | null;
}

export interface Seal {
  readonly transfers: number;
  /** As far as sizes are known; a number ends at 9 PB. */
  readonly bytes: bigint;
  readonly sha256: string;
}

const COLUMNS = [
  'lfn',
  'source',
  'destination',
  'size',
  'checksum',
  'checksum_from',
  'known_by',
  'server',
  'job_id',
  'attempts',
  'finished_at',
  'verified',
];
export const HEADER = `# ${COLUMNS.join('\t')}`;
const UNKNOWN = '-';

/** Without a newline. */
export function formatRow(row: ManifestRow): string {
  const { size, attempts, verified } = row;
  return `${row.lfn}\t${row.source}\t${row.destination}\t${size ?? UNKNOWN}\t${row.checksum ?? UNKNOWN}\t${
    row.checksumFrom ?? UNKNOWN
  }\t${row.knownBy}\t${row.server ?? UNKNOWN}\t${row.jobId ?? UNKNOWN}\t${attempts ?? UNKNOWN}\t${
    row.finishedAt ?? UNKNOWN
  }\t${verified === null ? UNKNOWN : verified.at === null ? verified.outcome : `${verified.outcome} ${verified.at}`}`;
}

/** Null: it is none. */
export function readRow(line: string): ManifestRow | null {
  const columns = line.split('\t');
  if (columns.length !== COLUMNS.length) return null;
  const [lfn = '', source = '', destination = '', ...rest] = columns;
  const [size, checksum, checksumFrom, knownBy = '', server, jobId, attempts, finishedAt, verified = UNKNOWN] =
    rest.map((column) => (column === UNKNOWN ? undefined : column));
  const numbers = [size, attempts].map((text) => (text === undefined ? null : Number(text)));
  if (!numbers.every((number) => number === null || (Number.isSafeInteger(number) && number >= 0))) return null;
  const known = KNOWN_BY.find((each) => each === knownBy);
  const from = ([undefined, 'list', 'gfal-sum'] as const).find((each) => each === checksumFrom);
  const [, word, at = null] = /^(\S+)(?: (\S+))?$/.exec(verified) ?? [];
  const outcome = OUTCOMES.find((each) => each === word);
  if (known === undefined || from !== checksumFrom || (outcome === undefined && verified !== UNKNOWN)) return null;
  return {
    lfn,
    source,
    destination,
    size: numbers[0] ?? null,
    checksum: checksum ?? null,
    checksumFrom: from ?? null,
    knownBy: known,
    server: server ?? null,
    jobId: jobId ?? null,
    attempts: numbers[1] ?? null,
    finishedAt: finishedAt ?? null,
    verified: outcome === undefined ? null : { outcome, at },
  };
}

export const formatSeal = ({ transfers, bytes, sha256 }: Seal): string =>
  `# ${transfers} transfers, ${bytes} bytes, sha256 ${sha256}`;

function readSeal(line: string): Seal | null {
  const [, transfers, bytes, sha256] =
    /^# (\d{1,15}) transfers, (\d{1,25}) bytes, sha256 ([0-9a-f]{64})$/.exec(line) ?? [];
  return sha256 === undefined ? null : { transfers: Number(transfers), bytes: BigInt(bytes ?? 0), sha256 };
}

/**
 * The rows of a manifest, some thousands at a time; a file whose name ends in `.gz` is gunzipped. Errors: UsageError,
 * for a line that is no row at once, for a broken seal at the end.
 */
export async function* readManifest(file: string): AsyncGenerator<readonly ManifestRow[], Seal> {
  const hash = createHash('sha256');
  const wrong = (why: string, cause?: unknown): UsageError =>
    new UsageError(`Cannot use the manifest ${file}: ${why}; make it anew with node dist/misc/manifest.js`, { cause });
  let [transfers, bytes] = [0, 0n];
  // Only what another line follows is known not to be the last one.
  let before: string | null = null;
  let isFirst = true;
  const rowOf = (line: string): ManifestRow => {
    const row = readRow(line);
    if (row === null) throw wrong(`its line ${transfers + 2} is none of a manifest`);
    transfers += 1;
    bytes += BigInt(row.size ?? 0);
    return row;
  };
  try {
    for await (const lines of linesOf(file)) {
      const rows: ManifestRow[] = [];
      for (const line of lines) {
        if (before !== null) {
          hash.update(`${before}\n`);
          if (!isFirst) rows.push(rowOf(before));
          else if (before !== HEADER) throw wrong('its first line is not that of a manifest of this version');
          isFirst = false;
        }
        before = line;
      }
      if (rows.length > 0) yield rows;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : wrong(`it cannot be read (${message})`, error);
  }
  const seal = readSeal(before ?? '');
  if (seal === null || isFirst) throw wrong('its last line does not say its hash, so it is not whole');
  if (seal.sha256 !== hash.digest('hex') || seal.transfers !== transfers || seal.bytes !== bytes)
    throw wrong('its last line does not fit it, so it was changed since it was written');
  return seal;
}

/** The lines of a file, as many at a time as come together; a last one without a newline is none. */
async function* linesOf(file: string): AsyncGenerator<string[]> {
  const bytes = fs.createReadStream(file, { highWaterMark: 1024 * 1024 });
  const stream = file.endsWith('.gz') ? pipeline(bytes, createGunzip(), () => {}) : bytes;
  let rest = '';
  for await (const text of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
}
