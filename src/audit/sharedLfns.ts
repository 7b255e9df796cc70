/**
 * sharedLfns: LFNs that stand in two LFN lists.
 *
 * They are two transfers to one destination, which nothing forbids; somebody should know. The number of the LFN list goes
 * into the lower bits of each fingerprint, so that one sorted bag tells equal LFNs of two lists from those of one.
 */
import type { Findings } from './findings.js';
import { fingerprint, seedOf } from './fingerprint.js';
import { Tally } from './fingerprints.js';
import { escapeText } from '../text/escape.js';
import type { AuditedCampaign } from './auditedCampaign.js';
import type { AuditedLfnList } from './auditedLfnList.js';
import type { Census } from './balance.js';

const LFN = seedOf(-2, 0);
/** As many LFN lists are told apart; two of the same number, modulo this, count as one. */
const LISTS = 1024;

/** Names LFNs that were cut from two LFN lists. With one LFN list there is nothing to do. */
export function nameShared(campaign: AuditedCampaign, census: Census, findings: Findings): void {
  const lfnLists = [...census.segments.keys()].filter((lfnList) => census.segments.get(lfnList)?.length !== 0);
  if (lfnLists.length < 2) return;
  const prints = new Tally();
  eachLfn(campaign, census, (lfn, _, number) => prints.add(printOf(lfn) * LISTS + (number % LISTS)));
  const shared = new Set<number>();
  let count = 0;
  prints.eachGroup(LISTS, (print) => {
    count += 1;
    if (shared.size < findings.most) shared.add(print);
  });
  if (shared.size === 0) return;
  const found = new Map<string, Set<string>>();
  eachLfn(campaign, census, (lfn, { name }) => {
    if (shared.has(printOf(lfn))) found.set(lfn, (found.get(lfn) ?? new Set()).add(name));
  });
  for (const [lfn, names] of found) {
    if (names.size < 2) continue;
    const where = [...names].map((name) => `"${name}"`).join(' and ');
    findings.add({ kind: 'same LFN', message: `${escapeText(lfn)} was cut from ${where}: it is moved twice`, lfn });
  }
  findings.more('same LFN', count - shared.size);
}

const printOf = (lfn: string): number => Math.floor(fingerprint(lfn, LFN) / LISTS);

function eachLfn(
  campaign: AuditedCampaign,
  census: Census,
  each: (lfn: string, lfnList: AuditedLfnList, number: number) => void,
): void {
  let number = 0;
  for (const [lfnList, segments] of census.segments) {
    campaign.eachLine(lfnList, segments, ({ lfn }) => {
      if (lfn !== null) each(lfn, lfnList, number);
    });
    number += 1;
  }
}
