/**
 * postLoop: the rival of the consumer: POSTs what stands in a file, a body a line, some at once, and reads the answers.
 *
 *     node build/bench/postLoop.js URL FILE CONCURRENCY
 */
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';

const [url = '', file = '', concurrency = '4'] = process.argv.slice(2);
const bodies = readFileSync(file, 'utf8').split('\n');
const pool = new Pool(url, { connections: Number(concurrency), pipelining: 1 });
const headers = { accept: 'application/json', 'content-type': 'application/json' };

async function post(): Promise<void> {
  for (let body = bodies.shift(); body !== undefined; body = bodies.shift()) {
    const answer = await pool.request({ method: 'POST', path: '/jobs', headers, body });
    await answer.body.json();
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, post));
await pool.close();
