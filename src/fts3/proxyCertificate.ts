/**
 * proxyCertificate: signs a proxy certificate (RFC 3820) for somebody else's key.
 *
 * The new certificate's subject is the signer's, byte for byte, with one more CN; its issuer is the signer. It inherits
 * all rights, or stays limited under a limited proxy, and never outlives any certificate of the chain.
 *
 * @throws CredentialError if the signer may not or cannot sign a proxy
 */
import { createHash, createPrivateKey, type KeyObject, randomBytes, sign } from 'node:crypto';

import { certificateFields, type CertificateFields } from './certificateFields.js';
import type { CertificateCredential } from './credential.js';
import {
  readAll,
  readElement,
  TAG,
  write,
  writeBitString,
  writeInteger,
  writeOid,
  writeSequence,
  writeTime,
} from './der.js';
import { CredentialError } from './errors.js';
import { fromPem, toPem } from './pem.js';
import {
  INHERIT_ALL,
  LIMITED,
  olderProxy,
  PROXY_CERT_INFO,
  type ProxyInfo,
  proxyInfo,
  writeProxyInfo,
} from './proxyInfo.js';

const OID = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
} as const;

const VERSION_3 = write(0xa0, writeInteger(2));
const TRUE = write(TAG.boolean, Buffer.from([0xff]));
/** digitalSignature and keyEncipherment: the first and the third of nine bits, the other bits not stored. */
const KEY_USAGE = writeBitString(Buffer.from([0b1010_0000]), 5);

/**
 * A proxy for `publicKeyInfo` (DER), signed by the credential's leaf; PEM, without the chain.
 * The caller sees to it that the two dates lie within those of the chain.
 */
export function signProxy(
  credential: CertificateCredential,
  publicKeyInfo: Buffer,
  notBefore: Date,
  notAfter: Date,
): string {
  const signer = certificateFields(fromPem(credential.chain[0] ?? ''));
  const key = createPrivateKey(credential.key);
  const algorithm = signatureAlgorithm(credential, key);
  const serial = newSerial();
  const tbs = writeSequence(
    VERSION_3,
    write(TAG.integer, serial),
    algorithm,
    signer.subject,
    writeSequence(writeTime(notBefore), writeTime(notAfter)),
    withOneMoreName(signer.subject, BigInt(`0x${serial.toString('hex')}`).toString()),
    publicKeyInfo,
    write(0xa3, writeSequence(...extensions(signer, nextProxyInfo(credential, signer)))),
  );
  return toPem('CERTIFICATE', writeSequence(tbs, algorithm, writeBitString(sign('sha256', tbs, key))));
}

/** Unique without a register of those given out: 62 random bits, positive, without leading zeros. */
function newSerial(): Buffer {
  const serial = randomBytes(8);
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0);
  return serial;
}

function signatureAlgorithm(credential: CertificateCredential, key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'rsa') return writeSequence(writeOid(OID.sha256WithRsa), write(TAG.null));
  if (key.asymmetricKeyType === 'ec') return writeSequence(writeOid(OID.ecdsaWithSha256));
  throw cannotSign(
    credential,
    `its key is of type ${key.asymmetricKeyType}, which no FTS understands`,
    'use RSA or EC',
  );
}

function withOneMoreName(name: Buffer, commonName: string): Buffer {
  const value = write(TAG.printableString, Buffer.from(commonName));
  const names = readElement(name, TAG.sequence).content;
  return writeSequence(names, write(TAG.set, writeSequence(writeOid(OID.commonName), value)));
}

function nextProxyInfo(credential: CertificateCredential, signer: CertificateFields): ProxyInfo {
  const older = olderProxy(signer);
  if (older !== null) {
    throw cannotSign(
      credential,
      `it is a ${older} proxy, under which no RFC 3820 proxy may stand`,
      'run voms-proxy-init -rfc',
    );
  }
  const { pathLength, language } = proxyInfo(signer) ?? { pathLength: null, language: INHERIT_ALL };
  if (language !== INHERIT_ALL && language !== LIMITED) {
    throw cannotSign(credential, `its policy (${language}) is none that can be passed on`, 'run voms-proxy-init');
  }
  if (pathLength === 0) {
    throw cannotSign(
      credential,
      'its path length constraint forbids further proxies',
      'run voms-proxy-init without -path-length',
    );
  }
  return {
    pathLength: pathLength === null ? null : pathLength - 1,
    language: credential.limited ? LIMITED : INHERIT_ALL,
  };
}

function cannotSign({ path }: CertificateCredential, why: string, cure: string): CredentialError {
  return new CredentialError(`Cannot delegate the credential in "${path}": ${why}; ${cure}`);
}

function extensions(signer: CertificateFields, info: ProxyInfo): Buffer[] {
  const issuerKey = writeSequence(write(0x80, keyIdentifier(signer)));
  return [
    extension(OID.authorityKeyIdentifier, issuerKey),
    extension(OID.basicConstraints, writeSequence(), 'critical'),
    extension(OID.keyUsage, KEY_USAGE, 'critical'),
    extension(PROXY_CERT_INFO, writeProxyInfo(info), 'critical'),
  ];
}

function extension(oid: string, value: Buffer, critical?: 'critical'): Buffer {
  const flag = critical === undefined ? [] : [TRUE];
  return writeSequence(writeOid(oid), ...flag, write(TAG.octetString, value));
}

/** The signer's own identifier, else the hash of its key (RFC 5280, 4.2.1.2, method 1). */
function keyIdentifier(signer: CertificateFields): Buffer {
  const own = signer.extensions.get(OID.subjectKeyIdentifier);
  if (own !== undefined) return readElement(own, TAG.octetString).content;
  const [, key] = readAll(readElement(signer.publicKeyInfo, TAG.sequence).content);
  return createHash('sha1')
    .update(key?.content.subarray(1) ?? '')
    .digest();
}
