/**
 * invariants: what must hold after any kill at any instant, and what must hold once the next run has cleaned up.
 *
 *   - every transfer that was cut stands in at least one list of TODO, DOING, DONE/Okay and DONE/Bad (after the next
 *     run: in exactly one); a list that was just cut may still stand in the journal alone; nothing else stands there
 *   - an LFN that was not cut stands behind the cursor, and in no list
 *   - by the servers' own record no transfer was accepted while an earlier job could still carry it out, or again after
 *     it was carried out
 *   - the database passes its integrity check
 *   - nothing stands in the base directory that does not belong there; drafts only until the next run
 *
 * The files are read here, nothing of the programs' own reading is trusted.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';

import { carriedTwice } from '../../dist/rehearsal/server/state/record.js';
import { cursor, DATABASE, pending, readBooks, type Books } from './books.js';
import { LFN_LIST, SOURCE, type Scene } from './scene.js';

const COUNTED = ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad'];

const ALWAYS =
  /^(castor2echo\.(toml|log)|\.campaign|sqlite_c2e\.db|TODO\/ListOfLFNs\/input\.list|\.lease\/.*|(TODO|DOING|DONE\/(Okay|Bad|Dirty))\/[^./][^/]*\.txt)$/;
const AFTER_A_KILL = /^(\.campaign\.draft|sqlite_c2e\.db-journal|(TODO|DOING|DONE\/\w+)\/\.[^/]+\.txt\.draft)$/;

/** What the invariants look at. */
export type Judged = Pick<Scene, 'base' | 'servers'> & { readonly byHand: readonly string[] };

/** After a kill, a power cut, or an error of the disk. */
export function holdsAfterKill(scene: Judged): void {
  const books = readBooks(scene.base);
  const journalled = new Set(pending(books).filter(onlyPlaces).flatMap(sourcesPlaced));
  const standing = transfersStanding(scene.base);
  for (const source of transfersCut(scene, books))
    assert.ok(standing.has(source) || journalled.has(source), `${source} was cut and stands in no list`);
  nothingElse(scene, books, new Set([...standing.keys(), ...journalled]));
  nothingTwice(scene);
  const strange = filesOf(scene.base).filter((file) => !ALWAYS.test(file) && !AFTER_A_KILL.test(file));
  assert.deepEqual(strange, [], 'strange files after a kill');
}

/** After the run that follows. */
export function holdsAfterNextRun(scene: Judged): void {
  const books = readBooks(scene.base);
  assert.deepEqual(pending(books), [], 'transitions left in the journal');
  const standing = transfersStanding(scene.base);
  for (const source of transfersCut(scene, books))
    assert.equal(standing.get(source)?.length, 1, `${source} stands in ${String(standing.get(source) ?? 'no list')}`);
  nothingElse(scene, books, new Set(standing.keys()));
  nothingTwice(scene);
  const strange = filesOf(scene.base).filter((file) => !ALWAYS.test(file) && !isIdleJournal(scene.base, file));
  assert.deepEqual(strange, [], 'files left behind by the run after a kill');
}

/**
 * SQLite's journal of a transaction that had not begun to commit: its head is zero until it is synced, so nobody rolls
 * it back, and the next commit takes it away. A run that has nothing to write leaves it.
 */
const isIdleJournal = (base: string, file: string): boolean =>
  file === `${DATABASE}-journal` && readFileSync(join(base, file)).at(0) === 0;

/** Of all servers together. */
export function nothingTwice({ servers }: Judged): void {
  assert.deepEqual(carriedTwice(servers.flatMap((server) => server.submissions)), []);
}

/** The files below a directory, relative to it, sorted. */
export function filesOf(base: string): string[] {
  const entries: Dirent[] = readdirSync(base, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)))
    .sort();
}

/** The sources before the cursor, and those that a person wrote into lists. */
function transfersCut(scene: Judged, books: Books): string[] {
  const cut = readFileSync(join(scene.base, LFN_LIST)).subarray(0, cursor(books, LFN_LIST)).toString();
  const lfns = cut.split('\n').filter((line) => line.startsWith('/'));
  return [...lfns.map((lfn) => `${SOURCE}${lfn}`), ...scene.byHand];
}

function nothingElse(scene: Judged, books: Books, found: ReadonlySet<string>): void {
  const cut = new Set(transfersCut(scene, books));
  const others = [...found].filter((source) => !cut.has(source));
  assert.deepEqual(others, [], 'transfers in lists that were not cut');
}

/** In which lists each source stands. */
function transfersStanding(base: string): Map<string, string[]> {
  const standing = new Map<string, string[]>();
  const isCounted = (file: string): boolean => COUNTED.some((place) => new RegExp(`^${place}/[^./][^/]*$`).test(file));
  for (const file of filesOf(base).filter(isCounted))
    for (const source of new Set(sourcesOf(readFileSync(join(base, file), 'utf8'))))
      standing.set(source, [...(standing.get(source) ?? []), file]);
  return standing;
}

type Steps = ReturnType<typeof pending>[number];

/** Only a list that is being cut may stand in the journal alone; what moves leaves its old place last. */
const onlyPlaces = (steps: Steps): boolean => steps.every((step) => step.op === 'place');

const sourcesPlaced = (steps: Steps): string[] =>
  steps.flatMap((step) => (step.op === 'place' ? sourcesOf(step.content) : []));

/** Lines that are no transfer (a person's scribble) are nobody's loss. */
function sourcesOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => /^(srm|mock):\/\//.test(line));
  return lines.map((line) => line.split(/\s+/)[0] ?? '');
}
