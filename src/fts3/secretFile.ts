/**
 * secretFile: reads a file that holds a private key or a token.
 *
 * A proxy or key that others can read is refused, as the grid's own tools do. A file in a place that everybody can
 * write to (/tmp) must belong to this user besides, else somebody could plant a credential and receive our jobs.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

import { CredentialError } from './errors.js';

/** Whether a person named the file, or it was found where such files usually stand. */
export type SecretOrigin = 'explicit' | 'standard place';

/**
 * The file's text.
 * @throws CredentialError if it is missing, not a file, open to others (unless `shared`), or planted
 */
export function readSecret(
  path: string,
  what: string,
  cure: string,
  origin: SecretOrigin,
  shared = false,
  verb = 'log in with',
): string {
  const refuse = (why: string, remedy: string): CredentialError =>
    new CredentialError(`Cannot ${verb} the ${what} "${path}": ${why}; ${remedy}`);
  let file: number;
  try {
    // NONBLOCK, or a named pipe would hold us here for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && path.startsWith('~')) throw refuse('"~" is not expanded here', 'write the whole path');
    if (code === 'EACCES') throw refuse('this user may not read it', `run as its owner, or ${cure}`);
    throw refuse(code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`, cure);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw refuse('it is no regular file', cure);
    if (!shared && isOpenToOthers(stat)) throw refuse('others can read it', `chmod 600 ${path}`);
    if (origin === 'standard place' && !isOurs(stat)) throw refuse('it belongs to another user', 'remove it');
    return readFileSync(file, 'latin1');
  } finally {
    closeSync(file);
  }
}

function isOpenToOthers(stat: Stats): boolean {
  return (stat.mode & 0o077) !== 0;
}

function isOurs(stat: Stats): boolean {
  return process.getuid === undefined || stat.uid === process.getuid();
}
