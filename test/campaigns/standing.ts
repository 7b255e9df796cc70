/**
 * standing: what stands where in a campaign at this moment, and what must be true of it at any.
 *
 * The files are read here; nothing of the programs' own reading is trusted.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { cursor, pending, readBooks, type Books } from '../crash/books.js';
import { filesOf } from '../crash/invariants.js';
import { carriedTwice } from '../../dist/rehearsal/server/state/record.js';
import { everyTransferOnce } from '../support/everyTransferOnce.js';
import type { Model } from './model.js';
import { lfnIn, LFN_LISTS, type World } from './world.js';

export interface Standing {
  readonly place: string;
  readonly source: string;
}

const PLACES = ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad'];
const ALWAYS =
  /^(castor2echo\.(toml|log)|\.campaign|sqlite_c2e\.db|TODO\/ListOfLFNs\/\w+\.list|\.lease\/.*|(TODO|DOING|DONE\/(Okay|Bad|Dirty))\/[^./][^/]*\.txt)$/;
const AFTER_A_KILL = /^(\.campaign\.draft|sqlite_c2e\.db-journal|(TODO|DOING|DONE\/\w+)\/\.[^/]+\.txt\.draft)$/;

/** Every transfer in every list, once for each list that it stands in. */
export function standing(base: string): Standing[] {
  return linesOf(base)
    .filter(({ line }) => line.startsWith('srm:'))
    .map(({ place, line }) => ({ place, source: line.split(/\s/)[0] ?? '' }));
}

export const badLines = (base: string): number =>
  linesOf(base).filter(({ line }) => line.startsWith('# bad LFN: ')).length;

/** Lines dropped because the list at hand had their LFN already. */
export const duplicates = (books: Books): number =>
  (books['lfn_list'] ?? []).reduce((sum, row) => sum + Number(row['duplicates']), 0);

/** At any moment, also after a kill: everything that was cut stands somewhere, if only in the journal. */
export function holdsAlways(world: World, model: Model): void {
  const books = readBooks(world.base);
  const journalled = pending(books)
    .filter((steps) => steps.every((step) => step.op === 'place'))
    .flatMap((steps) => steps.flatMap((step) => (step.op === 'place' ? step.content.split('\n') : [])))
    .filter((line) => line.startsWith('srm:'));
  const found = new Set([...journalled, ...standing(world.base).map(({ source }) => source)].map(lfnOf));
  for (const lfn of lfnsCut(world, books)) assert.ok(found.has(lfn), `${lfn} was cut and stands in no list`);
  nothingTwice(world, model);
  nothingElsewhere(world);
  const strange = filesOf(world.base).filter((file) => !ALWAYS.test(file) && !AFTER_A_KILL.test(file));
  assert.deepEqual(strange, [], 'strange files');
}

/** After a run that came to its end: cut = okay + bad + doing + todo + duplicates + bad lines, and nothing is half done. */
export function holdsAfterRun(world: World, model: Model): void {
  holdsAlways(world, model);
  assert.deepEqual(pending(readBooks(world.base)), [], 'transitions left in the journal');
  everyTransferOnce(world.base);
  assert.deepEqual(
    filesOf(world.base).filter((file) => !ALWAYS.test(file) && !isCold(world.base, file)),
    [],
    'files left behind by a run',
  );
}

/**
 * A journal of SQLite's that a kill has left within a transaction, before it was synced, begins with zeros: nothing is
 * rolled back by it, and the next run that writes anything removes it.
 */
const isCold = (base: string, file: string): boolean =>
  file === 'sqlite_c2e.db-journal' &&
  readFileSync(join(base, file))
    .subarray(0, 8)
    .every((byte) => byte === 0);

/** By the servers' own record, all of them together. */
function nothingTwice({ servers }: World, model: Model): void {
  const complaints = carriedTwice(servers.flatMap((server) => server.submissions));
  assert.deepEqual(
    complaints.filter((complaint) => model.isOurs(complaint)),
    [],
  );
}

/** What was sent once is sent again, if ever, to the same server and as the same VO: elsewhere it would be another job. */
function nothingElsewhere({ servers }: World): void {
  const places = new Map<string, string>();
  for (const { server, vo, sid } of servers.flatMap((each) => each.submissions)) {
    const place = `${server} as ${vo}`;
    assert.equal(places.get(sid ?? '') ?? place, place, `${sid} was accepted there and here`);
    places.set(sid ?? '', place);
  }
}

const lfnOf = (line: string): string => lfnIn(line.split(/\s/)[0] ?? '');

/** The LFNs before the cursors, and those that a person wrote into lists. */
function lfnsCut({ base, byHand }: World, books: Books): string[] {
  const cut = LFN_LISTS.flatMap((name) =>
    readFileSync(join(base, name)).subarray(0, cursor(books, name)).toString().split('\n'),
  );
  const good = cut.flatMap(
    (line) =>
      /^\s*(?:LFN:)?(\/lhcb\/[\w/-]+\/(?:okay|again|gone|stubborn))(?:\s*|\s+\S+:\S+.*|\s+-\s.*)$/.exec(line)?.[1] ??
      [],
  );
  return [...good.filter((lfn) => lfn.length < 1000), ...byHand.map(lfnIn)];
}

function linesOf(base: string): { place: string; line: string }[] {
  return PLACES.flatMap((place) =>
    readdirSync(join(base, place), { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .flatMap(({ name }) => readFileSync(join(base, place, name), 'utf8').split('\n'))
      .map((line) => ({ place, line })),
  );
}
