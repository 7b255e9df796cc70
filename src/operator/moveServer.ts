/**
 * moveServer: moves lists from one FTS server to another.
 *
 * A running job is cancelled, its end is awaited, what finished is kept, and the rest gets its next attempt at the
 * other server; a list that FTS has not got goes there with its first. With --abandon the job is given up without
 * asking its server, which is gone for good: only a person can know that.
 */
import type { Command } from 'commander';
import path from 'node:path';
import { byAge } from '../lists/names.js';
import { refuseUnknown } from './knownServer.js';
import { risk } from './movement.js';
import { MOST_SHOWN, plural, shown } from '../text/words.js';
import { confirmed, YES, type Asking } from '../run/confirm.js';
import { Moving, type Move } from './moving.js';
import { wholeNumber } from '../run/options.js';
import type { Program, Run } from '../run/program.js';
import type { Feature } from '../fts3/index.js';
import { readHead } from '../lists/scanList.js';
import { wantsOf, whyLacking } from '../servers/lacking.js';
import { openServers, type ServerSetting, type Servers } from '../servers/servers.js';
import { reasonsOf } from '../settings/reasonTable.js';
import { routeNamed } from '../settings/route.js';
import { NoServerError, UsageError } from '../errors.js';
import { job } from '../database/jobRows.js';
import { list } from '../database/listRows.js';

interface Options extends Asking {
  readonly to?: string;
  readonly from?: string;
  readonly abandon?: boolean;
  readonly patience: number;
}

async function moveServer(run: Run, options: Options, given: readonly string[]): Promise<void> {
  const abandon = options.abandon === true;
  // A table of reasons that is wrong ends it before jobs are cancelled, not when their lists are to be settled.
  reasonsOf(run.base);
  const names = given.length > 0 ? given.map((name) => path.basename(name)) : listsAt(run, options.from);
  const servers = openServers(run);
  try {
    const to = await target(servers, options.to, abandon);
    const moving = new Moving(run, servers, to, abandon);
    const planned = await moving.plan([...new Set(names)]);
    const moves = (await orTooOld(run, servers, to, planned)).filter((move) => !isRefused(run, move));
    if (moves.length === 0) return run.summary.note('nothing to move');
    if (!(await confirmed(run, planOf(moves, to), options)) || run.dryRun) return;
    moving.pin(select(moves, 'pin'));
    if (abandon) moving.giveUp(select(moves, 'abandon'));
    await moving.bring([...select(moves, 'cancel'), ...select(moves, 'settle')], options.patience);
    if (to !== null) run.summary.note(`what waits in TODO now goes to ${to.name} with the next runs of the consumer`);
  } finally {
    await servers.close();
  }
}

/** The lists with an open job at this server, the oldest first. */
function listsAt(run: Run, from: string | undefined): string[] {
  if (from === undefined)
    throw new UsageError('Nothing was moved: name lists, or say --from SERVER for all of them there');
  const server = from.replace(/\/$/, '');
  refuseUnknown(run, '--from', server);
  const { db } = run;
  const lists = [...run.spool.listing('DOING').lists, ...run.spool.listing('TODO').lists];
  return lists
    .filter((name) => {
      const row = list(db, name);
      const open = row?.state === 'SUBMITTING' || row?.state === 'SUBMITTED' ? job(db, name, row.attempt) : null;
      return open !== null && [open.server, open.endpoint].includes(server);
    })
    .sort(byAge);
}

/** The server to which they go, which must be usable now. Without one the next attempts go to any. */
async function target(servers: Servers, name: string | undefined, abandon: boolean): Promise<ServerSetting | null> {
  if (name === undefined && abandon) return null;
  const wanted = name?.replace(/\/$/, '');
  const to = servers.all().find((server) => server.name === wanted || server.endpoint === wanted);
  const known = servers
    .all()
    .map((server) => server.name)
    .join(', ');
  if (to === undefined)
    throw new UsageError(
      name === undefined
        ? `Nothing was moved: say --to SERVER, one of ${known}`
        : `Nothing was moved: there is no server "${name}" in the settings, only ${known}`,
    );
  if ((await servers.session(to.endpoint)) === null)
    throw new NoServerError(
      `Nothing was moved: ${to.name} cannot be used: ${servers.whyExcluded(to.endpoint) ?? 'no answer'}; the lists stay where they are`,
    );
  return to;
}

