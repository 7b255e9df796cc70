/**
 * monitor: looks at every list in DOING, asks FTS about its job, and moves it by the seven rules.
 *
 *     sort the lists in DOING by their rows           rules/placement.ts
 *     not with FTS, moved here by hand                back to TODO
 *     without a row                                   its job is looked for at every server: adopted, or rule 1
 *     whose answer was lost                           its job is looked for: adopted, or back to TODO to be repeated
 *     with FTS                                        its server is asked, it is judged and settled (inspection.ts)
 *     rule 1                                          at the end, for all whose job is gone an hour later still, unless they are too
 *                                                     many; in a campaign that was taken over, what a server carries is adopted
 *                                                     (servers/gate.ts)
 *     lists with an open row that stand nowhere       are named
 *
 * What it guarantees:
 * - a list leaves DOING in the transition that was committed with its row (settle.ts); until then a crash costs the next run
 *   the same questions
 * - whatever cannot be decided is named and left alone; the trouble of one list or of one server stops no other
 * - a list whose job may exist is never sent again: rule 1 needs the word of every server, or of its own an hour apart
 *
 * program.ts starts it where there is something to look at, inspection.ts asks the servers, judge.ts says what the
 * rules make of one list, settle.ts carries that out, standing.ts speaks of those that go on, lostLists.ts knows rule
 * 1, carried.ts what the original program has sent, recovery.ts the lists whose rows and places disagree.
 */
import { nextStep, whereIs } from '../rules/placement.js';
import { whyTooLong } from '../lists/names.js';
import { listPath } from '../lists/transition.js';
import { EXIT } from '../errors.js';
import type { ListRow } from '../ftsJob.js';
import * as listRows from '../database/listRows.js';
import { reading } from '../database/database.js';
import { openGate } from '../servers/gate.js';
import { submittedList } from '../servers/look.js';
import type { Servers } from '../servers/servers.js';
import type { Run } from '../run/program.js';
import { reasonsOf } from '../settings/reasonTable.js';
import { spoolNames } from '../spool/spoolNames.js';
import { withoutCarried } from './carried.js';
import { ExistingDestinations } from './existing.js';
import { moveToTodo, resubmitLost, withinBrake } from './lostLists.js';
import { inspectServers, type Round } from './inspection.js';
import type { ListsThere } from './program.js';
import { lookAgain, lookForJobs, moveBack, nameGone } from './recovery.js';
import { brokenStorages, newStanding, tellStanding, tellTurned } from './standing.js';

/**
 * `acceptLost`: a person has said that the lists under rule 1 may move, however many they are. `areAll`: `doing` are
 * all lists there, and not those that a person has named.
 */
export async function lookAt(
  run: Run,
  servers: Servers,
  { doing, todo }: ListsThere,
  { acceptLost, areAll }: { readonly acceptLost: boolean; readonly areAll: boolean },
): Promise<void> {
  const gate = openGate(run, servers);
  const existing = new ExistingDestinations(run, servers);
  const reasons = reasonsOf(run.base);
  const broken = brokenStorages(run);
  const free = spoolNames(run);
  const round: Round = { run, servers, reasons, standing: newStanding(), free, lost: [], existing, gate };
  const sorted = reading(run.db, () => sortOut(run, doing, todo));
  moveBack(run, await withoutCarried(run, gate, sorted.back, (name) => addAdopted(run, sorted, name)));
  let notLookedAt = await lookForLost(round, sorted);
  notLookedAt += await lookForAnswers(round, sorted);
  notLookedAt += await inspectServers(round, sorted.submitted);
  const found: Pick<SortedOut, 'submitted'> = { submitted: new Map() };
  const mayMove = withinBrake(run, round.lost, doing.size, acceptLost);
  const lost = await withoutCarried(run, gate, mayMove, (name) => addAdopted(run, found, name));
  notLookedAt += await inspectServers(round, found.submitted);
  tellStanding(run, round.standing);
  tellTurned(run, broken);
  resubmitLost(run, lost);
  gate?.tell();
  if (areAll) await nameGone(run, servers, gone(run, doing, todo));
  if (notLookedAt > 0 && servers.all().every((server) => servers.whyExcluded(server.endpoint) !== null))
    run.trouble(EXIT.noServer, 'No FTS server is usable in this run: the lists stay where they are');
}

