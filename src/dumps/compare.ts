/**
 * compare: tells what is lost and what is dark: a catalogue against the dump of a storage, or a campaign against it.
 *
 *     for each line of the dump, the catalogues and the campaign's lists:
 *         make its path what the dump would say: the base of its storage element, one slash each
 *         put path, checksum and size into one of 256 partitions, by the hash of the path
 *     for each partition:
 *         put the records of one path together, told apart by their text
 *         judge: in the catalogue (before and after the dump) and not in the dump: lost; in the dump and in neither: dark
 *         put the lines of the answers aside, sorted
 *     merge them; refuse an answer that the dates, the inputs or its size make doubtful
 *
 * A large dump is read in a thread of its own. Whole texts are compared, so what is said of a path is so. In memory is
 * one partition, so that the size of the dumps does not matter; the others lie in a file without a name. Equal inputs
 * give equal answers. Nothing of the campaign is changed, and an answer that is refused writes no file.
 */
import path from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { EXIT, Trouble } from '../errors.js';
import type { Run, RunAlone } from '../run/program.js';
import type { Route } from '../settings/route.js';
import { Answers } from './answers.js';
import { Bases, type Pairs } from './bases.js';
import { CampaignRecords } from './campaignRecords.js';
import type { Input } from './inputs.js';
import { CATALOGUE_LINES, DUMP_LINES, type Kind, type LayoutOptions } from './layout.js';
import { DumpThread, readDump, type ReadDump, type ReadFile } from './dumpThread.js';
import { LineReader } from './lines.js';
import { Partition, type Store } from './partition.js';
import { PARTITIONS, Records } from './records.js';
import { SortedLines } from '../sortedLines.js';
import { Source } from './source.js';
import type { Spill } from '../spill.js';
import { BEFORE, CATALOGUE } from './verdict.js';

/** The run was asked to stop. */
export class Stopped extends Trouble {
  override name = 'Stopped';
  readonly exit = EXIT.person;
}

export interface Inputs {
  readonly dump: readonly Input[];
  readonly catalogue: readonly Input[];
  readonly before: readonly Input[];
  readonly dumpLayout: LayoutOptions;
  readonly catalogueLayout: LayoutOptions;
  readonly bases: Pairs;
  readonly routes: readonly Route[];
  /** When the dump was begun, as far as that is known. */
  readonly dumpedAt: number;
  /** Its lists are compared too. */
  readonly campaign: Run | null;
  /** We hold the lease: nobody changes the campaign meanwhile. */
  readonly isUndisturbed: boolean;
}

/** What was read of one file, and as what. */
export interface ReadInput extends ReadFile {
  readonly kind: Kind;
}

/** A dump of so many bytes, packed or not, is read in a thread of its own. */
const LARGE = 32 * 1024 * 1024;
const PAUSE_MS = 200;

export interface Comparison {
  readonly bases: Bases;
  readonly answers: Answers;
  readonly results: SortedLines;
  readonly read: readonly ReadInput[];
  readonly duplicates: number;
  readonly campaign: { readonly records: CampaignRecords; readonly isBusy: boolean } | null;
}

/** `spills`: for what does not fit into memory, of this thread and of another. */
export async function compare(run: RunAlone, inputs: Inputs, spills: readonly [Spill, Spill]): Promise<Comparison> {
  const comparer = new Comparer(run, inputs, spills);
  try {
    return await comparer.compare();
  } finally {
    await comparer.close();
  }
}

class Comparer {
  private readonly run: RunAlone;
  private readonly inputs: Inputs;
  private readonly spills: readonly [Spill, Spill];
  private readonly records: Records;
  private readonly results: SortedLines;
  private thread: DumpThread | null = null;
  private readonly read: ReadInput[] = [];

  constructor(run: RunAlone, inputs: Inputs, spills: readonly [Spill, Spill]) {
    this.run = run;
    this.inputs = inputs;
    this.spills = spills;
    this.records = new Records(spills[0]);
    this.results = new SortedLines(spills[0]);
  }

