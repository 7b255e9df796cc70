/**
 * servers: the FTS3 servers of a run: who we are at each, which may be used, and what they say of jobs.
 *
 *     a session is opened when a server is first needed: one credential for all, one `/whoami` that tells who we are there
 *     a server that cannot be used is left out for the rest of the run, and named once
 *     before the first submission: an hour must be left of what we delegated, or it is renewed
 *     what a server does not know (its version, `GET /`) is asked where something hangs on it, once
 *     `jobs`: states of a hundred jobs in one GET, then the files of those that are final, then the archive for those that are gone
 *     `jobSearch`: the sids that a list may have been submitted under, at every server
 *
 * With `dryRun` nothing but GETs is sent. Nothing here decides what becomes of a list: that is for rules/.
 */
import { HOUR_MS, MINUTE_MS } from '../text/words.js';
import {
  type Announced,
  type Credential,
  CredentialError,
  discoverCredential,
  Fts3,
  FtsError,
  Unauthorized,
  needsCredential,
} from '../fts3/index.js';
import { version } from '../run/package.js';
import { type Run } from '../run/program.js';
import type { Settings } from '../settings/settings.js';

/** An hour must be left of a delegated credential, or FTS refuses submissions (419, seen on FTS3 3.13). */
const LEAST_DELEGATION_MS = HOUR_MS;

export interface Session {
  readonly name: string;
  readonly endpoint: string;
  readonly client: Fts3;
  readonly vo: string;
  readonly userDn: string;
  readonly baseId: string;
  readonly delegationId: string;
  /** With what we log in; null: with nothing, as it is a rehearsal. */
  readonly login: Credential['kind'] | null;
}

type Gravity = 'warning' | 'person';

export interface ServersOptions {
  readonly dryRun: boolean;
  readonly userAgent: string;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Told, once for each server, why it is left out; and whether only a person can mend it, or waiting may. */
  readonly onOut: (server: string, why: string, gravity: Gravity) => void;
  /** The client's pauses, where they are to be others. */
  readonly backOff?: readonly number[];
}

export interface ServerSetting {
  readonly name: string;
  readonly endpoint: string;
  readonly weight: number;
}

export class Servers {
  private readonly settings: Settings;
  private readonly options: ServersOptions;
  private readonly sessions = new Map<string, Promise<Session | null>>();
  private readonly delegations = new Map<string, Promise<Date | null>>();
  private readonly outs = new Map<string, string>();
  private readonly doubts = new Map<string, Promise<string | null>>();
  private readonly announcements = new Map<string, Promise<Announced | null>>();

  constructor(settings: Settings, options: ServersOptions) {
    this.settings = settings;
    this.options = options;
  }

  now(): Date {
    return this.options.now();
  }

  /** The configured ones, whatever their weight. */
  all(): readonly ServerSetting[] {
    return this.settings.fts.server;
  }

  /** The server for a new list, by weight among those (of these names) that are not left out; null when there is none. */
  choose(random: number, names?: readonly string[]): ServerSetting | null {
    const may = ({ name, endpoint }: ServerSetting): boolean =>
      !this.outs.has(endpoint) && (names === undefined || names.includes(name));
    return draw(this.settings.fts.server.filter(may), random);
  }

  whyExcluded(endpoint: string): string | null {
    return this.outs.get(endpoint) ?? null;
  }

  leaveOut(endpoint: string, why: string, gravity: Gravity = 'warning'): void {
    if (this.outs.has(endpoint)) return;
    this.outs.set(endpoint, why);
    this.options.onOut(this.nameOf(endpoint), why, gravity);
  }

  /**
   * After a failure that may be of one list alone: the server stays in this run while it still knows who we are. Of
   * failures at one time one asks for all.
   */
  async doubt({ endpoint, client }: Session, why: string): Promise<void> {
    let asking = this.doubts.get(endpoint);
    if (asking === undefined) {
      asking = client.whoami().then(
        () => null,
        (error: unknown) => reasonOf(error),
      );
      this.doubts.set(endpoint, asking);
    }
    const silent = await asking;
    this.doubts.delete(endpoint);
    if (silent !== null) this.leaveOut(endpoint, why);
  }

  nameOf(endpoint: string): string {
    const configured = this.settings.fts.server.find((server) => server.endpoint === endpoint);
    return configured?.name ?? (URL.canParse(endpoint) ? new URL(endpoint).hostname : endpoint);
  }

  /** Null when the server is left out. Also for an endpoint that has left the settings: its jobs are still ours. */
  async session(endpoint: string): Promise<Session | null> {
    if (this.outs.has(endpoint)) return null;
    let opening = this.sessions.get(endpoint);
    if (opening === undefined) {
      opening = this.open(endpoint);
      this.sessions.set(endpoint, opening);
    }
    const session = await opening;
    return this.outs.has(endpoint) ? null : session;
  }

  /** What the server says of itself; null: nothing that can be read, so that it is taken to know everything (the doctor says so). */
  announced({ endpoint, client }: Pick<Session, 'endpoint' | 'client'>): Promise<Announced | null> {
    let asking = this.announcements.get(endpoint);
    if (asking === undefined) {
      asking = client.announced().catch((error: unknown) => {
        reasonOf(error);
        return null;
      });
      this.announcements.set(endpoint, asking);
    }
    return asking;
  }

  /**
   * See to it that the server holds a delegated credential of ours that lasts. Returns until when, or null where none
   * is needed (tokens, loopback). Throws what the client throws. In a dry run nothing is delegated.
   */
  delegate(session: Session, afresh = false): Promise<Date | null> {
    let delegating = afresh ? undefined : this.delegations.get(session.endpoint);
    if (delegating === undefined) {
      delegating = this.renew(session, afresh);
      this.delegations.set(session.endpoint, delegating);
    }
    return delegating;
  }

