/**
 * repeats: what stands twice where nothing tells which cut it belongs to: lists made by hand, and LFNs of two LFN
 * lists.
 *
 * Everything is put into a sieve first, and what it lets through is compared as text when all is read once more.
 */
import { listPath } from '../lists/transition.js';
import { storedUrl } from '../lists/url.js';
import { escapeText } from '../text/escape.js';
import {
  COUNT_OF,
  copyOf,
  newKnown,
  reportMissing,
  reportSurplus,
  type KnownTransfer,
  type PlaceCounts,
} from './balance.js';
import { nameUnreadable, type Findings } from './findings.js';
import { scanList, type Pair } from '../lists/scanList.js';
import { SeenTwice } from './seenTwice.js';
import type { ListFile, SpoolLists } from '../spool/spoolLists.js';

const textOf = ({ source, destination }: Pair): string => `${storedUrl(source)} ${storedUrl(destination)}`;

/**
 * Counts the transfers of lists made by hand. One that stands in two lists is doubled; what a list had when it was
 * split (so that it is in DONE/Dirty) must stand in another, or be named as dropped.
 */
export function auditByHand(files: readonly ListFile[], spool: SpoolLists, findings: Findings): PlaceCounts {
  const counts: PlaceCounts = { okay: 0, bad: 0, doing: 0, todo: 0 };
  if (files.length === 0) return counts;
  const sieve = new SeenTwice();
  const records = new Map<string, KnownTransfer>();
  const record = (text: string): KnownTransfer => {
    const known = records.get(text) ?? newKnown('by hand', null, text, '');
    records.set(known.lfn, known);
    return known;
  };
  for (const { file, pairs, unreadable } of eachOf(files, spool)) {
    nameUnreadable(listPath(file.place, file.name), unreadable, findings);
    const count = COUNT_OF[file.place];
    const texts = new Set(pairs.map(textOf));
    if (count !== null) counts[count] += pairs.length;
    for (const text of texts)
      if (count !== null) sieve.add(text);
      else record(text).dirty.push(listPath(file.place, file.name));
  }
  for (const { file, pairs, dropped } of eachOf(files, spool)) {
    // A list made by hand may hold a line twice: the consumer drops one of them, and says so.
    const texts = new Set(file.place === 'DONE/Dirty' ? [] : pairs.map(textOf));
    for (const text of texts)
      if (records.has(text) || sieve.lets(text)) record(text).lists.push(listPath(file.place, file.name));
    for (const text of dropped.map(textOf)) if (records.has(text)) record(text).excused += 1;
  }
  for (const known of records.values())
    if (known.dirty.length > 0 && known.lists.length + known.excused === 0) reportMissing(known, 1, findings);
    else if (known.lists.length > 1) reportSurplus(known, findings);
  return counts;
}

function* eachOf(
  files: readonly ListFile[],
  spool: SpoolLists,
): Generator<{ file: ListFile; pairs: readonly Pair[]; dropped: readonly Pair[]; unreadable: number }> {
  for (const file of files) {
    const bytes = spool.read(file);
    if (bytes === null) continue;
    const { transfers, dropped, unreadable } = scanList(bytes);
    yield { file, pairs: transfers, dropped, unreadable };
  }
}

/** Calls back with every LFN that was cut, LFN list by LFN list. */
type EachLfn = (each: (lfn: string, lfnList: string) => void) => void;

/**
 * Names LFNs that were cut from two LFN lists: they are two transfers to one destination, which nothing forbids;
 * somebody should know.
 */
export function nameShared(eachLfn: EachLfn, findings: Findings): void {
  const sieve = new SeenTwice();
  eachLfn((lfn) => sieve.add(lfn));
  const names = new Map<string, string | Set<string>>();
  eachLfn((lfn, name) => {
    if (!sieve.lets(lfn)) return;
    const known = names.get(lfn);
    if (known === undefined) names.set(copyOf(lfn), name);
    else if (typeof known === 'object') known.add(name);
    else if (known !== name) names.set(lfn, new Set([known, name]));
  });
  for (const [lfn, lfnLists] of names) {
    if (typeof lfnLists === 'string') continue;
    const where = [...lfnLists].map((name) => `"${name}"`).join(' and ');
    findings.add({ kind: 'same LFN', message: `${escapeText(lfn)} was cut from ${where}: it is moved twice`, lfn });
  }
}
