/**
 * blame: whose fault it is that a server refused a list or failed on it, and what follows for the rest of the run.
 *
 * One list alone cannot tell. A wrong setting refuses every list and an outage fails on every one: then the server gets
 * no more in this run, and no list is blamed. A bad list spoils only itself: the same server accepted another one. So a
 * list that was refused with 400 goes to DONE/Bad, and one on which servers failed stays back after three such runs
 * (rules/submission.ts), both at the end of the run, when it is known which servers accepted a list.
 */
import { droppedLineComment, formatBadList, type BadTransfer } from '../lists/badList.js';
import { freeName } from '../lists/names.js';
import { RUNS_FAILED_ALONE, type Refusal } from '../rules/submission.js';
import { listPath, distribute } from '../lists/transition.js';
import { storageOf, storagesOf } from '../lists/url.js';
import * as listRows from '../database/listRows.js';
import type { Candidate } from './candidate.js';
import type { Attempt, Ending } from './deliver.js';
import type { Run } from '../run/program.js';
import type { Servers } from '../servers/servers.js';
import type { Route } from '../settings/route.js';
import { hideTokens } from '../text/hideSecrets.js';
import { StorageBrakes } from './storages.js';
import { RouteTokens } from './tokens.js';

/** A server that refuses this many lists and accepts none refuses them all. */
const REFUSALS_BEFORE_LEAVING_OUT = 5;

/** A server that fails on this many lists and accepts none fails on all: each costs some seconds. */
const FAILURES_BEFORE_LEAVING_OUT = 20;

/** What the answers of a run have shown. */
export interface Blame {
  /** Endpoints that accepted a list. */
  readonly accepted: Set<string>;
  /** Lists that were refused with 400. */
  readonly refused: Map<string, { readonly attempt: Attempt; readonly message: string }>;
  /** Lists on which a server that is in use failed, by a 5xx, a cut or no answer. */
  readonly failed: Map<string, { readonly endpoint: string; readonly message: string }>;
  /** Storages that are banned. */
  readonly banned: Set<string>;
  /** What each route is sent with, and which must wait for another token. */
  readonly tokens: RouteTokens;
  /** Which lists wait for a storage. */
  readonly storages: StorageBrakes;
  /** The routes (null: none) of which it was said that no server of theirs is new enough. */
  readonly tooOld: Set<Route | null>;
}

export const newBlame = (run: Run): Blame => ({
  accepted: new Set(),
  refused: new Map(),
  failed: new Map(),
  banned: new Set(),
  tokens: new RouteTokens(run),
  storages: new StorageBrakes(run),
  tooOld: new Set(),
});

/** As soon as it is known how an attempt ended: what it says of its server and of its storages. */
export function learn(blame: Blame, servers: Servers, { attempt, delivered }: Ending): void {
  const { candidate, session } = attempt;
  const { endpoint } = session;
  if (delivered.kind === 'accepted') blame.accepted.add(endpoint);
  else if (delivered.kind === 'open') {
    // A server that is out has failed on everything.
    if (servers.whyExcluded(endpoint) === null) blame.failed.set(candidate.name, { endpoint, message: delivered.why });
  } else if (delivered.kind === 'not sent') servers.leaveOut(endpoint, delivered.message);
  else if (delivered.kind === 'refused') {
    const { why, message, free } = delivered;
    if (why === 'banned') for (const storage of bannedIn(message)) blame.banned.add(storage);
    else if (why === 'tokens') blame.tokens.setAside(candidate, message);
    else if (refusesAll(why)) servers.leaveOut(endpoint, message);
    else if (why === 'bad request' && free) blame.refused.set(candidate.name, { attempt, message });
  }
}

/** Does such a refusal say of the server that it takes no list of ours now? */
const refusesAll = (why: Refusal): boolean => why === 'unauthorised' || why === 'undelegated' || why === 'busy';

