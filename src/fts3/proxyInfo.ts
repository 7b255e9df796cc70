/**
 * proxyInfo: what kind of proxy a certificate is, if it is one.
 *
 * RFC 3820 proxies carry the extension proxyCertInfo. Two older kinds are still met: Globus' legacy proxies, told only
 * by a last "CN=proxy" or "CN=limited proxy", and the draft's, with the extension under another number.
 */
import { certificateFields, type CertificateFields } from './certificateFields.js';
import { readAll, readElement, readOid, TAG, write, writeInteger, writeOid, writeSequence } from './der.js';

/** The extension of RFC 3820, 3.8. */
export const PROXY_CERT_INFO = '1.3.6.1.5.5.7.1.14';
/** The policy languages: everything that the issuer may do, and Globus' "anything but starting a job". */
export const INHERIT_ALL = '1.3.6.1.5.5.7.21.1';
export const LIMITED = '1.3.6.1.4.1.3536.1.1.1.9';

const DRAFT_PROXY_CERT_INFO = '1.3.6.1.4.1.3536.1.222';
const COMMON_NAME = '2.5.4.3';

export interface ProxyInfo {
  /** How many more proxies may follow below this one; null: any number. */
  readonly pathLength: number | null;
  /** The policy language's object identifier. */
  readonly language: string;
}

/** The proxyCertInfo of a certificate, or null where it has none. */
export function proxyInfo({ extensions }: CertificateFields): ProxyInfo | null {
  const value = extensions.get(PROXY_CERT_INFO);
  if (value === undefined) return null;
  const parts = readAll(readElement(value, TAG.sequence).content);
  const length = parts.find(({ tag }) => tag === TAG.integer);
  const policy = parts.find(({ tag }) => tag === TAG.sequence);
  const [language] = policy === undefined ? [] : readAll(policy.content);
  return {
    pathLength: length === undefined ? null : length.content.readUIntBE(0, Math.min(6, length.content.length)),
    language: language === undefined ? '' : readOid(language),
  };
}

/** The extension's value for a new proxy. */
export function writeProxyInfo({ pathLength, language }: ProxyInfo): Buffer {
  const policy = writeSequence(writeOid(language));
  return pathLength === null ? writeSequence(policy) : writeSequence(writeInteger(pathLength), policy);
}

/** Whether the certificate is a proxy of one of the two older kinds; if so, which. */
export function olderProxy(fields: CertificateFields): 'legacy' | 'legacy limited' | 'draft' | null {
  if (fields.extensions.has(PROXY_CERT_INFO)) return null;
  if (fields.extensions.has(DRAFT_PROXY_CERT_INFO)) return 'draft';
  const names = readAll(readElement(fields.subject).content);
  const last = names.pop();
  // Somebody may really be called "proxy"; a proxy's issuer is its subject without that last name.
  const parent = write(TAG.sequence, ...names.map(({ raw }) => raw));
  if (last === undefined || !parent.equals(fields.issuer)) return null;
  const [attribute] = readAll(last.content);
  const [type, value] = attribute === undefined ? [] : readAll(attribute.content);
  if (type === undefined || readOid(type) !== COMMON_NAME) return null;
  const name = value?.content.toString('latin1');
  return name === 'proxy' ? 'legacy' : name === 'limited proxy' ? 'legacy limited' : null;
}

/** Whether this DER certificate is a proxy of any kind. */
export function isProxy(der: Buffer): boolean {
  const fields = certificateFields(der);
  return fields.extensions.has(PROXY_CERT_INFO) || olderProxy(fields) !== null;
}

/** Whether this DER certificate is a limited proxy, of the present or the legacy kind. */
export function isLimitedProxy(der: Buffer): boolean {
  const fields = certificateFields(der);
  return proxyInfo(fields)?.language === LIMITED || olderProxy(fields) === 'legacy limited';
}
