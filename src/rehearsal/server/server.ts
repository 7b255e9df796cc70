/**
 * server: an FTS3 server for rehearsals and tests, on loopback.
 *
 * It takes jobs and tells what becomes of them as FTS 3.13 would, or another version, copies nothing, misbehaves on
 * demand, and remembers every request and every job it accepted. Kept-alive connections end after 5 s of silence or 100
 * requests, as on the real server. Starting rejects if the host is not loopback or the port is taken.
 *
 *     protocol/   what requests say and answers look like, as FTS3 reads and writes them
 *     behaviour/  what becomes of a transfer, and when: a timeline that is laid out when its job is accepted
 *     state/      jobs, archive, bans, delegations, and the record of all that was ever accepted
 *     requests/   which request does what with them
 *     faults/     which requests are met by a fault, and how each kind treats them
 *
 * The dispatcher takes requests one by one. Arrows run down: dispatcher, requests and faults, state, behaviour,
 * protocol.
 */
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, BlockList, isIP } from 'node:net';

import { Bans } from './state/bans.js';
import { Connections } from './connections.js';
import { control } from './requests/control.js';
import { Delegations } from './state/delegation.js';
import { Dispatcher } from './dispatcher.js';
import { Faults } from './faults/faults.js';
import { JobTable, type StoredFile } from './state/jobs.js';
import type { Fault, HistoryEntry, RehearsalOptions, RehearsalServer, Submission } from './options.js';
import { submissionOf } from './state/record.js';
import { pin } from './behaviour/timeline.js';
import { randomIds } from './protocol/uuid.js';
import { delegates } from './protocol/versions.js';
import type { World } from './state/world.js';

/** Starts a server; it listens when the promise is kept. */
export async function startRehearsalServer(options: RehearsalOptions): Promise<RehearsalServer> {
  demandLoopback(options.host ?? '127.0.0.1');
  const server = new Rehearsal(options);
  await server.up();
  return server;
}

class Rehearsal implements RehearsalServer {
  readonly name: string;
  private readonly options: RehearsalOptions;
  private readonly http: http.Server;
  private readonly world: World;
  private readonly faults = new Faults();
  private readonly dispatcher: Dispatcher;
  private readonly connections: Connections;
  private port: number;
  private ahead = 0;

