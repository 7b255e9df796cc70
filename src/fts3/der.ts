/**
 * der: reads and writes the little of DER (ITU-T X.690) that certificates need.
 *
 * Elements keep their raw bytes, so that what is copied from one certificate into another (a name, a key) stays the
 * same byte for byte, whatever string types it uses. Reading throws DerError on anything malformed: what a server sends
 * is read with it.
 */

export class DerError extends Error {
  override name = 'DerError';
}

/** The tags in use (universal class; the constructed bit is part of the number). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

export interface Element {
  readonly tag: number;
  /** Tag, length and content. */
  readonly raw: Buffer;
  readonly content: Buffer;
}

/**
 * The one element that these bytes are.
 * @throws DerError if they are not, or if its tag is another one
 */
export function readElement(bytes: Buffer, tag?: number): Element {
  const element = firstElement(bytes);
  if (element.raw.length !== bytes.length) throw new DerError('there are bytes after the element');
  if (tag !== undefined && element.tag !== tag) throw new DerError(`tag ${element.tag} stands where ${tag} should be`);
  return element;
}

/** The elements that stand in a constructed element's content. */
export function readAll(content: Buffer): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < content.length;) {
    const element = firstElement(content.subarray(at));
    elements.push(element);
    at += element.raw.length;
  }
  return elements;
}

function firstElement(bytes: Buffer): Element {
  const [tag, first] = [bytes[0], bytes[1]];
  if (tag === undefined || first === undefined) throw new DerError('an element is cut off');
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of several bytes');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  // 0x80 would be an indefinite length, which DER does not have; four bytes are more than any certificate needs.
  if (first === 0x80 || lengthBytes > 4 || bytes.length < 2 + lengthBytes) throw new DerError('a wrong length');
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (bytes.length < start + length) throw new DerError('an element is cut off');
  return { tag, raw: bytes.subarray(0, start + length), content: bytes.subarray(start, start + length) };
}

/** An object identifier's content as dotted numbers. */
export function readOid(element: Element): string {
  if (element.tag !== TAG.oid) throw new DerError('there is no object identifier where one should be');
  const numbers: number[] = [];
  let number = 0;
  for (const byte of element.content) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [head = 0, ...rest] = numbers;
  const first = Math.min(2, Math.floor(head / 40));
  return [first, head - 40 * first, ...rest].join('.');
}

/** An element with this content. */
export function write(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const hex = body.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

export function writeSequence(...content: readonly Uint8Array[]): Buffer {
  return write(TAG.sequence, ...content);
}

/** A non-negative integer of up to 31 bits. */
export function writeInteger(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  // A leading bit would make it negative.
  return (bytes[0] ?? 0) < 0x80 ? write(TAG.integer, bytes) : write(TAG.integer, Buffer.from([0]), bytes);
}

export function writeOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return write(TAG.oid, ...[40 * first + second, ...rest].map(base128));
}

function base128(value: number): Buffer {
  const bytes = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift(0x80 | (left % 128));
  return Buffer.from(bytes);
}

/** A bit string of whole bytes. */
export function writeBitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return write(TAG.bitString, Buffer.from([unusedBits]), bytes);
}

/** A time of whole seconds, UTCTime until 2049 and GeneralizedTime after it (RFC 5280, 4.1.2.5). */
export function writeTime(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/\.\d+|[-:T]|Z$/g, '')}Z`;
  return date.getUTCFullYear() < 2050
    ? write(TAG.utcTime, Buffer.from(digits.slice(2)))
    : write(TAG.generalizedTime, Buffer.from(digits));
}
