/**
 * publish: writes a file that others read while it is replaced: a metrics collector, a web server.
 *
 * They see the old content or the new one, never a part: a draft in the same directory is written, synced and renamed.
 * The draft's name is fixed, so that a run that was killed leaves at most one, which the next writes over. Everybody may
 * read the file, whatever cron's umask. Errors: `SpoolError` with the path, why, and the cure.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { SpoolError } from './errors.js';
import { diskTrouble } from './disk.js';
import { syncDirectory } from './syncDirectory.js';

/** Somebody may have put a link under the draft's name, where others may write too. */
const DRAFT = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC | fs.constants.O_NOFOLLOW;

export function publish(file: string, content: string): void {
  const target = path.resolve(file);
  const directory = path.dirname(target);
  // Collectors read `*.prom` and people open `*.html`: a draft has neither name.
  const draft = path.join(directory, `.${path.basename(target)}.draft`);
  try {
    refuse(target, directory);
    write(draft, content);
    fs.renameSync(draft, target);
    syncDirectory(directory);
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).syscall !== 'string') throw error;
    throw diskTrouble('write', target, error);
  }
}

/** The two mistakes of whoever names a file. */
function refuse(target: string, directory: string): void {
  if (fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new SpoolError(`Cannot write ${target}: its directory is not there; make it, or name another file`);
  if (fs.statSync(target, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new SpoolError(`Cannot write ${target}: it is a directory; name a file in it`);
}

function write(draft: string, content: string): void {
  const handle = fs.openSync(draft, DRAFT, 0o644);
  try {
    fs.writeFileSync(handle, content);
    fs.fchmodSync(handle, 0o644);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
