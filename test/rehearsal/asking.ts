/**
 * asking: one plain HTTP request, for tests that look at a server from outside. Not the client of the toolkit: the
 * server must not be tested by what it is to test.
 */
import http from 'node:http';
import https from 'node:https';

export interface Reply {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The JSON in the body; undefined if it is none. */
  readonly json: unknown;
}

export interface Ask {
  readonly body?: unknown;
  /** Null: left out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly tls?: https.RequestOptions;
  readonly agent?: http.Agent;
  readonly timeout?: number;
}

/** Rejects with the socket's error when no whole answer comes. */
export function ask(endpoint: string, method: string, path: string, options: Ask = {}): Promise<Reply> {
  const { body, headers = {}, tls = {}, agent, timeout = 10_000 } = options;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const json = text !== undefined && !('content-type' in headers) ? { 'content-type': 'application/json' } : {};
  const url = new URL(endpoint);
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...tls,
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        path,
        method,
        agent: agent ?? false,
        headers: present({
          accept: 'application/json',
          'user-agent': 'fts-rest-client/3.12',
          ...json,
          ...headers,
        }),
        signal: AbortSignal.timeout(timeout),
      },
      (response) => void collect(response).then(resolve, reject),
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

function present(headers: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

async function collect(response: http.IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const { statusCode = 0, headers } = response;
  return { status: statusCode, type: headers['content-type'], headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What was answered, for tests that know its form. */
export function jobOf(reply: Reply): Job {
  return reply.json as Job;
}

export interface Job {
  readonly job_id: string;
  readonly job_state: string;
  readonly reason: string | null;
  readonly http_status: string;
  readonly http_message?: string | null;
  readonly job_finished: string | null;
  readonly job_metadata: Readonly<Record<string, unknown>>;
  readonly priority: number;
  readonly files: readonly File[];
}

export interface File {
  readonly file_id: number;
  readonly file_index: number;
  readonly file_state: string;
  readonly reason: string | null;
  readonly recoverable: boolean | null;
  readonly source_surl: string;
  readonly dest_surl: string;
  readonly filesize: number | null;
  readonly start_time: string | null;
  readonly finish_time: string | null;
}
