/**
 * standIn: an FTS3 server of the barest kind, in a process of its own, so that the server is never what is measured.
 *
 *     node build/bench/standIn.js '{"delayMs": 20, "state": "ACTIVE", "seed": 1}'
 *
 * It takes every submission and says of every job that it is in `state`, after `delayMs`. It remembers nothing but how
 * many requests it had; `GET /bench/counts` tells them and begins anew. Kept-alive connections end after 100 requests
 * or 5 s of silence, as on the real server. Prints its URL when it listens.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jobIdFor } from '../../dist/fts3/index.js';
import { jobEntry } from './jobs.js';

export interface StandInOptions {
  readonly delayMs: number;
  readonly state: string;
  readonly seed: number;
}

export interface Counts {
  readonly submissions: number;
  readonly looks: number;
  readonly looksWithFiles: number;
  readonly others: number;
}

const BASE_ID = '01874efb-4735-4595-bc9c-591aef8240c9';
const WHOAMI = {
  user_dn: '/DC=org/DC=example/OU=users/CN=Bench',
  base_id: BASE_ID,
  vos: ['lhcb'],
  delegation_id: '89f8cff05dd6b375',
  method: 'certificate',
};
const NONE: Counts = { submissions: 0, looks: 0, looksWithFiles: 0, others: 0 };

const { delayMs, state, seed } = JSON.parse(process.argv[2] ?? '{}') as StandInOptions;
let counts = NONE;
const count = (what: keyof Counts): void => {
  counts = { ...counts, [what]: counts[what] + 1 };
};

function answer(method: string, url: string, body: string): unknown {
  const [path = '', query = ''] = url.split('?');
  if (method === 'POST' && path === '/jobs') {
    count('submissions');
    const { params } = JSON.parse(body) as { params: { sid: string } };
    return { job_id: jobIdFor(BASE_ID, 'lhcb', params.sid) };
  }
  const ids = /^\/jobs\/(.+)$/.exec(path)?.[1]?.split(',');
  if (ids !== undefined) {
    const files = query.startsWith('files=') ? { seed } : null;
    count(files === null ? 'looks' : 'looksWithFiles');
    const entries = ids.map((id) => jobEntry(id, state, files));
    return entries.length === 1 ? entries[0] : entries;
  }
  if (path === '/bench/counts') {
    const told = counts;
    counts = NONE;
    return told;
  }
  count('others');
  return WHOAMI;
}

const server = createServer({ keepAliveTimeout: 5000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const text = JSON.stringify(answer(request.method ?? '', request.url ?? '', Buffer.concat(chunks).toString()));
    const send = (): void => void response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    if (delayMs > 0) setTimeout(send, delayMs);
    else send();
  });
});
server.maxRequestsPerSocket = 100;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
// It ends with the benchmark, however that ends.
process.stdin.on('end', () => process.exit()).resume();
