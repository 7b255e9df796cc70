/**
 * jobId: the id that FTS will give to a job, known before the job is submitted.
 *
 * With `id_generator = "deterministic"` FTS3 makes the id as uuid5(uuid5(base_id, vo), sid), where base_id stands in
 * /whoami (seen on FTS3 3.13). Version 5 is RFC 9562, section 5.5: SHA-1 over the namespace's 16 bytes and the name.
 */
import type * as Crypto from 'node:crypto';

/**
 * The id of the job that is submitted with this sid under this VO.
 * @throws RangeError if `baseId` is no UUID
 */
export function jobIdFor(baseId: string, vo: string, sid: string): string {
  return uuid5(uuid5(baseId, vo), sid);
}

function uuid5(namespace: string, name: string): string {
  const bytes = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  if (bytes.length !== 16) throw new RangeError(`"${namespace}" is no UUID`);
  const { createHash } = require('node:crypto') as typeof Crypto;
  const hash = createHash('sha1').update(bytes).update(name, 'utf8').digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
