/**
 * endpoint: the FTS3 server that the conformance suite talks to.
 *
 * Without FTS3_ENDPOINT that is a rehearsal server; with it, the real one at that address, under the proxy in
 * X509_USER_PROXY and the CAs in X509_CERT_DIR. A real server needs gfal2's mock plugin and a credential that is
 * already delegated. Every run uses names of its own, so that it can be repeated.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { startRehearsalServer } from '../../dist/rehearsal/server/server.js';
import { ask, jobOf } from '../rehearsal/asking.js';
import type { Ask, Job, Reply } from '../rehearsal/asking.js';

const { FTS3_ENDPOINT, X509_USER_PROXY, X509_CERT_DIR = '/etc/grid-security/certificates' } = process.env;

const rehearsal: RehearsalServer | null =
  FTS3_ENDPOINT === undefined ? await startRehearsalServer({ name: 'conformance' }) : null;

const agent = FTS3_ENDPOINT?.startsWith('https:') ? new https.Agent({ keepAlive: true, ...credential() }) : undefined;

after(async () => {
  agent?.destroy();
  await rehearsal?.stop();
});

/** A test that needs a hand inside the server, or a second user: against a real one there is none. */
export function withHand(name: string, run: (server: RehearsalServer, t: TestContext) => Promise<void>): void {
  if (rehearsal !== null) void test(name, (t) => run(rehearsal, t));
}

/** The head of every name of this run. */
const run = randomUUID();
let names = 0;

export function fresh(what: string): string {
  return `castor2echo-${run}-${what}-${(names += 1)}`;
}

export function call(method: string, path: string, options: Ask = {}): Promise<Reply> {
  const own = agent === undefined ? {} : { agent };
  return ask(rehearsal?.url ?? String(FTS3_ENDPOINT), method, path, { ...own, timeout: 30_000, ...options });
}

/** As `call`, without any credential. */
export function callAsNobody(method: string, path: string): Promise<Reply> {
  const tls = agent === undefined ? {} : { ca: authorities() };
  return ask(rehearsal?.url ?? String(FTS3_ENDPOINT), method, path, { tls, headers: { 'x-rehearsal-dn': 'anon' } });
}

export interface Wish {
  /** Query arguments of the mock:// URLs, one pair for each transfer. */
  readonly transfers?: readonly (readonly [string, string])[];
  readonly params?: object;
}

/** The body of a submission whose URLs nobody has used before. */
export function submission({ transfers = [GOOD], params = {} }: Wish = {}): object {
  const files = transfers.map(([from, to]) => {
    const name = fresh('file');
    const sources = [`mock://source.example.org/${name}?${from}`];
    return { sources, destinations: [`mock://destination.example.org/${name}?${to}`] };
  });
  return { files, params: { overwrite: true, retry: -1, ...params } };
}

export const GOOD = ['size=7', 'size_post=7&time=1'] as const;
export const LONG = ['size=7', 'size_post=7&time=300'] as const;
export const NO_SOURCE = ['errno=2', 'size_post=7&time=1'] as const;
export const NO_SPACE = ['size=7', 'size_post=7&time=2&transfer_errno=28'] as const;

export async function submit(wish: Wish = {}): Promise<string> {
  const reply = await call('POST', '/jobs', { body: submission(wish) });
  if (reply.status !== 200) throw new Error(`Cannot submit: ${reply.status} ${reply.text}`);
  return jobOf(reply).job_id;
}

const FIELDS = 'file_state,file_index,file_id,source_surl,dest_surl,reason,filesize,finish_time';

/** The job with its files, as soon as it is in one of these states; a minute of the server's clock is enough. */
export async function until(id: string, fits: (job: Job) => boolean): Promise<Job> {
  for (let second = 0; second < 120; second += 1) {
    const job = jobOf(await call('GET', `/jobs/${id}?files=${FIELDS}`));
    if (fits(job)) return job;
    if (rehearsal === null) await pause(1000);
    else rehearsal.advance(1);
  }
  throw new Error(`Job ${id} did not come to the state that was waited for`);
}

export const isFinal = ({ job_state }: Job): boolean => /^(FINISHED|FINISHEDDIRTY|FAILED|CANCELED)$/.test(job_state);

function credential(): https.AgentOptions {
  if (X509_USER_PROXY === undefined) throw new Error('FTS3_ENDPOINT is set: X509_USER_PROXY must name a proxy');
  const pem = readFileSync(X509_USER_PROXY, 'utf8');
  // A resumed TLS 1.3 session would be somebody else.
  return { cert: pem, key: pem, ca: authorities(), maxCachedSessions: 0 };
}

function authorities(): string[] {
  const files = readdirSync(X509_CERT_DIR).filter((name) => /\.(pem|0)$/.test(name));
  return files.map((name) => readFileSync(join(X509_CERT_DIR, name), 'utf8'));
}