  constructor(options: RehearsalOptions) {
    this.name = options.name;
    this.options = options;
    this.port = options.port ?? 0;
    const connections = new Connections(options.vo ?? 'lhcb', options.tls?.ca, delegates(options.version ?? RECORDED));
    this.connections = connections;
    this.world = worldOf(options, connections);
    const now = (): number => this.now();
    this.dispatcher = new Dispatcher(this.world, this.faults, connections, now, (call) => control(this, call));
    this.http = listener(options, this.dispatcher);
    this.http.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket) => connections.open(socket));
    this.http.prependListener('connection', (socket) => {
      connections.hold(socket);
      if (this.faults.refuses({ ...NO_REQUEST, time: this.now() })) socket.resetAndDestroy();
    });
    this.setFaults(options.faults ?? []);
  }

  get url(): string {
    const host = this.options.host ?? '127.0.0.1';
    const scheme = this.options.tls === undefined ? 'http' : 'https';
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  get history(): readonly HistoryEntry[] {
    return this.dispatcher.history;
  }

  get submissions(): readonly Submission[] {
    return this.world.table.accepted.map((job) => submissionOf(this.name, job, this.now()));
  }

  now(): number {
    return this.options.now?.() ?? Date.now() + this.ahead;
  }

  advance(seconds: number): void {
    if (this.options.now !== undefined) throw new Error('Cannot advance the clock: it was given with the options');
    this.ahead += seconds * 1000;
  }

  setFaults(faults: readonly Fault[]): void {
    this.faults.set(faults);
  }

  ban(storage: string, status: 'CANCEL' | 'WAIT' = 'CANCEL', andCancel = false): void {
    this.world.bans.ban(storage, status, this.now());
    if (status === 'WAIT') this.world.table.hold(storage, this.now());
    else if (andCancel) this.world.table.cancelStorage(storage, this.now());
  }

  unban(storage: string): void {
    this.world.bans.unban(storage);
    this.world.table.release(storage, this.now());
  }

  archive(jobId?: string): void {
    this.world.table.archive(jobId, this.now());
  }

  forget(jobId?: string): void {
    this.world.table.forget(jobId, this.now());
  }

  setFile(jobId: string, index: number, state: string, reason: string | null = null): void {
    const file = this.file(jobId, index);
    file.timeline = pin(file.timeline, this.now(), state, reason);
  }

  cancelFile(jobId: string, index: number): void {
    this.world.table.cancelFile(this.job(jobId), this.file(jobId, index), this.now());
  }

  setTokenSeconds(seconds: number): void {
    this.world.table.tokenSeconds = seconds;
  }

  refuseToken(token: string, why: string): void {
    this.world.table.exchanges.refuse(token, why);
  }

  setJob(jobId: string, state: string | null): void {
    this.job(jobId).pinned = state;
  }

  async up(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.http.once('error', reject);
      this.http.listen(this.port, this.options.host ?? '127.0.0.1', () => {
        this.http.off('error', reject);
        this.port = (this.http.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  async down(): Promise<void> {
    if (!this.http.listening) return;
    const closed = new Promise<void>((resolve) => this.http.close(() => resolve()));
    this.connections.cutAll();
    await closed;
  }

  async stop(): Promise<void> {
    this.dispatcher.stop();
    await this.down();
  }

  private file(jobId: string, index: number): StoredFile {
    const file = this.job(jobId).files.find((one) => one.index === index);
    if (file === undefined) throw new Error(`Cannot change file ${index} of job ${jobId}: it has no such file`);
    return file;
  }

  private job(id: string): NonNullable<ReturnType<JobTable['find']>> {
    const job = this.world.table.live.get(id);
    if (job === undefined) throw new Error(`Cannot pin job ${id}: the server has no such job`);
    return job;
  }
}

const NO_REQUEST: HistoryEntry = {
  number: 0,
  connection: 0,
  time: 0,
  method: '',
  path: '',
  body: '',
  userDn: '',
  status: null,
  fault: null,
};

/** The version that most of what is known of FTS was seen on. */
const RECORDED = '3.13';

function worldOf(options: RehearsalOptions, connections: Connections): World {
  const version = options.version ?? RECORDED;
  return {
    version,
    table: new JobTable({
      version,
      scale: options.timeScale ?? 1,
      keepDays: options.keepDays ?? 7,
      checkDuplicates: options.checkDuplicates ?? false,
      script: options.script,
    }),
    bans: new Bans(),
    delegations: new Delegations(connections.cas),
    needDelegation: delegates(version) && (options.needDelegation ?? options.tls !== undefined),
    newId: randomIds(options.seed),
  };
}

function listener({ tls, name }: RehearsalOptions, dispatcher: Dispatcher): http.Server {
  const serve: http.RequestListener = (request, response) => void dispatcher.take(request, response);
  // Longer than any URL that the routes refuse by themselves.
  const limits = { maxHeaderSize: 65536, keepAliveTimeout: 5000 };
  const server =
    tls === undefined
      ? http.createServer(limits, serve)
      : https.createServer(
          { ...limits, ...tls, requestCert: true, rejectUnauthorized: false, sessionIdContext: name.slice(0, 32) },
          serve,
        );
  server.maxRequestsPerSocket = 100;
  return server;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * A rehearsal server believes whoever calls, so nobody from outside may. Throws unless the host is a loopback address
 * or "localhost".
 */
function demandLoopback(host: string): void {
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  if (host === 'localhost' || (isIP(host) !== 0 && LOOPBACK.check(host, family))) return;
  throw new Error(`Cannot rehearse on "${host}": a rehearsal server listens on loopback only; use 127.0.0.1`);
}
