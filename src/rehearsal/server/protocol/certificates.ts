/**
 * certificates: who a chain of certificates speaks for.
 *
 * RFC 3820 proxies are checked here and by hand, because OpenSSL refuses them unless it is told otherwise and Node
 * cannot tell it. Every signature and date is looked at, every proxy must bear its issuer's name and one CN more, and
 * the end-entity certificate must come from one of the CAs. Throws an Error that says what is wrong.
 */
import { X509Certificate } from 'node:crypto';

export interface Holder {
  /** The subject of the end-entity certificate, "/DC=org/DC=example/CN=…". */
  readonly userDn: string;
  /** The holder's DN and those of the proxies made from it, the leaf's last. */
  readonly dns: readonly string[];
  /** The earliest end of the chain, milliseconds. */
  readonly expires: number;
}

/** The object identifier of proxyCertInfo, 1.3.6.1.5.5.7.1.14, as it stands in a certificate. */
const PROXY_CERT_INFO = Buffer.from([0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x0e]);

/** Every certificate of a PEM text, in its order. Throws if one cannot be read. */
export function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** Checks a chain, the leaf first, at a time in milliseconds. Without CAs its end-entity certificate is believed. */
export function holderOf(
  chain: readonly X509Certificate[],
  cas: readonly X509Certificate[] | null,
  now: number,
): Holder {
  const end = chain.findIndex((certificate) => !isProxy(certificate));
  const holder = chain[end];
  if (holder === undefined) throw new Error('the chain has no end-entity certificate');
  const proxies = chain.slice(0, end);
  for (const certificate of [...proxies, holder]) checkDates(certificate, now);
  for (const [number, proxy] of proxies.entries()) checkProxy(proxy, chain[number + 1] ?? holder);
  if (cas !== null) checkIssued(holder, cas, chain.slice(end + 1), now);
  const own = [...proxies, holder];
  return {
    userDn: dnOf(holder),
    dns: [...own].reverse().map(dnOf),
    expires: Math.min(...own.map((certificate) => Date.parse(certificate.validTo))),
  };
}

export function isProxy(certificate: X509Certificate): boolean {
  return certificate.raw.includes(PROXY_CERT_INFO);
}

/** "/DC=org/DC=example/CN=…", as the grid writes a subject. */
export function dnOf(certificate: X509Certificate): string {
  const parts = certificate.subject.split('\n').map((part) => part.replace(/\\([0-9A-Fa-f]{2}|.)/g, unescaped));
  return parts.map((part) => `/${part}`).join('');
}

function unescaped(_whole: string, escaped: string): string {
  return escaped.length === 2 ? Buffer.from(escaped, 'hex').toString('latin1') : escaped;
}

function checkDates(certificate: X509Certificate, now: number): void {
  if (now < Date.parse(certificate.validFrom)) throw new Error(`${dnOf(certificate)} is not valid yet`);
  if (now > Date.parse(certificate.validTo)) throw new Error(`${dnOf(certificate)} has expired`);
}

function checkProxy(proxy: X509Certificate, issuer: X509Certificate): void {
  if (proxy.ca) throw new Error(`${dnOf(proxy)} is a CA, which no proxy may be`);
  if (proxy.issuer !== issuer.subject || !proxy.verify(issuer.publicKey)) {
    throw new Error(`${dnOf(proxy)} was not signed by ${dnOf(issuer)}`);
  }
  const added = proxy.subject.startsWith(`${issuer.subject}\n`) ? proxy.subject.slice(issuer.subject.length + 1) : '';
  if (!/^CN=[^\n]+$/.test(added)) throw new Error(`${dnOf(proxy)} is not its issuer's name and one CN more`);
}

/** Climbs from the end-entity certificate to one of the CAs, over those that came with the chain. */
function checkIssued(
  certificate: X509Certificate,
  cas: readonly X509Certificate[],
  rest: readonly X509Certificate[],
  now: number,
): void {
  const signed = (issuer: X509Certificate): boolean =>
    issuer.ca && issuer.subject === certificate.issuer && certificate.verify(issuer.publicKey);
  const ca = cas.find(signed);
  if (ca !== undefined) return checkDates(ca, now);
  const between = rest.find(signed);
  if (between === undefined) throw new Error(`no CA has signed ${dnOf(certificate)}`);
  checkDates(between, now);
  return checkIssued(
    between,
    cas,
    rest.filter((other) => other !== between),
    now,
  );
}
