/**
 * client: an FTS3 server, as far as moving files needs it.
 *
 * Guarantees:
 * - `submit` makes exactly one POST; whether it may be made again is for the caller to find out, see errors.ts;
 * - what is said of a job was said by FTS itself and of that job; anything else is a ServerError, or the job is `odd`;
 * - a job on which the server fails costs no other job its answer;
 * - everything but `submit` and the last step of `delegate` is repeated with pauses while the server is in trouble;
 * - nothing is sent with a credential that has expired.
 *
 * @throws FtsError, in the classes of errors.ts
 */
import type * as tls from 'node:tls';

import type { Announced } from './announced.js';
import { announcedIn, JOB_ID, jobIdIn, listedJobsIn, lookupsIn, unfinishedFilesIn, whoamiIn } from './answers.js';
import type * as CaDirectory from './caDirectory.js';
import { type Credential, LONGER_KEY } from './credential.js';
import { checkedEndpoint, needsCredential } from './endpoint.js';
import { ClientError, CredentialError, type FtsError, ServerError, TooLarge, Unauthorized } from './errors.js';
import { type Call, Http, json } from './http.js';
import type { JobDescription, ListedJob, Lookup, UnfinishedFile, Whoami } from './job.js';
import { Transport } from './transport.js';

export interface Fts3Options {
  /** https://HOST:8446; http:// for loopback alone. */
  endpoint: string;
  /** null only with http:// on loopback. */
  credential: Credential | null;
  /** The directory of the CAs that may have signed the server's certificate. */
  caDirectory: string;
  /** For each request: connecting and the whole answer. */
  timeoutSeconds: number;
  userAgent: string;
  /** At most so many at a time; default 4. */
  connections?: number;
  /** Milliseconds between the tries of what may be repeated; default [500, 2000]. Retry-After up to 30 s is honoured. */
  backOff?: readonly number[];
  /** A larger answer is asked for in halves; default 64 MiB: some 40,000 files. One job alone may have four times as much. */
  maxAnswerBytes?: number;
  /** Our clock, by which credentials expire; default that of this machine. */
  now?: () => Date;
}

/** With 110 ids the web server answers a 404 of its own (seen on FTS3 3.13), which says nothing of the jobs. */
const IDS_PER_REQUEST = 100;
const MAX_IDS_LENGTH = 3900;

const FILE_FIELDS = [
  'file_id',
  'file_index',
  'file_state',
  'source_surl',
  'dest_surl',
  'reason',
  'filesize',
  'recoverable',
  'start_time',
  'finish_time',
  'transfer_host',
].join(',');

/** What most of those who ask for files do without. */
const MORE_FIELDS = ['staging_start', 'archive_start_time', 'file_metadata'].join(',');

/**
 * What an answer has of the files of each job: nothing, what tells how they ended, or also what tape did and FTS
 * reports of destinations.
 */
export type Files = boolean | 'whole';

/** Without them FTS lists no job that has ended (the code of FTS3 3.13). */
const STATES = 'STAGING,SUBMITTED,READY,ACTIVE,ARCHIVING,FINISHED,FINISHEDDIRTY,FAILED,CANCELED';
const LISTED_FIELDS = 'job_id,job_state,submit_time,job_finished,user_dn';

export class Fts3 {
  /** Without a slash at its end. */
  readonly endpoint: string;
  private readonly credential: Credential | null;
  private readonly http: Http;

  /** @throws BadEndpoint, or CredentialError where https has no credential */
  constructor(options: Fts3Options) {
    const { credential, caDirectory, timeoutSeconds, userAgent, connections = 4 } = options;
    const { backOff = [500, 2000], maxAnswerBytes = 64 * 1024 * 1024, now = () => new Date() } = options;
    const endpoint = checkedEndpoint(options.endpoint);
    const isSecure = needsCredential(endpoint);
    if (isSecure && credential === null) {
      throw new CredentialError(`Cannot use ${endpoint}: there is no credential; run voms-proxy-init`);
    }
    const secureContext = (): tls.SecureContext | null => (isSecure ? secureContextOf(credential, caDirectory) : null);
    const transport = new Transport({ endpoint, timeoutSeconds, connections, maxAnswerBytes, secureContext });
    this.endpoint = endpoint;
    this.credential = credential;
    this.http = new Http(transport, { endpoint, credential, userAgent, backOff, now });
  }

  /** How far the server's clock is ahead of ours, in ms, to a second; null before its first answer. */
  get clockAheadMs(): number | null {
    return this.http.clockAheadMs;
  }

  /** What the server says of itself. */
  async announced(): Promise<Announced> {
    return this.http.repeatedly({ action: 'ask for the version', method: 'GET', path: '/', read: json(announcedIn) });
  }

