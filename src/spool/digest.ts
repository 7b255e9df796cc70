/** digest: SHA-256, by which contents are compared. */
import type * as Crypto from 'node:crypto';

/**
 * In hexadecimal digits. Node's crypto is loaded with the first one, as a run that has nothing to compare does
 * without: that takes as long as better-sqlite3 does.
 */
export function sha256(content: Uint8Array | string): string {
  const { createHash } = require('node:crypto') as typeof Crypto;
  return createHash('sha256').update(content).digest('hex');
}
