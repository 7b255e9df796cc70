/**
 * certificate: a certificate that a server on loopback signs for itself, and its key; for a day. Whoever rehearses need
 * not have openssl.
 *
 * Written as RFC 5280 says; what it holds is fixed but for key, dates and signature.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { DAY_MS } from '../../../text/words.js';

const [SEQUENCE, SET, BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OBJECT, UTF8_STRING, UTC_TIME] = [
  0x30, 0x31, 0x01, 0x02, 0x03, 0x04, 0x06, 0x0c, 0x17,
];
const [VERSION, EXTENSIONS, DNS_NAME, IP_ADDRESS] = [0xa0, 0xa3, 0x82, 0x87];

/** 2.5.4.3, 2.5.29.19, 2.5.29.17, 1.2.840.10045.4.3.2 */
const COMMON_NAME = [0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const SUBJECT_ALT_NAME = [0x55, 0x1d, 0x11];
const ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/** PEM, for 127.0.0.1. */
export function selfSigned(): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(object(ECDSA_SHA256));
  const name = sequence(
    der(SET, sequence(object(COMMON_NAME), der(UTF8_STRING, Buffer.from('castor2echo rehearsal')))),
  );
  const [from, to] = [-1, 1].map((days) => der(UTC_TIME, Buffer.from(utcTime(Date.now() + days * DAY_MS))));
  const body = sequence(
    der(VERSION, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.from([1])),
    algorithm,
    name,
    sequence(from ?? EMPTY, to ?? EMPTY),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXTENSIONS, sequence(...extensions())),
  );
  const signature = der(BIT_STRING, Buffer.from([0]), sign('sha256', body, privateKey));
  const lines =
    sequence(body, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const cert = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

const EMPTY = Buffer.alloc(0);

/** It is its own CA. */
function extensions(): Buffer[] {
  const yes = der(BOOLEAN, Buffer.from([0xff]));
  const names = sequence(der(DNS_NAME, Buffer.from('localhost')), der(IP_ADDRESS, Buffer.from([127, 0, 0, 1])));
  return [
    sequence(object(BASIC_CONSTRAINTS), yes, der(OCTET_STRING, sequence(yes))),
    sequence(object(SUBJECT_ALT_NAME), der(OCTET_STRING, names)),
  ];
}

/** "261129105959Z" */
const utcTime = (time: number): string => `${new Date(time).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`;

const sequence = (...contents: readonly Buffer[]): Buffer => der(SEQUENCE, ...contents);

const object = (bytes: readonly number[]): Buffer => der(OBJECT, Buffer.from(bytes));

/** One value: tag, length, content. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
