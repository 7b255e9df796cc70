/**
 * loopback: a small HTTP server on loopback that answers as a test says, and remembers what it was asked.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

import { Fts3, type Fts3Options } from '../../dist/fts3/index.js';

/** A request as the server saw it. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** The number of its connection, from 0. */
  connection: number;
}

export type Answering = (asked: Asked, response: ServerResponse, socket: Socket) => void;

export interface Loopback {
  endpoint: string;
  asked: Asked[];
}

/** Starts a server that is stopped after the test; with `tls`, an https one. */
export async function listen(
  t: Pick<TestContext, 'after'>,
  answering: Answering,
  tls?: ServerOptions,
): Promise<Loopback> {
  const asked: Asked[] = [];
  const connections: Socket[] = [];
  const server: Server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => connections.push(socket));
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers, socket } = request;
      const body = Buffer.concat(chunks).toString();
      asked.push({ method, path, headers, body, connection: connections.indexOf(socket) });
      answering(asked[asked.length - 1] as Asked, response, socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of connections) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, asked };
}

/** A client that is closed after the test. It does not repeat anything unless told to. */
export function clientOf(t: TestContext, endpoint: string, options: Partial<Fts3Options> = {}): Fts3 {
  const client = new Fts3({
    endpoint,
    credential: null,
    caDirectory: '/nonexistent',
    timeoutSeconds: 20,
    userAgent: 'castor2echo/test',
    backOff: [],
    ...options,
  });
  t.after(() => client.close());
  return client;
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** A job as FTS writes it, without files. */
export function wireJob(id: string, state = 'ACTIVE'): Record<string, unknown> {
  return { job_id: id, job_state: state, vo_name: 'lhcb', reason: null, job_metadata: null, http_status: '200 Ok' };
}

/** What FTS says of a job that it does not have. */
export function wireMissing(id: string): Record<string, unknown> {
  const http_message = `No job with the id "${id}" has been found`;
  return { job_id: id, http_status: '404 Not Found', http_message };
}

/** A made-up job id. */
export function jobId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
