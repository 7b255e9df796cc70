/**
 * submit: sends the lists of the queue batch by batch, the probes of broken storages before all others.
 *
 * Whatever becomes of a batch has happened before the next begins. What FTS certainly has not got goes to the head of
 * the queue again.
 */
import { plural } from '../text/words.js';
import type { Run } from '../run/program.js';
import type { Gate } from '../servers/gate.js';
import type { Servers } from '../servers/servers.js';
import { attemptsOf } from './attempt.js';
import { submitBatch } from './batch.js';
import type { Blame } from './blame.js';
import { prepare, type Candidate } from './candidate.js';
import { adoptCarried } from './carried.js';
import { tellDryRun } from './report.js';
import type { Rooms } from './rooms.js';

/** They share two commits, and a kill leaves no more to be looked for. */
const LISTS_PER_BATCH = 50;

/** All of these are held in memory. Where lists are so large, a batch has as many as may be on the wire. */
const TRANSFERS_PER_BATCH = 20_000;

/** A list of the queue. */
export interface Waiting {
  readonly name: string;
  readonly nextStep: Candidate['nextStep'];
}

/** What all batches of a run share. */
export interface Sending {
  readonly run: Run;
  readonly servers: Servers;
  readonly gate: Gate | null;
  readonly rooms: Rooms;
  readonly blame: Blame;
  /** Lists that found no server. */
  withoutServer: number;
}

/**
 * `room` lists of the queue, and the probes of broken storages beside them: these take no list's room, but a place in
 * DOING (`places`). They go first, as a queue that is long enough would take every place of each run. Returns how many
 * lists there was still room for.
 */
export async function submitAll(sending: Sending, queue: Waiting[], room: number, places: number): Promise<number> {
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
    const { free, adopted } = await adoptCarried(run, gate, batch);
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

const sayNotLookedAt = (run: Run, lists: number, why: string): void =>
  run.summary.needsAttention(`${plural(lists, 'list')} in TODO not looked at: ${why}; the next run goes on with them`);
