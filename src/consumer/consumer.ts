/**
 * consumer: takes lists from TODO, submits each to one of the FTS servers, and moves what FTS has accepted to DOING.
 *
 *     queue = the lists in TODO that may go; the oldest first, one on which a server has failed behind those that were
 *             there then
 *     where storages are broken: a probe of each, beyond `lists_per_run`
 *     until FTS has accepted `lists_per_run`, and while the run may go on:
 *       batch = the next 50                      read and checked; what cannot be submitted goes to DONE/Bad; what its
 *                                                route or its storages have no room for waits, and what has a storage
 *                                                that is held or broken, but for one probe of each that is broken
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
 * program.ts starts it, submit.ts takes the batches out of the queue, candidate.ts reads a list, storages.ts keeps back
 * what waits for a storage, rooms.ts counts what has room in DOING, carried.ts adopts what the original program has
 * sent, attempt.ts finds its server, batch.ts does (a) to (c), deliver.ts brings one list to its server whatever
 * happens to the answers, tokens.ts has the tokens that go with it, blame.ts knows what refusals and failures mean,
 * report.ts says it all.
 */
import { oldestFirst, whyTooLong } from '../lists/names.js';
import { nextStep, whereIs } from '../rules/placement.js';
import { heldNow } from '../rules/quarantine.js';
import { RUNS_FAILED_ALONE, staysBack } from '../rules/submission.js';
import { agree, named, plural } from '../text/words.js';
import { listPath, moving } from '../lists/transition.js';
import { newBlame, settleFailed, settleRefused } from './blame.js';
import { Rooms } from './rooms.js';
import { submitAll, type Sending, type Waiting } from './submit.js';
import type { Run } from '../run/program.js';
import { openGate, type Gate } from '../servers/gate.js';
import type { Servers } from '../servers/servers.js';
import { EXIT } from '../errors.js';
import type { ListRow } from '../ftsJob.js';
import { holdUntil, list, setHold } from '../database/listRows.js';

/** So many of the lists that wait are named. */
const MOST_NAMED = 3;

/** `lists`: all in TODO. `most`: so many FTS is to accept. */
export async function consume(run: Run, servers: Servers, lists: readonly string[], most: number): Promise<void> {
  const doing = new Set(run.spool.listing('DOING').lists);
  const gate = openGate(run, servers);
  const queue = sortOut(run, lists, doing, gate);
  const { max_doing } = run.settings.consumer;
  const places = max_doing > 0 ? max_doing - doing.size : Infinity;
  const [rooms, blame] = [new Rooms(run, doing), newBlame(run)];
  const sending: Sending = { run, servers, gate, rooms, blame, withoutServer: 0 };
  if (queue.length > 0 && places <= 0)
    run.summary.note(`${plural(doing.size, 'list')} in DOING: consumer.max_doing is reached`);

  const left = await submitAll(sending, queue, most, places);
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
}

/** The lists that may be submitted, the oldest first. Those that only look as if they could be are dealt with here. */
function sortOut(run: Run, lists: readonly string[], doing: ReadonlySet<string>, gate: Gate | null): Waiting[] {
  const queue: Waiting[] = [];
  const backs: string[] = [];
  const held = new Map<string, number>();
  const found = new Map(lists.map((name) => [name, list(run.db, name)]));
  for (const name of oldestFirst(lists, (each) => found.get(each)?.failedAt ?? 0)) {
    if (run.journal.isAside(name)) continue;
    const row = found.get(name) ?? null;
    const next = nextStep(row?.state ?? 'none', whereIs(true, doing.has(name)));
    if (next === 'submit' || next === 'submit afresh' || next === 'look, then repeat') {
      if (mayGo(run, name, row, next, held) && gate?.mustWait(name, row) !== true) queue.push({ name, nextStep: next });
    } else if (next === 'back to DOING') backs.push(name);
    else if (next === 'leave and name') {
      run.summary.list({ list: name, action: 'skipped' });
      run.summary.needsAttention(
        `List "${name}" stands in TODO and in DOING: neither is touched; compare them and remove the one too many`,
      );
    }
  }
  tellHeld(run, held);
  backToDoing(run, backs);
  return queue;
}

/** What is wrong with sending it now, is said, or noted in `held`. One whose answer was lost is looked for all the same. */
function mayGo(
  run: Run,
  name: string,
  row: ListRow | null,
  next: Waiting['nextStep'],
  held: Map<string, number>,
): boolean {
  if (staysBack(row)) {
    sayStaysBack(run, name);
    return false;
  }
  if (next === 'look, then repeat') return true;
  const tooLong = whyTooLong(name);
  if (tooLong === null) {
    const until = heldUntil(run, name);
    if (until !== null) held.set(name, until);
    return until === null;
  }
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

/** Until when an earlier copy of its transfers may still be going on, so that it waits; null: it need not. */
function heldUntil(run: Run, name: string): number | null {
  const { db } = run;
  const written = holdUntil(db, name);
  const until = heldNow(written, run.now().getTime(), run.settings.monitor.quarantine_minutes);
  // A clock that was ahead has written it: from now on it counts by this one.
  if (until !== null && until !== written && !run.dryRun) run.journal.commit(() => setHold(db, name, until));
  return until;
}

/** All in one note, as there may be thousands. */
function tellHeld({ summary }: Run, held: ReadonlyMap<string, number>): void {
  const names = [...held.keys()];
  for (const name of names) summary.list({ list: name, action: 'waiting' });
  const until = new Date([...held.values()].reduce((a, b) => Math.max(a, b), 0)).toISOString();
  if (names.length === 1)
    summary.note(
      `list "${names[0] ?? ''}" waits in TODO until ${until}: an earlier copy of its transfers may still be going on (monitor.quarantine_minutes)`,
    );
  else if (names.length > 1)
    summary.note(
      `${names.length} lists wait in TODO, the last until ${until}: earlier copies of their transfers may still be going on (monitor.quarantine_minutes): ${named(names, MOST_NAMED)}`,
    );
}

/** FTS has them already: somebody moved them by hand. Their rows stay as they are. */
function backToDoing(run: Run, names: readonly string[]): void {
  const moves = names.map((name) => moving(name, 'TODO', 'DOING'));
  if (!run.dryRun && moves.length > 0) run.journal.carry(moves, () => {});
  for (const name of names) {
    run.summary.list({ list: name, action: 'moved', to: [listPath('DOING', name)] });
    run.summary.warn(
      `${run.dryRun ? 'Would move' : 'Moved'} list "${name}" back to DOING: FTS has its job already, so it is not submitted again`,
    );
  }
}
