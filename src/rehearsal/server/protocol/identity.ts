/**
 * identity: who is calling.
 *
 * Over https it is the holder of the client's certificate, over http whoever the headers name (`x-rehearsal-dn`,
 * `x-rehearsal-vo`, `x-rehearsal-role`; "anon" is nobody), with a bearer token the token's subject. As seen on FTS
 * 3.13: the delegation id is the head of a SHA-1 over the DN and all FQANs; without VOMS attributes the VO is the
 * delegation id itself; and a resumed TLS 1.3 session is somebody else, the proxy's own DN without VOMS.
 */
import { createHash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { TLSSocket } from 'node:tls';

import { dnOf, holderOf } from './certificates.js';
import { claimsOf, isValidNow, scopesOf } from './tokens.js';
import { BASE_ID, voId } from './uuid.js';

export interface Caller {
  readonly method: 'certificate' | 'oauth2' | 'unauthenticated';
  readonly userDn: string;
  readonly dns: readonly string[];
  readonly fqans: readonly string[];
  /** "" for nobody. */
  readonly vo: string;
  readonly delegationId: string | null;
  /** The bearer token by which it is known. */
  readonly token?: string;
}

export const DEFAULT_DN = '/DC=org/DC=example/OU=users/CN=Rehearsal User';

export const NOBODY: Caller = {
  method: 'unauthenticated',
  userDn: 'anon',
  dns: ['anon'],
  fqans: [],
  vo: '',
  delegationId: null,
};

/** A caller over http, by the headers of the request. */
export function callerByHeaders(headers: IncomingHttpHeaders, vo: string): Caller {
  const dn = header(headers, 'x-rehearsal-dn') ?? (headers.authorization === undefined ? DEFAULT_DN : 'anon');
  if (dn === 'anon') return NOBODY;
  return callerBy([dn], header(headers, 'x-rehearsal-vo') ?? vo, header(headers, 'x-rehearsal-role'));
}

/** A caller over https. Throws an Error if the certificate is not to be trusted: the real server cuts the handshake. */
export function callerBySocket(socket: TLSSocket, vo: string, cas: readonly X509Certificate[], now: number): Caller {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return NOBODY;
  if (socket.isSessionReused()) return callerBy([dnOf(leaf)], '', undefined);
  return callerBy(holderOf(chainFrom(leaf), cas, now).dns, vo, undefined);
}

/** A caller by the claims of a bearer token; null for one that FTS does not believe, which is no error there. */
export function callerByToken(token: string, vo: string, now: number): Caller | null {
  const claims = claimsOf(token);
  const { iss, aud, sub } = claims;
  if (typeof iss !== 'string' || aud === undefined || !isValidNow(claims, now)) return null;
  const subject = typeof sub === 'string' ? sub : 'token';
  const delegationId = idOf(iss + subject);
  return { method: 'oauth2', userDn: subject, dns: [subject], fqans: scopesOf(claims), vo, delegationId, token };
}

/** GET /whoami. */
export function whoami(caller: Caller): unknown {
  const roles = caller.fqans.map((fqan) => /Role=([^/]+)/.exec(fqan)?.[1] ?? 'NULL').filter((role) => role !== 'NULL');
  return {
    user_dn: caller.userDn,
    dn: caller.dns,
    base_id: BASE_ID,
    voms_cred: caller.fqans,
    vos: caller.vo === '' ? [] : [caller.vo],
    vos_id: caller.vo === '' ? [] : [voId(caller.vo)],
    roles,
    level: caller.delegationId === null ? [] : levels(caller),
    delegation_id: caller.delegationId,
    method: caller.method,
    is_root: false,
    ...(caller.method === 'oauth2' ? ofToken(caller) : {}),
  };
}

const ofToken = ({ fqans }: Caller): Record<string, unknown> => ({
  oauth2_scope: fqans.join(' '),
  wlcg_profile: true,
  get_granted_level_for_overriden: {},
  get_granted_level_for: {},
});

export function mayConfigure(caller: Caller): boolean {
  return caller.fqans.some((fqan) => fqan.includes('/Role=production/'));
}

function levels(caller: Caller): Record<string, string> {
  const own = { transfer: 'vo', datamanagement: 'all' };
  return mayConfigure(caller) ? { ...own, config: 'all' } : own;
}

function callerBy(dns: readonly string[], vo: string, role: string | undefined): Caller {
  const userDn = dns[0] ?? 'anon';
  const fqans = vo === '' ? [] : ['NULL', ...(role === undefined ? [] : [role])].reverse().map(fqanOf(vo));
  const delegationId = idOf([userDn, ...fqans].join(''));
  return { method: 'certificate', userDn, dns, fqans, vo: vo === '' ? delegationId : vo, delegationId };
}

const idOf = (text: string): string => createHash('sha1').update(text).digest('hex').slice(0, 16);

function fqanOf(vo: string): (role: string) => string {
  return (role) => `/${vo}/Role=${role}/Capability=NULL`;
}

function chainFrom(leaf: X509Certificate): X509Certificate[] {
  const chain = [leaf];
  for (let next = leaf.issuerCertificate; next !== undefined; next = next.issuerCertificate) {
    if (chain.some((certificate) => certificate.fingerprint256 === next?.fingerprint256)) break;
    chain.push(next);
  }
  return chain;
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