  /** Until when what is delegated lasts, at the servers where this run has looked at it and been answered. */
  async delegated(): Promise<{ name: string; endpoint: string; ends: Date | null }[]> {
    const found = [];
    for (const [endpoint, delegating] of this.delegations) {
      // Who asked for it has said what was wrong.
      const [seen] = await Promise.allSettled([delegating]);
      if (seen.status === 'fulfilled' && seen.value !== null)
        found.push({ name: this.nameOf(endpoint), endpoint, ends: seen.value });
    }
    return found;
  }

  /** As `delegate`, for submissions: false, and the server left out, when too little is left. */
  async canSubmit(session: Session, afresh = false): Promise<boolean> {
    try {
      const tokensOnly = await this.whyTokensOnly(session);
      if (tokensOnly !== null) {
        this.leaveOut(session.endpoint, tokensOnly);
        return false;
      }
      const until = await this.delegate(session, afresh);
      if (until === null || until.getTime() - this.now().getTime() >= LEAST_DELEGATION_MS) return true;
      const minutes = Math.max(0, Math.floor((until.getTime() - this.now().getTime()) / MINUTE_MS));
      this.leaveOut(
        session.endpoint,
        `nothing is submitted there: the delegated credential has ${minutes} minutes left, FTS wants an hour; renew the proxy (voms-proxy-init)`,
      );
    } catch (error) {
      this.leaveOut(session.endpoint, `cannot delegate a credential: ${reasonOf(error)}`);
    }
    return false;
  }

  async close(): Promise<void> {
    for (const opening of this.sessions.values()) await (await opening)?.client.close();
  }

  private async open(endpoint: string): Promise<Session | null> {
    let client: Fts3 | null = null;
    try {
      const credential = this.credentialFor(endpoint);
      client = new Fts3({
        endpoint,
        credential,
        caDirectory: this.settings.fts.caDirectory,
        timeoutSeconds: this.settings.fts.timeout_seconds,
        userAgent: this.options.userAgent,
        connections: this.settings.consumer.concurrency,
        now: this.options.now,
        ...(this.options.backOff === undefined ? {} : { backOff: this.options.backOff }),
      });
      const whoami = await client.whoami();
      return { name: this.nameOf(endpoint), endpoint, client, login: credential?.kind ?? null, ...whoami };
    } catch (error) {
      const tokensOnly =
        client !== null && error instanceof Unauthorized ? await this.whyTokensOnly({ endpoint, client }) : null;
      // Nobody asks it anything more: `close` knows sessions alone.
      await client?.close();
      this.leaveOut(endpoint, tokensOnly ?? reasonOf(error));
      return null;
    }
  }

  /** We log in with a proxy, and the server has no use for one; null: it is not so. */
  private async whyTokensOnly(server: Pick<Session, 'endpoint' | 'client'>): Promise<string | null> {
    if (this.credentialFor(server.endpoint)?.kind !== 'certificate') return null;
    const announced = await this.announced(server);
    return announced === null || announced.delegates ? null : tokensOnly(announced);
  }

  private credentialFor(endpoint: string): Credential | null {
    return needsCredential(endpoint) ? this.credential() : null;
  }

  private found: Credential | null = null;
  private credential(): Credential {
    this.found ??= discoverCredential(this.options.env, {
      auth: this.settings.fts.auth,
      uid: process.getuid?.() ?? 0,
      now: this.now(),
    });
    return this.found;
  }

  private async renew(session: Session, afresh: boolean): Promise<Date | null> {
    if (this.credentialFor(session.endpoint)?.kind !== 'certificate') return null;
    if ((await this.whyTokensOnly(session)) !== null) return null;
    const { delegation_hours: delegationHours, delegation_renew_hours: delegationRenewHours } = this.settings.fts;
    const until = await session.client.delegatedUntil(session.delegationId);
    const enough = until !== null && until.getTime() - this.now().getTime() >= delegationRenewHours * HOUR_MS;
    if (this.options.dryRun || (enough && !afresh)) return until;
    return session.client.delegate(session.delegationId, delegationHours);
  }
}

export const tokensOnly = ({ version: seen }: Announced): string =>
  `it takes tokens only (FTS REST ${seen} announces no delegation), and we log in with a proxy; get a token and set fts.auth = "token"`;

/** The servers of this run's settings. One that is left out is named in the summary. */
export function openServers(run: Run): Servers {
  return new Servers(run.settings, {
    dryRun: run.dryRun,
    userAgent: `castor2echo/${version()}`,
    env: run.env,
    now: run.now,
    onOut: (server, why, gravity) => {
      const message = `${server} is left out of this run: ${why}`;
      if (gravity === 'person') run.summary.needsAttention(message);
      else run.summary.warn(message);
    },
  });
}

/** The message of a trouble with FTS; anything else is a bug and thrown on. */
export function reasonOf(error: unknown): string {
  if (error instanceof FtsError || error instanceof CredentialError) return error.message;
  throw error;
}

/**
 * Draws a server, each with a probability of its weight; `random` is in [0, 1). Null when nothing can be drawn: no
 * server, or none with a weight.
 */
export function draw<Server extends { readonly weight: number }>(
  servers: readonly Server[],
  random: number,
): Server | null {
  const total = servers.reduce((sum, server) => sum + server.weight, 0);
  let rest = random * total;
  for (const server of servers) {
    if (server.weight > 0 && rest < server.weight) return server;
    rest -= server.weight;
  }
  return null;
}
