/**
 * elsewhere: what of the campaign has not arrived, so that whoever reads a manifest sees whether it is complete.
 */
import fs from 'node:fs';
import path from 'node:path';
import { lfnLists } from '../database/lfnListRows.js';
import { globLfnLists } from '../lfnLists/lfnLists.js';
import { LineCount } from '../lfnLists/lineCount.js';
import { scanList } from '../lists/scanList.js';
import type { Place } from '../lists/transition.js';
import type { Run } from '../run/program.js';
import { SpoolLists, type ListFile } from '../spool/spoolLists.js';
import { OkayLists } from './okayLists.js';

export const ELSEWHERE = ['TODO', 'DOING', 'DONE/Bad'] as const;

export interface Elsewhere {
  /** Transfers that stand in a place. */
  readonly transfers: Readonly<Record<(typeof ELSEWHERE)[number], number>>;
  /** Lines of LFN lists that no list has been cut from yet. */
  readonly uncut: number;
  /** Transitions in the journal: open ones are counted as the next run leaves them, those that were set aside as they stand. */
  readonly open: number;
  readonly aside: number;
  /** What stands in the spool and is no list, or cannot be read. */
  readonly strange: readonly string[];
}

export interface Surveyed {
  readonly okay: OkayLists;
  readonly elsewhere: Elsewhere;
}

/** In the order in which lists move, so that none is missed that moves on meanwhile. */
export async function surveyElsewhere(run: Run): Promise<Surveyed> {
  const journal = run.journal.pending();
  const open = journal.filter(({ aside }) => aside === null);
  const spool = new SpoolLists(
    run.spool,
    open.flatMap(({ steps }) => steps),
  );
  const strange: string[] = [];
  const standing = (place: Place): Iterable<ListFile> =>
    spool.standing(place, ({ kind, path: where }) => void (kind === 'draft' || strange.push(where)));
  const countIn = (place: Place): number => {
    let sum = 0;
    for (const file of standing(place)) {
      const bytes = spool.readHere(file);
      if (bytes === null) continue;
      if ('why' in bytes) strange.push(`${place}/${file.name}`);
      else sum += scanList(bytes).transfers.length;
    }
    return sum;
  };
  const uncut = await uncutLines(run);
  const todo = countIn('TODO');
  const doing = countIn('DOING');
  const okay = new OkayLists(run, spool, standing('DONE/Okay'));
  const bad = countIn('DONE/Bad');
  return {
    okay,
    elsewhere: {
      transfers: { TODO: todo, DOING: doing, 'DONE/Bad': bad },
      uncut,
      open: open.length,
      aside: journal.length - open.length,
      strange,
    },
  };
}

async function uncutLines(run: Run): Promise<number> {
  const cursors = new Map(lfnLists(run.db).map(({ name, offset }) => [name, offset]));
  const { names } = await globLfnLists(run.base, run.settings.producer.lfn_lists, [...cursors.keys()]);
  const count = new LineCount(false);
  return names.reduce((sum, name) => {
    const file = path.resolve(run.base, name);
    const offset = cursors.get(name) ?? 0;
    return (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) > offset
      ? sum + count.scan(file, offset, Infinity).lines
      : sum;
  }, 0);
}

/** Has all of it arrived? */
export const isComplete = ({ transfers, uncut, aside }: Elsewhere): boolean =>
  ELSEWHERE.every((place) => transfers[place] === 0) && uncut === 0 && aside === 0;
