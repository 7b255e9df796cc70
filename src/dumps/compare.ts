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
 * Whole texts are compared, so what is said of a path is so. In memory is one partition, so that the size of the dumps does not
 * matter; the others lie in a file without a name. Equal inputs give equal answers. Nothing of the campaign is changed, and an
 * answer that is refused writes no file.
 */
import { setImmediate } from 'node:timers/promises';
import { EXIT, Trouble } from '../errors.js';
import type { Run, RunAlone } from '../run/program.js';
import type { Route } from '../settings/route.js';
import { Answers } from './answers.js';
import { Bases } from './bases.js';
import { CampaignRecords } from './campaignRecords.js';
import type { Input } from './inputs.js';
import { CATALOGUE_LINES, DUMP_LINES, type Kind, type LayoutOptions } from './layout.js';
import { LineReader, type Found } from './lines.js';
import { Partition } from './partition.js';
import { PARTITIONS, Records } from './records.js';
import { Results } from './results.js';
import { Source } from './source.js';
import type { Spill } from './spill.js';
import { BEFORE, CATALOGUE, DUMP } from './verdict.js';

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
  /** Storage element and base. */
  readonly bases: readonly (readonly [string, string])[];
  readonly routes: readonly Route[];
  /** Its lists are compared too. */
  readonly campaign: Run | null;
}

/** What was read of one file. */
export interface ReadInput {
  readonly input: Input;
  readonly kind: Kind;
  readonly found: Found;
  readonly cutOff: string | null;
}

export interface Comparison {
  readonly bases: Bases;
  readonly answers: Answers;
  readonly results: Results;
  readonly read: readonly ReadInput[];
  readonly duplicates: number;
  /** Storage elements that the catalogues have lines of. */
  readonly seen: ReadonlySet<number>;
  readonly campaign: { readonly records: CampaignRecords; readonly isBusy: boolean } | null;
}

export async function compare(run: RunAlone, inputs: Inputs, spill: Spill): Promise<Comparison> {
  const comparer = new Comparer(run, inputs, spill);
  try {
    return await comparer.compare();
  } finally {
    await comparer.close();
  }
}

class Comparer {
  private readonly run: RunAlone;
  private readonly inputs: Inputs;
  private readonly records: Records;
  private readonly results: Results;
  private readonly opened: Source[] = [];
  private readonly read: ReadInput[] = [];
  private readonly seen = new Set<number>();

  constructor(run: RunAlone, inputs: Inputs, spill: Spill) {
    this.run = run;
    this.inputs = inputs;
    this.records = new Records(spill);
    this.results = new Results(spill);
  }

  async compare(): Promise<Comparison> {
    const { dump, catalogue, before, dumpLayout, catalogueLayout } = this.inputs;
    const first = dump[0] === undefined ? null : await this.open(dump[0], DUMP_LINES, dumpLayout);
    const bases = new Bases(this.inputs.bases, this.inputs.routes, (pool) => hasPool(first?.firstLine ?? '', pool));
    const campaign =
      this.inputs.campaign === null
        ? null
        : new CampaignRecords(this.inputs.campaign, this.records, bases, catalogue.length === 0);
    for (const [index, input] of dump.entries()) {
      const source = index === 0 && first !== null ? first : await this.open(input, DUMP_LINES, dumpLayout);
      await this.readSource(source, DUMP_LINES, DUMP, () => bases.ofDump);
    }
    for (const [files, side] of [
      [catalogue, CATALOGUE],
      [before, BEFORE],
    ] as const)
      for (const input of files) {
        const source = await this.open(input, CATALOGUE_LINES, catalogueLayout);
        await this.readSource(source, CATALOGUE_LINES, side, (bytes, from, to) => {
          const placing = bases.ofElement(bytes, from, to);
          if (placing !== null) this.seen.add(bases.last);
          return placing;
        });
      }
    const isBusy = campaign === null ? false : await this.readCampaign(campaign);
    const { answers, duplicates } = await this.answer(bases, campaign?.lists ?? []);
    const { results, read, seen } = this;
    const ofCampaign = campaign === null ? null : { records: campaign, isBusy };
    return { bases, answers, results, read, duplicates, seen, campaign: ofCampaign };
  }

  async close(): Promise<void> {
    for (const source of this.opened) await source.close();
  }

  private async open(input: Input, kind: Kind, options: LayoutOptions): Promise<Source> {
    const source = await Source.open(input, kind, options);
    this.opened.push(source);
    return source;
  }

  private async readSource(
    source: Source,
    kind: Kind,
    side: number,
    placing: ConstructorParameters<typeof LineReader>[3],
  ): Promise<void> {
    const { input } = source;
    const reader = new LineReader(this.records, side, source.layout, placing);
    this.run.progress.begin({ what: `reading ${kind.name} ${input.file}`, unit: 'lines' });
    await source.read(reader, (bytes) =>
      this.pulse(reader.found.lines, input.size === null || input.size === 0 ? null : bytes / input.size),
    );
    this.read.push({ input, kind, found: reader.found, cutOff: source.whyCutOff() });
  }

  private readCampaign(campaign: CampaignRecords): Promise<boolean> {
    this.run.progress.begin({ what: 'reading the campaign', unit: 'lists' });
    return campaign.read(async (lists) => {
      if (lists % 100 !== 0) return;
      await setImmediate();
      this.pulse(lists, null);
    });
  }

  private async answer(bases: Bases, lists: readonly string[]): Promise<{ answers: Answers; duplicates: number }> {
    const { catalogue, before } = this.inputs;
    const partition = new Partition();
    const compared = { hasCatalogue: catalogue.length > 0, hasBefore: before.length > 0 };
    const answers = new Answers(partition, bases, compared, this.results, lists);
    this.run.progress.begin({ what: 'comparing', unit: 'paths' });
    let paths = 0;
    for (let index = 0; index < PARTITIONS; index++) {
      partition.each(this.records, index, (record) => {
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

/** Does a line of the dump have this pool before its path, as in `lhcb:prod/lhcb/…`? */
const hasPool = (line: string, pool: string): boolean => line.replace(/^[\s/"]+/, '').startsWith(`${pool}:`);
