/**
 * delegation: gives an FTS server a proxy of its own, with which it copies in our name.
 *
 * The server makes a key and asks for a certificate on it; we sign that with our proxy and send it back with our
 * chain. No private key travels. Only X.509 credentials are delegated; with tokens the request's own token serves.
 */
import { X509Certificate } from 'node:crypto';

import { terminationTimeIn } from './answers.js';
import { SKEW_MS } from './certificateFile.js';
import { requestedKey } from './certificateRequest.js';
import type { CertificateCredential } from './credential.js';
import { DerError } from './der.js';
import { CredentialError, FtsError } from './errors.js';
import { type Call, type Http, json } from './http.js';
import { signProxy } from './proxyCertificate.js';
import { WrongAnswer } from './wire.js';

/** When the delegated credential ends; null if there is none. It may lie in the past. */
export async function delegatedUntil(http: Http, delegationId: string): Promise<Date | null> {
  return http.repeatedly({
    action: 'look at the delegation',
    method: 'GET',
    path: pathOf(delegationId),
    read: json(terminationTimeIn),
  });
}

/**
 * Delegates for this many hours, or as long as the shortest-lived certificate of the chain. What is delegated for
 * longer already stays: running transfers depend on it.
 * @returns the end of what is now delegated
 */
export async function delegate(
  http: Http,
  credential: CertificateCredential,
  delegationId: string,
  hours: number,
): Promise<Date> {
  const now = http.now().getTime();
  const notAfter = wholeSeconds(Math.min(now + hours * 3_600_000, credential.expires.getTime()));
  const existing = await delegatedUntil(http, delegationId);
  if (existing !== null && existing >= notAfter) return existing;
  const publicKey = await http.repeatedly(requestCall(delegationId));
  const leaf = signProxy(credential, publicKey, beginning(credential, now), notAfter);
  try {
    await http.once(putCall(delegationId, [leaf, ...credential.chain].join('')));
  } catch (error) {
    // The request is used up once a credential was accepted, so a lost answer is looked after and not repeated.
    if (!(error instanceof FtsError) || error.answered || !error.sent) throw error;
    const stored = await delegatedUntil(http, delegationId);
    if (stored === null || stored < notAfter) throw error;
    return stored;
  }
  return notAfter;
}

function pathOf(delegationId: string): string {
  if (!/^[0-9A-Za-z-]{1,64}$/.test(delegationId)) {
    throw new CredentialError('Cannot delegate: the delegation id is none; look at /whoami');
  }
  return `/delegation/${delegationId}`;
}

function requestCall(delegationId: string): Call<Buffer> {
  return {
    action: 'get a request for delegation',
    method: 'GET',
    path: `${pathOf(delegationId)}/request`,
    read(text) {
      try {
        return requestedKey(text);
      } catch (error) {
        if (!(error instanceof DerError)) throw error;
        throw new WrongAnswer(`cannot be signed: ${error.message}`);
      }
    },
  };
}

function putCall(delegationId: string, proxy: string): Call<void> {
  return {
    action: 'delegate',
    method: 'PUT',
    path: `${pathOf(delegationId)}/credential`,
    body: { type: 'text/plain', text: proxy },
    read: () => undefined,
  };
}

/** Five minutes back, as the server's clock may be behind ours, but not before the signer itself. */
function beginning({ chain }: CertificateCredential, now: number): Date {
  const signer = Date.parse(new X509Certificate(chain[0] ?? '').validFrom);
  return wholeSeconds(Math.max(now - SKEW_MS, signer));
}

function wholeSeconds(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}
