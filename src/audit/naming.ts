/**
 * naming: says what the fingerprints that do not balance stand for.
 *
 * Lists and LFN lists are read once more, and the texts behind those fingerprints are compared themselves: two texts that
 * happen to share one are told apart here, so that what is reported is true.
 */
import type { Findings } from './findings.js';
import { escapeText } from '../text/escape.js';
import type { AuditedCampaign, Item, Line } from './auditedCampaign.js';
import type { AuditedLfnList } from './auditedLfnList.js';
import type { Census } from './balance.js';

/** Everything that is known of one transfer. */
interface Known {
  readonly kind: Item['kind'] | 'no LFN';
  readonly lfnList: AuditedLfnList | null;
  readonly lfn: string;
  /** Lines that were cut and are no duplicates. */
  readonly lines: number[];
  /** Lists of TODO, DOING, DONE/Okay and DONE/Bad in which it stands. */
  readonly lists: string[];
  /** Lists of DONE/Dirty in which it stood. */
  readonly dirty: string[];
  excused: number;
}

export function nameOdd(campaign: AuditedCampaign, census: Census, findings: Findings): void {
  const { odd } = census;
  const suspects = new Suspects(new Set([...odd.missing, ...odd.tooMany]));
  if (odd.missing.size + odd.tooMany.size === 0) return;
  campaign.eachList(
    (list) => {
      campaign.eachItem(list, (item) => {
        const known = suspects.ofItem(item);
        if (known !== null) (list.place === 'DONE/Dirty' ? known.dirty : known.lists).push(list.path);
      });
      campaign.eachDropped(list, (item) => {
        const known = suspects.ofItem(item);
        if (known !== null) known.excused += 1;
      });
    },
    () => {},
  );
  for (const [lfnList, segments] of census.segments)
    campaign.eachLine(lfnList, segments, (line) => {
      const known = line.isDuplicate ? null : suspects.ofLine(line);
      known?.lines.push(line.line);
      if (line.isTwin && known !== null) known.excused += 1;
    });
  for (const known of suspects.all()) judge(known, findings);
  findings.more('missing', odd.missingCount - odd.missing.size);
  findings.more('doubled', odd.tooManyCount - odd.tooMany.size);
}

class Suspects {
  private readonly wanted: ReadonlySet<number>;
  private readonly byIdentity = new Map<string, Known>();

  constructor(wanted: ReadonlySet<number>) {
    this.wanted = wanted;
  }

  all(): Known[] {
    return [...this.byIdentity.values()];
  }

  ofItem({ kind, fingerprint, lfnList, cut, lfn }: Item): Known | null {
    return this.wanted.has(fingerprint) ? this.of(kind, lfnList, cut, lfn) : null;
  }

  ofLine({ fingerprint, lfnList, line, cut, lfn }: Line): Known | null {
    if (!this.wanted.has(fingerprint)) return null;
    return lfn === null ? this.of('no LFN', lfnList, line, '') : this.of('cut', lfnList, cut ?? -1, lfn);
  }

  private of(kind: Known['kind'], lfnList: AuditedLfnList | null, cut: number, lfn: string): Known {
    const identity = `${kind}\n${lfnList?.name ?? ''}\n${cut}\n${lfn}`;
    const known = this.byIdentity.get(identity);
    if (known !== undefined) return known;
    const record: Known = { kind, lfnList, lfn, lines: [], lists: [], dirty: [], excused: 0 };
    this.byIdentity.set(identity, record);
    return record;
  }
}

function judge(record: Known, findings: Findings): void {
  const { kind, lfnList, lfn, lines, lists } = record;
  const expected = kind === 'by hand' ? Math.min(1, record.dirty.length) : lines.length;
  // A list made by hand may hold a line twice: the consumer drops one of them, and says so.
  const standing = kind === 'by hand' ? new Set(lists).size : lists.length;
  const details = {
    ...(kind === 'no LFN' ? {} : { lfn }),
    ...(lfnList === null ? {} : { lfnList: lfnList.name }),
    ...(lines[0] === undefined ? {} : { line: lines[0] }),
  };
  if (lists.length + record.excused < expected) {
    findings.add({ kind: 'missing', message: missing(record), lists: record.dirty, ...details });
  } else if (kind === 'cut' && lines.length === 0 && lists.length > 0) {
    findings.add({ kind: 'unexpected', message: unexpected(record), lists, ...details });
  } else if (standing > Math.max(1, expected)) {
    findings.add({ kind: 'doubled', message: doubled(record), lists, ...details });
  }
}

function missing(record: Known): string {
  if (record.kind === 'no LFN') return `${called(record)} is no LFN, and no list of DONE/Bad names it any more`;
  const dirty = record.dirty[0];
  const last = dirty === undefined ? '' : `; it stood in ${dirty}`;
  return `${called(record)} stands in no list${last}: if it is still to be moved, put it into a new LFN list`;
}

const doubled = (record: Known): string =>
  `${called(record)} stands in ${inWords(record.lists)}: take it out of all but one`;

const unexpected = (record: Known): string =>
  `${escapeText(record.lfn)} stands in ${inWords(record.lists)}, but not in those bytes of "${record.lfnList?.name ?? ''}" from which that list says it was cut: somebody added it by hand`;

function called({ kind, lfnList, lfn, lines }: Known): string {
  if (kind === 'no LFN') return `Line ${lines.join(' and ')} of "${lfnList?.name ?? ''}"`;
  const from = lines.length === 0 ? '' : ` (line ${lines.join(' and ')} of "${lfnList?.name ?? ''}")`;
  return `${escapeText(lfn)}${from}`;
}

function inWords(lists: readonly string[]): string {
  const once = [...new Set(lists)];
  if (once.length === 1) return `${once[0] ?? ''}, ${lists.length} times`;
  return `${once.slice(0, -1).join(', ')} and ${once.at(-1) ?? ''}`;
}
