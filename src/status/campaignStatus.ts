/**
 * campaignStatus: gathers how far a campaign is, for `status`, the HTML page and the metrics.
 *
 *     count the transfers by where they stand; of DONE/Okay the database knows them from the commits that settled them
 *     ask the database what ended when, what failed why, and how far the LFN lists are cut
 *     make one report of it; how it looks is for statusText, htmlPage and metrics
 *
 * It writes nothing and takes no lease, so it may be a moment old; a list that moves while it is counted counts once.
 */
import { heldNow } from '../rules/quarantine.js';
import { isOnTape } from '../rules/tape.js';
import { rateOf, type Rate } from '../rules/rate.js';
import { forecast } from '../forecast/forecast.js';
import { lately, leftToCut, queueFrom, type Lately } from '../forecast/reckoning.js';
import type * as ListRoutes from '../spool/listRoutes.js';
import { isServerOf, lackingAt, wantsOf } from '../servers/lacking.js';
import { whyTokensWanted } from '../servers/routeTokens.js';
import { spoolPage, type StatusFacts } from './statusText.js';
import { etaOf, type FullReport, type StatusReport, type Oldest, type OnTape } from './report.js';
import { Summary } from '../run/summary.js';
import * as jobRows from '../database/jobRows.js';
import * as listRows from '../database/listRows.js';
import * as outcomeRows from '../database/outcomeRows.js';
import { discoverCredential, FtsError, needsCredential } from '../fts3/index.js';
import { inputsToShow, type LfnListInput } from '../lfnLists/lfnLists.js';
import { LineCount } from '../lfnLists/lineCount.js';
import { version } from '../run/package.js';
import { countPlace, type Counted } from './placeCount.js';
import type { Run } from '../run/program.js';
import { Servers } from '../servers/servers.js';
import { byAge } from '../lists/names.js';
import { submittedByAge } from '../database/listRows.js';
import type * as HistoriesModule from '../explain/histories.js';
import type * as Failures from './failures.js';
import type * as Storages from './storages.js';
import { storages } from '../database/storageRows.js';

/** What has ended within so many hours is told. */
const SPANS = [6, 24] as const;
/** Nobody waits longer for a page. */
const MOST_SECONDS = 10;
/** So many bytes of an LFN list are counted; what is behind them is estimated. */
const MOST_BYTES = 256 * 1024 * 1024;

/** What one look finds: the report as `--json` prints it, and what a page says beside it. */
export interface Gathered {
  readonly report: FullReport;
  readonly facts: StatusFacts;
}

/** As `gather`, for pages and metrics: what is wrong with the LFN lists is for the producer and `status` to say. */
export async function gatherQuietly(run: Run): Promise<Gathered> {
  const quiet: Run = { ...run, summary: new Summary(run.summary.program, run.dryRun) };
  return gather(run, await inputsToShow(quiet), new LineCount(false));
}

/** One look at everything. `lfnLists`: the LFN lists that can be read. */
export async function gather(run: Run, lfnLists: readonly LfnListInput[], count: LineCount): Promise<Gathered> {
  const { db } = run;
  const [todo, doing, okay, bad] = PLACES.map((place) => countPlace(run, place, count)) as [
    Counted,
    Counted,
    Counted,
    Counted,
  ];
  const toCut = leftToCut(run, lfnLists, count, MOST_BYTES);
  const transfers = {
    toCut,
    todo: todo.transfers,
    doing: doing.transfers,
    okay: okay.transfers,
    bad: bad.transfers,
  };
  const pace = lately(run, toCut);
  const { servers, whyNot, newerServersWanted } = await serversOf(run);
  const { oldest } = listRows.openSum(db);
  const open = { toCut, oldest, lists: todo.lists + doing.lists, transfers: todo.transfers + doing.transfers };
  const ends = ({ delegationSecondsLeft: left }: StatusReport['servers'][number]): Date | null =>
    left === null ? null : new Date(run.now().getTime() + left * 1000);
  const delegations = servers.map((server) => ({ ...server, ends: ends(server) })).filter((each) => each.ends !== null);
  const states = jobRows.openJobStates(db);
  return {
    report: {
      transfers,
      lists: { todo: todo.lists, doing: doing.lists, okay: okay.lists, bad: bad.lists },
      servers,
      ...troublesOf(run),
      eta: etaOf(transfers, pace.pace?.perDay ?? 0, run.now()),
      forecast: await forecast(run, delegations, async () => queueFrom(run, open, pace, false)),
      bytes: outcomeRows.arrivedBytes(db),
      rates: ratesOf(run, pace.week),
      pace: pace.pace,
      jobStates: states.map(({ state, lists }) => ({ state, lists })),
      tape: onTape(states),
      answersMissing: listRows.answersMissing(db),
      held: heldLists(run),
      tokensWanted: tokensWanted(run),
      newerServersWanted,
      oldest: await oldestDoing(run),
    },
    facts: { base: run.base, now: run.now(), perDay: pace.cutPerDay, whyNot },
  };
}

