/**
 * lists: what the lists of a spool say of a campaign whose database is lost.
 *
 * Their comments hold the campaign, the bytes of the LFN list they were cut from and their failures; their names hold
 * the time. Everything here is pure; the spool is read elsewhere.
 */
import type { Place } from '../lists/transition.js';

/** What is known of one list. */
export interface SurveyedList {
  readonly place: Place;
  readonly name: string;
  readonly campaign: string | null;
  readonly from: { readonly lfnList: string; readonly firstByte: number; readonly lastByte: number } | null;
  readonly splitFrom: string | null;
  readonly failures: number;
  readonly transfers: number;
}

/** The campaign that most lists name; null when none does. Lists of another campaign may have been moved in. */
export function campaignOf(lists: readonly SurveyedList[]): string | null {
  const votes = new Map<string, number>();
  for (const { campaign } of lists) if (campaign !== null) votes.set(campaign, (votes.get(campaign) ?? 0) + 1);
  const [most] = [...votes].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? null;
}

/** How far an LFN list is cut, by the lists that were cut from it. */
export interface CutSoFar {
  readonly lfnList: string;
  /** Reading goes on here: behind the last byte of any list. */
  readonly offset: number;
  /** First bytes of the lists, sorted: the same LFN twice between two of them was dropped. */
  readonly starts: readonly number[];
}

export function cutsSoFar(lists: readonly SurveyedList[]): CutSoFar[] {
  const cuts = new Map<string, { offset: number; starts: Set<number> }>();
  for (const { from } of lists) {
    if (from === null) continue;
    const cut = cuts.get(from.lfnList) ?? { offset: 0, starts: new Set() };
    cut.offset = Math.max(cut.offset, from.lastByte + 1);
    cut.starts.add(from.firstByte);
    cuts.set(from.lfnList, cut);
  }
  return [...cuts]
    .map(([lfnList, { offset, starts }]) => ({ lfnList, offset, starts: [...starts].sort((a, b) => a - b) }))
    .sort((a, b) => (a.lfnList < b.lfnList ? -1 : 1));
}

/** DONE/Dirty holds copies: everything else must hold each transfer once. */
const COUNTED: readonly Place[] = ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad'];

/**
 * Pairs of lists that may hold the same transfers, because a change of the spool was cut off before it removed the old
 * list: lists of one name in two places, and a list together with the one that it was split from.
 */
export function kin(lists: readonly SurveyedList[]): [SurveyedList, SurveyedList][] {
  const byName = new Map<string, SurveyedList[]>();
  const counted = lists.filter((list) => COUNTED.includes(list.place) && list.transfers > 0);
  for (const list of counted) byName.set(list.name, [...(byName.get(list.name) ?? []), list]);
  const pairs: [SurveyedList, SurveyedList][] = [];
  for (const same of byName.values())
    same.forEach((one, index) =>
      pairs.push(...same.slice(index + 1).map((other): [SurveyedList, SurveyedList] => [one, other])),
    );
  for (const child of counted)
    for (const parent of byName.get(child.splitFrom ?? '') ?? []) if (parent !== child) pairs.push([parent, child]);
  return pairs;
}
