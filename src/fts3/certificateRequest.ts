/**
 * certificateRequest: takes the public key out of a PKCS #10 request (RFC 2986).
 *
 * The request's own signature is verified first: it proves that the server has the private key, and that nothing was
 * damaged on the way.
 * @throws DerError if it is no request, or if its signature is wrong
 */
import { createPublicKey, verify } from 'node:crypto';

import { DerError, readAll, readElement, readOid, TAG } from './der.js';
import { fromPem, pemBlocks } from './pem.js';

/** SHA-1 is still accepted here: the signature protects nothing but the sender's own request. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.5', 'sha1'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.1', 'sha1'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
]);

/** The request's SubjectPublicKeyInfo, as it stands there. */
export function requestedKey(pem: string): Buffer {
  const [block] = pemBlocks(pem, '(?:NEW )?CERTIFICATE REQUEST');
  if (block === undefined) throw new DerError('there is no certificate request');
  const [info, algorithm, signature] = readAll(readElement(fromPem(block), TAG.sequence).content);
  const [, , key] = info === undefined ? [] : readAll(info.content);
  const [algorithmId] = algorithm === undefined ? [] : readAll(algorithm.content);
  if (info === undefined || key === undefined || algorithmId === undefined || signature?.tag !== TAG.bitString) {
    throw new DerError('the certificate request is cut off');
  }
  const hash = HASHES.get(readOid(algorithmId));
  if (hash === undefined) throw new DerError(`the certificate request is signed with ${readOid(algorithmId)}`);
  if (!isSigned(hash, info.raw, key.raw, signature.content.subarray(1))) {
    throw new DerError("the certificate request's signature is wrong");
  }
  return key.raw;
}

function isSigned(hash: string, info: Buffer, key: Buffer, signature: Buffer): boolean {
  try {
    return verify(hash, info, createPublicKey({ key, format: 'der', type: 'spki' }), signature);
  } catch {
    return false;
  }
}