/** A list that the server is too old for would wait there, and its job be cancelled for nothing. */
async function orTooOld(
  run: Run,
  servers: Servers,
  to: ServerSetting | null,
  moves: readonly Move[],
): Promise<readonly Move[]> {
  const session = to === null ? null : await servers.session(to.endpoint);
  if (session === null) return moves;
  const judged: Move[] = [];
  for (const move of moves) {
    const wanted = wantsOfList(run, move.name);
    const why = wanted.length === 0 ? null : whyLacking(await servers.announced(session), wanted);
    const refused = { kind: 'refuse', why: `${session.name} does not know all that it is sent with: ${why}` } as const;
    judged.push(why === null || move.movement.kind === 'refuse' ? move : { ...move, movement: refused });
  }
  return judged;
}

function wantsOfList({ spool, settings }: Run, name: string): Feature[] {
  const read = spool.read(spool.exists('DOING', name) ? 'DOING' : 'TODO', name);
  // That it cannot be read is said where it is moved.
  if ('why' in read) return [];
  const { origin } = readHead(read.bytes);
  return wantsOf(settings, routeNamed(settings.route, origin.route), origin);
}

function isRefused(run: Run, { name, job, movement }: Move): boolean {
  if (movement.kind !== 'refuse') return false;
  run.summary.list({ list: name, action: 'skipped', jobId: job?.jobId ?? null, server: job?.server ?? null });
  run.summary.needsAttention(`Cannot move list "${name}": ${movement.why}`);
  return true;
}

const select = (moves: readonly Move[], kind: Move['movement']['kind']): Move[] =>
  moves.filter(({ movement }) => movement.kind === kind);

function planOf(moves: readonly Move[], to: ServerSetting | null): string[] {
  const abandoned = select(moves, 'abandon');
  return [
    `To be moved to ${to === null ? 'any server' : to.name}: ${plural(moves.length, 'list')}`,
    ...shown(moves.map(inWords)),
    ...abandoned.slice(0, MOST_SHOWN).flatMap(({ job }) => (job === null ? [] : [risk(job)])),
    ...(to?.weight === 0 ? [`${to.name} has weight 0 in the settings: it gets nothing else`] : []),
  ];
}

function inWords({ name, list, job, movement }: Move): string {
  const where = `at ${job?.server ?? 'no server'}`;
  switch (movement.kind) {
    case 'pin':
      return `${name}: not with FTS, waits in TODO`;
    case 'cancel':
      return `${name}: ${movement.state} ${where}, to be cancelled`;
    case 'settle':
      return `${name}: ${movement.state} ${where}, has ended`;
    case 'abandon':
      return `${name}: ABANDONED ${where}: ${movement.why}; all of its ${plural(list?.transfers ?? 0, 'transfer')} are sent again, also what has finished there`;
    case 'refuse':
      return `${name}: ${movement.why}`;
  }
}

export const program: Program<Options> = {
  name: 'moveServer',
  description: 'Moves lists from one FTS server to another.',
  options: (command: Command) =>
    command
      .argument('[list...]', 'names of lists in DOING or TODO')
      .option('--to <server>', 'where they go, by name or endpoint')
      .option('--from <server>', 'instead of naming lists: all that are open at this server')
      .option('--patience <seconds>', 'how long to wait for cancelled jobs to end', wholeNumber(0), 120)
      .option('--abandon', 'their server is gone for good: give their jobs up (a risk: see what it says)')
      .option(...YES),
  main: moveServer,
};
