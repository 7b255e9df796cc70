/**
 * token: reads a bearer token and looks at its claims.
 *
 * FTS3 wants a JWT (RFC 7519). Only the end of its life and its subject are looked at, and without checking the
 * signature: that is the server's affair. A token that is no JWT is passed on as it is.
 */
import type { TokenCredential } from './credential.js';
import { CredentialError } from './errors.js';
import { type SecretOrigin, readSecret } from './secretFile.js';

export const CURE = 'get a new token (htgettoken, oidc-token)';

/**
 * The token in this file. Unlike proxies, tokens are often kept in files that a group may read, so the mode is not
 * looked at.
 * @throws CredentialError
 */
export function readToken(path: string, origin: SecretOrigin, now: Date): TokenCredential {
  return checkedToken(readSecret(path, 'token', CURE, origin, true), path, now);
}

/**
 * The token as a credential. `path` says where it was found; the token itself appears in no message.
 * @throws CredentialError if it is empty, holds characters that no token has (RFC 6750), or has expired
 */
export function checkedToken(text: string, path: string, now: Date): TokenCredential {
  const token = text.trim();
  if (!isBearer(token)) {
    throw new CredentialError(`Cannot log in with the token in "${path}": it is empty or no bearer token; ${CURE}`);
  }
  const { exp, sub } = claimsOf(token);
  const expires = dateOf(exp);
  if (expires !== null && expires <= now) {
    throw new CredentialError(
      `Cannot log in with the token in "${path}": it expired at ${expires.toISOString()}; ${CURE}`,
    );
  }
  const subject = typeof sub === 'string' ? sub : '';
  const credential: Omit<TokenCredential, 'token'> = { kind: 'token', path, subject, expires };
  return Object.defineProperty(credential, 'token', { value: token, enumerable: false }) as TokenCredential;
}

/** Has it only the characters of a bearer token (RFC 6750)? */
export const isBearer = (token: string): boolean => /^[A-Za-z0-9._~+/-]+=*$/.test(token);

/** The time that a claim gives in seconds; null where it gives none. */
export const dateOf = (claim: unknown): Date | null =>
  typeof claim === 'number' && Number.isFinite(new Date(claim * 1000).getTime()) ? new Date(claim * 1000) : null;

/** None, where the token cannot be read. */
export function claimsOf(token: string): Record<string, unknown> {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
