/**
 * answers: what follows for each path, as figures and as lines of the files that are to be written.
 */
import type { Bases } from './bases.js';
import { darkName, lostName } from './bases.js';
import { checksumsAgree, checksumInWords } from './checksums.js';
import {
  baseFigures,
  campaignFigures,
  addFile,
  elementFigures,
  type BaseFigures,
  type ElementFigures,
} from './figures.js';
import type { Partition } from './partition.js';
import type { SortedLines } from '../sortedLines.js';
import { BAD, BEFORE, CARRIED, CATALOGUE, DUMP, judgeFile, OKAY, type Compared, type FileVerdict } from './verdict.js';

export const DIFFERENT = 'different.tsv';
export const CAMPAIGN_ANSWER = 'campaign.tsv';
/** What of DONE/Bad is proved to be there: list, path. Of no file. */
export const PROVED = 'proved';

export class Answers {
  readonly elements: ElementFigures[];
  readonly bases: BaseFigures[];
  readonly campaign = campaignFigures();
  private readonly partition: Partition;
  private readonly places: Bases;
  private readonly compared: Compared;
  private readonly results: SortedLines;
  /** The lists of the campaign, by their number in the records. */
  private readonly lists: readonly string[];

  constructor(partition: Partition, places: Bases, compared: Compared, results: SortedLines, lists: readonly string[]) {
    this.partition = partition;
    this.places = places;
    this.compared = compared;
    this.results = results;
    this.lists = lists;
    this.elements = places.elements.map(elementFigures);
    this.bases = places.bases.map(baseFigures);
  }

  /** What follows for the path of this record and of those behind it. */
  answer(head: number): void {
    const { partition } = this;
    let sides = 0;
    let dumped: number | null = null;
    for (let at: number | null = head; at !== null; at = partition.next(at)) {
      const side = partition.side(at);
      sides |= side;
      if (side === DUMP) dumped = at;
    }
    const verdict = judgeFile(sides, this.compared);
    for (let at: number | null = head; at !== null; at = partition.next(at))
      this.answerRecord(at, verdict, sides, dumped);
  }

  private answerRecord(record: number, verdict: FileVerdict, sides: number, dumped: number | null): void {
    const { partition, compared } = this;
    switch (partition.side(record)) {
      case DUMP:
        return this.inDump(record, verdict);
      case CATALOGUE:
        return this.catalogued(record, verdict, dumped);
      case BEFORE:
        if (verdict === 'gone') addFile(this.figuresOf(record).gone, partition.size(record));
        return;
      case OKAY:
        this.inOkay(record, verdict, sides, dumped);
        if (!compared.hasCatalogue) this.catalogued(record, verdict, dumped);
        return;
      case BAD:
        if (dumped !== null && verdict !== 'carried') this.inBad(record, dumped);
        return;
      case CARRIED:
        addFile(this.campaign.carried, partition.size(record));
        return;
    }
  }

  private inDump(record: number, verdict: FileVerdict): void {
    const { partition } = this;
    const size = partition.size(record);
    const figures = this.bases[partition.element(record)];
    const base = this.places.bases[partition.element(record)];
    if (figures === undefined || base === undefined) return;
    addFile(figures.dumped, size);
    if (verdict !== 'dark') return;
    addFile(figures.dark, size);
    this.results.add(darkName(base), [partition.path(record), sizeText(size), this.checksum(record)].join('\t'));
  }

  private catalogued(record: number, verdict: FileVerdict, dumped: number | null): void {
    const { partition } = this;
    const size = partition.size(record);
    const figures = this.figuresOf(record);
    addFile(figures.catalogued, size);
    if (verdict === 'there' || verdict === 'lost' || verdict === 'carried' || verdict === 'new')
      addFile(figures[verdict], size);
    if (verdict === 'lost') this.addLost(record, size);
    if (verdict !== 'there' || dumped === null || this.isAsItShouldBe(record, dumped) !== false) return;
    addFile(figures.different, size);
    const element = this.places.elements[partition.element(record)]?.name ?? '';
    this.results.add(DIFFERENT, [partition.path(record), element, ...this.both(record, dumped)].join('\t'));
  }

  private addLost(record: number, size: number): void {
    const { partition } = this;
    const element = this.places.elements[partition.element(record)];
    if (element === undefined) return;
    const base = this.places.bases[element.base]?.path ?? '';
    const lfn = base === '' ? `/${partition.path(record)}` : partition.path(record).slice(base.length);
    const checksum = this.checksum(record);
    const columns = [lfn, ...(size >= 0 ? [checksum, sizeText(size)] : checksum === '-' ? [] : [checksum])];
    // An LFN list has no way to write a blank.
    const isLfn = !lfn.includes(' ');
    this.results.add(
      lostName(element.name),
      `${isLfn ? '' : '# not an LFN that a list can have: '}${columns.join('  ')}`,
    );
  }

  private inOkay(record: number, verdict: FileVerdict, sides: number, dumped: number | null): void {
    const { campaign, partition } = this;
    const size = partition.size(record);
    addFile(campaign.okay, size);
    if (verdict === 'carried') return;
    if (dumped === null) return this.tell('missing', record, null);
    if (this.isAsItShouldBe(record, dumped) === false) this.tell('different', record, dumped);
    if (this.compared.hasCatalogue && (sides & (CATALOGUE | BEFORE)) === 0) this.tell('unregistered', record, dumped);
  }

  private inBad(record: number, dumped: number): void {
    const { partition } = this;
    const isAdoptable = this.isAsItShouldBe(record, dumped) === true;
    this.tell(isAdoptable ? 'adoptable' : 'uncertain', record, dumped);
    if (isAdoptable && checksumsAgree(partition.checksum(record), partition.checksum(dumped)) === true)
      this.results.add(PROVED, `${this.lists[partition.list(record)] ?? ''}\t${partition.path(record)}`);
  }

  private tell(
    what: 'missing' | 'different' | 'unregistered' | 'adoptable' | 'uncertain',
    record: number,
    dumped: number | null,
  ): void {
    const { partition } = this;
    addFile(this.campaign[what], partition.size(dumped ?? record));
    const list = this.lists[partition.list(record)] ?? '';
    this.results.add(CAMPAIGN_ANSWER, [partition.path(record), what, list, ...this.both(record, dumped)].join('\t'));
  }

  /** Null: nobody knows. */
  private isAsItShouldBe(record: number, dumped: number): boolean | null {
    const { partition } = this;
    const [size, other] = [partition.size(record), partition.size(dumped)];
    if (partition.isAlike(record, dumped)) return size < 0 ? null : true;
    if (size >= 0 && other >= 0 && size !== other) return false;
    const checksums = checksumsAgree(partition.checksum(record), partition.checksum(dumped));
    if (checksums === false) return false;
    return size >= 0 && other >= 0 ? true : null;
  }

  private both(record: number, dumped: number | null): string[] {
    const { partition } = this;
    return [
      this.checksum(record),
      dumped === null ? '-' : this.checksum(dumped),
      sizeText(partition.size(record)),
      dumped === null ? '-' : sizeText(partition.size(dumped)),
    ];
  }

  private figuresOf(record: number): ElementFigures {
    return this.elements[this.partition.element(record)] ?? elementFigures();
  }

  private checksum = (record: number): string => checksumInWords(this.partition.checksum(record));
}

const sizeText = (size: number): string => (size < 0 ? '-' : String(size));
