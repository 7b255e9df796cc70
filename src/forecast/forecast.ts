/**
 * forecast: whether the proxy, the tokens and what is delegated to each server outlive what is still to be done.
 *
 *     what we log in with, the tokens of the routes     servers/credentials.ts
 *     what is delegated                                 as this run has seen it, or who shows it
 *     what is to be done, at which pace                 queue.ts, reckoning.ts
 *     what ends before the next run, or the queue       rules/forecast.ts
 *
 * It asks no server and changes nothing. Where no credential is needed, nothing is looked at; where all that is left
 * waits for a storage that a person holds, nothing is in use.
 */
import * as jobRows from '../database/jobRows.js';
import {
  cureOfExpiry,
  foretell,
  needsPerson,
  whyTooShort,
  type Expiry,
  type Forecast,
  type Queue,
} from '../rules/forecast.js';
import type { Run } from '../run/program.js';
import { credentialLives, type CredentialLife } from '../servers/credentials.js';
import type { Servers } from '../servers/servers.js';
import type * as QueueModule from './queue.js';

export interface Delegation {
  readonly name: string;
  readonly endpoint: string;
  readonly ends: Date | null;
}

type Campaign = Pick<Run, 'base' | 'settings' | 'spool' | 'db' | 'env' | 'now'>;

/** It is loaded only where there is a credential. */
const queueModule = (): typeof QueueModule => require('./queue.js') as typeof QueueModule;

/** `queue` is called only where there is a credential. Null: there is none. */
export async function forecast(
  campaign: Campaign,
  delegations: readonly Delegation[],
  queue: () => Promise<Queue>,
): Promise<{ readonly queue: Queue; readonly credentials: readonly Forecast[] } | null> {
  const lives = credentialLives(campaign);
  if (lives.length === 0) return null;
  const { isAllHeld, routesToSend } = queueModule();
  const open = new Set(jobRows.openEndpoints(campaign.db).map(({ endpoint }) => endpoint));
  const isIdle = open.size === 0 && (await isAllHeld(campaign));
  const toSend = lives.some(({ uses }) => uses.length > 0) ? await routesToSend(campaign) : new Set<string>();
  const expiries = [
    ...lives.map((life) => expiryOf(campaign, life, toSend)),
    ...delegations.map(({ name, endpoint, ends }) => ofDelegation(name, endpoint, ends, open.has(endpoint))),
  ];
  const found = await queue();
  const used = isIdle ? expiries.map((each) => ({ ...each, isInUse: false })) : expiries;
  return { queue: found, credentials: foretell(used, found, campaign.now()) };
}

/** At the end of a run of the consumer or the monitor: a warning for each that ends too early. */
export async function tellForecast(run: Run, servers: Servers): Promise<void> {
  const found = await forecast(run, await servers.delegated(), () => queueModule().queueOf(run, true));
  if (found === null) return;
  run.summary.add('forecast', found);
  for (const each of found.credentials) {
    const why = whyTooShort(each, found.queue);
    if (why === null) continue;
    if (needsPerson(each)) run.summary.needsAttention(`${why}; ${cureOfExpiry(each)}`);
    else run.summary.warn(`${why}; ${cureOfExpiry(each)}`);
  }
}

function expiryOf(
  { settings, env }: Campaign,
  { kind, file, uses, ends, since, isOfVoms }: CredentialLife,
  toSend: ReadonlySet<string>,
): Expiry {
  const its = uses.map(({ route, side }) => `${route} (${side})`).join(' and ');
  const title = {
    proxy: isOfVoms ? 'The proxy with its VOMS attributes' : 'The proxy',
    token: 'Our token',
    'storage token': `The token of route ${its}`,
  }[kind];
  const [use] = uses;
  // cronjobs/start.sh renews our own before each run; a token in a variable comes with each run.
  const byCron = { proxy: env['C2E_RENEW_PROXY'], token: env['BEARER_TOKEN'] ?? env['C2E_RENEW_PROXY'] };
  return {
    kind,
    title,
    file,
    ends: ends === 0 || ends === Infinity ? null : new Date(ends),
    isUsable: ends > 0,
    since: since === null ? null : new Date(since),
    isRenewed: settings.auth.renew_command !== undefined || (kind !== 'storage token' && Boolean(byCron[kind])),
    isInUse: kind !== 'storage token' || uses.some(({ route }) => toSend.has(route)),
    labels: { credential: kind, ...(use === undefined ? {} : { route: use.route.slice(1, -1), side: use.side }) },
  };
}

const ofDelegation = (name: string, endpoint: string, ends: Date | null, isInUse: boolean): Expiry => ({
  kind: 'delegation',
  title: `What is delegated to ${name}`,
  file: null,
  ends,
  isUsable: true,
  since: null,
  isRenewed: false,
  isInUse,
  labels: { credential: 'delegation', server: name, endpoint },
});
