/**
 * footprint: all that the future of a campaign depends on, as one text.
 *
 * Two campaigns with the same footprint go on in the same way, so a proof need not follow both. Left out is what only
 * tells when and where: times, ports, which of the two servers was drawn, the numbers of leases, the log.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { arrivalAt, countPacked } from '../../dist/rules/arrived.js';
import { DATABASE, readBooks, type Books, type Row } from './books.js';
import { filesOf } from './invariants.js';
import type { Scene } from './scene.js';

/** Columns of which only matters whether anything stands in them. */
const TIMES =
  /^(since|said_at|submitting_at|submitted_at|seen_at|missing_since|unfinished_since|state_since|broken_since|opened_at|stuck_said_at|failed_at|hold_until|at|first_seen|last_seen)$/;

export function footprint(scene: Scene): string {
  const books = readBooks(scene.base);
  return [lease(scene.base), ...files(scene.base), ...tables(books), ...jobs(scene, books)].join('\n');
}

/** What must be the same at the end of a campaign, whatever happened on the way: all but the count of the POSTs. */
export function ending(scene: Scene): string[] {
  const books = readBooks(scene.base);
  const rows = tables(books).map((line) => line.replace(/"posts":"\w+"/, '"posts":"any"'));
  return [...files(scene.base), ...rows, ...jobs(scene, books)];
}

/** Each file with its rights and its content; of the database only that it is there. */
function files(base: string): string[] {
  const kept = filesOf(base).filter((file) => !/^(\.lease\/|castor2echo\.)/.test(file));
  return normalised(kept.map((file) => `${file} ${mode(join(base, file))}\n${content(base, file)}`));
}

const content = (base: string, file: string): string =>
  file.startsWith(DATABASE) ? '' : readFileSync(join(base, file), 'utf8');

/** Every job that the servers accepted, with whether the books know it at that server. */
function jobs(scene: Scene, books: Books): string[] {
  const rows = books['job'] ?? [];
  const known = (sid: string | null, server: string): boolean =>
    rows.some((row) => row['sid'] === sid && row['server'] === server);
  const accepted = scene.servers.flatMap((server) => server.submissions.map(({ sid }) => ({ sid, server })));
  return normalised(
    accepted.map(({ sid, server }) => `${sid} ${known(sid, server.name) ? 'known' : 'unknown'}`).sort(),
  );
}

function tables(books: Books): string[] {
  const lines = Object.entries(books).flatMap(([table, rows]) =>
    (table === 'hourly' ? overAllHours(rows) : rows).map((row) => `${table} ${JSON.stringify(withoutTimes(row))}`),
  );
  // Whether a second server was drawn for an attempt that was then given up is chance: it is known as which VO we came.
  return normalised(lines)
    .sort()
    .filter((line, at, all) => !line.startsWith('server ') || line !== all[at - 1]);
}

/** Sums by outcome alone: whether a full hour has struck meanwhile makes no other campaign. */
function overAllHours(rows: readonly Row[]): Row[] {
  const sum = (outcome: unknown, column: string): number =>
    rows.filter((row) => row['outcome'] === outcome).reduce((total, row) => total + Number(row[column]), 0);
  const outcomes = [...new Set(rows.map(({ outcome }) => outcome))];
  return outcomes.map((outcome) => ({ outcome, transfers: sum(outcome, 'transfers'), bytes: sum(outcome, 'bytes') }));
}

function withoutTimes(row: Row): Row {
  const { id: _, ...rest } = row;
  const entries = Object.entries(rest).map(([column, value]): [string, unknown] =>
    value !== null && TIMES.test(column) ? [column, 'TIME'] : [column, told(column, value)],
  );
  return Object.fromEntries(entries);
}

function told(column: string, value: unknown): unknown {
  if (column === 'arrived' && Buffer.isBuffer(value)) return sizesIn(value);
  return column === 'posts' ? fewOrMany(value) : value;
}

/** Of each file of a job: whether it finished, and its size. */
const sizesIn = (arrived: Buffer): unknown[] =>
  Array.from({ length: countPacked(arrived) }, (_, place) => {
    const arrival = arrivalAt(arrived, place);
    return arrival === null ? null : { size: arrival.size };
  });

/** The programs ask whether there was a POST, and whether there was more than one; kills can make them any number. */
const fewOrMany = (posts: unknown): string => (Number(posts) > 1 ? 'several' : String(posts));

/** Free, held by a process that is dead, or taken and not yet held. */
function lease(base: string): string {
  const directory = join(base, '.lease');
  const highest = existsSync(directory) ? readdirSync(directory).sort().at(-1) : undefined;
  if (highest === undefined || existsSync(join(directory, highest, 'released'))) return 'lease: free';
  return existsSync(join(directory, highest, 'holder')) ? 'lease: its holder is dead' : 'lease: without a holder';
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** Times, ids, ports and servers by name only; the stamps of lists by their order. */
function normalised(lines: readonly string[]): string[] {
  const STAMP = /\d{8}-\d{6}-\d{4}/g;
  const stamps = [...new Set(lines.join('\n').match(STAMP) ?? [])].sort();
  return lines.map((line) =>
    line
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
      .replaceAll(/http:\/\/127\.[\d.]+:\d+/g, 'ENDPOINT')
      .replaceAll(/\b(RAL|CERN)\b/g, 'SERVER')
      .replaceAll(STAMP, (stamp) => `STAMP${stamps.indexOf(stamp) + 1}`),
  );
}