/** Why a server looks as if it took no list at all; null when it does not. Answers on their way may prove it wrong. */
export function whyHopeless({ accepted, refused, failed }: Blame, endpoint: string): string | null {
  if (accepted.has(endpoint)) return null;
  const refusals = [...refused.values()].filter(({ attempt }) => attempt.session.endpoint === endpoint);
  if (refusals.length >= REFUSALS_BEFORE_LEAVING_OUT)
    return `it refused ${refusals.length} lists and accepted none: ${refusals.at(-1)?.message}`;
  const failures = [...failed.values()].filter((each) => each.endpoint === endpoint);
  return failures.length >= FAILURES_BEFORE_LEAVING_OUT
    ? `it failed on ${failures.length} lists and accepted none: ${failures.at(-1)?.message}`
    : null;
}

/** When nothing is on the wire: leave out what took no list, and forget failures of servers that have gone meanwhile. */
export function judgeServers(blame: Blame, servers: Servers, endings: readonly Ending[]): void {
  for (const { attempt } of endings)
    if (servers.whyExcluded(attempt.session.endpoint) !== null) blame.failed.delete(attempt.candidate.name);
  for (const endpoint of new Set(endings.map(({ attempt }) => attempt.session.endpoint))) {
    const why = whyHopeless(blame, endpoint);
    if (why !== null) servers.leaveOut(endpoint, why);
  }
}

/** A storage of this list that is banned, so that its POST would be refused; null when there is none. */
export function bannedStorage({ banned }: Blame, candidate: Candidate): string | null {
  if (banned.size === 0) return null;
  return [...storagesOf(candidate.parsed.transfers)].find((storage) => banned.has(storage)) ?? null;
}

/** At the end of the run: the lists that were refused with 400. */
export function settleRefused(run: Run, { refused, accepted }: Blame): void {
  for (const { attempt, message } of refused.values()) {
    const { candidate, session } = attempt;
    if (accepted.has(session.endpoint)) {
      toBad(run, attempt, message);
      continue;
    }
    run.summary.list({ list: candidate.name, action: 'waiting', server: session.name });
    run.summary.needsAttention(
      `Cannot submit list "${candidate.name}" to ${session.name}: ${message}; it waits in TODO, as ${session.name} accepted no other list in this run: check [job] and [[route]] in the settings`,
    );
  }
}

/** At the end of the run: the lists on which a server failed that accepted others. */
export function settleFailed(run: Run, { failed, accepted }: Blame): void {
  const alone = [...failed].filter(([, { endpoint }]) => accepted.has(endpoint)).map(([list]) => list);
  const { db } = run;
  if (alone.length === 0) return;
  run.journal.commit(() => {
    for (const list of alone) listRows.addFailedAlone(db, list);
  });
  for (const list of alone) {
    const runs = listRows.list(db, list)?.failedAlone ?? 0;
    if (runs >= RUNS_FAILED_ALONE) run.summary.note(`list "${list}" stays back from now on`);
  }
}

/** Every transfer of it to DONE/Bad, under FTS's own words. */
function toBad(run: Run, { candidate, session, row }: Attempt, message: string): void {
  const { name, parsed, unfit, unreadable } = candidate;
  const now = run.now();
  const refused: BadTransfer[] = parsed.transfers.map((transfer) => ({
    transfer,
    class: 'config',
    meaning: 'FTS refused the submission',
    reason: hideTokens(message),
    server: session.name,
    jobId: row.jobId,
    at: now,
  }));
  const comments = [...unreadable, ...parsed.duplicates.map(droppedLineComment)];
  const content = formatBadList(parsed.origin, [...refused, ...unfit], comments);
  const bad = freeName(name, (wanted) => run.spool.exists('DONE/Bad', wanted));
  const into = [{ place: 'DONE/Bad', name: bad, content }] as const;
  run.journal.carry([distribute(name, 'TODO', into, { sha256: candidate.sha256 })], () =>
    listRows.setState(run.db, name, 'SETTLED', now.getTime()),
  );
  run.summary.list(
    { list: name, action: 'bad', server: session.name, to: [listPath('DONE/Bad', bad)] },
    refused.length,
  );
  run.summary.bad(refused.length);
  run.summary.warn(`Moved list "${name}" to DONE/Bad: ${session.name} refused it (${message}) and accepted others`);
}

/** The storages that FTS names: `403 Forbidden, "gsiftp://host is banned"`. */
function bannedIn(message: string): string[] {
  return [...message.matchAll(/([a-z][a-z0-9+.-]*:\/\/\S+) is banned/gi)].map((found) => storageOf(found[1] ?? ''));
}
