/**
 * manifest: writes down what has arrived, every transfer of the campaign, so that somebody can sign that everything is
 * there.
 *
 *     name the lists in DONE/Okay, and count what stands elsewhere
 *     with --verify: ask the destinations, and write their answers down beside the manifest
 *     write a row for each transfer, list by list or sorted by LFN; seal it; give it its name
 *
 * It changes nothing of the campaign, takes no lease and asks no server. While another program moves lists, it says so.
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { atWork, leaseState } from '../lease/lease.js';
import { storageOptions, type CommonOptions, type StorageOptions } from '../run/options.js';
import type { Program, Run } from '../run/program.js';
import { lfnReader } from '../settings/route.js';
import { SortedLines } from '../sortedLines.js';
import { Spill } from '../spill.js';
import { surveyElsewhere } from './elsewhere.js';
import { formatSeal, HEADER, type Seal } from './format.js';
import { VerificationLedger, type Verified } from './ledger.js';
import type { OkayLists } from './okayLists.js';
import { OutFile } from './outFile.js';
import { Rows } from './rows.js';
import { nameLost, tell } from './tell.js';
import { isInSample, readFraction, verify } from './verification.js';

interface Options extends CommonOptions, StorageOptions {
  readonly out: string;
  readonly sorted?: boolean;
  /** The part of all transfers that is to be verified. */
  readonly verify?: number;
}

/** Bytes that are sorted in memory. More of them live so long that V8 copies them about: 16 MB took a sixth more CPU. */
const SORTED_AT_ONCE = 4 * 1024 * 1024;
/** What else this process has to do, a signal among it, gets its turn after so many. */
const LISTS_BETWEEN_PAUSES = 500;
const LINES_BETWEEN_PAUSES = 50_000;
/** Lines that are written together. */
const LINES_AT_ONCE = 200;

async function manifest(run: Run, options: Options): Promise<void> {
  // Else what is thrown away grows to four times what is kept before anybody looks: 600 MB for ten million transfers.
  setFlagsFromString('--heap-growing-percent=50');
  const out = new OutFile(options.out);
  const ledger =
    options.verify === undefined
      ? null
      : new VerificationLedger(ledgerOf(options), run.campaign, options.dryRun === true);
  try {
    const before = leaseState(run.base, run.env);
    const { okay: lists, elsewhere } = await surveyElsewhere(run);
    const lfnOf = lfnReader(run.settings.route);
    const fraction = options.verify ?? 0;
    const isWanted = (lfn: string): boolean => isInSample(lfn, fraction);
    if (ledger !== null && options.dryRun !== true) {
      const isWhole = await verify(run, lists, ledger, (source) => isWanted(lfnOf(source)), options);
      if (!isWhole) return stopped(run, options);
    }
    const rows = new Rows(lfnOf, isWanted);
    const seal = await write(run, options, lists, rows, { out, ledger });
    if (seal === null) return stopped(run, options);
    const busy = atWork(before, leaseState(run.base, run.env));
    tell(run, { file: options.dryRun === true ? null : out.target, seal, counts: rows.counts, elsewhere, busy });
  } finally {
    await out.discard();
    ledger?.close();
  }
}

const NOTHING_SAID: ReadonlyMap<string, Verified> = new Map();

