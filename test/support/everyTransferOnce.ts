/**
 * everyTransferOnce: the one checker. Every transfer that was cut stands in exactly one list of TODO, DOING, DONE/Okay
 * and DONE/Bad.
 *
 * What was cut is counted here from the bytes of the LFN lists before their cursors, and from the lists that a test
 * put into the spool by hand; each line is a transfer in a list, a bad line named in DONE/Bad, or a duplicate counted
 * in the database. It reads the files itself: nothing of the programs' own reading is trusted.
 */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';

const PLACES = ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad'];
const placed = new Map<string, string[]>();

/** Transfers of a list that a test has put into the spool: they count as cut from now on. */
export function noteTransfers(base: string, lines: readonly string[]): void {
  placed.set(base, [...(placed.get(base) ?? []), ...lines.map(pairOf)]);
}

/** What counts as cut in one campaign does so in a copy of it. */
export function copyTransfers(from: string, to: string): void {
  placed.set(to, [...(placed.get(from) ?? [])]);
}

/** Transfers that a person took away, or added where the programs must take them up. */
export function forgetTransfers(base: string, lines: readonly string[]): void {
  const gone = lines.map(pairOf);
  placed.set(
    base,
    (placed.get(base) ?? []).filter((pair) => !gone.includes(pair)),
  );
}

export function everyTransferOnce(base: string): void {
  const standing = new Map<string, string[]>();
  let badLines = 0;
  for (const { path, line } of linesOfSpool(base)) {
    if (line.startsWith('# bad LFN: ')) badLines += 1;
    // A line without two columns is no transfer; if it once was one, that one is missed below.
    if (line.startsWith('#') || !/\S\s+\S/.test(line)) continue;
    standing.set(pairOf(line), [...(standing.get(pairOf(line)) ?? []), path]);
  }
  for (const pair of placed.get(base) ?? []) {
    assert.equal(standing.get(pair)?.length, 1, `${pair} stands in: ${standing.get(pair)?.join(', ') ?? 'no list'}`);
    standing.delete(pair);
  }
  const cut = lfnsBeforeCursors(base);
  const routes = routesOf(base);
  let transfers = 0;
  for (const [pair, paths] of standing) {
    const lines = cut.filter((lfn) => routes.some((route) => pair === pairFor(route, lfn))).length;
    assert.ok(lines > 0, `${pair} stands in ${paths.join(', ')} and was never cut`);
    assert.ok(paths.length <= lines, `${pair} was cut from ${lines} lines and stands in: ${paths.join(', ')}`);
    transfers += paths.length;
  }
  const duplicates = cursors(base).reduce((sum, { duplicates }) => sum + duplicates, 0);
  assert.equal(
    transfers + badLines + duplicates,
    cut.length,
    `${cut.length} lines were cut: ${transfers} transfers, ${badLines} bad lines, ${duplicates} duplicates`,
  );
}

function linesOfSpool(base: string): { path: string; line: string }[] {
  return PLACES.flatMap((place) =>
    readdirSync(join(base, place), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.txt') && !entry.name.startsWith('.'))
      .flatMap(({ name }) =>
        readFileSync(join(base, place, name), 'utf8')
          .split('\n')
          .map((line) => ({ path: `${place}/${name}`, line })),
      ),
  );
}

/** Every line before a cursor that is no comment, as an LFN: of a bad one whatever stands there. */
function lfnsBeforeCursors(base: string): string[] {
  return cursors(base).flatMap(({ name, offset }) => {
    const path = join(base, name);
    if (!existsSync(path)) return [];
    return readFileSync(path)
      .subarray(0, offset)
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/^LFN:/i, '').trim().split(/\s+/)[0] ?? '');
  });
}

function cursors(base: string): { name: string; offset: number; duplicates: number }[] {
  if (!existsSync(join(base, 'sqlite_c2e.db'))) return [];
  const db = new Sqlite(join(base, 'sqlite_c2e.db'), { readonly: true });
  try {
    return db.prepare('SELECT name, offset, duplicates FROM lfn_list').all() as ReturnType<typeof cursors>;
  } finally {
    db.close();
  }
}

interface Route {
  readonly source: string;
  readonly destination: string;
}

function routesOf(base: string): Route[] {
  return (parse(readFileSync(join(base, 'castor2echo.toml'), 'utf8')) as unknown as { route: Route[] }).route;
}

const pairFor = ({ source, destination }: Route, lfn: string): string => `${source}${lfn} ${destination}${lfn}`;

/** "source destination", whatever stands behind them. */
function pairOf(line: string): string {
  return line.trim().split(/\s+/).slice(0, 2).join(' ');
}
