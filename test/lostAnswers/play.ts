/**
 * play: plays one case to its end.
 *
 * A run meets the disturbance; something changes; the programs run again; it changes back, and they run until the
 * campaign is settled. After each run no transfer may be lost, and by the servers' own record none may have been
 * accepted while an earlier job could still carry it out. At the end every list is in DONE/Okay.
 */
import assert from 'node:assert/strict';

import type { Fault, RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import { Campaign, choice, listName, type Settings } from '../support/campaign.js';
import type { Outcome } from '../support/runProgram.js';
import { runUnharmed } from '../support/runWithin.js';
import { endJob, faultOn, nothingLostNorTwice } from '../support/served.js';
import { describeCase, isDelegating, type Case, type Disturbance } from './cases.js';
import { changes } from './meanwhile.js';
import { site } from './site.js';

type Program = 'consumer' | 'monitor';

const CONSUMER = { lists_per_run: 40, concurrency: 32 };
/** What takes a month goes on until the case ends it. */
const LONG_SECONDS = 30 * 86_400;
const MOST_RUNS = 8;
/** Comes while a server is down. */
const OTHER = listName(999);

export interface Played {
  readonly campaign: Campaign;
  readonly ral: RehearsalServer;
  readonly cern: RehearsalServer;
  readonly lists: readonly string[];
  readonly settings: Settings;
}

/**
 * Returns how many answers were cut. Throws, with the case in the message, when anything was lost or sent twice, when
 * it does not settle, or when no request was met.
 */
export async function playCase(played: Case): Promise<number> {
  const script = () => ({ state: 'FINISHED', seconds: LONG_SECONDS }) as const;
  const secure = isDelegating(played.request) ? site() : null;
  const tls = secure === null ? {} : { tls: secure.tls };
  const servers = await Promise.all(['RAL', 'CERN'].map((name) => startRehearsalServer({ name, script, ...tls })));
  const [ral, cern] = servers as [RehearsalServer, RehearsalServer];
  const lists = played.disturbances.map((_, index) => listName(index));
  const fts = secure === null ? { timeout_seconds: 1 } : { timeout_seconds: 2, ca_directory: secure.caDirectory };
  const settings: Settings = { consumer: CONSUMER, fts };
  const campaign = new Campaign([choice(ral)], settings);
  Object.assign(campaign.env, secure?.env);
  const scene: Played = { campaign, ral, cern, lists, settings };
  try {
    await playIn(scene, played);
    return cut(scene, played);
  } catch (error) {
    throw new Error(`${describeCase(played)}: ${(error as Error).message}`, { cause: error });
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function playIn(scene: Played, played: Case): Promise<void> {
  const { campaign, ral, cern, lists, settings } = scene;
  for (const name of lists) campaign.put('TODO', name);
  const program = await lead(scene, played);
  ral.setFaults(faults(scene, played));
  await judged(scene, program);
  ral.setFaults([]);

  const change = changes(scene, settings)[played.meanwhile];
  await change.begin();
  const isDown = played.meanwhile === 'the server was down for days';
  if (isDown) campaign.put('TODO', OTHER);
  await judged(scene, 'consumer');
  if (isDown) assert.ok(campaign.has(`DOING/${OTHER}`), 'a list that can go to another server goes there');
  await judged(scene, 'monitor');
  await change.end();

  campaign.settings([choice(ral), choice(cern)], settings);
  const all = isDown ? [...lists, OTHER] : lists;
  for (let runs = 0; campaign.lists('DONE/Okay').length < all.length; runs += 1) {
    assert.ok(runs < MOST_RUNS, `it does not settle: ${JSON.stringify(campaign.rows('SELECT name, state FROM list'))}`);
    await judged(scene, 'consumer');
    endAll(scene);
    // A job that a server has forgotten is believed to be gone after an hour.
    campaign.leave('UPDATE job SET missing_since = missing_since - 7200000');
    await judged(scene, 'monitor', '--accept-lost');
  }
  assert.deepEqual(campaign.lists('DONE/Okay'), all);
}

/** How many requests met the disturbances; of a connection that is reset nobody knows what it was for. */
function cut({ ral }: Played, { disturbances }: Case): number {
  const names = disturbances.map(({ does }) => does).filter((does) => does !== 'refuse');
  const met = ral.history.flatMap(({ fault }) =>
    fault !== null && names.some((name) => name === fault) ? [fault] : [],
  );
  assert.deepEqual([...new Set(met)].sort(), [...new Set(names)].sort(), 'the disturbances that a request has met');
  return met.length + disturbances.length - names.length;
}

/** Leads the campaign to where the request is sent next; returns the program that sends it. */
async function lead(scene: Played, { request }: Case): Promise<Program> {
  if (request === 'whoami' || request === 'submit' || isDelegating(request)) return 'consumer';
  if (request.startsWith('look')) {
    const does = request === 'look' ? 'cut-after' : 'cut-before';
    scene.ral.setFaults([BLIND, ...scene.lists.map((name) => faultOn(name, does, { times: 9 }))]);
    await judged(scene, 'consumer');
    return 'consumer';
  }
  await judged(scene, 'consumer');
  if (request !== 'states') endAll(scene);
  if (request === 'archived files') scene.ral.archive();
  return 'monitor';
}

const PATHS = {
  whoami: /^\/whoami/,
  look: /^\/jobs\//,
  'look into the archive': /^\/archive\//,
  states: /^\/jobs\/[^?]*$/,
  files: /^\/jobs\/.*\?files=/,
  'archived files': /^\/archive\//,
  delegation: /^\/delegation\/[^/]+$/,
  'delegation request': /^\/delegation\/[^/]+\/request$/,
  'delegation put': /^\/delegation\/[^/]+\/credential$/,
};

/** A POST and a question are made three times in a run. */
const ALWAYS = 6;

/** A look that is refused like this is not repeated. */
const BLIND: Fault = {
  name: 'no look',
  does: 'status',
  status: 403,
  when: { method: 'GET', path: /^\/(jobs|archive)\// },
};

function faults({ lists }: Played, { request, disturbances, often }: Case): Fault[] {
  const times = often === 'once' ? 1 : ALWAYS;
  const met = disturbances.map((one, index): Fault => {
    // `refuse` meets connections, of which nobody can say what for: of one that submits the first is for the login.
    if (one.does === 'refuse') return { ...fault(one), when: { times, after: request === 'submit' ? 1 : 0 } };
    if (request === 'submit') return faultOn(lists[index] ?? '', one.does, { times, ...fault(one) });
    const method = request === 'delegation put' ? 'PUT' : 'GET';
    return { ...fault(one), when: { method, path: PATHS[request], times } };
  });
  return often === 'blind' ? [BLIND, ...met] : met;
}

const fault = ({ does, status }: Disturbance) => ({ name: does, does, ...(status === undefined ? {} : { status }) });

/** A run may end in any way but with a bug, a usage error or a damaged campaign. */
async function judged(scene: Played, program: Program, ...args: string[]): Promise<void> {
  const { campaign, ral, cern } = scene;
  const ended = await runUnharmed(program, { base: campaign.base, env: campaign.env, args: ['--wait', '0', ...args] });
  assert.ok([0, 3, 5].includes(ended.exit ?? -1), `${program} ${said(ended)}`);
  nothingLostNorTwice(campaign, ral, cern);
}

function endAll({ campaign, ral, cern }: Played): void {
  for (const server of [ral, cern]) for (const { jobId } of campaign.jobs(server)) end(server, jobId);
}

/** A job that the server has lost cannot end; the same id may have been given to a later one. */
function end(server: RehearsalServer, jobId: string): void {
  const job = server.submissions.findLast((each) => each.jobId === jobId);
  if (job?.transfers.some(({ settledAt }) => settledAt === null) === true) endJob(server, jobId);
}

const said = ({ exit, signal, stdout, stderr }: Outcome): string => `ended with ${exit ?? signal}:\n${stdout}${stderr}`;
