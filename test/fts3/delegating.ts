/**
 * delegating: a client delegates to a small server on loopback, which keeps what it was given.
 */
import { X509Certificate } from 'node:crypto';
import type { TestContext } from 'node:test';

import type { CertificateCredential } from '../../dist/fts3/index.js';
import { type Asked, clientOf, listen, sendJson } from './loopback.js';

export const ID = '314070c3e50da6e0';

export interface DelegationServer {
  /** The request that it hands out, PEM. */
  request: string;
  /** What is delegated at the start. */
  until?: Date | null;
  /** Answers the PUT; by default with 201, and what was put is then delegated. */
  put?: (asked: Asked, stored: () => void) => { status: number; body: string } | 'close';
}

/** Delegates to a server on loopback; the chain it was sent, PEM, or null. */
export async function delegate(
  t: TestContext,
  credential: CertificateCredential,
  server: DelegationServer,
  hours = 6,
): Promise<{ end: Date; chain: string | null; asked: Asked[] }> {
  let until = server.until ?? null;
  let chain: string | null = null;
  const { endpoint, asked } = await listen(t, (request, response, socket) => {
    if (request.path === `/delegation/${ID}`) {
      return sendJson(response, until && { termination_time: until.toISOString().slice(0, 19), voms_attrs: [] });
    }
    if (request.path === `/delegation/${ID}/request`) return void response.end(server.request);
    const store = (): void => {
      chain = request.body;
      until = new Date(new X509Certificate(chain).validTo);
    };
    if (server.put === undefined) store();
    const answer = server.put?.(request, store) ?? { status: 201, body: '' };
    if (answer === 'close') return void socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    return void response.end(answer.body);
  });
  const end = await clientOf(t, endpoint, { credential }).delegate(ID, hours);
  return { end, chain, asked };
}

/** The new proxy of a delegation that must have happened, alone. */
export function leafOf(chain: string | null): string {
  return /^-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(chain ?? '')?.[0] ?? '';
}
