/**
 * examineServers: the doctor's look at the FTS servers. GETs only, each made once.
 */
import { duration, HOUR_MS } from '../text/words.js';
import { failed, failedBy, judgeClock, ok, warning, type Check } from './checks.js';
import { plural } from '../text/words.js';
import { openEndpoints, openVos } from '../database/jobRows.js';
import type { CampaignDatabase } from '../database/database.js';
import type { Delegation } from '../forecast/forecast.js';
import { examineCas, examineCredential, NEW_PROXY } from './examineCredential.js';
import { type Announced, type Credential, Fts3, FtsError, knows, needsCredential, type Whoami } from '../fts3/index.js';
import { version as ourVersion } from '../run/package.js';
import { whyOtherVo } from '../servers/campaignVo.js';
import { asksForReport, wantsOf, whyLacking } from '../servers/lacking.js';
import { tokensOnly } from '../servers/servers.js';
import { jobOf, titleOf } from '../settings/route.js';
import type { ServerEntry } from '../settings/schema.js';
import type { Settings } from '../settings/settings.js';

export async function examineServers(
  settings: Settings,
  database: CampaignDatabase | null,
  env: NodeJS.ProcessEnv,
): Promise<{ checks: Check[]; delegations: readonly Delegation[] }> {
  const isSecure = settings.fts.server.some(({ endpoint }) => needsCredential(endpoint));
  const { checks, credential } = isSecure
    ? examineCredential(settings.fts, env)
    : { checks: [ok('credential', 'none is needed: all servers are on the loopback address')], credential: null };
  if (isSecure) checks.push(examineCas(settings.fts));
  const delegations: Delegation[] = [];
  const looks = await Promise.all(
    settings.fts.server.map((server) => examineServer(server, settings, database, credential, delegations)),
  );
  const isAnyUsable = looks.some((look) => look.every(({ state }) => state !== 'failed'));
  // Some servers of several are a person's business; none is the end of every run.
  const grave = (check: Check): Check =>
    check.state === 'failed' && isAnyUsable ? { ...check, trouble: 'person' } : check;
  return { checks: [...checks, ...looks.flat().map(grave), ...formerServers(settings, database)], delegations };
}

async function examineServer(
  server: ServerEntry,
  settings: Settings,
  database: CampaignDatabase | null,
  credential: Credential | null,
  delegations: Delegation[],
): Promise<Check[]> {
  const { name, endpoint } = server;
  if (credential === null && needsCredential(endpoint))
    return [
      failed(name, 'server', `${endpoint} was not asked: there is no credential`, 'see the line on the credential'),
    ];
  const client = new Fts3({
    endpoint,
    credential: needsCredential(endpoint) ? credential : null,
    caDirectory: settings.fts.caDirectory,
    timeoutSeconds: settings.fts.timeout_seconds,
    userAgent: `castor2echo/${ourVersion()}`,
    backOff: [],
  });
  try {
    const announced = await announcedBy(client);
    const isProxy = credential?.kind === 'certificate' && needsCredential(endpoint);
    if (isProxy && announced?.delegates === false)
      return [failedBy(name, 'server', `${endpoint}: ${tokensOnly(announced)}`)];
    const whoami = await client.whoami();
    const version = announced === null ? 'of a version that it does not tell' : announced.version;
    const until = isProxy ? await client.delegatedUntil(whoami.delegationId) : null;
    delegations.push({ name, endpoint, ends: until });
    return [
      ok(name, `${endpoint}: FTS REST ${version}; it takes us for ${whoami.userDn}, VO ${whoami.vo}`),
      ...judgeVersion(server, announced, settings),
      ...(client.clockAheadMs === null ? [] : [judgeClock(name, client.clockAheadMs)]),
      ...judgeVo(name, endpoint, whoami, settings, database),
      ...(isProxy ? [judgeDelegation(name, until, hasOpen(database, endpoint))] : []),
    ];
  } catch (error) {
    if (!(error instanceof FtsError)) throw error;
    return [failedBy(name, 'server', error.message, 'ask its operators; its lists wait, the others go on')];
  } finally {
    await client.close();
  }
}

