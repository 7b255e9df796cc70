/**
 * credential: what we show to an FTS server.
 *
 * The private key and the token are not enumerable, so that no log, JSON or inspection of a credential shows them.
 */
import { CredentialError } from './errors.js';

/** A proxy, or a certificate with its key. */
export interface CertificateCredential {
  readonly kind: 'certificate';
  /** The file it was read from. */
  readonly path: string;
  /** The leaf's subject, as FTS writes a DN: /DC=org/…. */
  readonly subject: string;
  /** The earliest end of any certificate in the chain. */
  readonly expires: Date;
  /** Whether a certificate of the chain is a limited proxy. */
  readonly limited: boolean;
  /** The certificates, PEM, leaf first. */
  readonly chain: readonly string[];
  /** The private key, PEM; not enumerable. */
  readonly key: string;
}

/** A bearer token. */
export interface TokenCredential {
  readonly kind: 'token';
  /** Where it was found: a file or the name of a variable. */
  readonly path: string;
  /** The token's `sub` claim, or "" where the token cannot be read. */
  readonly subject: string;
  /** The token's `exp` claim, or null where the token cannot be read. */
  readonly expires: Date | null;
  /** The token; not enumerable. */
  readonly token: string;
}

export type Credential = CertificateCredential | TokenCredential;

/** The cure of a short key. */
export const LONGER_KEY = 'run voms-proxy-init with -bits 2048, and see that no alias or script asks for fewer';

/**
 * Complains when a credential has come to its end, as it may in the middle of a long run.
 * @throws CredentialError
 */
export function checkNotExpired(credential: Credential, now: Date): void {
  if (credential.expires === null || credential.expires > now) return;
  const [what, cure] =
    credential.kind === 'certificate' ? ['proxy', 'run voms-proxy-init'] : ['token', 'get a new token'];
  const since = credential.expires.toISOString();
  throw new CredentialError(`Cannot log in: the ${what} in "${credential.path}" expired at ${since}; ${cure}`);
}
