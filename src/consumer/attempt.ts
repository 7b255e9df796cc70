/**
 * attempt: which server a list goes to, and under which job id.
 *
 * A list that FTS has not got may go to any server; one whose answer was lost belongs to the server that may have it,
 * and is looked for there first. One that cannot go now waits, and is named. A server that does not know what it is
 * sent with does not get it.
 */
import { sidFor } from '../rules/submission.js';
import type { JobRow } from '../ftsJob.js';
import { bannedStorage, judgeServers, learn, type Blame } from './blame.js';
import type { Candidate } from './candidate.js';
import type { Attempt, Delivered, Ending } from './deliver.js';
import { tellUnknown } from './report.js';
import { lookAt, submittingOf } from '../servers/look.js';
import { jobIdFor } from '../fts3/index.js';
import type { Run } from '../run/program.js';
import { isOfOurVo } from '../servers/campaignVo.js';
import { wantsOf, whyLacking } from '../servers/lacking.js';
import type { Servers, Session } from '../servers/servers.js';
import { titleOf } from '../settings/route.js';

export interface Attempts {
  readonly attempts: Attempt[];
  /** Those about which a look has told all. */
  readonly looked: Ending[];
  /** How many lists found no server. */
  readonly withoutServer: number;
}

/** The attempts of a batch. Lists that cannot go now are named here. */
export async function attemptsOf(
  run: Run,
  servers: Servers,
  blame: Blame,
  batch: readonly Candidate[],
): Promise<Attempts> {
  const attempts: Attempt[] = [];
  const looked: Ending[] = [];
  let withoutServer = 0;
  for (const candidate of batch) {
    if (candidate.job === null) {
      const attempt = await freshAttempt(run, servers, blame, candidate);
      if (attempt === 'no server') {
        withoutServer += 1;
        blame.storages.foundNoServer(candidate.name);
      } else if (attempt !== null) attempts.push(attempt);
      continue;
    }
    const opened = await openAttempt(run, servers, blame, candidate, candidate.job);
    if (opened === null) continue;
    const { attempt, delivered } = opened;
    if (delivered === null) attempts.push(attempt);
    else {
      const ending = { attempt, delivered };
      learn(blame, servers, ending);
      judgeServers(blame, servers, [ending]);
      looked.push(ending);
    }
  }
  return { attempts, looked, withoutServer };
}

/**
 * The next attempt of a list that FTS has not got: at the server to which a person has moved it, else at one drawn by
 * weight. Null: it waits.
 */
async function freshAttempt(
  run: Run,
  servers: Servers,
  blame: Blame,
  candidate: Candidate,
): Promise<Attempt | 'no server' | null> {
  const { name, row, nextStep, parsed } = candidate;
  const ban = bannedStorage(blame, candidate);
  if (ban !== null) return waitForStorage(run, name, ban);
  const pinned = row?.pinned ?? null;
  const among = candidate.route?.servers;
  const { session, tooOld } = await freshSession(run, servers, candidate);
  if (session === null) {
    if (tooOld.length > 0) return waitForNewer(run, blame, candidate, tooOld);
    run.summary.list({ list: name, action: 'waiting' });
    if (pinned === null && (among === undefined || servers.choose(0) === null)) return 'no server';
    if (pinned === null) {
      const its = (among ?? []).join(', ');
      run.summary.warnWaits(name, `: of the servers of the route (${its}) none takes submissions now`);
      return null;
    }
    run.summary.warnWaits(
      name,
      ` for ${servers.nameOf(pinned)}, to which it was moved: ${servers.whyExcluded(pinned) ?? 'it takes no submissions'}; to move it elsewhere: node dist/misc/moveServer.js LIST --to SERVER`,
    );
    return null;
  }
  demandToken(blame, candidate, session);
  if (blame.tokens.keepsBack(candidate)) return null;
  const metadata = { campaign: run.campaign, list: name, attempt: (row?.attempt ?? 0) + 1 };
  const jobId = jobIdFor(session.baseId, session.vo, sidFor(metadata.campaign, name, metadata.attempt));
  const failures = nextStep === 'submit afresh' ? 0 : (row?.failures ?? parsed.origin.failures ?? 0);
  const submitting = { metadata, jobId, server: session.name, vo: session.vo, since: run.now() };
  return { candidate, session, row: submitting, failures, postsBefore: 0 };
}

