/**
 * certificateRequest: a PKCS #10 request (RFC 2986) with a key of its own, as FTS asks for a delegated credential.
 *
 * The subject is "O=Dummy", as seen on FTS 3.13: the signer puts the right one into the certificate.
 */
import { generateKeyPair, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export interface CertificateRequest {
  readonly pem: string;
  readonly publicKey: KeyObject;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const ATTRIBUTES = 0xa0;

/** organizationName, 2.5.4.10 */
const ORGANIZATION = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x0a]);
/** sha256WithRSAEncryption, 1.2.840.113549.1.1.11, and NULL */
const RSA_SHA256 = Buffer.from([0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00]);

export async function makeCertificateRequest(): Promise<CertificateRequest> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const info = der(
    SEQUENCE,
    der(INTEGER, Buffer.from([0])),
    der(SEQUENCE, der(SET, der(SEQUENCE, ORGANIZATION, der(UTF8_STRING, Buffer.from('Dummy'))))),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(ATTRIBUTES),
  );
  const signature = der(BIT_STRING, Buffer.from([0]), sign('sha256', info, privateKey));
  const request = der(SEQUENCE, info, der(SEQUENCE, RSA_SHA256), signature);
  const lines = request.toString('base64').match(/.{1,64}/g) ?? [];
  const pem = ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join('\n');
  return { pem, publicKey };
}

/** One DER value: tag, length, content. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content)]), content]);
}

function lengthOf({ length }: Buffer): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
