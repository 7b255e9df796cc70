/**
 * http: FTS3's way of using HTTP, on top of the transport.
 *
 * Adds the credential, knows FTS's refusals, checks answers, and repeats what may be repeated. `once` makes exactly one
 * request, whatever comes of it; `repeatedly` makes it again after TryAgain and ServerError, with pauses between.
 * The credential is checked before every request, since a run may outlive it.
 *
 * @throws FtsError, one of its classes, and nothing else
 */
import { isAscii } from 'node:buffer';
import { setTimeout as pause } from 'node:timers/promises';

import { checkNotExpired, type Credential } from './credential.js';
import { type FtsError, ServerError, TryAgain } from './errors.js';
import { Lost, lostError } from './lost.js';
import { ftsMessage, refusal, type Reply } from './refusal.js';
import type { Answer, Exchange, Transport } from './transport.js';
import { parseJson, WrongAnswer } from './wire.js';

/** One thing to ask of the server. */
export interface Call<T> {
  /** Goes into messages, after "Cannot". */
  readonly action: string;
  readonly method: Exchange['method'];
  readonly path: string;
  readonly body?: { readonly type: string; readonly text: string };
  /** Which of FTS's own refusals are values here, and given to `read`. */
  readonly isValue?: (status: number, message: string) => boolean;
  /** Its answer cannot be had in parts: it may be four times as large as others. */
  readonly mayBeLarge?: boolean;
  /** Takes the value out of what the server answered at `at`, by its own clock; it throws WrongAnswer if it is not in it. */
  readonly read: (text: string, at: Date) => T;
}

export interface HttpOptions {
  readonly endpoint: string;
  readonly credential: Credential | null;
  readonly userAgent: string;
  /** Milliseconds between tries; their number is that of the repetitions. */
  readonly backOff: readonly number[];
  readonly now: () => Date;
}

const MAX_RETRY_AFTER_SECONDS = 30;
const MAX_MESSAGE = 600;

export class Http {
  private readonly transport: Transport;
  private readonly options: HttpOptions;
  private readonly closing = new AbortController();
  private lastClockAheadMs: number | null = null;

  constructor(transport: Transport, options: HttpOptions) {
    this.transport = transport;
    this.options = options;
  }

  /** How far the server's clock is ahead of ours, to a second, by the Date of its last answer (RFC 9110, 6.6.1); null: not known. */
  get clockAheadMs(): number | null {
    return this.lastClockAheadMs;
  }

  now(): Date {
    return this.options.now();
  }

  /** Makes one request, never a second one. */
  async once<T>(call: Call<T>): Promise<T> {
    const { endpoint, credential } = this.options;
    if (credential !== null) checkNotExpired(credential, this.now());
    const attempt = `Cannot ${call.action} on ${endpoint}`;
    const answer = await this.exchange(attempt, call);
    const at = this.answeredAt(answer);
    const reply = readable(answer, at);
    if (reply.status >= 300) {
      const message = ftsMessage(reply);
      if (message === null || !call.isValue?.(reply.status, message)) {
        throw refusal(attempt, reply, message === null ? null : this.presentable(message));
      }
    }
    return this.read(attempt, call, reply, at);
  }

  /** Makes a request that does no harm when made twice, again and again until it succeeds or the pauses are used up. */
  async repeatedly<T>(call: Call<T>): Promise<T> {
    for (const pauseMs of this.options.backOff) {
      try {
        return await this.once(call);
      } catch (error) {
        if (!(error instanceof TryAgain || error instanceof ServerError)) throw error;
        const wished = error instanceof TryAgain ? (error.retryAfter ?? 0) : 0;
        await this.pause(Math.max(pauseMs, 1000 * Math.min(wished, MAX_RETRY_AFTER_SECONDS)), error);
      }
    }
    return this.once(call);
  }

  /** Ends all requests and pauses. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.transport.close();
  }

  private async pause(ms: number, error: FtsError): Promise<void> {
    try {
      await pause(ms, undefined, { signal: this.closing.signal });
    } catch {
      throw error;
    }
  }

  private async exchange<T>(attempt: string, { method, path, body, mayBeLarge = false }: Call<T>): Promise<Answer> {
    const { credential } = this.options;
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': this.options.userAgent };
    if (body !== undefined) headers['content-type'] = body.type;
    if (credential?.kind === 'token') headers['authorization'] = `Bearer ${credential.token}`;
    try {
      return await this.transport.exchange({ method, path, headers, body: body?.text ?? null, mayBeLarge });
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      throw lostError(attempt, error, credential?.kind === 'certificate' ? credential.path : null);
    }
  }

  /** By the server's own clock, with which its other times are to be compared; by ours where it does not say. */
  private answeredAt({ headers }: Answer): Date {
    const now = this.now();
    const date = Date.parse(String(headers['date'] ?? ''));
    this.lastClockAheadMs = Number.isNaN(date) ? null : date - now.getTime();
    return Number.isNaN(date) ? now : new Date(date);
  }

  private read<T>(attempt: string, call: Call<T>, reply: Reply, at: Date): T {
    try {
      return call.read(reply.text, at);
    } catch (error) {
      if (!(error instanceof WrongAnswer)) throw error;
      const message = `${attempt}: the server's answer ${this.presentable(error.message)}`;
      throw new ServerError(message, { status: reply.status, sent: true });
    }
  }

  /** A server's words, fit for one line of a log: short, without control characters, and without our token. */
  private presentable(text: string): string {
    const { credential } = this.options;
    const safe = credential?.kind === 'token' ? text.replaceAll(credential.token, '…') : text;
    const line = safe.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
    return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
  }
}

/** Reads an answer as JSON and hands it on. */
export function json<T>(check: (value: unknown, at: Date) => T): (text: string, at: Date) => T {
  return (text, at) => check(parseJson(text), at);
}

function readable({ status, headers, body }: Answer, at: Date): Reply {
  return {
    status,
    contentType: String(headers['content-type'] ?? ''),
    retryAfter: secondsUntil(String(headers['retry-after'] ?? ''), at.getTime()),
    // Most answers are ASCII, which need not be decoded.
    text: body.toString(isAscii(body) ? 'latin1' : 'utf8'),
  };
}

/** Retry-After: seconds, or a date (RFC 9110, 10.2.3). */
function secondsUntil(header: string, now: number): number | null {
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, (date - now) / 1000);
}
