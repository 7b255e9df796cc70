/**
 * vomsAttributes: what VOMS has put into a proxy: the groups and roles that it grants, and until when.
 *
 * They stand in an extension of one certificate of the chain, as attribute certificates (RFC 5755) of VOMS' own kind.
 * They have an end of their own, which servers cap: of `voms-proxy-init --valid 96:00` a proxy of 96 hours with
 * attributes for 24 may come, and afterwards FTS takes its holder for somebody of no VO. Nothing is verified here:
 * servers do.
 */
import { X509Certificate } from 'node:crypto';

import { certificateFields } from './certificateFields.js';
import type { CertificateCredential } from './credential.js';
import { DerError, type Element, readAll, readElement, TAG } from './der.js';

/** VOMS' extension with the attribute certificates. */
const VOMS_EXTENSION = '1.3.6.1.4.1.8005.100.100.5';
/** The bit of a tag: the content is elements. */
const CONSTRUCTED = 0x20;

export interface VomsAttributes {
  /** Such as /lhcb/Role=production/Capability=NULL, in VOMS' order: the first counts most. */
  readonly fqans: readonly string[];
  readonly expires: Date | null;
}

/** Null where no certificate of the chain has any, or where they cannot be read. */
export function vomsAttributes({ chain }: Pick<CertificateCredential, 'chain'>): VomsAttributes | null {
  for (const pem of chain) {
    try {
      const value = certificateFields(new X509Certificate(pem).raw).extensions.get(VOMS_EXTENSION);
      if (value !== undefined) return read(value);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
    }
  }
  return null;
}

/** A sequence of sequences of attribute certificates: the first one counts. */
function read(value: Buffer): VomsAttributes {
  const [list] = readAll(readElement(value, TAG.sequence).content);
  const [certificate] = readAll(part(list, TAG.sequence).content);
  const [info] = readAll(part(certificate, TAG.sequence).content);
  const parts = readAll(part(info, TAG.sequence).content);
  // The validity is the sequence of two GeneralizedTimes.
  const validity = parts.map(timesIn).find((times) => times.length === 2);
  return { fqans: fqansIn(part(info, TAG.sequence)), expires: validity?.[1] ?? null };
}

function part(element: Element | undefined, tag: number): Element {
  if (element === undefined || element.tag !== tag) throw new DerError('a part of the VOMS attributes is missing');
  return element;
}

function timesIn(element: Element): Date[] {
  if (element.tag !== TAG.sequence) return [];
  return readAll(element.content)
    .filter(({ tag }) => tag === TAG.generalizedTime)
    .map(({ content }) => timeOf(content.toString('latin1')));
}

function timeOf(text: string): Date {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** They are octet strings somewhere below, and no other octet string there begins with a slash: the others hold DER. */
function fqansIn({ tag, content }: Element): string[] {
  if (tag === TAG.octetString) return content.toString('latin1').startsWith('/') ? [content.toString('utf8')] : [];
  return (tag & CONSTRUCTED) === 0 ? [] : readAll(content).flatMap(fqansIn);
}