  async compare(): Promise<Comparison> {
    const { dump, catalogue, before, dumpLayout, bases: pairs, routes } = this.inputs;
    const order = { inputs: dump, layout: dumpLayout, pairs, routes, firstLine: await this.firstLine() };
    const bases = Bases.ofDump(pairs, routes, order.firstLine);
    const campaign =
      this.inputs.campaign === null
        ? null
        : new CampaignRecords(this.inputs.campaign, this.records, bases, catalogue.length === 0, this.inputs.dumpedAt);
    const size = dump.reduce((sum, input) => sum + (input.size ?? 0), 0);
    if (size >= LARGE) this.thread = new DumpThread(order, this.spills[1].directory, this.spills[1]);
    else
      this.note(
        bases,
        await readDump(order, this.records, bases, (input, lines, bytes) => this.show(input, DUMP_LINES, lines, bytes)),
      );
    for (const [files, side] of [
      [catalogue, CATALOGUE],
      [before, BEFORE],
    ] as const)
      for (const input of files) await this.readCatalogue(input, side, bases);
    const isDisturbed = campaign !== null && (await this.readCampaign(campaign));
    const isBusy = isDisturbed && !this.inputs.isUndisturbed;
    const stores = [{ stored: this.records.stored(), spill: this.spills[0] }, ...(await this.threadEnded(bases))];
    const { answers, duplicates } = await this.answer(new Partition(stores), bases, campaign?.lists ?? []);
    const { results, read } = this;
    const ofCampaign = campaign === null ? null : { records: campaign, isBusy };
    return { bases, answers, results, read, duplicates, campaign: ofCampaign };
  }

  async close(): Promise<void> {
    await this.thread?.close();
  }

  /** The first line of the first dump; none of stdin, which can be read only once. */
  private async firstLine(): Promise<string> {
    const [first] = this.inputs.dump;
    if (first === undefined || first.size === null) return '';
    const source = await Source.open(first, DUMP_LINES, this.inputs.dumpLayout);
    await source.close();
    return source.firstLine;
  }

  private async threadEnded(bases: Bases): Promise<Store[]> {
    const { thread } = this;
    if (thread === null) return [];
    this.run.progress.begin({ what: 'reading the dump', unit: 'lines' });
    const isOver = thread.ended.then(() => true);
    while (!(await Promise.race([isOver, setTimeout(PAUSE_MS, false)]))) this.pulse(thread.lines, null);
    const { store, dump } = await thread.ended;
    this.note(bases, dump);
    return [store];
  }

  private note(bases: Bases, { read, outside, outsideExample }: ReadDump): void {
    this.read.push(...read.map((file) => ({ ...file, kind: DUMP_LINES })));
    bases.outside = outside;
    bases.outsideExample = outsideExample;
  }

  private async readCatalogue(input: Input, side: number, bases: Bases): Promise<void> {
    const source = await Source.open(input, CATALOGUE_LINES, this.inputs.catalogueLayout);
    try {
      const reader = new LineReader(this.records, side, source.layout, bases.inCatalogue);
      await source.read(reader, (bytes) => this.show(input, CATALOGUE_LINES, reader.found.lines, bytes));
      this.read.push({ input, kind: CATALOGUE_LINES, found: reader.found, cutOff: source.whyCutOff() });
    } finally {
      await source.close();
    }
  }

  private shown: Input | null = null;

  private show(input: Input, kind: Kind, lines: number, bytes: number): void {
    if (this.shown !== input)
      this.run.progress.begin({ what: `reading ${kind.name} ${path.basename(input.file)}`, unit: 'lines' });
    this.shown = input;
    this.pulse(lines, input.size === null || input.size === 0 ? null : bytes / input.size);
  }

  private readCampaign(campaign: CampaignRecords): Promise<boolean> {
    this.run.progress.begin({ what: 'reading the campaign', unit: 'lists' });
    return campaign.read(async (lists) => {
      if (lists % 100 !== 0) return;
      await setImmediate();
      this.pulse(lists, null);
    });
  }

  private async answer(
    partition: Partition,
    bases: Bases,
    lists: readonly string[],
  ): Promise<{ answers: Answers; duplicates: number }> {
    const { catalogue, before } = this.inputs;
    const compared = { hasCatalogue: catalogue.length > 0, hasBefore: before.length > 0 };
    const answers = new Answers(partition, bases, compared, this.results, lists);
    this.run.progress.begin({ what: 'comparing', unit: 'paths' });
    let paths = 0;
    for (let index = 0; index < PARTITIONS; index++) {
      partition.each(index, (record) => {
        paths++;
        answers.answer(record);
      });
      this.results.endPartition();
      // Between two partitions signals come through.
      await setImmediate();
      this.pulse(paths, (index + 1) / PARTITIONS);
    }
    return { answers, duplicates: partition.duplicates };
  }

  private pulse(count: number, part: number | null): void {
    const why = this.run.mustStop();
    if (why !== null) throw new Stopped(`Nothing was written: ${why}; the same command begins anew`);
    this.run.progress.reach(count, part);
  }
}