/** The names of the lists in DOING, by what is to be done with them. Their rows are read when it is their turn. */
interface SortedOut {
  readonly withoutRow: string[];
  /** Whose answer was lost. */
  readonly open: string[];
  /** By the endpoint of their job. */
  readonly submitted: Map<string, string[]>;
  readonly back: { readonly name: string }[];
}

function sortOut(run: Run, doing: ReadonlySet<string>, todo: ReadonlySet<string>): SortedOut {
  const sorted: SortedOut = { withoutRow: [], open: [], submitted: new Map(), back: [] };
  const names = [...doing].filter((name) => !run.journal.isAside(name));
  let at = 0;
  for (const [state, endpoint] of listRows.whereaboutsOf(run.db, names)) {
    const name = names[at++] ?? '';
    const next = nextStep(state ?? 'none', whereIs(todo.has(name), true));
    if (next === 'look for its jobs') sorted.withoutRow.push(name);
    else if (next === 'to TODO' || next === 'to TODO afresh') {
      if (!isTooLong(run, name)) sorted.back.push({ name });
    } else if (next === 'leave and name') nameBoth(run, name);
    else if (next === 'the seven rules') addSubmitted(sorted, endpoint ?? '', name);
    else sorted.open.push(name);
  }
  return sorted;
}

function addSubmitted({ submitted }: Pick<SortedOut, 'submitted'>, endpoint: string, name: string): void {
  const same = submitted.get(endpoint);
  if (same === undefined) submitted.set(endpoint, [name]);
  else same.push(name);
}

/** Lists without a row: a job of theirs is adopted, and the rules see it in this same run. Returns how many were not looked at. */
async function lookForLost({ run, servers, lost, gate }: Round, sorted: SortedOut): Promise<number> {
  let notLookedAt = 0;
  for (const name of sorted.withoutRow) {
    const found = run.mustStop() === null ? await lookForJobs(run, servers, name) : 'unsure';
    if (found === 'unsure') notLookedAt += 1;
    else if (found === 'adopted') addAdopted(run, sorted, name);
    else if (gate?.mustWait(name, null) !== true && !isTooLong(run, name)) lost.push({ name, state: null });
  }
  return notLookedAt;
}

/** Lists whose answer was lost. Returns how many were not looked at. */
async function lookForAnswers({ run, servers }: Round, sorted: SortedOut): Promise<number> {
  let notLookedAt = 0;
  for (const name of sorted.open) {
    const { job } = submittedList(run.db, name);
    const found = run.mustStop() === null ? await lookAgain(run, servers, job) : 'unsure';
    if (found === 'unsure') notLookedAt += 1;
    else if (found === 'adopted') addAdopted(run, sorted, name);
    // The row stays SUBMITTING: the consumer repeats the same sid at the same server.
    else
      moveToTodo(
        run,
        [{ name }],
        () => {},
        () => run.summary.list({ list: name, action: 'moved', to: [listPath('TODO', name)] }),
      );
  }
  return notLookedAt;
}

function addAdopted(run: Run, sorted: Pick<SortedOut, 'submitted'>, name: string): void {
  const row = listRows.whereabouts(run.db, name);
  if (row?.state === 'SUBMITTED' && row.endpoint !== null) addSubmitted(sorted, row.endpoint, name);
  else run.summary.list({ list: name, action: 'adopted' });
}

/** Lists with an open row that stand neither in TODO nor in DOING. */
function gone({ db, journal, spool }: Run, doing: ReadonlySet<string>, todo: ReadonlySet<string>): ListRow[] {
  // What this run has moved to TODO is not gone: the spool is asked, not the listing from before.
  const names: string[] = [];
  for (const name of listRows.openListNames(db)) if (!doing.has(name) && !todo.has(name)) names.push(name);
  return names
    .filter((name) => !journal.isAside(name) && !spool.exists('TODO', name) && !spool.exists('DOING', name))
    .flatMap((name) => listRows.list(db, name) ?? []);
}

/** A list without a job that could not be submitted under its name: it stays, and is named. */
function isTooLong(run: Run, name: string): boolean {
  const why = whyTooLong(name);
  if (why === null) return false;
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.needsAttention(
    `List "${name}" in DOING is not moved to TODO: FTS has no job of it, and its name ${why}; it stays: give it a shorter name`,
  );
  return true;
}

function nameBoth(run: Run, name: string): void {
  run.summary.list({ list: name, action: 'skipped' });
  run.summary.needsAttention(
    `List "${name}" stands in TODO and in DOING: neither is touched; compare them and remove the one too many`,
  );
}
