/**
 * front: a server that stands before a rehearsal server and changes what it says of jobs.
 */
import type { TestContext } from 'node:test';

import type { RehearsalServer } from '../../dist/rehearsal/server/options.js';
import { type Loopback, listen } from '../fts3/loopback.js';

export type Entry = Record<string, unknown> & { job_id: string; files?: Record<string, unknown>[] };

/** Stands before a rehearsal server and changes its answers to GETs of jobs; null: it answers 500 instead. */
export async function before(
  t: Pick<TestContext, 'after'>,
  server: RehearsalServer,
  change: (entries: Entry[]) => unknown[] | null,
): Promise<Loopback> {
  return listen(t, ({ method, path, headers, body }, response) => {
    const type = headers['content-type'];
    const asked = { method, headers: type === undefined ? {} : { 'content-type': type } };
    void fetch(`${server.url}${path}`, method === 'GET' ? asked : { ...asked, body }).then(async (answer) => {
      const text = await answer.text();
      let [status, said] = [answer.status, text];
      if (method === 'GET' && path.startsWith('/jobs/')) {
        const parsed = JSON.parse(text) as Entry | Entry[];
        const changed = change(Array.isArray(parsed) ? parsed : [parsed]);
        status = changed === null ? 500 : status;
        said = JSON.stringify(
          changed === null
            ? { status: '500 Internal Server Error', message: 'odd' }
            : Array.isArray(parsed)
              ? changed
              : changed[0],
        );
      }
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(said);
    });
  });
}