const PLACES = ['TODO', 'DOING', 'DONE/Okay', 'DONE/Bad'] as const;

/** What the spool alone can tell, where the database cannot be opened: a page, and the same keys as of the report. */
export function countSpool({ base, spool }: Pick<Run, 'base' | 'spool'>): { page: string; known: object } {
  const count = new LineCount(false);
  const found = PLACES.map((place) => countPlace({ base, spool, db: null }, place, count));
  const [todo, doing, okay, bad] = found as [Counted, Counted, Counted, Counted];
  const byPlace = (key: keyof Counted) => ({ todo: todo[key], doing: doing[key], okay: okay[key], bad: bad[key] });
  const known = {
    transfers: { toCut: null, ...byPlace('transfers') },
    lists: byPlace('lists'),
    servers: [],
    storages: [],
    failures: [],
    eta: null,
    tape: [],
  };
  return { page: spoolPage(base, known.transfers, known.lists), known };
}

function onTape(states: ReturnType<typeof jobRows.openJobStates>): OnTape[] {
  const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
  return states.flatMap(({ state, lists, begun, since, until }) =>
    state !== null && isOnTape(state) ? [{ state, lists, begun, since: iso(since), until: iso(until) }] : [],
  );
}

function heldLists(run: Run): FullReport['held'] {
  const [now, { quarantine_minutes: quarantineMinutes }] = [run.now().getTime(), run.settings.monitor];
  const { lists, until } = listRows.heldAmong(run.db, run.spool.listing('TODO').lists, now);
  const last = heldNow(until, now, quarantineMinutes);
  return last === null ? { lists: 0, until: null } : { lists, until: new Date(last).toISOString() };
}

/** Routes of which lists in TODO wait for other tokens. Only then these are read. */
function tokensWanted(run: Run): FullReport['tokensWanted'] {
  const wanted = run.settings.route.flatMap((route) => {
    const why = whyTokensWanted(run, route);
    return why === null ? [] : [{ name: route.name, why }];
  });
  if (wanted.length === 0) return [];
  const lists = routesInTodo(run);
  return wanted.flatMap(({ name, why }) => {
    const its = name === undefined ? 0 : (lists.get(name) ?? 0);
    return name === undefined || its === 0 ? [] : [{ route: name, lists: its, why }];
  });
}

/** Of which lists in TODO no server that answers knows all that they are sent with. Only then these are read. */
async function newerServersWanted(run: Run, servers: Servers): Promise<FullReport['newerServersWanted']> {
  const { settings } = run;
  const wanted = [];
  for (const route of [...settings.route.filter(({ name }) => name !== undefined), null]) {
    const among = settings.fts.server.filter((server) => isServerOf(route, server));
    const lacking = await lackingAt(servers, among, wantsOf(settings, route));
    if (lacking !== null)
      wanted.push({ route: route?.name ?? null, why: lacking.map(({ name, why }) => `${name}: ${why}`).join('; ') });
  }
  if (wanted.length === 0) return [];
  const counts = routesInTodo(run);
  const isKnown = (name: string | undefined): boolean => settings.route.some((route) => route.name === name);
  const without = [...counts].reduce(
    (sum, [name, lists]) => sum + (name === undefined || !isKnown(name) ? lists : 0),
    0,
  );
  return wanted
    .map(({ route, why }) => ({ route, lists: route === null ? without : (counts.get(route) ?? 0), why }))
    .filter(({ lists }) => lists > 0);
}

/** What reads lists is loaded where lists are read. */
const routesInTodo = ({ spool }: Run): Map<string | undefined, number> =>
  (require('../spool/listRoutes.js') as typeof ListRoutes).countRoutes(spool, 'TODO');

