/**
 * findings: what an audit found, by kind; all of it is counted, the first of each kind are named.
 */
export const FINDING_KINDS = [
  'missing',
  'doubled',
  'unexpected',
  'set aside',
  'open transition',
  'misplaced',
  'cursor',
  'gap',
  'overlap',
  'LFN list',
  'unreadable',
  'other campaign',
  'strange',
  'draft',
  'same LFN',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** One thing that is off. The fields that do not apply are left out. */
export interface Finding {
  readonly kind: FindingKind;
  /** One sentence: what, where, and what to do. */
  readonly message: string;
  readonly lfn?: string;
  readonly lfnList?: string;
  /** The line of the LFN list, counted from 1. */
  readonly line?: number;
  /** Paths of lists. */
  readonly lists?: readonly string[];
}

/** The same LFN in two LFN lists is two transfers: somebody should know, and nothing is wrong. */
const HARMLESS: readonly FindingKind[] = ['same LFN'];

export class Findings {
  /** So many of each kind are named. */
  readonly most: number;
  private readonly harmless: readonly FindingKind[];
  private readonly named: Finding[] = [];
  private readonly counts = new Map<FindingKind, number>();

  /** `harmless`: further kinds that are. */
  constructor(most: number, harmless: readonly FindingKind[] = []) {
    this.most = most;
    this.harmless = [...HARMLESS, ...harmless];
  }

  add(finding: Finding): void {
    if (this.wants(finding.kind)) this.named.push(finding);
    this.more(finding.kind, 1);
  }

  /** Is one more of this kind to be named? */
  wants(kind: FindingKind): boolean {
    return this.count(kind) < this.most;
  }

  /** So many more, which are not named. */
  more(kind: FindingKind, count: number): void {
    if (count > 0) this.counts.set(kind, this.count(kind) + count);
  }

  count(kind: FindingKind): number {
    return this.counts.get(kind) ?? 0;
  }

  listed(kind: FindingKind): Finding[] {
    return this.named.filter((finding) => finding.kind === kind);
  }

  isHarmless(kind: FindingKind): boolean {
    return this.harmless.includes(kind);
  }

  isClean(): boolean {
    return FINDING_KINDS.every((kind) => this.isHarmless(kind) || this.count(kind) === 0);
  }

  /** For `--json`: the number of each kind that was found. */
  totals(): Partial<Record<FindingKind, number>> {
    return Object.fromEntries(
      FINDING_KINDS.filter((kind) => this.count(kind) > 0).map((kind) => [kind, this.count(kind)]),
    );
  }
}

export function nameUnreadable(list: string, lines: number, findings: Findings): void {
  const message = `${list} has ${lines} lines that are no transfers: mend them, or make them comments`;
  if (lines > 0) findings.add({ kind: 'unreadable', message, lists: [list] });
}
