/**
 * consumer: takes lists from TODO, submits each to one of the FTS servers, and moves what FTS has accepted to DOING.
 *
 *     queue = the lists in TODO that may go; the oldest first, one on which a server has failed behind those that were there then
 *     where storages are broken: a probe of each, beyond `lists_per_run`
 *     until FTS has accepted `lists_per_run`, and while the run may go on:
 *       batch = the next 50                      read and checked; what cannot be submitted goes to DONE/Bad; what its route or its storages
 *                                                have no room for waits, and what has a storage that is held or broken, but for
 *                                                one probe of each that is broken
 *       in a campaign that was taken over: what a server carries already is adopted (servers/gate.ts)
 *       a server for each                        drawn by weight; one whose answer was lost: looked for at its own
 *       (a) commit: their rows say SUBMITTING
 *       (b) POST them, `concurrency` at once     a server, a storage that turns out not to take them gets no more
 *       (c) commit: what came of each; move what FTS has to DOING
 *       what FTS certainly has not got goes to the head of the queue again, for another server
 *     lists that were refused, that a server failed on: whose fault was it?
 *
 * What it guarantees:
 * - row before POST: (a) says which server, attempt and job id before a byte leaves, so a kill leaves one batch at most of
 *   which the next run must look what became
 * - one sid, one server: what may have arrived is looked for there, and repeated there under the same sid or not at all
 * - journal before spool: a list leaves TODO by a transition that was committed with its row in (c)
 * - the trouble of one list, of one server, of one storage never stops the others
 *
 * candidate.ts reads a list, storages.ts keeps back what waits for a storage, rooms.ts counts what has room in DOING, carried.ts adopts what the original program
 * has sent, attempt.ts finds its server, batch.ts does (a) to (c), deliver.ts brings one list to its server whatever happens to the answers, tokens.ts has the
 * tokens that go with it, blame.ts knows what refusals and failures mean, report.ts says it all.
 */
import type { Command } from 'commander';
import { oldestFirst, whyTooLong } from '../lists/names.js';
import { nextStep, whereIs } from '../rules/placement.js';
import { heldNow } from '../rules/quarantine.js';
import { RUNS_FAILED_ALONE, staysBack } from '../rules/submission.js';
import { agree, plural } from '../text/words.js';
import { at, moving } from '../lists/transition.js';
import { attemptsOf } from './attempt.js';
import { submitBatch } from './batch.js';
import { newBlame, settleFailed, settleRefused, type Blame } from './blame.js';
import { prepare, type Candidate } from './candidate.js';
import { withoutCarried } from './carried.js';
import { tellDryRun } from './report.js';
import { Rooms } from './rooms.js';
import { wholeNumber } from '../run/options.js';
import type { Program, Run } from '../run/program.js';
import { openGate, type Gate } from '../servers/gate.js';
import { tellForecast } from '../forecast/forecast.js';
import { renewCredentials } from '../servers/renewal.js';
import { openServers, type Servers } from '../servers/servers.js';
import { EXIT } from '../errors.js';
import type { ListRow } from '../ftsJob.js';
import { holdUntil, list, setHold } from '../database/listRows.js';

/** They share two commits, and a kill leaves no more to be looked for. */
const LISTS_PER_BATCH = 50;

/** All of these are held in memory. Where lists are so large, a batch has as many as may be on the wire. */
const TRANSFERS_PER_BATCH = 20_000;

interface Options {
  readonly lists?: number;
}

async function consume(run: Run, options: Options): Promise<void> {
  const doing = new Set(run.spool.listing('DOING').lists);
  await renewCredentials(run, run.spool.listing('TODO').lists.length > 0);
  const servers = openServers(run);
  const gate = openGate(run, servers);
  const queue = sortOut(run, doing, gate);
  const { lists_per_run, max_doing } = run.settings.consumer;
  const places = max_doing > 0 ? max_doing - doing.size : Infinity;
  const room = options.lists ?? lists_per_run;
  const sending = { run, servers, gate, rooms: new Rooms(run, doing), blame: newBlame(run), withoutServer: 0 };
  const { rooms, blame } = sending;
  if (queue.length > 0 && places <= 0)
    run.summary.note(`${plural(doing.size, 'list')} in DOING: consumer.max_doing is reached`);

  try {
    const left = await submitAll(sending, queue, room, places);
    run.journal.strikeOff();
    settleRefused(run, blame);
    settleFailed(run, blame);
    gate?.tell();
    rooms.tell(run);
    blame.storages.tell();
    const waiting = sending.withoutServer + left;
    if (waiting > 0 && servers.choose(0) === null)
      run.trouble(
        EXIT.noServer,
        `Cannot submit ${plural(waiting, 'list')}: no FTS server is usable in this run; ${agree(waiting, 'it waits', 'they wait')} in TODO`,
      );
    await tellForecast(run, servers);
  } finally {
    await servers.close();
  }
}

