/**
 * certificateFile: reads a proxy, or a certificate with its key, and checks it before it meets a server.
 *
 * It is checked here because a server that rejects a certificate closes the connection without a word. So: every
 * certificate of the chain is valid now, each proxy's issuer is there, the key is long enough and fits the leaf, nobody
 * else can read the key.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { type CertificateCredential, LONGER_KEY } from './credential.js';
import { CredentialError } from './errors.js';
import { pemBlocks } from './pem.js';
import { isLimitedProxy, isProxy } from './proxyInfo.js';
import { type SecretOrigin, readSecret } from './secretFile.js';

const RENEW = 'run voms-proxy-init';
const OWN_CERTIFICATE = "it is the user's own certificate: renew it at its authority, then run voms-proxy-init";
const PEM_OF_DER = '`openssl x509 -inform DER` makes PEM of DER, `openssl pkcs12 -nodes` of a .p12 file';
/** Clocks of grid nodes differ by this much without harm: proxies are made to begin five minutes back. */
export const SKEW_MS = 5 * 60_000;

/**
 * A proxy file: leaf, private key and chain in one PEM file.
 * @throws CredentialError
 */
export function readProxy(path: string, origin: SecretOrigin, now: Date): CertificateCredential {
  const text = readSecret(path, 'proxy', RENEW, origin);
  return checked(path, text, text, RENEW, now);
}

/**
 * A certificate (with what follows it in its file as its chain) and the file of its key.
 * @throws CredentialError
 */
export function readCertificate(path: string, keyPath: string, now: Date): CertificateCredential {
  const cure = 'set X509_USER_CERT and X509_USER_KEY to a valid pair, or run voms-proxy-init';
  const key = readSecret(keyPath, 'key', cure, 'explicit');
  return checked(path, readPublic(path, cure), key, cure, now);
}

function readPublic(path: string, cure: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (path.startsWith('~')) throw refusal(path, '"~" is not expanded here', 'write the whole path');
    throw refusal(path, `it cannot be read (${(error as NodeJS.ErrnoException).code})`, cure);
  }
}

function checked(path: string, text: string, keyText: string, cure: string, now: Date): CertificateCredential {
  const chain = pemBlocks(text, 'CERTIFICATE');
  // The first byte of a DER sequence, as of anything binary; PEM is text.
  if (chain.length === 0 && text.startsWith('0'))
    throw refusal(path, 'it is DER or PKCS#12, and PEM is wanted', `convert it: ${PEM_OF_DER}`);
  const certificates = chain.map((pem) => parsed(path, pem, cure));
  const [leaf] = certificates;
  if (leaf === undefined) throw refusal(path, 'there is no certificate in it', cure);
  for (const certificate of certificates) checkDates(path, certificate, cure, now);
  checkWhole(path, certificates);
  for (const certificate of certificates) checkKeyLength(path, certificate);
  const key = fittingKey(path, leaf, keyText, cure);
  const credential: Omit<CertificateCredential, 'key'> = {
    kind: 'certificate',
    path,
    subject: nameOf(leaf),
    expires: new Date(Math.min(...certificates.map((certificate) => Date.parse(certificate.validTo)))),
    limited: certificates.some((certificate) => undamaged(path, certificate, isLimitedProxy)),
    chain,
  };
  return Object.defineProperty(credential, 'key', { value: key, enumerable: false }) as CertificateCredential;
}

function parsed(path: string, pem: string, cure: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw refusal(path, 'a certificate in it is damaged', cure);
  }
}

/** What is asked of a certificate's inside, which may be damaged. */
function undamaged(path: string, certificate: X509Certificate, ask: (der: Buffer) => boolean): boolean {
  try {
    return ask(certificate.raw);
  } catch {
    throw refusal(path, `${nameOf(certificate)} is damaged`, RENEW);
  }
}

/** A proxy says nothing without the certificates that signed it, up to the user's own, whose issuer is a CA. */
function checkWhole(path: string, certificates: readonly X509Certificate[]): void {
  certificates.forEach((certificate, index) => {
    if (!undamaged(path, certificate, isProxy)) return;
    const next = certificates[index + 1];
    if (next !== undefined && next.subject === certificate.issuer) return;
    const issuer = `/${certificate.issuer.replaceAll('\n', '/')}`;
    throw refusal(
      path,
      `it has not its whole chain: the certificate of ${issuer}, which signed the proxy, does not follow it`,
      'copy the whole file that voms-proxy-init has written, or run voms-proxy-init here',
    );
  });
}

/** Below this no TLS library takes a key, whatever it is told (OpenSSL's security level 1). */
const LEAST_RSA_BITS = 1024;

function checkKeyLength(path: string, certificate: X509Certificate): void {
  const bits = certificate.publicKey.asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS;
  if (bits < LEAST_RSA_BITS)
    throw refusal(
      path,
      `the key of ${nameOf(certificate)} is too short: ${bits} bits`,
      undamaged(path, certificate, isProxy)
        ? LONGER_KEY
        : 'get a certificate with a key of 2048 bits from its authority',
    );
}

function checkDates(path: string, certificate: X509Certificate, cure: string, now: Date): void {
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  if (to <= now) {
    // Another proxy under the same certificate would be as dead.
    const renew = undamaged(path, certificate, isProxy) ? cure : OWN_CERTIFICATE;
    throw refusal(path, `${nameOf(certificate)} expired at ${to.toISOString()}`, renew);
  }
  if (from.getTime() > now.getTime() + SKEW_MS) {
    throw refusal(path, `${nameOf(certificate)} is not valid before ${from.toISOString()}`, "check this host's clock");
  }
}

function fittingKey(path: string, leaf: X509Certificate, text: string, cure: string): string {
  const [pem] = /-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----[\s\S]+?-----END \1-----/.exec(text) ?? [];
  if (pem === undefined) throw refusal(path, 'there is no private key with it', cure);
  if (pem.includes('ENCRYPTED')) throw refusal(path, 'its key has a passphrase', RENEW);
  if (!fits(leaf, pem)) throw refusal(path, 'its private key is damaged or of another certificate', cure);
  return `${pem}\n`;
}

/** OpenSSL's own words are kept out of the message: they might quote the key. */
function fits(leaf: X509Certificate, keyPem: string): boolean {
  try {
    return leaf.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}

function nameOf(certificate: X509Certificate): string {
  return `/${certificate.subject.replaceAll('\n', '/')}`;
}

function refusal(path: string, why: string, cure: string): CredentialError {
  return new CredentialError(`Cannot log in with "${path}": ${why}; ${cure}`);
}