/** The server that gets it, or those that would but for their version, each with what it lacks. */
async function freshSession(
  run: Run,
  servers: Servers,
  candidate: Candidate,
): Promise<{ session: Session | null; tooOld: readonly string[] }> {
  const pinned = candidate.row?.pinned ?? null;
  const tooOld: string[] = [];
  let names = candidate.route?.servers ?? servers.all().map(({ name }) => name);
  for (;;) {
    const endpoint = pinned ?? servers.choose(run.random(), names)?.endpoint;
    const session = endpoint === undefined ? null : await servers.session(endpoint);
    if (session === null || !(await maySubmit(run, servers, session))) {
      if (pinned !== null || endpoint === undefined) return { session: null, tooOld };
      continue;
    }
    const why = await whyNotFor(run, servers, candidate, session);
    if (why === null) return { session, tooOld };
    tooOld.push(why);
    if (pinned !== null) return { session: null, tooOld };
    names = names.filter((name) => name !== session.name);
  }
}

/** Null: the server knows all that this list's job is sent with. */
async function whyNotFor(run: Run, servers: Servers, candidate: Candidate, session: Session): Promise<string | null> {
  const wanted = wantsOf(run.settings, candidate.route, candidate.parsed.origin);
  const lacking = wanted.length === 0 ? null : whyLacking(await servers.announced(session), wanted);
  return lacking === null ? null : `${session.name} does not know all that they are sent with: ${lacking}`;
}

async function maySubmit(run: Run, servers: Servers, session: Session): Promise<boolean> {
  return isOfOurVo(run.settings, run.db, servers, session) && servers.canSubmit(session);
}

/**
 * A list whose answer was lost, after the look: what came of it, or nothing yet, and then its POST may be repeated.
 * Null: it waits.
 */
async function openAttempt(
  run: Run,
  servers: Servers,
  blame: Blame,
  candidate: Candidate,
  job: JobRow,
): Promise<{ attempt: Attempt; delivered: Delivered | null } | null> {
  const { name } = candidate;
  const session = await servers.session(job.endpoint);
  if (session === null) {
    run.summary.list({ list: name, action: 'waiting', jobId: job.jobId, server: job.server });
    tellUnknown(run, name, job.server, servers.whyExcluded(job.endpoint) ?? 'it cannot be asked');
    return null;
  }
  const row = submittingOf(run.campaign, job);
  const attempt = { candidate, session, row, failures: candidate.row?.failures ?? 0, postsBefore: job.posts };
  const after = await lookAt(servers, session, row);
  switch (after.kind) {
    case 'adopt':
      return { attempt, delivered: { kind: 'adopted', jobId: job.jobId } };
    case 'hold':
      return { attempt, delivered: { kind: 'held', why: after.why } };
    case 'unknown':
      return { attempt, delivered: { kind: 'open', why: after.why } };
    case 'repeat': {
      if (!run.dryRun && !(await maySubmit(run, servers, session))) {
        const why = servers.whyExcluded(session.endpoint) ?? 'it takes no submissions';
        return { attempt, delivered: { kind: 'open', why } };
      }
      const tooOld = await whyNotFor(run, servers, candidate, session);
      if (tooOld !== null) return waitForNewer(run, blame, candidate, [tooOld]);
      // Written down, and then not sent for the ban, it would be tried again and again in this run.
      demandToken(blame, candidate, session);
      if (blame.tokens.keepsBack(candidate) || blame.storages.holdsBack(candidate)) return null;
      const ban = bannedStorage(blame, candidate);
      return ban === null ? { attempt, delivered: null } : waitForStorage(run, name, ban);
    }
  }
}

/** From who logs in with a certificate FTS cannot store tokens: it answers a 409 that speaks of a duplicate. */
function demandToken({ tokens }: Blame, candidate: Candidate, { name, login }: Session): void {
  if (tokens.pairOf(candidate) === null || login === 'token') return;
  tokens.setAside(
    candidate,
    `its files are sent with tokens, which FTS takes only from who logs in with a token, and to ${name} we log in ${login === null ? 'without' : 'with a proxy'}; set fts.auth = "token"`,
  );
}

/** Said once of a route. */
function waitForNewer(run: Run, { tooOld }: Blame, { name, route }: Candidate, why: readonly string[]): null {
  run.summary.list({ list: name, action: 'waiting' });
  if (tooOld.has(route)) return null;
  tooOld.add(route);
  const lists = route === null ? 'The lists that go by [job] alone' : `The lists of route ${titleOf(route)}`;
  run.summary.needsAttention(`${lists} wait in TODO: ${why.join('; ')}`);
  return null;
}

function waitForStorage(run: Run, name: string, storage: string): null {
  run.summary.list({ list: name, action: 'waiting' });
  run.summary.warnWaits(name, `: storage ${storage} is banned`);
  return null;
}
