/**
 * misbehaviour: how each kind of fault treats the request that it meets.
 *
 * Everything here is something that a real server, a load balancer or a network does to a client. `serve` does the
 * request; whoever does it and then loses the answer has done it all the same.
 */
import { json, page, phrase, statusLine } from '../protocol/answer.js';
import type { Answer } from '../protocol/answer.js';
import type { Fault } from '../options.js';
import { randomIds } from '../protocol/uuid.js';

/** One request, seen from a fault. */
export interface OpenExchange {
  /** Does what the request asks. `commitLate`: a new job stays unseen for so many seconds, or until after the next look. */
  serve(how?: { commitLate: number | null }): Promise<Answer>;
  send(answer: Answer): void;
  /** Sends the head and half the body, then cuts. */
  sendHalf(answer: Answer): void;
  cut(): void;
  /** Runs it when so many seconds have passed by the server's clock, or after the next POST was done. */
  later(seconds: number | null, run: () => Promise<void>): void;
  /** Runs it after so many seconds of real time, unless the server stops. */
  wait(seconds: number, run: () => void): void;
}

export async function misbehave(fault: Fault, exchange: OpenExchange): Promise<void> {
  const seconds = fault.seconds ?? null;
  switch (fault.does) {
    case 'status':
      return exchange.send(troubled(fault.status ?? 503, fault.retryAfter, fault.message));
    case 'html':
      return exchange.send(page(fault.status ?? 500));
    case 'half-json':
      return exchange.send(halved(await exchange.serve()));
    case 'wrong-job':
      return exchange.send(misnamed(await exchange.serve()));
    case 'delay': {
      const answer = await exchange.serve();
      return exchange.wait(seconds ?? 1, () => exchange.send(answer));
    }
    case 'hang':
      return silence(exchange, seconds);
    case 'hang-after':
      await exchange.serve();
      return silence(exchange, seconds);
    case 'cut-before':
    case 'refuse':
      return exchange.cut();
    case 'cut-after':
      await exchange.serve();
      return exchange.cut();
    case 'cut-within':
      return exchange.sendHalf(await exchange.serve());
    case 'commit-late':
      await exchange.serve({ commitLate: seconds });
      return exchange.cut();
    case 'arrive-late':
      exchange.later(seconds, async () => {
        await exchange.serve();
      });
      return exchange.cut();
  }
}

function silence(exchange: OpenExchange, seconds: number | null): void {
  if (seconds !== null) exchange.wait(seconds, () => exchange.cut());
}

function troubled(status: number, retryAfter: number | undefined, message = phrase(status)): Answer {
  const answer = json({ status: statusLine(status), message }, status);
  return retryAfter === undefined ? answer : { ...answer, headers: { 'retry-after': `${retryAfter}` } };
}

function halved(answer: Answer): Answer {
  return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) };
}

/** Every job id of the answer becomes another one, always the same for the same id. */
function misnamed(answer: Answer): Answer {
  const body = answer.body.replace(/("job_id": ")([^"]*)"/g, (_, key: string, id: string) => {
    const other = randomIds(Number.parseInt(id.slice(0, 8), 16) || 0)();
    return `${key}${other}"`;
  });
  return { ...answer, body };
}