  /**
   * Who the server takes us for. To be asked before anything else: without a credential that it accepts, FTS answers
   * other questions with 403 or 500.
   */
  async whoami(): Promise<Whoami> {
    const read = json(whoamiIn);
    const whoami = await this.http.repeatedly({ action: 'log in', method: 'GET', path: '/whoami', read });
    if (whoami !== null) return whoami;
    const [seen, cure] =
      this.credential?.kind === 'token'
        ? ['did not accept the token', 'check its issuer, audience and scopes']
        : ['saw no certificate', 'check that the proxy has its whole chain, or run voms-proxy-init'];
    throw new Unauthorized(`Cannot log in on ${this.endpoint}: the server ${seen}; ${cure}`, {
      status: 200,
      sent: true,
      answered: true,
    });
  }

  /**
   * The jobs with these ids, in their order, without files or with them. Asks for 100 at a time, one GET after the
   * other. A job that has been archived is `missing` here.
   */
  async jobs(ids: readonly string[], files: Files = false): Promise<Map<string, Lookup>> {
    return this.inBatches(ids, 'look at', 'GET', files);
  }

  /** A job, with its files, that has left the live tables (after 7 days by default). */
  async archived(id: string): Promise<Lookup> {
    checkIds([id]);
    const lookups = await this.http.repeatedly({
      action: `look into the archive for job ${id}`,
      method: 'GET',
      path: `/archive/${id}`,
      isValue: isAbout(id),
      mayBeLarge: true,
      read: json((value, at) => lookupsIn(value, { ids: [id], withFiles: true, at })),
    });
    const found = lookups.get(id) ?? { kind: 'missing' };
    // What went to the archive was over for days.
    if (found.kind === 'job') for (const file of found.job.files ?? []) file.stopping = false;
    return found;
  }

  /**
   * The files of our VO, whoever submitted them, that go to this destination and have no `finish_time`; its URL as FTS
   * stores it. A source that was not needed (NOT_USED) never gets one; a file in ARCHIVING has that of its copy, and is
   * not among them.
   */
  async unfinishedFiles(destination: string): Promise<UnfinishedFile[]> {
    return this.http.repeatedly({
      action: `ask for files that go to ${destination}`,
      method: 'GET',
      path: `/files?dest_surl=${encodeURIComponent(destination)}`,
      read: json((value) => unfinishedFilesIn(value, destination)),
    });
  }

  /** The newest jobs of our VO, at most 500, or those of this user, who must be us; the newest first. */
  async recentJobs(limit: number, userDn?: string): Promise<ListedJob[]> {
    const user = userDn === undefined ? '' : `&user_dn=${encodeURIComponent(userDn)}`;
    return this.http.repeatedly({
      action: 'list the newest jobs',
      method: 'GET',
      path: `/jobs?state_in=${STATES}&limit=${limit}${user}&fields=${LISTED_FIELDS}`,
      read: json(listedJobsIn),
    });
  }

  /**
   * Submits a job by exactly one POST.
   * @returns the job's id
   * @throws FtsError; the job may exist unless the error has `answered`, or has not `sent`
   */
  async submit(job: JobDescription): Promise<string> {
    return this.http.once({
      action: 'submit a job',
      method: 'POST',
      path: '/jobs',
      body: { type: 'application/json', text: JSON.stringify(job) },
      read: json(jobIdIn),
    });
  }

  /** Cancels jobs; a job that is final stays as it is. The jobs as they then are, without files. */
  async cancel(ids: readonly string[]): Promise<Map<string, Lookup>> {
    return this.inBatches(ids, 'cancel', 'DELETE', false);
  }

  /** When the delegated credential ends; null if nothing is delegated. It may lie in the past. */
  async delegatedUntil(delegationId: string): Promise<Date | null> {
    const { delegatedUntil } = await import('./delegation.js');
    return delegatedUntil(this.http, delegationId);
  }

  /**
   * Delegates the credential for so many hours, or for as long as it lives.
   * @returns the end of what is delegated now, which may be an older and longer delegation
   */
  async delegate(delegationId: string, hours: number): Promise<Date> {
    if (this.credential?.kind !== 'certificate') {
      throw new CredentialError(`Cannot delegate on ${this.endpoint}: there is no proxy; tokens are not delegated`);
    }
    // Most runs delegate nothing: what signs a proxy is not loaded for them.
    const { delegate } = await import('./delegation.js');
    return delegate(this.http, this.credential, delegationId, hours);
  }

  /** Closes the connections. Requests still under way fail. */
  async close(): Promise<void> {
    await this.http.close();
  }