/** Null: it was stopped before its end, and nothing stands under its name. */
async function write(
  run: Run,
  { sorted, dryRun }: Options,
  lists: OkayLists,
  rows: Rows,
  { out, ledger }: { readonly out: OutFile; readonly ledger: VerificationLedger | null },
): Promise<Seal | null> {
  const spill = new Spill(out.directory);
  try {
    const lines = new SortedLines(spill);
    let [done, pending] = [0, 0];
    const put = (text: string): void => {
      if (dryRun === true || text === '') return;
      if (sorted !== true) return out.write(text);
      // Parts of one text: lines that were put together from pieces would take ten times the room.
      for (const line of asBytes(text).slice(0, -1).split('\n')) lines.add('', line);
      pending += text.length;
      if (pending < SORTED_AT_ONCE) return;
      lines.endPartition();
      pending = 0;
    };
    if (dryRun !== true) out.write(`${HEADER}\n`);
    run.progress.begin({ what: 'reading the lists', unit: 'lists' });
    for (const list of lists.each()) {
      done += 1;
      if ('transfers' in list) {
        put(rows.linesOf(list, ledger?.verifiedOf(list.name) ?? NOTHING_SAID));
        nameLost(run, list.name, list.unreadable);
      } else nameLost(run, list.name, list.why);
      if (out.isBehind()) await out.settled();
      if (done % LISTS_BETWEEN_PAUSES !== 0) continue;
      run.progress.reach(done, done / lists.count);
      await setImmediate();
      if (run.mustStop() !== null) return null;
    }
    lines.endPartition();
    if (sorted === true && !(await writeSorted(run, lines, out, rows.counts.transfers))) return null;
    const { transfers, bytes } = rows.counts;
    const seal = { transfers, bytes, sha256: dryRun === true ? '' : out.sha256() };
    if (dryRun === true) return seal;
    out.write(`${formatSeal(seal)}\n`);
    await out.publish();
    return seal;
  } finally {
    run.progress.end();
    spill.close();
  }
}

/** False: it was stopped. */
async function writeSorted(run: Run, lines: SortedLines, out: OutFile, all: number): Promise<boolean> {
  run.progress.begin({ what: 'writing them sorted', unit: 'transfers' });
  let done = 0;
  let some: string[] = [];
  const put = (): void => {
    if (some.length > 0) out.write(`${some.join('\n')}\n`, 'latin1');
    some = [];
  };
  for (const line of lines.lines('')) {
    if (some.push(line) === LINES_AT_ONCE) put();
    if (out.isBehind()) await out.settled();
    if ((done += 1) % LINES_BETWEEN_PAUSES !== 0) continue;
    run.progress.reach(done, done / all);
    await setImmediate();
    if (run.mustStop() !== null) return false;
  }
  put();
  return true;
}

/** Each character a byte; nearly every text is ASCII. */
const asBytes = (text: string): string =>
  Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1');

const ledgerOf = ({ out }: Options): string => `${out}.verified.tsv`;

function stopped(run: Run, options: Options): void {
  const { base, out, verify: part, sorted, parallel, timeout } = options;
  const said =
    part === undefined ? '' : `; what the storages have said stands in ${ledgerOf(options)}, and it goes on from there`;
  const words = [
    'node dist/misc/manifest.js',
    ...(base === undefined ? [] : ['--base', base]),
    '--out',
    out,
    ...(sorted === true ? ['--sorted'] : []),
    ...(part === undefined
      ? []
      : ['--verify', part === 1 ? 'all' : String(part), '--parallel', parallel, '--timeout', timeout]),
  ];
  run.summary.needsAttention(
    `No manifest was written: ${run.mustStop() ?? 'the run ended'}${said}; run again: ${words.join(' ')}`,
  );
}

const EXAMPLES = `
EXAMPLE
  manifest --out manifest.tsv.gz --sorted --verify 1%
  zcat manifest.tsv.gz | head -n -1 | sha256sum    # is what the last line says
`;

export const program: Program<Options> = {
  name: 'manifest',
  description: 'Writes down what has arrived: every transfer in DONE/Okay, with size, checksum and how that is known.',
  database: 'read',
  stops: true,
  options: (command: Command) =>
    storageOptions(
      command
        .requiredOption('--out <file>', 'the file to be made; gzipped if it ends in .gz')
        .option('--sorted', 'by LFN, instead of list by list')
        .option('--verify <part>', 'ask the destinations for so many of them: all, 1%, 0.01', readFraction),
    ).addHelpText('after', EXAMPLES),
  main: manifest,
};