/** What all batches of a run share. */
interface Sending {
  readonly run: Run;
  readonly servers: Servers;
  readonly gate: Gate | null;
  readonly rooms: Rooms;
  readonly blame: Blame;
  /** Lists that found no server. */
  withoutServer: number;
}

/**
 * `room` lists of the queue, and the probes of broken storages beside them: these take no list's room, but a place in DOING (`places`).
 * They go first, as a queue that is long enough would take every place of each run. Returns how many lists there was still room for.
 */
async function submitAll(sending: Sending, queue: Waiting[], room: number, places: number): Promise<number> {
  const { storages } = sending.blame;
  let [roomLeft, placesLeft, rest] = [room, places, queue];
  if (!storages.areAllWell) {
    // One whose submission is repeated is a probe as well.
    const lost = queue.filter(({ nextStep }) => nextStep === 'look, then repeat');
    const others = queue.filter(({ nextStep }) => nextStep !== 'look, then repeat');
    const repeated = await submit(sending, lost, Math.min(room, places));
    placesLeft -= repeated;
    roomLeft -= repeated;
    placesLeft -= await submitProbes(sending, others, placesLeft);
    rest = [...lost, ...others.filter(({ name }) => !storages.isKnown(name))];
  }
  roomLeft = Math.min(roomLeft, placesLeft);
  roomLeft -= await submit(sending, rest, roomLeft);
  return roomLeft > 0 ? rest.length : 0;
}

/** One list of each broken storage, or the next one where that cannot go. Returns how many FTS has. */
async function submitProbes(sending: Sending, queue: readonly Waiting[], places: number): Promise<number> {
  const { run, servers, blame } = sending;
  const ahead = queue.values();
  let accepted = 0;
  for (;;) {
    const probes = blame.storages.nextProbes(ahead);
    if (probes.length === 0) return accepted;
    const mayGo = accepted < places && servers.choose(0) !== null && run.mustStop() === null;
    if (mayGo) accepted += await submit(sending, probes, places - accepted);
    if (!mayGo || !run.dryRun) blame.storages.giveBack();
    if (!mayGo) return accepted;
  }
}

/** Submits lists of this queue until FTS has accepted `most`, and takes out of it what was looked at. Returns how many FTS has. */
async function submit(sending: Sending, queue: Waiting[], most: number): Promise<number> {
  const { run, servers, gate, rooms, blame } = sending;
  let sent = 0;
  while (sent < most && queue.length > 0) {
    const stop = run.mustStop();
    if (stop !== null) {
      sayNotLookedAt(run, queue.length, stop);
      break;
    }
    const batch = nextBatch(run, servers, rooms, blame, queue, most - sent);
    if (batch.length === 0) break;
    const { free, adopted } = await withoutCarried(run, gate, batch);
    sent += adopted;
    const next = await attemptsOf(run, servers, blame, free);
    sending.withoutServer += next.withoutServer;
    if (run.dryRun) sent += tellDryRun(run, blame, next.attempts, next.looked);
    else {
      const { accepted, again } = await submitBatch(run, servers, blame, next.attempts, next.looked);
      sent += accepted;
      queue.unshift(...again.map(({ name, nextStep }) => ({ name, nextStep })));
      for (const each of batch) if (!run.spool.exists('DOING', each.name)) rooms.giveBack(each);
    }
  }
  return sent;
}

const sayNotLookedAt = (run: Run, lists: number, why: string): void =>
  run.summary.needsAttention(`${plural(lists, 'list')} in TODO not looked at: ${why}; the next run goes on with them`);

interface Waiting {
  readonly name: string;
  readonly nextStep: Candidate['nextStep'];
}

