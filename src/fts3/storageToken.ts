/**
 * storageToken: reads a bearer token that is sent with a submission, for FTS to copy with.
 *
 * It must be a JWT that is valid now, or FTS refuses the submission with 400. Its signature is FTS's affair, what it
 * permits the storage's. FTS knows it by the head of its SHA-1, which opens nothing.
 */
import { createHash } from 'node:crypto';

import { CredentialError } from './errors.js';
import { readSecret } from './secretFile.js';
import { claimsOf, CURE, dateOf, isBearer } from './token.js';

export interface StorageToken {
  /** The file it was read from. */
  readonly path: string;
  /** As FTS calls it: `src_token_id`, `dst_token_id` of a file. */
  readonly id: string;
  readonly expires: Date;
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
  /** Not enumerable. */
  readonly token: string;
}

/**
 * The token in this file, valid now.
 * @throws CredentialError with the file, what is wrong with it and how to get another one
 */
export function readStorageToken(path: string, now: Date): StorageToken {
  const refuse = (why: string): CredentialError =>
    new CredentialError(`Cannot use the token "${path}": ${why}; ${CURE}`);
  const token = readSecret(path, 'token', CURE, 'explicit', true, 'use').trim();
  if (token === '') throw refuse('the file is empty');
  const { iss, exp, nbf, scope, aud } = isBearer(token) ? claimsOf(token) : {};
  const [expires, begins] = [dateOf(exp), dateOf(nbf)];
  if (typeof iss !== 'string' || expires === null) throw refuse('it is no JWT with an issuer and an end');
  if (expires <= now) throw refuse(`it expired at ${expires.toISOString()}`);
  if (begins !== null && begins > now) throw refuse(`it is not valid before ${begins.toISOString()}`);
  const storageToken: Omit<StorageToken, 'token'> = {
    path,
    id: createHash('sha1').update(token).digest('hex').slice(0, 16),
    expires,
    scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [],
    audiences: [aud].flat().filter((each) => typeof each === 'string'),
  };
  return Object.defineProperty(storageToken, 'token', { value: token, enumerable: false }) as StorageToken;
}
