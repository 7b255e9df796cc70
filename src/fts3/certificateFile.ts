/**
 * certificateFile: reads a proxy, or a certificate with its key, and checks it before it meets a server.
 *
 * It is checked here because a server that rejects a certificate closes the connection without a word. So: every
 * certificate of the chain is valid now, the key fits the leaf, nobody else can read the key.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { CertificateCredential } from './credential.js';
import { CredentialError } from './errors.js';
import { pemBlocks } from './pem.js';
import { isLimitedProxy } from './proxyInfo.js';
import { type Origin, readSecret } from './secretFile.js';

const RENEW = 'run voms-proxy-init';
/** Clocks of grid nodes differ by this much without harm: proxies are made to begin five minutes back. */
const SKEW_MS = 5 * 60_000;

/**
 * A proxy file: leaf, private key and chain in one PEM file.
 * @throws CredentialError
 */
export function readProxy(path: string, origin: Origin, now: Date): CertificateCredential {
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
    throw refusal(path, `it cannot be read (${(error as NodeJS.ErrnoException).code})`, cure);
  }
}

function checked(path: string, text: string, keyText: string, cure: string, now: Date): CertificateCredential {
  const chain = pemBlocks(text, 'CERTIFICATE');
  const certificates = chain.map((pem) => parsed(path, pem, cure));
  const [leaf] = certificates;
  if (leaf === undefined) throw refusal(path, 'there is no certificate in it', cure);
  for (const certificate of certificates) checkDates(path, certificate, cure, now);
  const key = fittingKey(path, leaf, keyText, cure);
  const credential: Omit<CertificateCredential, 'key'> = {
    kind: 'certificate',
    path,
    subject: nameOf(leaf),
    expires: new Date(Math.min(...certificates.map((certificate) => Date.parse(certificate.validTo)))),
    limited: certificates.some((certificate) => isLimited(path, certificate, cure)),
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

function isLimited(path: string, certificate: X509Certificate, cure: string): boolean {
  try {
    return isLimitedProxy(certificate.raw);
  } catch {
    throw refusal(path, `${nameOf(certificate)} is damaged`, cure);
  }
}

function checkDates(path: string, certificate: X509Certificate, cure: string, now: Date): void {
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  if (to <= now) throw refusal(path, `${nameOf(certificate)} expired at ${to.toISOString()}`, cure);
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