/** What has ended lately. */
function ratesOf(run: Run, week: Lately['week']): Rate[] {
  const all = SPANS.flatMap((hours) => rateOf(week, run.now(), hours) ?? []);
  // Both spans of a young campaign are the same.
  return all.filter(({ hours }, index) => all[index - 1]?.hours !== hours);
}

/** Every server of the settings, and those that have left them with jobs of ours. */
async function serversOf(
  run: Run,
): Promise<Pick<StatusReport, 'servers' | 'newerServersWanted'> & { whyNot: Map<string, string> }> {
  const whyNot = new Map<string, string>();
  const open = new Map(jobRows.openEndpoints(run.db).map((each) => [each.endpoint, each]));
  const configured = run.settings.fts.server.map(({ name, endpoint }) => ({ name, endpoint }));
  const left = [...open.values()].filter(({ endpoint }) => !configured.some((each) => each.endpoint === endpoint));
  const all = [...configured, ...left.map(({ server, endpoint }) => ({ name: server, endpoint }))];
  const fts = { ...run.settings.fts, timeoutSeconds: Math.min(MOST_SECONDS, run.settings.fts.timeout_seconds) };
  const servers = new Servers(
    { ...run.settings, fts },
    { dryRun: true, userAgent: `castor2echo/${version()}`, env: run.env, now: run.now, onOut: () => {}, backOff: [] },
  );
  try {
    const found = await Promise.all(
      all.map(async ({ name, endpoint }) => {
        const delegationSecondsLeft = await delegationOf(run, servers, endpoint);
        const why = servers.whyExcluded(endpoint);
        if (why !== null) whyNot.set(endpoint, why);
        return {
          name,
          endpoint,
          reachable: why === null,
          openJobs: open.get(endpoint)?.lists ?? 0,
          delegationSecondsLeft,
        };
      }),
    );
    return { servers: found, whyNot, newerServersWanted: await newerServersWanted(run, servers) };
  } finally {
    await servers.close();
  }
}

/** Seconds that are left of the delegated credential: 0 when nothing is delegated, null where nothing is needed. */
async function delegationOf(run: Run, servers: Servers, endpoint: string): Promise<number | null> {
  const session = await servers.session(endpoint);
  if (session === null || !isDelegated(run, endpoint)) return null;
  try {
    const until = await servers.delegate(session);
    return until === null ? 0 : Math.max(0, Math.floor((until.getTime() - run.now().getTime()) / 1000));
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    servers.leaveOut(endpoint, error.message);
    return null;
  }
}

/** Tokens are not delegated. */
function isDelegated(run: Run, endpoint: string): boolean {
  if (!needsCredential(endpoint)) return false;
  const { auth } = run.settings.fts;
  return discoverCredential(run.env, { auth, uid: process.getuid?.() ?? 0, now: run.now() }).kind === 'certificate';
}

/** The list that has been in DOING for longest, and what it waits for; null when DOING is empty. No server is asked. */
async function oldestDoing(run: Run): Promise<Oldest | null> {
  const doing = new Set(run.spool.listing('DOING').lists);
  const submitted = submittedByAge(run.db).find(({ name }) => doing.has(name));
  // Without a row, as after the loss of the database, its name says how old it is.
  const name = submitted?.name ?? [...doing].sort(byAge)[0];
  if (name === undefined) return null;
  const { Histories } = require('../explain/histories.js') as typeof HistoriesModule;
  const { since, attempts, next } = await new Histories(run, null).list(name, null);
  const last = attempts.at(-1);
  return { list: name, since, server: last?.server ?? null, state: last?.state ?? null, next };
}

/** What judges storages and failures is loaded where there are any. */
function troublesOf(run: Run): Pick<FullReport, 'storages' | 'failures'> {
  const [known, failed] = [storages(run.db), outcomeRows.failures(run.db)];
  const storagesModule = (): typeof Storages => require('./storages.js') as typeof Storages;
  const failuresModule = (): typeof Failures => require('./failures.js') as typeof Failures;
  return {
    storages: known.length + run.settings.storage.length === 0 ? [] : storagesModule().storagesNow(run, known),
    failures: failed.length === 0 ? [] : failuresModule().failureGroups(run.settings, failed),
  };
}
