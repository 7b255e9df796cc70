/**
 * requestCalls: makes points of the requests of undici that change something at the server (not GET and HEAD).
 *
 * Three each, by undici's diagnostics channels: `request`, before a byte of it is sent; `request sent`, when it is with
 * the kernel and its answer has not come: the answer is lost; `answer`, when its head has come and nobody has seen it.
 * They cannot be made to fail by CRASH_ERRNO: a server that misbehaves is the rehearsal server's part.
 */
import { subscribe } from 'node:diagnostics_channel';
import { point } from './point.js';

const CHANNELS = {
  'undici:request:create': 'request',
  'undici:request:bodySent': 'request sent',
  'undici:request:headers': 'answer',
};

export function countRequests(): void {
  for (const [channel, operation] of Object.entries(CHANNELS)) {
    subscribe(channel, (message) => {
      const { method, path } = (message as { request: { method: string; path: string } }).request;
      if (method === 'GET' || method === 'HEAD') return;
      point({ operation, path: `${method} ${path}`, make: () => undefined });
    });
  }
}