  private async inBatches(
    ids: readonly string[],
    verb: string,
    method: 'GET' | 'DELETE',
    files: Files,
  ): Promise<Map<string, Lookup>> {
    checkIds(ids);
    const all = new Map<string, Lookup>();
    for (const batch of batches([...new Set(ids)])) {
      const call = (some: readonly string[]): Call<Map<string, Lookup>> => ({
        action: `${verb} ${some.length === 1 ? `job ${some[0]}` : `${some.length} jobs`}`,
        method,
        path: `/jobs/${some.join(',')}${fieldsOf(files)}`,
        ...(some.length === 1 ? { isValue: isAbout(some[0] ?? ''), mayBeLarge: true } : {}),
        read: json((value, at) => lookupsIn(value, { ids: some, withFiles: files !== false, at })),
      });
      for (const [id, lookup] of await this.asMuchAsComes(batch, call)) all.set(id, lookup);
    }
    return all;
  }

  /** What the server fails on as a whole is asked for in halves, until it is known on which jobs it fails. */
  private async asMuchAsComes(
    ids: readonly string[],
    call: (ids: readonly string[]) => Call<Map<string, Lookup>>,
  ): Promise<Map<string, Lookup>> {
    let failure: FtsError;
    try {
      return await this.http.repeatedly(call(ids));
    } catch (error) {
      if (error instanceof TooLarge && ids.length === 1) return new Map([[ids[0] ?? '', oddBy(error)]]);
      if (ids.length === 1 || !(error instanceof ServerError || error instanceof TooLarge)) throw error;
      failure = error;
    }
    const all = new Map<string, Lookup>();
    const ask = async (some: readonly string[]): Promise<void> => {
      try {
        for (const [id, lookup] of await this.http.once(call(some))) all.set(id, lookup);
      } catch (error) {
        if (!(error instanceof ServerError || error instanceof TooLarge)) throw error;
        if (some.length === 1) all.set(some[0] ?? '', oddBy(error));
        else await halves(some);
      }
    };
    const halves = async (some: readonly string[]): Promise<void> => {
      const middle = Math.ceil(some.length / 2);
      await ask(some.slice(0, middle));
      await ask(some.slice(middle));
    };
    await halves(ids);
    // A server that fails on each of them fails as such.
    if (failure instanceof ServerError && [...all.values()].every(({ kind }) => kind === 'odd')) throw failure;
    return all;
  }
}

function fieldsOf(files: Files): string {
  if (files === false) return '';
  return `?files=${FILE_FIELDS}${files === true ? '' : `,${MORE_FIELDS}`}`;
}

const oddBy = (error: FtsError): Lookup => ({ kind: 'odd', message: error.message });

/**
 * Tells a refusal of one job from the refusal of us: FTS names the job in the former ("Not enough permissions to check
 * the job …") and not in the latter ("Not enough permissions"; seen on FTS3 3.13).
 */
function isAbout(id: string): (status: number, message: string) => boolean {
  return (status, message) => status === 404 || (status === 403 && message.includes(id));
}

/** An id goes into a URL, so what is none is refused here: "" would list all jobs, "../x" be another path. */
function checkIds(ids: readonly string[]): void {
  const bad = ids.find((id) => !JOB_ID.test(id));
  if (bad !== undefined)
    throw new ClientError(`Cannot ask for job ${JSON.stringify(bad.slice(0, 100))}: it is no job id`);
}

function batches(ids: readonly string[]): string[][] {
  const all: string[][] = [];
  let length = 0;
  for (const id of ids) {
    const current = all.at(-1);
    if (current === undefined || current.length === IDS_PER_REQUEST || length + id.length >= MAX_IDS_LENGTH) {
      all.push([id]);
      length = id.length;
    } else {
      current.push(id);
      length += id.length + 1;
    }
  }
  return all;
}

/** What is too weak for this OpenSSL would be made again by the same command. */
function refusedCure(code: string): string {
  if (code.endsWith('KEY_TOO_SMALL')) return LONGER_KEY;
  if (code.endsWith('MD_TOO_WEAK'))
    return 'it is signed with MD5 or SHA-1: get a certificate that is signed with SHA-256';
  return 'run voms-proxy-init';
}

/** Made once per client: with the hundred CAs of a grid site, making it for every connection took 0.2 s each. */
function secureContextOf(credential: Credential | null, caDirectory: string): tls.SecureContext {
  // Loaded here, as most runs of a cron job open no connection.
  const { createSecureContext } = require('node:tls') as typeof tls;
  const { readCaDirectory } = require('./caDirectory.js') as typeof CaDirectory;
  const ca = readCaDirectory(caDirectory);
  if (credential?.kind !== 'certificate') return createSecureContext({ ca });
  try {
    return createSecureContext({ ca, cert: credential.chain.join(''), key: credential.key });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CredentialError(
      `Cannot log in with "${credential.path}": OpenSSL refuses it (${code}); ${refusedCure(code ?? '')}`,
    );
  }
}
