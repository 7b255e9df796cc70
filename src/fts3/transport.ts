/**
 * transport: one HTTP request and its whole answer, within a time, over few kept-alive connections.
 *
 * Guarantees:
 * - a request is written at most once, whatever happens to the connection under it;
 * - a failure (Lost) says whether the request had been begun;
 * - servers are checked against the given CAs alone, whatever the environment says of other CAs or of not checking;
 * - TLS sessions are never resumed: on a resumed one FTS3 sees another user, without VOMS attributes (seen on 3.13);
 * - connections are left before the server leaves them (after 5 s idle, or 100 requests), lest a request run into its back;
 * - redirections are not followed, as the credential is meant for this server alone.
 *
 * undici is loaded with the first request, as many runs have nothing to send; and of it only the pool, as all of it
 * (fetch, caches, WebSockets) takes three times as long.
 */
import type { SecureContext } from 'node:tls';

import type { Dispatcher, Pool } from 'undici';

import { Lost, TIMED_OUT, TOO_LARGE } from './lost.js';

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** It may have four times `maxAnswerBytes`. */
  readonly mayBeLarge: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface TransportOptions {
  readonly endpoint: string;
  readonly timeoutSeconds: number;
  readonly connections: number;
  readonly maxAnswerBytes: number;
  /** Made at the first request, as reading the CAs takes its time; null for plain http. */
  readonly secureContext: () => SecureContext | null;
}

const KEEP_ALIVE_MS = 4000;
const REQUESTS_PER_CONNECTION = 80;
/** In V8's own unit; its default is 1,800,000, and one short answer takes that. */
const WASM_TIERING_BUDGET = 1_000_000_000;
/** Node would give each address of a name 250 ms, which is less than a far server needs. */
const NEXT_ADDRESS_MS = 2000;

export class Transport {
  private readonly options: TransportOptions;
  private pool: Pool | null = null;
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(options: TransportOptions) {
    this.options = options;
    this.free = options.connections;
  }

  /**
   * Makes the request. Waiting for a free connection does not count as its time.
   * @throws Lost; and what `secureContext` throws, before anything is sent
   */
  async exchange(exchange: Exchange): Promise<Answer> {
    this.pool ??= this.open();
    const { pool } = this;
    await this.takeConnection();
    try {
      const maxBytes = this.options.maxAnswerBytes * (exchange.mayBeLarge ? 4 : 1);
      return await dispatch(pool, exchange, this.options.timeoutSeconds * 1000, maxBytes);
    } finally {
      this.giveConnection();
    }
  }

  /** Closes all connections, also those in use. */
  async close(): Promise<void> {
    await this.pool?.destroy();
  }

  private open(): Pool {
    const { endpoint, connections, timeoutSeconds } = this.options;
    const secureContext = this.options.secureContext();
    leaveOutHttp2();
    const PoolOfUndici = require('undici/lib/dispatcher/pool.js') as typeof Pool;
    // undici reads HTTP with a WebAssembly program, which V8 would make faster after one answer: 30 MB, and 0.1 s for which the
    // end of the process waits. It is to do that where many answers come. (An unknown flag does nothing. Any flag makes
    // Node's own modules load three times as slowly: those are loaded before.)
    process.getBuiltinModule('node:v8').setFlagsFromString(`--wasm-tiering-budget=${WASM_TIERING_BUDGET}`);
    return new PoolOfUndici(endpoint, {
      connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxRequestsPerClient: REQUESTS_PER_CONNECTION,
      // The whole exchange has one time limit of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        ...(secureContext === null ? {} : { secureContext }),
        // Said, as Node's default is what NODE_TLS_REJECT_UNAUTHORIZED says, and a delegation must reach no stranger.
        rejectUnauthorized: true,
        maxCachedSessions: 0,
        timeout: timeoutSeconds * 1000,
        autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      },
    });
  }

  private async takeConnection(): Promise<void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private giveConnection(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}

/** undici's callbacks, from the first byte written to the last one read. */
function dispatch(pool: Pool, exchange: Exchange, timeoutMs: number, maxBytes: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null;
    let over = false;
    let status = 0;
    let headers: Answer['headers'] = {};
    let size = 0;
    const chunks: Buffer[] = [];
    const fail = (code: string, cause?: unknown): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      reject(new Lost(code, controller !== null, cause));
      controller?.abort(new Error(code));
    };
    const timer = setTimeout(() => fail(TIMED_OUT), timeoutMs);
    pool.dispatch(
      { method: exchange.method, path: exchange.path, body: exchange.body, headers: { ...exchange.headers } },
      {
        onRequestStart(begun) {
          // undici begins a request once. Should it ever do so again, or too late, nothing must be written.
          if (controller !== null) fail('BEGUN_TWICE');
          if (over) begun.abort(new Error('not to be sent'));
          else controller = begun;
        },
        onResponseStart(_, code, received) {
          // 1xx are no answers yet; undici hands them over all the same.
          if (code >= 200) [status, headers] = [code, received];
        },
        onResponseData(_, chunk) {
          size += chunk.length;
          if (size > maxBytes) fail(TOO_LARGE);
          else chunks.push(chunk);
        },
        onResponseEnd() {
          if (over) return;
          over = true;
          clearTimeout(timer);
          resolve({ status, headers, body: Buffer.concat(chunks) });
        },
        onResponseError(_, error) {
          fail((error as NodeJS.ErrnoException).code ?? error.name, error);
        },
      },
    );
  });
}

/** It is never spoken here (`allowH2`), and what speaks it loads Node's http2: a twelfth of a short run, and 2 MB. */
function leaveOutHttp2(): void {
  const file = require.resolve('undici/lib/dispatcher/client-h2.js');
  require.cache[file] ??= {
    id: file,
    filename: file,
    loaded: true,
    exports: {},
    children: [],
  } as unknown as NodeJS.Module;
}
