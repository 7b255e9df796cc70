/**
 * delegation: the credentials that callers have left with the server.
 *
 * GET, request, PUT and DELETE as seen on FTS 3.13. What is PUT is checked more strictly than there: key, signatures,
 * names and dates of the whole chain, so that a client that signs badly learns it in the rehearsal.
 */
import type { X509Certificate } from 'node:crypto';

import { badRequest, empty, json, Refusal } from '../protocol/answer.js';
import type { Answer } from '../protocol/answer.js';
import { makeCertificateRequest } from '../protocol/certificateRequest.js';
import type { CertificateRequest } from '../protocol/certificateRequest.js';
import { holderOf, isProxy, readCertificates } from '../protocol/certificates.js';
import type { Caller } from '../protocol/identity.js';
import { time } from './views.js';

interface Credential {
  /** Milliseconds. */
  readonly expires: number;
  readonly attributes: readonly string[];
}

const HOUR = 3600 * 1000;

export class Delegations {
  private readonly requests = new Map<string, Promise<CertificateRequest>>();
  private readonly credentials = new Map<string, Credential>();
  /** Null over http, where callers have no certificate: then a chain may come from any CA. */
  private readonly cas: readonly X509Certificate[] | null;

  constructor(cas: readonly X509Certificate[] | null) {
    this.cas = cas;
  }

  /** `[]` for the clients that know it, `null` for others, when nothing is delegated. */
  get(caller: Caller, id: string, userAgent: string): Answer {
    const credential = this.credentials.get(own(caller, id));
    if (credential !== undefined) {
      return json({ termination_time: time(credential.expires), voms_attrs: credential.attributes });
    }
    const [, major = '0', minor = '0'] = /(?:fts-rest-client|fts-python-bindings)\/(\d+)\.(\d+)/.exec(userAgent) ?? [];
    return json(Number(major) * 100 + Number(minor) >= 312 ? [] : null);
  }

  /** The same request, hence the same key, until it is used. */
  async request(caller: Caller, id: string): Promise<Answer> {
    demandCertificate(caller);
    const known = this.requests.get(own(caller, id)) ?? makeCertificateRequest();
    this.requests.set(id, known);
    const { pem } = await known;
    return { status: 200, contentType: 'text/plain; charset=utf-8', body: pem, headers: { 'x-delegation-id': id } };
  }

  async put(caller: Caller, id: string, pem: string, now: number): Promise<Answer> {
    demandCertificate(caller);
    const request = await this.requests.get(own(caller, id));
    if (request === undefined) throw badRequest('No credential cache found');
    const chain = this.readChain(pem);
    const leaf = chain[0]?.publicKey.export({ type: 'spki', format: 'der' });
    if (leaf === undefined || !leaf.equals(request.publicKey.export({ type: 'spki', format: 'der' }))) {
      throw refusedProxy('The proxy does not match the stored associated private key');
    }
    this.credentials.set(id, { expires: this.check(chain, caller, now), attributes: caller.fqans });
    this.requests.delete(id);
    return empty(201, 'text/html; charset=utf-8');
  }

  /** 419 if nothing is delegated, or it has expired, or less than an hour of it is left. */
  demand(caller: Caller, now: number): void {
    const credential = this.credentials.get(caller.delegationId ?? '');
    if (credential === undefined) throw new Refusal(419, `No delegation found for "${caller.userDn}"`);
    const left = credential.expires - now;
    if (left <= 0) {
      const ago = Math.round(-left / 1000);
      throw new Refusal(419, `The delegated credentials expired ${ago} seconds ago (${caller.delegationId})`);
    }
    if (left < HOUR) {
      throw new Refusal(419, `The delegated credentials has less than one hour left (${caller.delegationId})`);
    }
  }

  private readChain(pem: string): X509Certificate[] {
    try {
      const chain = readCertificates(pem);
      if (chain.length >= 2 && !pem.includes('PRIVATE KEY')) return chain;
    } catch {
      // Falls through to the one answer that FTS has for all of this.
    }
    throw refusedProxy('Malformed proxy');
  }

  private check(chain: readonly X509Certificate[], caller: Caller, now: number): number {
    const [leaf] = chain;
    if (leaf === undefined || !isProxy(leaf)) throw refusedProxy('The leaf is not an RFC 3820 proxy');
    try {
      const holder = holderOf(chain, this.cas, now);
      if (this.cas !== null && holder.userDn !== caller.userDn) throw new Error(`it speaks for ${holder.userDn}`);
      return holder.expires;
    } catch (error) {
      throw refusedProxy(error instanceof Error ? error.message : String(error));
    }
  }
}

function demandCertificate({ method }: Caller): void {
  if (method === 'oauth2') throw new Refusal(403, 'Certificate required');
}

function refusedProxy(why: string): Refusal {
  return badRequest(`Could not process the proxy: ${why}`);
}

/** The id, if it is the caller's; 403 elsewhere. */
function own(caller: Caller, id: string): string {
  if (caller.delegationId !== id) throw new Refusal(403, 'The requested ID and the credentials ID do not match');
  return id;
}
