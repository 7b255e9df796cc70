/**
 * intoTodo: puts lost lists among the LFN lists of the campaign, when a person says so; and tells beforehand which of
 * them would take the wrong route there.
 */
import fs from 'node:fs';
import path from 'node:path';
import { diskTrouble, syncDirectory, writeSynced } from '../disk.js';
import { confirmed, type Asking } from '../run/confirm.js';
import type { Run } from '../run/program.js';
import { routeFor, type Route } from '../settings/route.js';
import { plural } from '../text/words.js';
import { lostName, pathOf, type Bases } from './bases.js';

const LFN_LISTS = 'TODO/ListOfLFNs';

/** Lost lists whose name would send their files elsewhere, by storage element, with why. */
export function routeTroubles(bases: Bases, routes: readonly Route[]): Map<string, string> {
  const troubles = new Map<string, string>();
  for (const { name, base } of bases.elements) {
    const path = bases.bases[base]?.path;
    const fitting = routes.filter((route) => bases.shown(pathOf(route.destination)) === path);
    const taken = routeFor(lostName(name), routes);
    // Where no route leads to this base, the storage is called otherwise in the dump, and nobody can tell.
    if (fitting.length === 0 || (taken !== undefined && fitting.includes(taken))) continue;
    const where = taken === undefined ? 'no route fits it' : `its route leads to ${taken.destination}`;
    troubles.set(
      name,
      `${lostName(name)}: ${where}, its files belong to ${fitting[0]?.destination ?? ''}: give it another name`,
    );
  }
  return troubles;
}

/** `lists`: in `from`, with how many LFNs each has. Nothing there is written over. Errors: SpoolError. */
export async function placeLists(
  run: Run,
  from: string,
  lists: ReadonlyMap<string, number>,
  options: Asking & { readonly dryRun?: boolean },
): Promise<void> {
  const free = [...lists].filter(([name]) => {
    const isFree = !fs.existsSync(path.join(run.base, LFN_LISTS, name));
    if (!isFree)
      run.summary.needsAttention(`${LFN_LISTS}/${name} is there already: ${path.join(from, name)} was not put there`);
    return isFree;
  });
  if (free.length === 0) return;
  const plan = free.map(([name, lfns]) => `${LFN_LISTS}/${name}: ${plural(lfns, 'LFN')}`);
  const isAgreed = await confirmed(
    { ...run, dryRun: options.dryRun === true },
    ['would be put into the campaign:', ...plan],
    options,
  );
  if (!isAgreed || options.dryRun === true) return;
  for (const [name] of free) place(run.base, from, name);
  run.summary.note(`put into ${LFN_LISTS}: ${free.map(([name]) => name).join(', ')}`);
}

/** The producer reads no hidden file: under its name it is whole. */
function place(base: string, from: string, name: string): void {
  const directory = path.join(base, LFN_LISTS);
  const draft = path.join(directory, `.${name}.draft`);
  try {
    writeSynced(draft, fs.readFileSync(path.join(from, name)), { mode: 0o640 });
    fs.renameSync(draft, path.join(directory, name));
    syncDirectory(directory);
  } catch (error) {
    throw diskTrouble('write', path.join(directory, name), error);
  }
}
