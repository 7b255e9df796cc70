/**
 * dispatcher: takes requests one by one, writes them into the history, lets faults meet them, and sends what they come
 * to.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { json, phrase } from './protocol/answer.js';
import type { Answer } from './protocol/answer.js';
import type { Connections } from './connections.js';
import type { Faults } from './faults/faults.js';
import type { Caller } from './protocol/identity.js';
import { misbehave } from './faults/misbehaviour.js';
import type { OpenExchange } from './faults/misbehaviour.js';
import type { HistoryEntry } from './options.js';
import { answer } from './requests/routes.js';
import type { World } from './state/world.js';

/** What comes in for the rehearsal itself, beside FTS: not in the history, and no fault meets it. */
export type Control = (call: { method: string; path: string; body: string }) => Answer | null;

interface Late {
  /** By the server's clock; null: after the next POST. */
  readonly due: number | null;
  readonly run: () => Promise<void>;
}

export class Dispatcher {
  readonly history: HistoryEntry[] = [];
  private readonly world: World;
  private readonly faults: Faults;
  private readonly connections: Connections;
  private readonly now: () => number;
  private readonly control: Control;
  private readonly timers = new Set<NodeJS.Timeout>();
  private late: Late[] = [];

  constructor(world: World, faults: Faults, connections: Connections, now: () => number, control: Control) {
    this.world = world;
    this.faults = faults;
    this.connections = connections;
    this.now = now;
    this.control = control;
  }

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request).catch(() => null);
    if (body === null || !this.connections.isOpen(request.socket)) return;
    const { method = 'GET', url = '/' } = request;
    const controlled = this.control({ method, path: url, body });
    if (controlled !== null) return this.send(response, controlled);
    await this.runLate((late) => late.due !== null && late.due <= this.now());
    await this.serve(request, response, body);
  }

  /** Nothing that is still to come comes. */
  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.late = [];
  }

  private async serve(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const caller = this.connections.caller(request, this.now());
    const entry = this.enter(request, body, caller.userDn);
    const serve: OpenExchange['serve'] = async (how) => {
      const done = await this.answer(request, body, caller, how);
      if (entry.method === 'POST') await this.runLate((late) => late.due === null);
      return done;
    };
    const exchange = this.exchange(entry, response, serve);
    try {
      const fault = this.faults.meet(entry);
      entry.fault = fault?.name ?? null;
      if (fault === undefined) exchange.send(await serve());
      else await misbehave(fault, exchange);
    } catch (error) {
      // A bug of the server: it must not look like something that FTS says.
      exchange.send(json({ bug: error instanceof Error ? error.stack : String(error) }, 500));
    }
  }

  private answer(
    request: IncomingMessage,
    body: string,
    caller: Caller,
    how?: { commitLate: number | null },
  ): Promise<Answer> {
    const { method = 'GET', url = '/', headers } = request;
    const [path = '/', ...search] = url.split('?');
    const query = new URLSearchParams(search.join('?'));
    const now = this.now();
    const call = { method, path, query, headers, body, caller, now };
    if (how === undefined) return answer(this.world, call);
    const until = how.commitLate === null ? null : now + how.commitLate * 1000;
    return answer(this.world, { ...call, commitLate: { until } });
  }

  private enter({ method = 'GET', url = '/', socket }: IncomingMessage, body: string, userDn: string): HistoryEntry {
    const entry: HistoryEntry = {
      number: this.history.length + 1,
      connection: this.connections.number(socket),
      time: this.now(),
      method,
      path: url,
      body,
      userDn,
      status: null,
      fault: null,
    };
    this.history.push(entry);
    return entry;
  }

  private exchange(entry: HistoryEntry, response: ServerResponse, serve: OpenExchange['serve']): OpenExchange {
    return {
      serve,
      send: (done) => {
        entry.status = done.status;
        this.send(response, done);
      },
      sendHalf: (done) => {
        entry.status = done.status;
        response.writeHead(done.status, phrase(done.status), headersOf(done, this.now()));
        const half = Buffer.from(done.body).subarray(0, Math.floor(Buffer.byteLength(done.body) / 2));
        response.write(half, () => response.socket?.destroySoon());
      },
      cut: () => void response.socket?.destroy(),
      later: (seconds, run) => {
        this.late.push({ due: seconds === null ? null : this.now() + seconds * 1000, run });
      },
      wait: (seconds, run) => {
        const timer = setTimeout(() => {
          this.timers.delete(timer);
          run();
        }, seconds * 1000);
        this.timers.add(timer);
      },
    };
  }

  private send(response: ServerResponse, done: Answer): void {
    if (response.headersSent) return;
    response.writeHead(done.status, phrase(done.status), headersOf(done, this.now()));
    response.end(done.body);
  }

  private async runLate(which: (late: Late) => boolean): Promise<void> {
    const come = this.late.filter(which);
    this.late = this.late.filter((late) => !come.includes(late));
    for (const late of come) await late.run();
  }
}

function headersOf({ contentType, body, headers }: Answer, now: number): Record<string, string> {
  const type =
    contentType === null ? {} : { 'content-type': contentType, 'content-length': `${Buffer.byteLength(body)}` };
  return { server: 'castor2echo-rehearsal', date: new Date(now).toUTCString(), ...type, ...headers };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
