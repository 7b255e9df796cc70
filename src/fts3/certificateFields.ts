/**
 * certificateFields: the parts of an X.509 certificate (RFC 5280, 4.1) that signing under it needs, as raw bytes.
 *
 * Node's X509Certificate gives names as text, from which the bytes cannot be had again (T61String, multi-valued RDNs).
 * @throws DerError on anything that is no certificate
 */
import { DerError, type Element, readAll, readElement, readOid, TAG } from './der.js';

export interface CertificateFields {
  /** The names, each a whole SEQUENCE. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** SubjectPublicKeyInfo, a whole SEQUENCE. */
  readonly publicKeyInfo: Buffer;
  /** The extensions' values (what stands in their OCTET STRING) by object identifier. */
  readonly extensions: ReadonlyMap<string, Buffer>;
}

const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

export function certificateFields(der: Buffer): CertificateFields {
  const [tbs] = readAll(readElement(der, TAG.sequence).content);
  const parts = readAll(part(tbs).content);
  // The version is left out in version 1.
  const [, , issuer, , subject, publicKeyInfo, ...rest] = parts[0]?.tag === VERSION ? parts.slice(1) : parts;
  const extensions = rest.find(({ tag }) => tag === EXTENSIONS);
  return {
    issuer: part(issuer).raw,
    subject: part(subject).raw,
    publicKeyInfo: part(publicKeyInfo).raw,
    extensions: new Map(extensions === undefined ? [] : readExtensions(extensions)),
  };
}

function part(element: Element | undefined): Element {
  if (element === undefined || element.tag !== TAG.sequence) throw new DerError('a part of the certificate is missing');
  return element;
}

function readExtensions(tagged: Element): [string, Buffer][] {
  return readAll(readElement(tagged.content, TAG.sequence).content).map((extension) => {
    // The critical flag in the middle is left out where it is false.
    const [id, ...flagAndValue] = readAll(extension.content);
    const value = flagAndValue.at(-1);
    if (id === undefined || value === undefined) throw new DerError('an extension is cut off');
    return [readOid(id), value.content];
  });
}
