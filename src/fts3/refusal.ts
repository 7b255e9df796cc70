/**
 * refusal: which error an answer with a 4xx or 5xx status is.
 *
 * The first question is who speaks. FTS refuses in JSON, {status | http_status, message | http_message}, where the
 * status repeats that of HTTP; everything else comes from something before it (the web server, a balancer), and says
 * nothing about the request. A 404 of the latter kind was seen for too long a URL.
 */
import {
  Banned,
  type Circumstances,
  ClientError,
  Conflict,
  FailedDependency,
  type FtsError,
  NeedDelegation,
  NotFound,
  ServerError,
  TryAgain,
  Unauthorized,
} from './errors.js';
import { type JsonObject, objectOf, parseJson, textFrom } from './wire.js';

/** An answer as it came. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  /** Seconds, from the header Retry-After. */
  readonly retryAfter: number | null;
  readonly text: string;
}

/** The message of FTS's own refusal, or null if this is not FTS's JSON. */
export function ftsMessage(reply: Reply): string | null {
  try {
    const json = objectOf(parseJson(reply.text), 'object');
    const status = oneOf(json, 'http_status', 'status');
    return status?.startsWith(String(reply.status)) ? oneOf(json, 'http_message', 'message') : null;
  } catch {
    return null;
  }
}

function oneOf(json: JsonObject, first: string, second: string): string | null {
  return textFrom(json[first], first) || textFrom(json[second], second) || null;
}

/** The error for an answer with a status of 300 or more. `attempt` begins the message: "Cannot … on …". */
export function refusal(attempt: string, reply: Reply, message: string | null): FtsError {
  const { status } = reply;
  // A 5xx is no refusal, even in JSON: the server may have stumbled after the job was stored.
  const circumstances = { status, sent: true, answered: message !== null && status >= 400 && status < 500 };
  // Loaded here, as most runs are refused nothing.
  const { STATUS_CODES } = process.getBuiltinModule('node:http');
  const answer = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  return message === null
    ? strangersError(attempt, `${answer}, ${kindOf(reply)}`, reply, circumstances)
    : ftsError(attempt, `${answer}, "${message}"`, message, reply, circumstances);
}

function kindOf({ contentType, text }: Reply): string {
  if (text === '') return 'with nothing in it';
  return /html/i.test(contentType) || text.startsWith('<') ? "in HTML, not in FTS's JSON" : "and not in FTS's JSON";
}

function strangersError(attempt: string, answer: string, reply: Reply, circumstances: Circumstances): FtsError {
  const message = `${attempt}: the server answered ${answer}`;
  if (isBusy(reply.status)) return new TryAgain(message, circumstances, reply.retryAfter);
  if (reply.status === 401 || reply.status === 403) return new Unauthorized(message, circumstances);
  return new ServerError(message, circumstances);
}

function ftsError(
  attempt: string,
  answer: string,
  message: string,
  reply: Reply,
  circumstances: Circumstances,
): FtsError {
  const says = `${attempt}: FTS answered ${answer}`;
  switch (reply.status) {
    case 401:
      return new Unauthorized(`${says}; check the proxy or token and its VO`, circumstances);
    case 403:
      return /\bis banned\b/.test(message)
        ? new Banned(says, circumstances)
        : new Unauthorized(`${says}; check the proxy or token and its VO`, circumstances);
    case 404:
      return new NotFound(says, circumstances);
    case 409:
      return new Conflict(says, conflictKind(message), circumstances);
    case 419:
      return new NeedDelegation(says, circumstances);
    case 424:
      return new FailedDependency(says, circumstances);
    default:
      if (isBusy(reply.status)) return new TryAgain(says, circumstances, reply.retryAfter);
      return reply.status >= 400 && reply.status < 500
        ? new ClientError(says, circumstances)
        : new ServerError(says, circumstances);
  }
}

function isBusy(status: number): boolean {
  return status === 408 || status === 429 || status === 503;
}

/** The texts are those of FTS3 3.13; the second goes on with the database's own words, which name many things. */
function conflictKind(message: string): Conflict['kind'] {
  if (message.startsWith('The submission is duplicated'))
    return /foreign key\b.*token_id/s.test(message) ? 'tokens' : 'destination';
  return /\bsid\b/.test(message) ? 'sid' : 'other';
}
