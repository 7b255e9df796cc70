/**
 * uuid: job ids.
 *
 * FTS makes the id of a job from its sid (RFC 9562 version 5, twice) where `params.id_generator` is "deterministic",
 * and at random elsewhere. The random ones follow the seed here, so that a rehearsal can be repeated.
 */
import { createHash, randomUUID } from 'node:crypto';

/** The namespace of all FTS3 servers; stands in /whoami as `base_id`. */
export const BASE_ID = '01874efb-4735-4595-bc9c-591aef8240c9';

/** RFC 9562, 5.5: SHA-1 over the namespace's 16 bytes and the name. */
export function uuid5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16);
  return format(bytes, 0x50);
}

export function voId(vo: string): string {
  return uuid5(BASE_ID, vo);
}

/** The id of a job whose submission gave this sid. */
export function jobIdFor(vo: string, sid: string): string {
  return uuid5(voId(vo), sid);
}

/** Random ids; the same seed gives the same ones in the same order. */
export function randomIds(seed: number | undefined): () => string {
  if (seed === undefined) return randomUUID;
  let count = 0;
  return () =>
    format(
      createHash('sha1')
        .update(`${seed}/${(count += 1)}`)
        .digest()
        .subarray(0, 16),
      0x40,
    );
}

function format(bytes: Buffer, version: number): string {
  const id = Buffer.from(bytes);
  id[6] = (id.readUInt8(6) & 0x0f) | version;
  id[8] = (id.readUInt8(8) & 0x3f) | 0x80;
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
