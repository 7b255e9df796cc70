/**
 * discovery: where the credential of this user is found.
 *
 * Certificates are looked for where the grid's tools do: X509_USER_PROXY, else /tmp/x509up_u<uid>, else
 * X509_USER_CERT with X509_USER_KEY. Tokens where the WLCG bearer token discovery says: BEARER_TOKEN,
 * BEARER_TOKEN_FILE, $XDG_RUNTIME_DIR/bt_u<uid>, /tmp/bt_u<uid>. The first place that has something decides: what a
 * variable names must be there, and an expired proxy is an error and not a reason to be somebody else: which token it
 * hides is said.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';

import { readCertificate, readProxy } from './certificateFile.js';
import type { CertificateCredential, Credential, TokenCredential } from './credential.js';
import { CredentialError } from './errors.js';
import { checkedToken, readToken } from './token.js';

export interface DiscoveryOptions {
  auth: 'auto' | 'proxy' | 'token';
  uid: number;
  now: Date;
}

/**
 * The credential of this user, checked: it parses, it is valid now, its key fits, nobody else can read it.
 * @throws CredentialError with the file, what is wrong with it and how to get another one
 */
export function discoverCredential(env: NodeJS.ProcessEnv, { auth, uid, now }: DiscoveryOptions): Credential {
  const found =
    (auth === 'token' ? null : orHidden(() => discoverCertificate(env, uid, now), auth, env, uid, now)) ??
    (auth === 'proxy' ? null : discoverToken(env, uid, now));
  if (found !== null) return found;
  const places = { auto: 'no proxy and no token', proxy: 'no proxy', token: 'no token' }[auth];
  const cure = auth === 'token' ? 'set BEARER_TOKEN_FILE or run htgettoken or oidc-token' : 'run voms-proxy-init';
  throw new CredentialError(`Cannot log in: there is ${places} for uid ${uid}; ${cure}`);
}

/** A proxy that cannot be used is looked at before a token that could be: the person has two ways out. */
function orHidden<T>(
  discover: () => T,
  auth: DiscoveryOptions['auth'],
  env: NodeJS.ProcessEnv,
  uid: number,
  now: Date,
): T {
  try {
    return discover();
  } catch (error) {
    const token = error instanceof CredentialError && auth === 'auto' ? tokenBeside(env, uid, now) : null;
    if (token === null) throw error;
    throw new CredentialError(
      `${(error as Error).message}; or, as there is a good token in ${token.path}, which this hides: remove that file (and unset its variable), or set fts.auth = "token"`,
    );
  }
}

function tokenBeside(env: NodeJS.ProcessEnv, uid: number, now: Date): TokenCredential | null {
  try {
    return discoverToken(env, uid, now);
  } catch {
    return null;
  }
}

function discoverCertificate(env: NodeJS.ProcessEnv, uid: number, now: Date): CertificateCredential | null {
  if (env['X509_USER_PROXY']) return readProxy(env['X509_USER_PROXY'], 'explicit', now);
  const standard = `/tmp/x509up_u${uid}`;
  if (existsSync(standard)) return readProxy(standard, 'standard place', now);
  const { X509_USER_CERT: certificate, X509_USER_KEY: key } = env;
  if (certificate && key) return readCertificate(certificate, key, now);
  if (certificate || key) {
    throw new CredentialError(
      `Cannot log in: X509_USER_${certificate ? 'CERT' : 'KEY'} is set and its partner is not; set both`,
    );
  }
  return null;
}

function discoverToken(env: NodeJS.ProcessEnv, uid: number, now: Date): TokenCredential | null {
  if (env['BEARER_TOKEN']) return checkedToken(env['BEARER_TOKEN'], 'BEARER_TOKEN', now);
  if (env['BEARER_TOKEN_FILE']) return readToken(env['BEARER_TOKEN_FILE'], 'explicit', now);
  const directories = env['XDG_RUNTIME_DIR'] ? [env['XDG_RUNTIME_DIR'], '/tmp'] : ['/tmp'];
  const file = directories
    .map((directory) => path.join(directory, `bt_u${uid}`))
    .find((candidate) => existsSync(candidate));
  return file === undefined ? null : readToken(file, 'standard place', now);
}
