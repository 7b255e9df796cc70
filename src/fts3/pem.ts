/**
 * pem: cuts PEM text (RFC 7468) into blocks, and writes one.
 */

/** All blocks with this label, each with its BEGIN and END lines, in order. What stands between them is dropped. */
export function pemBlocks(text: string, label: string): string[] {
  const block = new RegExp(`-----BEGIN ${label}-----[A-Za-z0-9+/=\\s]+-----END ${label}-----`, 'g');
  return (text.match(block) ?? []).map((pem) => `${pem.replaceAll('\r', '')}\n`);
}

/** One block, 64 characters a line. */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The bytes of one block. */
export function fromPem(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
}
