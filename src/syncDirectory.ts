/**
 * syncDirectory: fsync of a directory, which makes the names in it durable: a file may be on the disk, and its name not yet.
 *
 * Errors: what the disk says, as it says it.
 */
import * as fs from 'node:fs';

export function syncDirectory(directory: string): void {
  const handle = fs.openSync(directory, fs.constants.O_RDONLY);
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