/** The lists that may be submitted, the oldest first. Those that only look as if they could be are dealt with here. */
function sortOut(run: Run, doing: ReadonlySet<string>, gate: Gate | null): Waiting[] {
  const { lists, strange } = run.spool.listing('TODO');
  if (strange.length > 0) run.summary.note(`left alone, no lists: ${strange.join(', ')}`);
  const queue: Waiting[] = [];
  const backs: string[] = [];
  const found = new Map(lists.map((name) => [name, list(run.db, name)]));
  for (const name of oldestFirst(lists, (each) => found.get(each)?.failedAt ?? 0)) {
    if (run.journal.isAside(name)) continue;
    const row = found.get(name) ?? null;
    const next = nextStep(row?.state ?? 'none', whereIs(true, doing.has(name)));
    if (next === 'submit' || next === 'submit afresh' || next === 'look, then repeat') {
      if (mayGo(run, name, row, next) && gate?.mustWait(name, row) !== true) queue.push({ name, nextStep: next });
    } else if (next === 'back to DOING') backs.push(name);
    else if (next === 'leave and name') {
      run.summary.list({ list: name, action: 'skipped' });
      run.summary.needsAttention(
        `List "${name}" stands in TODO and in DOING: neither is touched; compare them and remove the one too many`,
      );
    }
  }
  backToDoing(run, backs);
  return queue;
}

/** What is wrong with sending it now, is said. One whose answer was lost is looked for all the same. */
function mayGo(run: Run, name: string, row: ListRow | null, next: Waiting['nextStep']): boolean {
  if (staysBack(row)) {
    sayStaysBack(run, name);
    return false;
  }
  if (next === 'look, then repeat') return true;
  const tooLong = whyTooLong(name);
  if (tooLong === null) return !isHeld(run, name);
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.needsAttention(
    `List "${name}" in TODO is not submitted: its name ${tooLong}; it stays: give it a shorter name`,
  );
  return false;
}

function sayStaysBack(run: Run, name: string): void {
  run.summary.list({ list: name, action: 'waiting' });
  run.summary.needsAttention(
    `List "${name}" stays back in TODO: in ${RUNS_FAILED_ALONE} runs a server failed on it and accepted others, so the trouble is in the list; look at its lines, then: node dist/misc/requeue.js ${name} (or moveServer.js)`,
  );
}

/** An earlier copy of its transfers may still be going on, so it waits. */
function isHeld(run: Run, name: string): boolean {
  const { db } = run;
  const written = holdUntil(db, name);
  const until = heldNow(written, run.now().getTime(), run.settings.monitor.quarantine_minutes);
  if (until === null) return false;
  // A clock that was ahead has written it: from now on it counts by this one.
  if (until !== written && !run.dryRun) run.journal.commit(() => setHold(db, name, until));
  run.summary.list({ list: name, action: 'waiting' });
  run.summary.note(
    `list "${name}" waits in TODO until ${new Date(until).toISOString()}: an earlier copy of its transfers may still be going on (monitor.quarantine_minutes)`,
  );
  return true;
}

/** FTS has them already: somebody moved them by hand. Their rows stay as they are. */
function backToDoing(run: Run, names: readonly string[]): void {
  const moves = names.map((name) => moving(name, 'TODO', 'DOING'));
  if (!run.dryRun && moves.length > 0) run.journal.carry(moves, () => {});
  for (const name of names) {
    run.summary.list({ list: name, action: 'moved', to: [at('DOING', name)] });
    run.summary.warn(
      `${run.dryRun ? 'Would move' : 'Moved'} list "${name}" back to DOING: FTS has its job already, so it is not submitted again`,
    );
  }
}

/** The next lists to try, `room` at most. When no server takes new ones, only those are left that have to be looked for at theirs. */
function nextBatch(
  run: Run,
  servers: Servers,
  rooms: Rooms,
  { tokens, storages }: Blame,
  queue: Waiting[],
  room: number,
): Candidate[] {
  const batch: Candidate[] = [];
  let transfers = 0;
  while (batch.length < Math.min(room, LISTS_PER_BATCH)) {
    if (transfers >= TRANSFERS_PER_BATCH && batch.length >= run.settings.consumer.concurrency) break;
    const open =
      servers.choose(0) === null ? queue.findIndex((waiting) => waiting.nextStep === 'look, then repeat') : 0;
    const [next] = open < 0 ? [] : queue.splice(open, 1);
    if (next === undefined) break;
    const candidate = prepare(run, next.name, next.nextStep);
    if (candidate === null) continue;
    // One whose answer was lost is looked for all the same.
    const waits = candidate.job === null && (tokens.keepsBack(candidate) || storages.keepsBack(candidate));
    if (waits) continue;
    if (!rooms.take(candidate)) continue;
    batch.push(candidate);
    transfers += candidate.parsed.transfers.length;
  }
  return batch;
}

export const consumer: Program<Options> = {
  name: 'consumer',
  description: 'Submits lists from TODO as FTS jobs and moves them to DOING.',
  options: (command: Command) =>
    command.option(
      '--lists <n>',
      'how many lists FTS is to accept in this run (default: consumer.lists_per_run)',
      wholeNumber(1),
    ),
  main: consume,
};