/** Null: not readable. */
async function announcedBy(client: Fts3): Promise<Announced | null> {
  try {
    return await client.announced();
  } catch (error) {
    if (error instanceof FtsError && error.status !== null) return null;
    throw error;
  }
}

/** What the routes send that it does not know. */
function judgeVersion({ name, weight }: ServerEntry, announced: Announced | null, settings: Settings): Check[] {
  const routes = settings.route.filter(({ servers }) => weight > 0 && (servers?.includes(name) ?? true));
  const wanted = routes.map((route) => ({ route, wants: wantsOf(settings, route) }));
  if (announced === null) {
    if (wanted.every(({ wants }) => wants.length === 0)) return [];
    return [
      warning(
        name,
        'it does not tell its version, so it is taken to know everything that the routes send',
        'ask its operators for the version; docs/OPERATING.md has what each knows',
      ),
    ];
  }
  const reports = routes.some((route) => asksForReport(settings, jobOf(settings, route)));
  const withoutReport =
    reports && !knows(announced, 'dst_file_report')
      ? [ok(name, 'it reports nothing of destinations on tape that exist: they are looked at with gfal2')]
      : [];
  const lists = wanted.flatMap(({ route, wants }) => {
    const lacking = whyLacking(announced, wants);
    if (lacking === null) return [];
    return [warning(name, `it gets no list of route ${titleOf(route)}: ${lacking}`, 'give the route newer servers')];
  });
  return [...lists, ...withoutReport];
}

/** The VO is part of the job ids: under another one, the open lists' jobs could not be found. */
function judgeVo(
  name: string,
  endpoint: string,
  whoami: Whoami,
  settings: Settings,
  database: CampaignDatabase | null,
): Check[] {
  const { vo, delegationId } = whoami;
  const other = (database === null ? [] : openVos(database.db)).find(
    (open) => open.endpoint === endpoint && open.vo !== vo,
  );
  if (other !== undefined)
    return [
      failed(
        name,
        'server',
        `jobs of ours there are of VO "${other.vo}" (${plural(other.lists, 'list')}), the credential is of VO "${vo}"`,
        `use a credential of VO "${other.vo}"`,
      ),
    ];
  const wrong = whyOtherVo(settings, database?.db ?? null, endpoint, vo);
  if (wrong !== null) return [failed(name, 'server', wrong.why, wrong.cure)];
  if (vo !== delegationId) return [];
  return [warning(name, 'it sees no VO in the credential: its jobs would be of a VO of our own', NEW_PROXY)];
}

function judgeDelegation(name: string, until: Date | null, isNeeded: boolean): Check {
  if (until === null) return ok(name, 'nothing is delegated there yet: the next run does it');
  const leftMs = until.getTime() - Date.now();
  if (leftMs > HOUR_MS || !isNeeded) return ok(name, `delegation: ${duration(leftMs)} left`);
  return warning(
    name,
    `delegation: ${duration(leftMs)} left, and lists of ours wait there`,
    'renew the proxy and run the monitor, which delegates it',
  );
}

const hasOpen = (database: CampaignDatabase | null, endpoint: string): boolean =>
  database !== null && openEndpoints(database.db).some((open) => open.endpoint === endpoint);

/** Servers that have left the settings and still have jobs of ours. */
function formerServers(settings: Settings, database: CampaignDatabase | null): Check[] {
  const open = database === null ? [] : openEndpoints(database.db);
  return open
    .filter(({ endpoint }) => !settings.fts.server.some((server) => server.endpoint === endpoint))
    .map(({ endpoint, lists }) =>
      warning(
        'servers',
        `${plural(lists, 'list')} still at ${endpoint}, which has left the settings: the monitor goes on asking it`,
        'give it back with weight = 0, or move them: node dist/misc/moveServer.js',
      ),
    );
}
